"""A CPython that skips hidden `.pth` files on Linux too, which is the bug behind uvlocal.

macOS marks everything below a dot-directory of a synced folder with the flag UF_HIDDEN, and
CPython's `site` skips `.pth` files that have it (https://github.com/python/cpython/issues/113659).
Linux has no such flag, so here the extended attribute `user.uf_hidden` replaces it: `path` returns
a private copy of the running CPython whose `site.addpackage` checks that attribute instead of the
flag. On macOS the running Python itself is used.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import sysconfig

from support.tools import fetched

#: The attribute that replaces UF_HIDDEN on systems without that flag.
ATTRIBUTE = "user.uf_hidden"

#: The line of `site.addpackage` that computes the file's name, in every CPython so far.
_ANCHOR = "    fullname = os.path.join(sitedir, name)\n"
_CHECK = f"""\
    try:
        os.getxattr(fullname, "{ATTRIBUTE}", follow_symlinks=False)
    except OSError:
        pass
    else:
        _trace(f"Skipping hidden .pth file: {{fullname!r}}")
        return
"""
#: Since 3.11 `site` is frozen into the interpreter. `encodings` is the first module that Python
#: reads from disk, well before `site`, and CPython's own tests disable frozen modules like this.
_THAW = "\n\nimport _imp\n\n_imp._override_frozen_modules_for_tests(-1)\n"

#: Modules that the tests' projects never import, and a file that would make uv refuse to install.
_LEFT_OUT = {
    "EXTERNALLY-MANAGED",
    "__pycache__",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "site-packages",
    "test",
    "tests",
    "tkinter",
    "turtledemo",
}


def path() -> str:
    """Return the interpreter's absolute path; on Linux its directory contains nothing else."""
    version = "{}.{}.{}".format(*sys.version_info)
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    if sys.platform == "darwin":
        return base
    name = f"hidden-python-{version}-{fetched.MACHINE}-{fetched.digest([base, _CHECK, _THAW])}"
    return os.path.join(fetched.provide(name, lambda root: _build(root, base)), "bin", "python3")


def _build(root: str, base: str) -> None:
    fetched.tell("copying Python, to make one that skips hidden files")
    program = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    library = os.path.join(root, "lib", program)
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=_ignored)
    os.mkdir(os.path.join(library, "site-packages"))
    os.mkdir(os.path.join(root, "bin"))
    shutil.copy(base, os.path.join(root, "bin", program))
    os.symlink(program, os.path.join(root, "bin", "python3"))
    site = os.path.join(library, "site.py")
    with open(site, encoding="utf-8") as file:
        text = file.read()
    if text.count(_ANCHOR) != 1:
        msg = f"`{site}` reads `.pth` files in a way that this model does not know"
        raise RuntimeError(msg)
    with open(site, "w", encoding="utf-8") as file:
        file.write(text.replace(_ANCHOR, _ANCHOR + _CHECK))
    with open(os.path.join(library, "encodings", "__init__.py"), "a", encoding="utf-8") as file:
        file.write(_THAW)


def _ignored(folder: str, names: list[str]) -> list[str]:
    del folder
    return [name for name in names if name in _LEFT_OUT or name.startswith("config-")]


# -- the flag ------------------------------------------------------------------------------------


def hide(path: str) -> None:
    """Hide a file or directory, not following symlinks; ignore missing and unsupported ones.

    Unlike flags on macOS, Linux allows no `user` attributes on symlinks and special files.
    """
    if sys.platform == "darwin":
        with contextlib.suppress(FileNotFoundError):
            os.lchflags(path, os.lstat(path).st_flags | stat.UF_HIDDEN)
    elif sys.platform == "linux":
        try:
            os.setxattr(path, ATTRIBUTE, b"1", follow_symlinks=False)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.EPERM}:
                raise


def show(path: str) -> None:
    """Undo `hide`, if needed."""
    if sys.platform == "darwin":
        os.lchflags(path, os.lstat(path).st_flags & ~stat.UF_HIDDEN)
    elif sys.platform == "linux" and is_hidden(path):
        os.removexattr(path, ATTRIBUTE, follow_symlinks=False)


def is_hidden(path: str) -> bool:
    """Return whether a file or directory is hidden, not following symlinks."""
    if sys.platform == "darwin":
        return bool(os.lstat(path).st_flags & stat.UF_HIDDEN)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return bool(os.getxattr(path, ATTRIBUTE, follow_symlinks=False))
    return False


def unavailable(folder: str) -> str:
    """Return why nothing can be hidden in `folder`, or ""."""
    probe = os.path.join(folder, ".probe")
    with open(probe, "wb"):
        pass
    try:
        hide(probe)
        return "" if is_hidden(probe) else "this system has no flag that hides files"
    except OSError as error:
        return f"this file system has no extended attributes ({error.strerror})"
    finally:
        os.unlink(probe)
