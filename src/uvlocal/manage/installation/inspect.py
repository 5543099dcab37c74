"""Inspect the shim's directory, and what precedes it on PATH, for `uvlocal doctor`."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from uvlocal.manage.findings import FAIL, WARN, Finding
from uvlocal.manage.installation import aliases, rc_lines, shells, windows_path
from uvlocal.manage.installation.on_path import is_ours, uvs_on_path
from uvlocal.manage.installation.shim_dir import (
    Contents,
    chosen,
    is_foreign_program,
    read,
    says_the_same,
)
from uvlocal.shim import contract
from uvlocal.shim.store import naming
from uvlocal.shim.uv import handover

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvlocal.manage.installation.rc_lines import Line
    from uvlocal.shim.machine.host import System

_INSTALL = "uvlocal install"


@dataclass(frozen=True, slots=True)
class Inspection:
    """The state of an installation; paths are absolute, or "".

    `shim_state` is `absent`, `current`, `outdated` (from another version of uvlocal), `replaced` (a
    real uv was installed over it) or `foreign`. `configuration_state` is `absent`, `current`,
    `outdated`, `damaged` or `untrusted` (others can write to it). `python` and `package` are the
    paths in the configuration. `uvx_state` is the state of the `uvx` shim. `uvs_on_path` are all
    programs `uv` on PATH, `shims_on_path` those of uvlocal. `user_path` is the state of the
    directory on the user's PATH on Windows, `machine_uv` a `uv.exe` before it on the machine's.
    """

    folder: str
    shim: str
    shim_state: str
    configuration_state: str
    python: str
    python_is_there: bool
    package: str
    package_is_there: bool
    is_this_uvlocal: bool
    uvx: str
    uvx_state: str
    uvs_on_path: tuple[str, ...]
    shims_on_path: tuple[str, ...]
    lines: tuple[Line, ...]
    shadows: tuple[aliases.Shadow, ...]
    user_path: str
    machine_uv: str
    findings: tuple[Finding, ...]


def inspect(
    folder: str | None,
    system: System,
    *,
    running: Sequence[str] = (),
    user_path: windows_path.UserPath | None = None,
) -> Inspection:
    """Return the state of the installation in `folder`.

    Args:
        folder: the shim's directory; None for the default one.
        system: the machine.
        running: the names of the programs that started uvlocal, nearest first.
        user_path: the user's PATH on Windows, by default the registry's.

    Raises:
        UserError: there is no home directory, or no launcher for this machine.
    """
    should = Contents(chosen(folder, system), system)
    said = handover.configuration(system, should.shim)
    python, package = said.get("python", ""), said.get("package", "")
    names = shells.in_use(system, running)
    on_path = uvs_on_path(system)
    registry = ""
    if system.platform == "win32":
        registry = windows_path.state(
            user_path or windows_path.Registry(), should.folder, system.environ
        )
    found = Inspection(
        folder=should.folder,
        shim=should.shim,
        shim_state=_shim_state(should.shim, should, system),
        uvx=should.uvx,
        uvx_state=_shim_state(should.uvx, should, system),
        configuration_state=_configuration_state(should, system),
        python=python,
        python_is_there=system.is_file(python),
        package=package,
        package_is_there=system.is_file(os.path.join(package, "uvlocal", "shim", "launch.py")),
        is_this_uvlocal=package == should.values["package"],
        uvs_on_path=tuple(on_path),
        shims_on_path=tuple(path for path in on_path if is_ours(os.path.realpath(path), system)),
        lines=tuple(rc_lines.standing(names, should.folder, system)),
        shadows=tuple(aliases.find(names, system)),
        user_path=registry,
        machine_uv=windows_path.machine_uv(should.folder, system),
        findings=(),
    )
    return dataclasses.replace(found, findings=tuple(_findings(found)))


def _shim_state(shim: str, should: Contents, system: System) -> str:
    if not os.path.lexists(shim):
        return "absent"
    if is_foreign_program(shim, system):
        return "replaced"
    if not is_ours(shim, system):
        return "foreign"
    return "current" if read(shim) == should.launcher_bytes else "outdated"


def _configuration_state(should: Contents, system: System) -> str:
    status = system.stat(should.configuration)
    if status is None:
        return "absent"
    # The launcher does not trust a file that others can write to.
    if not naming.is_private(status, system.uid):
        return "untrusted"
    said = handover.configuration(system, should.shim)
    if not {"uvlocal", "python", "package"} <= said.keys():
        return "damaged"
    return "current" if says_the_same(said, should) else "outdated"


# -- what is wrong -----------------------------------------------------------------------------


def _findings(found: Inspection) -> list[Finding]:
    """Return what is wrong, the most severe first."""
    if found.shim_state == "absent":
        return [_mended("shim-absent", FAIL, f"there is no shim in `{found.folder}`")]
    return [
        *_shim_findings(found),
        *_configuration_findings(found),
        *_path_findings(found),
        *_line_findings(found),
    ]


def _mended(code: str, level: str, seen: str, advice: str = "", fix: str = "") -> Finding:
    """Return a finding that `uvlocal install` fixes; `fix` is the directory if `--fix` may."""
    what = "install" if fix else ""
    return Finding(code, level, seen, command=_INSTALL, fix=what, path=fix, advice=advice)


def _shim_findings(found: Inspection) -> list[Finding]:
    if found.shim_state == "replaced":
        what = "a real uv was installed over the shim, so `uv` no longer goes through uvlocal"
        return [_mended("shim-replaced", FAIL, f"`{found.shim}`: {what}")]
    if found.shim_state == "foreign":
        what = "this file is where the shim belongs, but is not from uvlocal"
        advice = f"remove it, then run `{_INSTALL}`"
        return [_mended("shim-foreign", FAIL, f"`{found.shim}`: {what}", advice)]
    if found.shim_state == "outdated":
        seen = f"`{found.shim}`: the shim is from another version of uvlocal"
        return [_mended("shim-outdated", WARN, seen, fix=found.folder)]
    if found.uvx_state != "current":
        seen = f"`{found.uvx}` is not the shim, so tools run by `uvx` do not find the environments"
        fix = "" if found.uvx_state in ("foreign", "replaced") else found.folder
        return [_mended("uvx", WARN, seen, fix=fix)]
    return []


def _configuration_findings(found: Inspection) -> list[Finding]:
    conf = os.path.join(found.folder, contract.CONFIGURATION)
    sentences = {
        "absent": f"`{conf}` is missing, so the shim has no effect",
        "damaged": f"`{conf}` is damaged, so the shim has no effect",
        "untrusted": f"`{conf}` is writable by other users, so the shim has no effect",
    }
    if found.configuration_state in sentences:
        seen = sentences[found.configuration_state]
        code = f"configuration-{found.configuration_state}"
        return [_mended(code, FAIL, seen, fix=found.folder)]
    findings = []
    if not found.python_is_there:
        seen = f"the shim's Python `{found.python}` is gone, so the shim has no effect"
        findings.append(_mended("python-gone", FAIL, seen, fix=found.folder))
    if not found.package_is_there:
        seen = f"the shim's uvlocal in `{found.package}` is gone, so the shim has no effect"
        findings.append(_mended("package-gone", FAIL, seen, fix=found.folder))
    elif not found.is_this_uvlocal:
        seen = f"the shim belongs to another installation of uvlocal, in `{found.package}`"
        findings.append(_mended("other-uvlocal", WARN, seen))
    elif found.configuration_state == "outdated" and found.python_is_there:
        seen = f"`{conf}` is from an earlier state of this installation"
        findings.append(_mended("configuration-outdated", WARN, seen, fix=found.folder))
    return findings


def _path_findings(found: Inspection) -> list[Finding]:
    """Return what is wrong with PATH in this process."""
    findings = []
    first = found.uvs_on_path[0] if found.uvs_on_path else ""
    if found.machine_uv:
        # Even if a shell's startup file puts the shim first, other programs do not find it.
        level = WARN if first == found.shim else FAIL
        seen = f"`{found.machine_uv}` is on the machine's PATH, which comes before the user's"
        advice = windows_path.ways_out(found.machine_uv)
        findings.append(Finding("machine-path", level, seen, advice=advice))
    then = f"run `{_INSTALL}`, then open a new shell"
    if found.shim not in found.uvs_on_path:
        seen = f"`{found.folder}` is not on `PATH` here"
        findings.append(_mended("not-on-path", FAIL, seen, then))
    elif first not in (found.shim, found.machine_uv, *found.shims_on_path):
        seen = f"`{first}` comes before the shim on `PATH`"
        findings.append(_mended("not-first", FAIL, seen, then))
    for other in found.shims_on_path:
        if os.path.realpath(other) != os.path.realpath(found.shim):
            seen = f"`{other}` is the shim of another installation of uvlocal"
            command = f"uvlocal uninstall --shim-dir {os.path.dirname(other)}"
            findings.append(Finding("other-shim", WARN, seen, command=command))
    return findings


def _line_findings(found: Inspection) -> list[Finding]:
    """Return what is wrong in startup files; if none has our line, that was the user's choice."""
    findings = []
    chosen_by_user = all(line.state in ("absent", "blocked") for line in found.lines)
    for line in found.lines:
        if line.state == "outdated" or (line.state == "absent" and not chosen_by_user):
            what = "an old line" if line.state == "outdated" else "no line"
            seen = f"`{line.path}` has {what} from uvlocal, so {line.shell} may not find the shim"
            findings.append(_mended(f"line-{line.state}", WARN, seen))
    for shadow in found.shadows:
        seen = (
            f"`{shadow.path}`, line {shadow.line}: {shadow.shell} uses the {shadow.kind} "
            f"`{shadow.text}` instead of the shim"
        )
        advice = f"change it to call `{found.shim}`, or remove it"
        findings.append(Finding("shadowed", FAIL, seen, advice=advice))
    if found.user_path == "absent":
        seen = f"`{found.folder}` is not first on the user's PATH"
        findings.append(_mended("user-path-absent", FAIL, seen))
    return findings
