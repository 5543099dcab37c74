"""Patterns of files that are left out of sync, as far as they can be read honestly.

Syncthing's `.stignore` (https://docs.syncthing.net/users/ignoring.html): one pattern on a line, the
first that matches decides, `!` keeps, `(?d)` and `(?i)` in front, `/` at the beginning means the
root of the folder, `*` does not cross a `/`, `**` does. A line with anything else that has a
meaning (`[`, `{`, `#include`) ends the reading: what follows cannot be known.
"""

#: Enough for any pattern; a longer one could take long to match.
_LONGEST = 512
_MOST_STARS = 8


def ignores(text: str, path: str, *, folds_case: bool = False) -> str:
    """Return the line that leaves `path` (relative, with `/`) out of sync, "" where none does."""
    for line in text.splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("//"):
            continue
        keeps, folds = False, folds_case
        while pattern.startswith(("!", "(?i)", "(?d)")):
            if pattern[0] == "!":
                keeps, pattern = True, pattern[1:]
            else:
                folds = folds or pattern.startswith("(?i)")
                pattern = pattern[4:]
        if any(character in pattern for character in "[]{}\\") or pattern.startswith("#"):
            return ""
        if len(pattern) > _LONGEST or pattern.count("*") > _MOST_STARS:
            return ""
        subject = path
        if folds:
            pattern, subject = pattern.lower(), subject.lower()
        if _matches(pattern, subject):
            return "" if keeps else line.strip()
    return ""


def _matches(pattern: str, path: str) -> bool:
    """Say whether a pattern fits `path` or a folder above it; unrooted ones fit at any depth."""
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
    """Match a whole text, by the sets of positions that each part of the pattern can reach."""
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
