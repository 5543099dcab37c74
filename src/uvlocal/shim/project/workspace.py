"""Find out whether a project is a member of the workspace above it, by each uv's rules.

`members` must match the project, `exclude` must not. Source:
https://docs.astral.sh/uv/concepts/projects/workspaces/, and experiments with the real uv.
"""

from uvlocal.shim.machine.host import System
from uvlocal.shim.project import globs
from uvlocal.shim.project.pyproject import Document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.request.uv_environ import Version

#: The limit of all globs in characters; and for those with `*` or a set, the limit of their length
#: times the path's: matching takes that many steps, which fit into a second.
_GLOB_LIMIT = 65536
_STEPS_LIMIT = 1_000_000


class Rules:
    """How some versions of uv read globs, from the first version that did so.

    A glob is normalised like a path (without `.`, `..` and needless separators) if it contains one
    of the things that `cleans` lists. `crossing`: `*` in `members` matches `/`; in `exclude` it
    always does.
    """

    __slots__ = ("cleans", "crossing", "since")

    def __init__(self, since: "Version", cleans: str, *, crossing: bool) -> None:
        self.since = since
        self.cleans = cleans.split()
        self.crossing = crossing


#: Newest first.
RULES = (
    Rules((0, 12, 8), "dots trailing-separator any-separator", crossing=False),
    Rules((0, 11, 7), "dots trailing-separator any-separator", crossing=True),
    Rules((0, 11, 5), "dots trailing-separator", crossing=True),
    Rules((0, 9, 3), "dots", crossing=True),
    Rules((0, 0, 0), "", crossing=True),
)


def has_member(
    document: Document, found: str, system: System, uv_version: "Callable[[], Version | None]"
) -> bool:
    """Return whether the project in the directory `found` is a member of the workspace.

    `uv_version` is called only if versions differ. Sets `document.problem` for invalid globs, for
    which uv rejects the file.
    """
    members = _globs(document, "members", found)
    excludes = _globs(document, "exclude", found)
    if document.problem:
        return False
    answers = []
    for rules in RULES:
        matcher = _Matcher(document.directory, found, system, rules)
        try:
            is_member = any(matcher.matches(glob, crossing=rules.crossing) for glob in members)
            is_excluded = any(matcher.matches(glob, crossing=True) for glob in excludes)
        except globs.InvalidGlobError as error:
            document.problem = f"`{error}` in `{document.path}` is not a glob"
            return False
        answers.append(is_member and not is_excluded)
    if answers.count(answers[0]) == len(answers):
        return answers[0]
    version = uv_version()
    # The last rules apply to every version, so that there is always a result.
    return next(
        answer
        for rules, answer in zip(RULES, answers, strict=True)
        if version is None or version >= rules.since
    )


def _globs(document: Document, key: str, found: str) -> "list[str]":
    """Return the workspace's globs; set `problem` if they are invalid or too long."""
    value = document.get("tool", "uv", "workspace", key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(glob, str) for glob in value):
        document.problem = f"`{key}` in `{document.path}` is not a list of globs"
        return []
    length = sum(len(glob) + 1 for glob in value)
    slow = sum(len(glob) for glob in value if "*" in glob or "[" in glob)
    if length > _GLOB_LIMIT or slow * len(found) > _STEPS_LIMIT:
        document.problem = f"`{key}` in `{document.path}` is too long"
        return []
    for glob in value:
        try:
            globs.compiled(glob)
        except globs.InvalidGlobError:
            document.problem = f"`{glob}` in `{document.path}` is not a glob"
    return value


class _Matcher:
    """Matches globs relative to the workspace root with one project below it."""

    __slots__ = ("found", "relative", "rules", "separators", "system")

    def __init__(self, root: str, found: str, system: System, rules: Rules) -> None:
        self.system = system
        self.rules = rules
        self.separators = "/" if system.path.sep == "/" else "\\/"
        self.found = found
        # The root is the same in both, so only the rest needs to be compared.
        self.relative = found[len(root.rstrip(self.separators)) + 1 :]

    def matches(self, glob: str, *, crossing: bool) -> bool:
        """Return whether a glob matches the project.

        Raises:
            InvalidGlobError: normalising made it invalid.
        """
        path = self.system.path
        parts = glob.replace(path.sep, "/").split("/")
        found = {
            "dots": ".." in parts or parts[0] == ".",
            "trailing-separator": parts[-1] == "",
            "any-separator": "" in parts[1:] or "." in parts,
        }
        if any(found[what] for what in self.rules.cleans):
            glob = path.normpath(glob) if glob else ""
            glob = "" if glob == "." else glob
        whole = self.found if path.isabs(glob) else self.relative
        return globs.matches(glob, whole, crossing=crossing, separators=self.separators)
