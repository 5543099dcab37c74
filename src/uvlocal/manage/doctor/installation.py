"""Check whether the shim is first on PATH, unchanged, and working."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from uvlocal.manage.errors import UserError
from uvlocal.manage.findings import FAIL, OK, WARN, Finding
from uvlocal.manage.installation import inspect, shells, starting
from uvlocal.manage.installation.on_path import is_ours
from uvlocal.shim.machine.display import contract_home

if TYPE_CHECKING:
    from uvlocal.manage.doctor.facts import Facts
    from uvlocal.manage.installation.inspect import Inspection

#: The timeout for a program, in seconds.
PATIENCE = 15
#: The PATH of a login shell before its startup files change it (login(1)).
_BARE_PATH = "/usr/local/bin:/usr/bin:/bin"
_MARK = "uvlocal-found:"
_SHELLS = ("bash", "zsh", "fish", "sh", "dash", "ksh")


def check(facts: Facts) -> list[Finding]:
    """Check the shim's directory, its Python, and PATH here and in a login shell."""
    try:
        found = inspect.inspect(facts.shim_folder, facts.system, running=shells.running())
    except UserError as error:
        return [Finding("shim-absent", FAIL, error.message, advice=error.hint)]
    findings = list(found.findings)
    if found.shim_state == "absent":
        return findings
    findings = [*_start(found, facts), *findings]
    if not findings:
        seen = f"the shim `{_shown(found.shim, facts)}` is first on PATH and unchanged"
        findings.append(Finding("shim", OK, seen, path=found.shim))
    return [*findings, *_python(found, facts), *_login_shell(facts)]


def _start(found: Inspection, facts: Facts) -> list[Finding]:
    """See whether the shim itself starts: a security program or the disk may not let it."""
    wrong = starting.trouble(found.shim) if found.shim_state in ("current", "outdated") else None
    if wrong is None:
        return []
    seen = f"the shim `{_shown(found.shim, facts)}` does not start: {wrong.reason}"
    if found.shim_state == "current":  # another one like it would be no better
        return [Finding("shim-broken", FAIL, seen, path=found.folder, advice=wrong.hint)]
    command = "uvlocal install"
    return [Finding("shim-broken", FAIL, seen, command=command, fix="install", path=found.folder)]


def _shown(path: str, facts: Facts) -> str:
    return contract_home(path, facts.system)


def _python(found: Inspection, facts: Facts) -> list[Finding]:
    """Check whether the shim's Python starts and finds the package."""
    if not (found.python_is_there and found.package_is_there):
        return []
    code = f"import sys; sys.path.insert(0, {found.package!r}); import uvlocal.shim.launch"
    shown = _shown(found.python, facts)
    try:
        result = subprocess.run(
            [found.python, "-I", "-S", "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = str(error)
    else:
        if result.returncode == 0:
            return [Finding("python", OK, f"the shim's Python `{shown}` starts", path=found.python)]
        said = (result.stderr.strip().splitlines() or [f"exit code {result.returncode}"])[-1]
    seen = f"the shim's Python `{shown}` does not start, so the shim has no effect: {said}"
    return [
        Finding(
            "python-broken",
            FAIL,
            seen,
            command="uvlocal install",
            fix="install",
            path=found.folder,
        )
    ]


def _login_shell(facts: Facts) -> list[Finding]:
    """Check which `uv` a new login shell finds, as its startup files may differ."""
    shell = facts.system.environ.get("SHELL", "")
    name = os.path.basename(shell)
    if facts.system.platform == "win32" or name not in _SHELLS or not os.access(shell, os.X_OK):
        return []
    first = login_path(shell, facts.system.environ)
    if first is None:
        seen = f"a login shell (`{name}`) did not say which `uv` it finds"
        return [Finding("login-shell-silent", WARN, seen, "low")]
    if first and is_ours(first, facts.system):
        seen = f"a login shell (`{name}`) finds the shim `{_shown(first, facts)}`"
        return [Finding("login-shell", OK, seen, path=first)]
    what = f"`{_shown(first, facts)}`, not the shim" if first else "no `uv`"
    seen = f"a login shell (`{name}`) finds {what}"
    return [Finding("login-shell-misses", WARN, seen, "medium", "uvlocal install", path=first)]


def login_path(shell: str, environ: dict[str, str]) -> str | None:
    """Return the `uv` that a new login shell finds, or "", or None if it does not say."""
    kept = ("HOME", "USER", "LOGNAME", "LANG", "ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    clean = {key: environ[key] for key in kept if key in environ}
    clean |= {"SHELL": shell, "TERM": "dumb", "PATH": _BARE_PATH}
    ask = "command -s uv" if shell.endswith("fish") else "command -v uv"
    try:
        result = subprocess.run(
            [shell, "-l", "-c", f'echo "{_MARK}"; {ask}; true'],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean,
            text=True,
            errors="surrogateescape",
            timeout=PATIENCE,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    _, marked, after = result.stdout.rpartition(_MARK)
    if not marked:
        return None
    lines = after.strip().splitlines()
    return lines[0] if lines else ""
