"""Find the project and the workspace root, exactly as uv finds them.

The first `pyproject.toml` up from the start directory is the project; the first one above that may
be the workspace that the project is a member of. Sources:
https://docs.astral.sh/uv/concepts/projects/workspaces/, and experiments with the real uv, which the
tests repeat.
"""

from uvlocal.shim.machine import directories
from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import contains, normalised
from uvlocal.shim.project.pyproject import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.request.uv_environ import Version

#: The longest path on POSIX systems (`PATH_MAX`); Windows has its own limit.
_PATH_LIMIT = 4096
#: The first version of uv that does not look for a workspace above its own cache directory.
_SPARES_CACHE_SINCE = (0, 11, 20)


class Project:
    """A project, or why there is none.

    `root` is the canonical workspace root, `found` is the same as uv spells it. `code` is
    `no-project` if uv does not use the project or will reject it, with the sentence `why`. `table`
    is `[tool.uvlocal]` of the root's `pyproject.toml`, `preview` its `[tool.uv]` preview setting:
    True, False, a list of features, or None.
    """

    __slots__ = ("code", "found", "preview", "root", "table", "why")

    def __init__(  # noqa: PLR0913 - a record: each argument is a field
        self,
        *,
        root: str,
        found: str,
        code: "str | None" = None,
        why: str = "",
        table: "dict[str, object] | None" = None,
        preview: object = None,
    ) -> None:
        self.root = root
        self.found = found
        self.code = code
        self.why = why
        self.table = table
        self.preview = preview


def discover(
    start: str,
    system: System,
    *,
    uv_version: "Callable[[], Version | None]" = lambda: None,
    cache_directory: str = "",
) -> "Project | None":
    """Return the project up from `start`, or None if there is no `pyproject.toml`.

    Args:
        start: an absolute directory; it need not exist, and may contain `..` where uv keeps it.
        system: the machine.
        uv_version: returns the real uv's version, or None for the newest; called only if versions
            find different roots.
        cache_directory: uv's cache if the user names one, absolute; "" for the default.
    """
    place = _nearest(start, system)
    if not place:
        return None
    document = Document(place, system)
    found = normalised(place, system)
    root = _root(document, found, system, uv_version, cache_directory)
    if root is not document:
        found = root.directory
    elif (
        place.rstrip(system.path.sep) != found.rstrip(system.path.sep)
        and document.get("project") is None
    ):
        found = place  # without a project, uv keeps the spelling that it was given
    project = Project(root=system.realpath(found), found=found)
    _note_tables(project, root)
    if _is_unmanaged(document):
        project.code = "no-project"
        project.why = f"`{document.path}` says `managed = false`"
    problem = document.problem or root.problem
    if problem:
        project.code, project.why = "no-project", problem
    return project


def _root(
    document: Document,
    found: str,
    system: System,
    uv_version: "Callable[[], Version | None]",
    cache_directory: str,
) -> Document:
    """Return the workspace's file if there is one around the project, else the project's own."""
    above = system.path.dirname(found)
    if document.problem or _is_workspace(document) or above == found:
        return document
    place = _nearest(above, system)
    if not place:
        return document
    around = Document(place, system)
    if not around.problem and not around.may_have("workspace"):
        return document
    if document.get("project") is None or _is_unmanaged(document):
        return document
    cache = _cache(cache_directory, system)
    if cache and contains(cache, found, system):
        version = uv_version()
        if version is None or version >= _SPARES_CACHE_SINCE:
            return document
    # An old uv compares the project including its trailing separator, so it finds no member.
    from uvlocal.shim.project import workspace

    tail = system.path.sep if document.directory.endswith(system.path.sep) else ""
    if _is_workspace(around) and workspace.has_member(around, found + tail, system, uv_version):
        return around
    if around.problem:
        document.problem = around.problem
    return document


def _nearest(directory: str, system: System) -> str:
    """Return the first directory from `directory` up with a `pyproject.toml`, or ""."""
    if len(directory) > _PATH_LIMIT and system.platform != "win32":
        directory = system.path.dirname(directory[:_PATH_LIMIT])
    while directory:
        if system.is_file(system.path.join(directory, "pyproject.toml")):
            return directory
        above = system.path.dirname(directory)
        if above == directory:
            break
        directory = above
    return ""


def _is_workspace(document: Document) -> bool:
    """Return whether the file has `[tool.uv.workspace]`; set `problem` if it is invalid."""
    if not document.may_have("workspace"):
        return False
    table = document.get("tool", "uv", "workspace")
    if table is not None and not isinstance(table, dict):
        document.problem = f"`tool.uv.workspace` in `{document.path}` is not a table"
    return table is not None


def _is_unmanaged(document: Document) -> bool:
    """Return whether a project's file has `managed = false`."""
    return (
        document.may_have("managed")
        and document.get("tool", "uv", "managed") is False
        and document.get("project") is not None
    )


def _note_tables(project: Project, root: Document) -> None:
    """Read our table and the preview setting from the root's file."""
    if root.may_have("uvlocal"):
        table = root.get("tool", "uvlocal")
        project.table = table if isinstance(table, dict) else None
    if root.may_have("preview") and root.may_have("uv"):
        project.preview = root.get("tool", "uv", "preview")
        features = root.get("tool", "uv", "preview-features")
        if features is not None and project.preview is not True:
            project.preview = features


def _cache(named: str, system: System) -> str:
    """Return uv's cache directory, or "" if there is none."""
    if named:
        return normalised(system.path.join(system.cwd, named), system)
    return directories.uv_cache(system)


def no_project(start: str) -> Project:
    """Return the `Project` that means there is none."""
    where = (
        f"no `pyproject.toml` found in `{start}` or any parent directory"
        if start
        else "the directory is gone"
    )
    return Project(root="", found="", code="no-project", why=where)
