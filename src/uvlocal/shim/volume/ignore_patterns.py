"""Patterns of files that are excluded from sync, as far as we can read them reliably.

A dialect defines the syntax of a line, and which line decides:

- `syncthing` (https://docs.syncthing.net/users/ignoring.html): the first matching line decides,
  `!` includes, `(?d)` and `(?i)` are prefixes, `//` starts a comment;
- `gitignore` (https://git-scm.com/docs/gitignore): the last matching line decides, `!` includes;
- `nextcloud` (https://docs.nextcloud.com/desktop/latest/): any line, `]` is a prefix;
- `mega`: the last matching line decides, a prefix with `-` or `+` ends with `:`;
- `names`: any line.

In all of them `*` does not match a `/`, `**` does, and a leading `/` is the sync root. In dialects
where order matters, parsing stops at a line with any other special syntax (`[`, `{`, `#include`),
because the meaning of the following lines is unknown.
"""

#: The longest pattern; a longer one could take long to match.
_LONGEST = 512
_MOST_STARS = 8
_MOST_LINES = 4096

_COMMENTS = {"syncthing": "//", "gitignore": "#", "nextcloud": "#", "mega": "#", "names": "#"}
_ORDERED = ("syncthing", "gitignore", "mega")


def ignores(text: str, path: str, dialect: str, *, folds_case: bool = False) -> str:
    """Return the line that excludes `path` (relative, with `/`), or "" if none does."""
    decided = ""
    for line in text.splitlines()[:_MOST_LINES]:
        pattern = line.strip()
        if not pattern or pattern.startswith(_COMMENTS[dialect]):
            continue
        pattern, keeps, folds = _unwrap(pattern, dialect, folds_case=folds_case)
        if not _is_readable(pattern):
            if dialect in _ORDERED:
                return ""
            continue
        subject = path
        if folds:
            pattern, subject = pattern.lower(), subject.lower()
        if _matches(pattern, subject):
            decided = "" if keeps else line.strip()
            if dialect not in ("gitignore", "mega"):
                break
    return decided


def _unwrap(pattern: str, dialect: str, *, folds_case: bool) -> "tuple[str, bool, bool]":
    """Return a pattern without its prefixes, whether it includes, and whether it ignores case."""
    keeps = False
    if dialect == "syncthing":
        while pattern.startswith(("!", "(?i)", "(?d)")):
            if pattern[0] == "!":
                keeps, pattern = True, pattern[1:]
            else:
                folds_case = folds_case or pattern.startswith("(?i)")
                pattern = pattern[4:]
    elif dialect == "gitignore" and pattern.startswith("!"):
        keeps, pattern = True, pattern[1:]
    elif dialect == "nextcloud" and pattern.startswith("]"):
        pattern = pattern[1:]
    elif dialect == "mega":
        keeps = pattern.startswith("+")
        pattern = pattern.partition(":")[2]
    return pattern, keeps, folds_case


def _is_readable(pattern: str) -> bool:
    if len(pattern) > _LONGEST or pattern.count("*") > _MOST_STARS or pattern.startswith("#"):
        return False
    return not any(character in pattern for character in "[]{}\\")


def _matches(pattern: str, path: str) -> bool:
    """Return whether a pattern matches `path` or a parent; unrooted ones match at any depth."""
    names = path.split("/")
    rooted = pattern.startswith("/")
    pattern = pattern.strip("/")
    if not pattern:
        return False
    for start in range(1 if rooted else len(names)):
        for end in range(start + 1, len(names) + 1):
            if _fits(pattern, "/".join(names[start:end])):
                return True
    return False


def _fits(pattern: str, text: str) -> bool:
    """Match the whole text, tracking all positions that each part of the pattern can reach."""
    reached = {0}
    position = 0
    while position < len(pattern) and reached:
        if pattern.startswith("**", position):
            position += 2
            reached = set(range(min(reached), len(text) + 1))
        elif pattern[position] == "*":
            position += 1
            further: "set[int]" = set()
            for start in reached:
                end = text.find("/", start)
                further.update(range(start, (len(text) if end < 0 else end) + 1))
            reached = further
        else:
            wanted = pattern[position]
            position += 1
            reached = {
                at + 1
                for at in reached
                if at < len(text) and (text[at] == wanted or (wanted == "?" and text[at] != "/"))
            }
    return len(text) in reached
