"""Paths as text, in the spelling that uv itself would give them; no file is looked at."""

from uvlocal.shim.system import System


def absolute(path: str, directory: str, system: System) -> str:
    """Return `path` made absolute as Rust's `std::path::absolute` does: `..` stays, `.` goes.

    Windows resolves `..` too (https://doc.rust-lang.org/std/path/fn.absolute.html).
    """
    path = system.path.join(directory, path)
    if system.platform == "win32":
        return system.path.normpath(path)
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


def normalised(path: str, system: System) -> str:
    """Return an absolute path without `.`, `..` and repeated separators, links not resolved."""
    path = system.path.normpath(path)
    return path[1:] if path.startswith("//") else path


def parent(path: str, system: System) -> str:
    """Return all but the last component of `path`, as uv counts them: `.` is one at the start only.

    "" for a bare name, and where there is nothing above.
    """
    drive, rest = system.path.splitdrive(path)
    parts = rest.replace(system.path.sep, "/").split("/")
    root = "/" if len(parts) > 1 and not parts[0] else ""
    kept = [part for at, part in enumerate(parts) if part and (part != "." or at == 0)]
    return drive + root + "/".join(kept[:-1]) if kept else ""
