"""Is the shim first on PATH, unchanged, and able to do its work?"""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from uvlocal.manage import inspection, shells
from uvlocal.manage.checks import FAIL, OK, WARN, Check
from uvlocal.manage.errors import UserError
from uvlocal.manage.shim_folder import is_ours
from uvlocal.shim.display import contract_home

if TYPE_CHECKING:
    from uvlocal.manage.checks import Facts
    from uvlocal.manage.inspection import Inspection

#: Findings that do not keep the shim from working today.
_MILD = frozenset(
    ("shim-outdated", "configuration-outdated", "other-uvlocal", "other-shim", "line-outdated")
)
#: Findings that putting the same shim there once more mends.
_MENDED_BY_INSTALLING = frozenset(
    (
        "configuration-absent",
        "configuration-damaged",
        "configuration-outdated",
        "configuration-untrusted",
        "package-gone",
        "python-gone",
        "shim-outdated",
    )
)
#: How long a program that is started may take, in seconds.
PATIENCE = 15
#: What a login shell begins with, before its startup files add to it (login(1)).
_BARE_PATH = "/usr/local/bin:/usr/bin:/bin"
_MARK = "uvlocal-found:"
_SHELLS = ("bash", "zsh", "fish", "sh", "dash", "ksh")


def check(facts: Facts) -> list[Check]:
    """Look at the shim's folder, its Python, and PATH here and in a login shell."""
    try:
        found = inspection.inspect(facts.shim_folder, facts.system, running=shells.running())
    except UserError as error:
        return [Check("shim-absent", FAIL, error.message, advice=error.hint)]
    # Whether there is a real uv is a question of its own (`uvs`).
    findings = [finding for finding in found.findings if finding.code != "no-real-uv"]
    checks = [_from(finding, found) for finding in findings]
    if found.shim_state == "absent":
        return checks
    if not checks:
        seen = f"the shim `{_shown(found.shim, facts)}` is first on PATH and unchanged"
        checks.append(Check("shim", OK, seen, path=found.shim))
    return [*checks, *_python(found, facts), *_login_shell(facts)]


def _from(finding: inspection.Finding, found: Inspection) -> Check:
    mild = finding.code in _MILD or finding.code.startswith("line-")
    fix = "install" if finding.code in _MENDED_BY_INSTALLING else ""
    found_command = re.search("`(uvlocal [^`]+)`", finding.hint)
    command = found_command[1] if found_command else ""
    advice = "" if finding.hint == f"run `{command}`" else finding.hint
    return Check(
        finding.code,
        WARN if mild else FAIL,
        finding.sentence,
        command=command,
        fix=fix,
        path=found.folder if fix else "",
        advice=advice,
    )


def _shown(path: str, facts: Facts) -> str:
    return contract_home(path, facts.system)


def _python(found: Inspection, facts: Facts) -> list[Check]:
    """See whether the shim's Python starts and finds the package: its library may be gone."""
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
            return [Check("python", OK, f"the shim's Python `{shown}` starts", path=found.python)]
        said = (result.stderr.strip().splitlines() or [f"exit code {result.returncode}"])[-1]
    seen = f"the shim's Python `{shown}` does not start, so it does nothing: {said}"
    return [
        Check(
            "python-broken",
            FAIL,
            seen,
            command="uvlocal install",
            fix="install",
            path=found.folder,
        )
    ]


def _login_shell(facts: Facts) -> list[Check]:
    """Ask a fresh login shell which `uv` it finds: its startup files may differ from this one's."""
    shell = facts.system.environ.get("SHELL", "")
    name = os.path.basename(shell)
    if facts.system.platform == "win32" or name not in _SHELLS or not os.access(shell, os.X_OK):
        return []
    first = login_path(shell, facts.system.environ)
    if first is None:
        seen = f"a login shell (`{name}`) did not say which `uv` it finds"
        return [Check("login-shell-silent", WARN, seen, "low")]
    if first and is_ours(first, facts.system):
        seen = f"a login shell (`{name}`) finds the shim `{_shown(first, facts)}`"
        return [Check("login-shell", OK, seen, path=first)]
    what = f"`{_shown(first, facts)}`, not the shim" if first else "no `uv`"
    seen = f"a login shell (`{name}`) finds {what}"
    return [Check("login-shell-misses", WARN, seen, "medium", "uvlocal install", path=first)]


def login_path(shell: str, environ: dict[str, str]) -> str | None:
    """Return the `uv` that a fresh login shell finds, "" for none, None if it does not say."""
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
