"""A plugin of pytest: run as Python would on another system, without what that lacks.

    UVLOCAL_TEST_SYSTEM=win32 PYTHONPATH=tests \
        python -m pytest -p support.programs.other_system -p no:cacheprovider -s --collect-only

`sys.platform` names the other system, modules that it does not have cannot be imported, and names
that it does not have are gone from `os`, `signal` and `socket`. A test file that needs one of them
before it skips itself stops the collection. Paths stay those of the system that this runs on, so
only tests that ask for no real path mean something here. What exists where: the lines
"Availability" of https://docs.python.org/3/library/os.html and of the other modules.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import socket
import sys

#: Loaded before, since each asks for modules of the other system when it is imported there.
#: `pexpect` is not among them: the tests import it as it is there.
_LOADED_BEFORE = (
    "asyncio",
    "ctypes.util",
    "filelock",
    "hypothesis",
    "multiprocessing.synchronize",
    "psutil",
    "rich.console",
    "rich.progress",
    "typer.testing",
    "urllib.request",
    "uuid",
    "xdist",
)

#: Modules that Python does not have there.
_MODULES = {
    "win32": """
        _curses _posixsubprocess curses fcntl grp posix pty pwd readline resource syslog termios
        tty
    """,
    "darwin": "",
}

_LINUX_ONLY = """
copy_file_range eventfd getresgid getresuid getxattr listxattr memfd_create pidfd_open posix_fadvise
posix_fallocate removexattr sched_getaffinity sched_setaffinity sched_setscheduler setns setresgid
setresuid setxattr splice unshare O_DIRECT O_NOATIME O_PATH
"""

_POSIX_ONLY = """
chown chroot confstr ctermid fchdir fchown fork forkpty fpathconf fstatvfs getegid geteuid getgid
getgroups getloadavg getpgid getpgrp getpriority getsid getuid initgroups killpg lchown lockf major
makedev minor mkfifo mknod nice openpty pathconf posix_openpt posix_spawn posix_spawnp pread preadv
pwrite pwritev register_at_fork sched_yield sendfile setegid seteuid setgid setgroups setpgid
setpriority setregid setreuid setsid setuid statvfs sync sysconf tcgetpgrp tcsetpgrp ttyname uname
wait wait3 wait4 waitid WCONTINUED WEXITED WIFEXITED WIFSIGNALED WIFSTOPPED WNOHANG WNOWAIT WSTOPSIG
WTERMSIG WUNTRACED O_CLOEXEC O_DIRECTORY O_DSYNC O_NDELAY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC
RTLD_GLOBAL RTLD_LAZY RTLD_NOW
"""

#: Names that `os` does not have there.
_OS = {"win32": _LINUX_ONLY + _POSIX_ONLY, "darwin": _LINUX_ONLY}

#: Names that `signal` does not have there.
_SIGNAL = {
    "win32": """
        SIGALRM SIGCHLD SIGCONT SIGHUP SIGIO SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSTOP SIGSYS SIGTRAP
        SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ
        ITIMER_REAL SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm getitimer pause pthread_kill
        pthread_sigmask setitimer sigpending siginterrupt sigtimedwait sigwait sigwaitinfo
    """,
    "darwin": "SIGPWR sigtimedwait sigwaitinfo",
}

#: Names that `socket` does not have there.
_SOCKET = {"win32": "AF_UNIX", "darwin": "AF_NETLINK AF_VSOCK"}


#: The number of this command in macOS' `fcntl.h`.
_F_GETPATH = 50


class _Missing:
    """A finder that stops the search for modules which the other system does not have."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def find_spec(self, name: str, *_: object) -> None:
        """Raise for one of them; leave every other name to the finders that follow."""
        if name in self._names:
            raise ModuleNotFoundError(f"No module named {name!r} on this system", name=name)


def _give_macos_getpath() -> None:
    """Let `fcntl` name the path of a descriptor, as macOS does."""
    module = importlib.import_module("fcntl")
    real = module.fcntl

    def named(descriptor: int, command: int, *argument: object) -> object:
        if command == _F_GETPATH:
            return os.fsencode(os.readlink(f"/proc/self/fd/{descriptor}")).ljust(1024, b"\0")
        return real(descriptor, command, *argument)

    vars(module).update(F_GETPATH=_F_GETPATH, fcntl=named)
    vars(shutil).update(_copyxattr=lambda *_, **__: None)  # made for Linux when it was imported


def become(system: str) -> None:
    """Make this process look like Python on another system, from here on.

    Args:
        system: `win32` or `darwin`.
    """
    for name in _LOADED_BEFORE:
        importlib.import_module(name)
    sys.platform = system
    if system == "darwin":
        _give_macos_getpath()
    missing = _MODULES[system].split()
    for name in missing:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, _Missing(missing))
    for module, names in ((os, _OS), (signal, _SIGNAL), (socket, _SOCKET)):
        for name in names[system].split():
            if hasattr(module, name):
                delattr(module, name)


if wanted := os.environ.get("UVLOCAL_TEST_SYSTEM"):
    become(wanted)
