"""The directories, files and variables of the random machines."""

from __future__ import annotations

import json

PROJECT = '[project]\nname = "{}"\nversion = "1"\n'
#: The directories and arguments of the calls.
FOLDERS = (
    "home/Dropbox/p",
    "home/Dropbox/p/sub",
    "home/Dropbox/ws/member",
    "home/Dropbox/plain",
    "home/src/q",
    "home",
)
PYPROJECTS = (
    PROJECT,
    PROJECT + "[tool.uvlocal]\n",
    PROJECT + '[tool.uvlocal]\nmode = "never"\n',
    PROJECT + '[tool.uvlocal]\nmode = "always"\n',
    PROJECT + '[tool.uvlocal]\nmode = "nothing"\n',
    PROJECT + '[tool.uvlocal]\nstrategy = "no-metadata"\n',
    PROJECT + "[tool.uv]\nmanaged = false\n",
    PROJECT + '[tool.uv.workspace]\nmembers = ["member"]\n',
    PROJECT + '[tool.uv.workspace]\nmembers = ["m*"]\nexclude = ["member"]\n',
    PROJECT + '[tool.uv]\npreview-features = ["centralized-project-envs"]\n',
    "\ufeff" + PROJECT,
    "[project\n",
    "",
)
USER_SETTINGS = (
    "",
    'mode = "never"\n',
    'mode = "always"\n',
    "require-opt-in = true\n",
    'volumes = ["network"]\n',
    'synced-roots = ["~/src"]\n',
    'synced-roots = ["~/nowhere"]\n',
    'local-roots = ["~/Dropbox"]\n',
    'local-roots = ["~/Dropbox/ws"]\n',
    'store = "~/elsewhere"\n',
    'store = "$SCRATCH/uvlocal"\n',
    'pointer = "symlink"\n',
    'strategy = "no-metadata"\n',
    "[providers.dropbox]\nenabled = false\n",
    "what = 1\n",
    "[",
)
UV_SETTINGS = (
    'preview-features = ["centralized-project-envs"]\n',
    "preview = true\n",
    'link-mode = "copy"\n',
    "",
)
#: Every variable that a decision can depend on, one in a setting, and two that do not matter.
VARIABLES = {
    "CCNET_CONF_DIR": ("{root}/home/ccnet",),
    "CONDA_DEFAULT_ENV": ("base", "mine"),
    "CONDA_PREFIX": ("{root}/conda",),
    "HOME": ("{root}/other-home", "{root}/home/src"),
    "LANG": ("C", "C.UTF-8"),
    "MUTAGEN_DATA_DIRECTORY": ("{root}/home/mutagen",),
    "PATH": ("{root}/bin2", "{root}/bin1:bin2:{root}/bin2:", "{root}/nowhere", ""),
    "SCRATCH": ("{root}/scratch", "{root}/home/Dropbox"),
    "STCONFDIR": ("{root}/home/syncthing",),
    "STHOMEDIR": ("{root}/home/syncthing",),
    "UVLOCAL_BYPASS": ("1", "0"),
    "UVLOCAL_HAD_UV_PROJECT_ENVIRONMENT": ("{root}/had/env",),
    "UVLOCAL_MODE": ("always", "never", "auto", "odd"),
    "UVLOCAL_SET_UV_PROJECT_ENVIRONMENT": ("{root}/foreign/env", "{store}/envs/x-0123456789"),
    "UVLOCAL_STORE": ("{root}/store", "relative"),
    "UVLOCAL_STRATEGY": ("no-metadata", "centralize", "redirect"),
    "UVLOCAL_UV": ("{root}/bin2/uv", "{root}/nowhere"),
    "UV_CACHE_DIR": ("{root}/uv-cache",),
    "UV_CONFIG_FILE": ("{root}/uv.toml", "uv.toml"),
    "UV_FROZEN": ("1",),
    "UV_INDEX_URL": ("https://example.org/simple",),
    "UV_ISOLATED": ("1", "false"),
    "UV_LINK_MODE": ("copy",),
    "UV_NO_BUILD_ISOLATION": ("1",),
    "UV_NO_CACHE": ("1",),
    "UV_NO_CONFIG": ("1",),
    "UV_NO_INSTALLER_METADATA": ("1",),
    "UV_NO_PROJECT": ("1",),
    "UV_NO_SYNC": ("1", "0"),
    "UV_PREVIEW": ("1",),
    "UV_PREVIEW_FEATURES": ("centralized-project-envs", "other"),
    "UV_PROJECT": ("{root}/home/src/q", "../plain"),
    "UV_PROJECT_ENVIRONMENT": ("", "{root}/foreign/env", "{store}/envs/x-0123456789"),
    "UV_PYTHON": ("3.12", "sub"),
    "UV_SYSTEM_PYTHON": ("1",),
    "UV_WORKING_DIR": ("{root}/home/Dropbox/ws/member", "sub"),
    "UV_WORKING_DIRECTORY": ("{root}/home/Dropbox/ws/member",),
    "VIRTUAL_ENV": ("{root}/some/env",),
    "XDG_CACHE_HOME": ("{root}/home/.cache2",),
    "XDG_CONFIG_HOME": ("{root}/home/.config2", "relative"),
    "XDG_DATA_HOME": ("{root}/home/.data2",),
    "XDG_STATE_HOME": ("{root}/home/.state2",),
}
#: Files whose content a decision may depend on.
READ = (
    *(f"{folder}/pyproject.toml" for folder in FOLDERS),
    "home/.config/uvlocal/uvlocal.toml",
    "home/.dropbox/info.json",
    "home/.cache/uvlocal/roots",
    "home/Dropbox/p/main.py",
    "home/.config/syncthing/config.xml",
)


def dropbox_says(folder: str) -> str:
    """Return Dropbox's configuration with the path of its folder."""
    return json.dumps({"personal": {"path": folder}})
