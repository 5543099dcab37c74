"""What programs see that no shell starts, and the way that works for each.

Such programs do not read a shell's startup files, so their PATH may lack the shim's folder. The
shim's own full path works everywhere: it finds the real uv by itself, recorded when it was
installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvlocal.shim.system import System


@dataclass(frozen=True, slots=True)
class Program:
    """A kind of program: its name, what it sees, and what to do."""

    name: str
    sees: str
    way: str


def advice(shim: str, system: System) -> list[Program]:
    """Return what to do for programs that no shell starts.

    Sources: https://code.visualstudio.com/docs/supporting/faq (the shell's environment),
    https://www.jetbrains.com/help/pycharm/uv.html (the path of uv), crontab(5), launchd.plist(5),
    environment.d(5).
    """
    folder = system.path.dirname(shim)
    if system.platform == "win32":
        return [
            Program(
                "VS Code, PyCharm",
                "the user's PATH, as it was when they started; a uv on the system's PATH first",
                "start them anew after `uvlocal install`",
            ),
            Program(
                "services, tasks",
                "the system's PATH",
                f"call `{shim}` by its full path",
            ),
        ]
    found = [
        Program(
            "VS Code",
            "PATH of a new login shell, taken when it starts",
            "quit it, and start it anew",
        ),
        Program(
            "PyCharm",
            "the uv that its settings name",
            f"Settings, Python, Interpreter, uv: the path of uv is `{shim}`",
        ),
        Program(
            "cron",
            "PATH of `/usr/bin:/bin`",
            f"a line `PATH={folder}:/usr/bin:/bin` at the top of the crontab, or the full path",
        ),
    ]
    if system.platform == "darwin":
        found.append(
            Program(
                "launchd",
                "PATH of `/usr/bin:/bin:/usr/sbin:/sbin`",
                f"`{shim}` in `ProgramArguments`, or PATH in `EnvironmentVariables`",
            )
        )
    else:
        found.append(
            Program(
                "systemd",
                "PATH of the user manager",
                f"`ExecStart={shim} …`, or PATH in `~/.config/environment.d/`",
            )
        )
    return found
