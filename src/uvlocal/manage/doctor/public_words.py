"""Words of systems, programs and uvlocal, which reveal nothing about a user in paths or quotes."""

from __future__ import annotations

import re

from uvlocal.shim.decide import CODES
from uvlocal.shim.settings.settings import VARIABLES, VOLUMES
from uvlocal.shim.volume.filesystems import FILE_SYSTEMS
from uvlocal.shim.volume.providers.table import PROVIDERS

#: What a number, a version, or the name of a Python with its version looks like.
NUMBERED = re.compile(r"v?\d{1,6}|(?:c?python|cp|py)\d{0,3}|python3|x86_64|x64|aarch64|arm64|amd64")

_SYSTEMS = """
Users home root var usr bin sbin lib lib64 libexec local opt etc tmp private dev proc sys run mnt
media net srv Volumes Network System Library Applications Frameworks Versions Current Developer
CommandLineTools Application Support Preferences Caches Containers Group Mobile Documents Desktop
Downloads CloudStorage CloudDocs com apple Public Shared share data state cache config shm snap
nix store profile per user Windows System32 SysWOW64 WindowsApps Program Files ProgramData x86
AppData Local Roaming Temp Common Microsoft PowerShell WindowsPowerShell WinGet Packages Links
Programs C D E Z wsl localhost HKCU HKLM Software Environment Path PATH HOME Linux Darwin macOS
bash zsh fish sh dash ksh nu pwsh powershell cmd bashrc bash_profile bash_login zshrc zshenv
zprofile zlogin conf env init login rc GNU
"""
_PROGRAMS = """
uv uvx uvw exe uvlocal envs records shims decisions launchers toml json ini xml db sqlite log
pyproject lock venv virtualenvs git python python3 cpython site packages pyvenv cfg Scripts
activate pyenv asdf mise direnv vfox rye cargo homebrew Homebrew Cellar linuxbrew brew conda
miniconda anaconda miniforge mamba tools tool versions shim main installs real code vscode cursor
jetbrains toolbox go node npm ruby gem pip pipx poetry hatch pdm scoop choco chocolatey status
path doctor fix report list prune adopt remove scan migrate link unlink set unset add root roots
install uninstall project projects sync run self update clean dir mode strategy pointer
discoverable synced opt in require none symlink file auto always never redirect no metadata true
false for everybody all yes rc active reinstall centralized pth hidden flag ignore ignored nosync
stignore nextcloudsync info personal business team folder folders to by of or and not the is a an
it this that with
"""


def _words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"\w+", text)}


def _from_tables() -> set[str]:
    """Return the words of providers, file systems, codes and variables."""
    found = set()
    for provider in PROVIDERS:
        found |= _words(f"{provider.id} {provider.label}")
        for place in provider.places:
            found |= _words(f"{place.where} {place.needs}")
    for row in FILE_SYSTEMS:
        found |= _words(f"{row.label} {' '.join(row.types)}")
    return found | _words(" ".join((*CODES, *VARIABLES.values(), *VOLUMES)))


#: In lower case.
WORDS = frozenset(_words(_SYSTEMS) | _words(_PROGRAMS) | _from_tables())
