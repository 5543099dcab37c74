"""The variables that uvlocal sets for uv, with markers that let a nested call recognise them."""

from uvlocal.shim.contract import HAD_PREFIX, MANAGED, SET_PREFIX


def is_on(environ: "dict[str, str]", switch: str) -> bool:
    """Return whether a switch such as `UVLOCAL_QUIET` is on: set, not empty, and not `0`."""
    return environ.get(switch, "") not in ("", "0")


class Changes:
    """Changes to the environment before uv starts.

    `values` maps a name to its new value, or to None to remove the variable.
    """

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: "dict[str, str | None]" = {}

    def applied_to(self, environ: "dict[str, str]") -> "dict[str, str]":
        """Return a copy of `environ` with the changes made."""
        result = dict(environ)
        for name, value in self.values.items():
            if value is None:
                result.pop(name, None)
            else:
                result[name] = value
        return result


def as_fields(changes: "dict[str, str | None]") -> "list[str]":
    """Return changes as the launcher reads them: NAME=value to set, NAME to remove."""
    return [name if value is None else f"{name}={value}" for name, value in changes.items()]


def take_back(environ: "dict[str, str]") -> Changes:
    """Return the changes that restore the user's values, which an outer uvlocal call replaced.

    A variable is ours if it has the value in its marker; otherwise someone else set it since then
    (`uv run`, for example), and it is left alone.
    """
    changes = Changes()
    for name in MANAGED:
        mark, earlier = SET_PREFIX + name, HAD_PREFIX + name
        if mark in environ:
            if environ.get(name) == environ[mark]:
                changes.values[name] = environ.get(earlier)
            changes.values[mark] = None
        if earlier in environ:
            changes.values[earlier] = None
    return changes


def put_on(changes: Changes, environ: "dict[str, str]", wanted: "dict[str, str]") -> None:
    """Add the variables that a decision sets, each with its markers."""
    user = changes.applied_to(environ)
    for name, value in wanted.items():
        changes.values[name] = value
        changes.values[SET_PREFIX + name] = value
        if name in user:
            changes.values[HAD_PREFIX + name] = user[name]
