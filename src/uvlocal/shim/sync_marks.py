"""Mark an environment that stays in a synced folder as left out of sync.

Some sync clients heed an extended attribute (column `exclusions` of `providers`). uv makes a new
folder when it recreates an environment, and the mark goes with the old one; so each call looks.
"""

import stat

from uvlocal.shim.providers import BY_ID
from uvlocal.shim.system import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.places import Exclusion

#: The value that leaves a folder out, for Dropbox and for File Providers alike.
_YES = b"1"


def attributes(provider: "str | None", platform: str) -> "list[str]":
    """Return the attributes that leave a folder of this provider out, disputed ones too.

    A mark that is not heeded does no harm.
    """
    return [exclusion.what for exclusion in _by_attribute(provider, platform)]


def _by_attribute(provider: "str | None", platform: str) -> "list[Exclusion]":
    row = BY_ID.get(provider or "")
    if row is None:
        return []
    return [
        exclusion
        for exclusion in row.exclusions
        if exclusion.how == "attribute" and platform in exclusion.platforms
    ]


def mark(root: str, provider: "str | None", system: System, *, make: bool) -> bool:
    """Mark the environment in the project at `root`; say whether anything had to be done.

    Args:
        root: the project's root.
        provider: the id of the provider's row.
        system: the machine.
        make: uv is about to fill the environment: where there is none yet, an empty folder is
            made, which uv takes as it is, so that nothing is uploaded in the meantime.
    """
    names = attributes(provider, system.platform)
    if not names:
        return False
    inside = system.path.join(root, ".venv")
    status = system.lstat(inside)
    if status is None:
        if not (make and system.make_directory(inside)):
            return False
    elif not stat.S_ISDIR(status.st_mode):
        return False
    marked = False
    for name in names:
        if system.attribute(inside, name) != _YES:
            marked = system.set_attribute(inside, name, _YES) or marked
    return marked


def is_heeded(root: str, provider: "str | None", system: System) -> bool:
    """Say whether the environment has a mark that the client is known to heed.

    Then it is as good as on a local volume, and the next call decides so.
    """
    inside = system.path.join(root, ".venv")
    return any(
        exclusion.certain and system.attribute(inside, exclusion.what) == _YES
        for exclusion in _by_attribute(provider, system.platform)
    )
