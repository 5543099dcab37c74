"""What few calls do to files: put something in a place.

The methods of `system.System` with these names say more; this is imported where one is used.
"""

from uvlocal.shim.builtin import os, stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

#: What is added to the name of something while it is made.
DRAFT = ".uvlocal"


def put(path: str, over: bool, make: "Callable[[str], None]", whole: bool = False) -> bool:
    """Make something at `path`, with `over` in the place of what is there unless a directory.

    With `whole`, what `make` makes is there in one step. Otherwise, and over something else, it is
    made beside `path`, and appears there as a whole. The name beside it is always the same: a call
    that is killed in between leaves one thing at most, and the next call takes that away.
    """
    draft = path + DRAFT
    try:
        if not _is_free(path, over):
            return False
        _remove(draft)
        if whole and not over:
            make(path)
            return True
        make(draft)
        if _is_free(path, over):
            os.replace(draft, path)
            return True
    except (OSError, ValueError, NotImplementedError):
        pass
    _remove(draft)
    return False


def _is_free(path: str, over: bool) -> bool:
    """Say whether something may be put at a path."""
    try:
        return not stat.S_ISDIR(os.lstat(path).st_mode) and over
    except FileNotFoundError:
        return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except (OSError, ValueError):
        pass
