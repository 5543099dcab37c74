"""Print results for people or for programs; the only module that prints.

Data goes to stdout, messages to stderr. Without a terminal, or with `NO_COLOR`, there is no colour.
What `uvlocal path` and `uvlocal init` do not need is imported where it is used.
"""

from __future__ import annotations

import os
import sys

from uvlocal.manage.errors import UserError
from uvlocal.shim.machine.display import contract_home, printable
from uvlocal.shim.machine.host import System

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uvlocal.manage.projects.status import Status

_LABEL_WIDTH = 13
#: Markers around coloured text until it is written. No file or name contains these characters
#: (halves of surrogate pairs), so that only `painted` can colour the terminal.
_COLOUR, _PAINTED, _END = "\ud800", "\ud801", "\ud802"
#: The ECMA-48 escape sequences that they become.
_STEERS = {_COLOUR: "\x1b[", _PAINTED: "m", _END: "\x1b[0m"}
#: The machine, cached by the home variables, as a list may show thousands of paths.
_systems: dict[tuple[str | None, str | None], System] = {}
#: The ratio between two units of size.
_UNIT = 1024


def shown(path: str) -> str:
    """Return a path for display, escaped and with `~` for the home directory."""
    return contract_home(path, _machine())


def _machine() -> System:
    home = os.environ.get("HOME"), os.environ.get("USERPROFILE")
    if home not in _systems:
        _systems[home] = System()
    return _systems[home]


def data(text: str) -> None:
    """Print data for people, escaped for a terminal."""
    code(_fit(text))


def code(text: str) -> None:
    """Print lines for a program, unchanged.

    Raises:
        UserError: stdout cannot be written, for example because a disk is full.
    """
    with _ToldIfFull():
        sys.stdout.write(_writable(text, sys.stdout.encoding) + "\n")


def exact(path: str) -> None:
    """Print the exact bytes of a path, for a program."""
    if sys.platform == "win32":
        code(path)
        return
    with _ToldIfFull():
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(path) + b"\n")
        sys.stdout.buffer.flush()


def talk(text: str) -> None:
    """Print a message to stderr, after flushing stdout; ignore a closed stderr."""
    import contextlib

    flush()
    with contextlib.suppress(OSError):
        sys.stderr.write(_writable(_fit(contracted(text)), sys.stderr.encoding) + "\n")


def flush() -> None:
    """Flush stdout.

    Raises:
        UserError: stdout cannot be written.
    """
    with _ToldIfFull():
        sys.stdout.flush()


class _ToldIfFull:
    """Reports a failed write to stdout; a class, as `uvlocal path` does not import `contextlib`."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, problem: object, trace: object) -> None:
        del kind, trace
        if isinstance(problem, OSError) and not isinstance(problem, BrokenPipeError):
            raise UserError(f"the output cannot be written: {problem.strerror}") from None


def _fit(text: str) -> str:
    """Escape everything that could control the terminal, except our own colours."""
    import re

    pieces = re.split(f"([\n{''.join(_STEERS)}])", text)
    return "".join(
        _STEERS.get(piece, piece if piece == "\n" else printable(piece)) for piece in pieces
    )


def _writable(text: str, encoding: str | None) -> str:
    """Return text that the stream can encode: a file name may contain bytes that are not text."""
    return text.encode(encoding or "utf-8", "replace").decode(encoding or "utf-8", "replace")


def as_json(result: object) -> None:
    """Print one JSON object; `result` is a dataclass or a flat named tuple, with a `version`."""
    import json

    code(json.dumps(_fields(result), indent=2, ensure_ascii=True))


def _fields(result: object) -> dict[str, object]:
    if isinstance(result, tuple) and hasattr(result, "_asdict"):
        named: dict[str, object] = result._asdict()
        return named
    import dataclasses

    if not dataclasses.is_dataclass(result) or isinstance(result, type):
        msg = "a result is an instance of a dataclass or a named tuple"
        raise TypeError(msg)
    return dataclasses.asdict(result)


def error(problem: UserError) -> None:
    """Print an error, then the hint after an empty line."""
    talk(f"{_coloured('error', '1;31')}: {problem.message}")
    if problem.hint:
        hint(problem.hint)


def hint(text: str) -> None:
    """Print what the user may do next, after an empty line."""
    talk(f"\n{_coloured('hint', '1;36')}: {text}")


def warning(text: str) -> None:
    """Print a warning."""
    talk(f"{_coloured('warning', '1;33')}: {text}")


def unread(number: int) -> None:
    """Report the number of unreadable folders, if any, and what that means."""
    if number:
        warning(f"{count(number, 'folder')} could not be read, so the result may be incomplete")
        if sys.platform == "darwin":
            hint("allow this terminal in System Settings > Privacy & Security > Files & Folders")


def contracted(text: str) -> str:
    """Return a sentence with `~` for the home directory in its paths."""
    import re

    home = _machine().home.rstrip(os.sep)
    return (
        re.sub(rf"(^|[\s`]|`\")({re.escape(home)})(?=[{re.escape(os.sep)}`])", r"\1~", text)
        if home
        else text
    )


def can_ask() -> bool:
    """Return whether there is a terminal to ask on."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agreed(question: str) -> bool:
    """Ask on the terminal, and return whether the answer is yes; without a terminal it is no."""
    if not can_ask():
        return False
    flush()
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    try:
        answer = sys.stdin.readline()
    except UnicodeDecodeError:
        answer = "\n"
    if not answer.endswith("\n"):
        talk("")  # Ctrl-D leaves the cursor after the question
    return answer.strip().lower() in ("y", "yes")


def painted(text: str, colour: str, *, talking: bool = False) -> str:
    """Return text in a colour (an ECMA-48 number), or plain if the stream shows no colour.

    The stream is stdout, or stderr for text for `talk`.
    """
    stream = sys.stderr if talking else sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return text
    return f"{_COLOUR}{colour}{_PAINTED}{text}{_END}"


def _coloured(text: str, colour: str) -> str:
    return painted(text, colour, talking=True)


def size(number: int) -> str:
    """Return a number of bytes for display, in the same units as uv."""
    if number < _UNIT:
        return f"{number} B"
    amount = float(number)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= _UNIT
        # A value that would be rounded up to the next unit is shown in that unit.
        if amount < _UNIT - 0.05:
            return f"{amount:.1f} {unit}"
    return f"{amount / _UNIT:.1f} TiB"


def count(number: int, what: str) -> str:
    """Return a number with its noun: `1 file`, `1,234 files`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def rows(pairs: Iterable[tuple[str, str]]) -> None:
    """Print labelled values, wrapping long ones."""
    from uvlocal.manage.views.terminal import prose_width, wrapped

    width = prose_width() - _LABEL_WIDTH
    for label, value in pairs:
        for number, line in enumerate(wrapped(value, width)):
            name = label if number == 0 else ""
            gap = " " * (_LABEL_WIDTH - len(name))
            data(f"{painted(name, '1') if name else ''}{gap}{line}".rstrip())


def status(found: Status) -> None:
    """Show what uvlocal does for a project, and why."""
    rows(_about_project(found))
    for problem in found.settings_problems:
        warning(problem)
    if found.former_root:
        former = shown(found.former_root)
        talk(f"the project was at `{former}` before, and its environment still exists")
        hint("`uvlocal adopt` reuses it")
    elif found.venv == "folder" and found.strategy == "redirect":
        talk("the project also has a `.venv`, which uv does not use")
        hint("`uvlocal migrate` moves its packages over, then removes it")
    elif found.venv_target and found.pointer_problem:
        mends = "link` points it to the environment" if found.strategy else "unlink` removes it"
        hint(f"`uvlocal {mends}")
    elif found.code == "no-better-place" and not found.strategy:
        from uvlocal.manage.settings.show import local_store

        talk(
            "uv keeps the environment in the project, where all machines with this folder share it"
        )
        hint(local_store(System()))


def _about_project(found: Status) -> Iterator[tuple[str, str]]:
    """Yield labelled values about a project."""
    yield "project", shown(found.root) or "none"
    if found.volume_kind:
        what = found.volume_kind
        if found.confidence and found.confidence != "high":
            what += f", {found.confidence} confidence"
        yield "volume", f"{found.volume_label} ({what})"
        yield from (("", sentence) for sentence in found.evidence)
    yield "decision", found.code
    yield "", found.sentence
    yield "strategy", found.strategy or "none, uv runs unchanged"
    if found.environment is not None:
        yield "environment", shown(found.environment)
        yield "", _age(found)
    pointer = found.pointer
    if found.venv_target:
        pointer += f", `.venv` points to `{shown(found.venv_target)}`"
    yield "pointer", pointer
    if found.pointer_problem:
        yield "", found.pointer_problem
    if found.real_uv:
        version = f"{found.real_uv_version}, " if found.real_uv_version else ""
        origin = {"path": "on PATH", "variable": "named by `UVLOCAL_UV`"}.get(
            found.real_uv_origin, "recorded when the shim was installed"
        )
        yield "real uv", f"{shown(found.real_uv)} ({version}{origin})"
    else:
        yield "real uv", "none found"
    if found.contest and found.strategy:
        yield "if wrong", f"`{found.contest}`"


def _age(found: Status) -> str:
    """Describe an environment."""
    if not found.environment_exists:
        return "does not exist yet"
    python = f"Python {found.python}" if found.python else "an unknown version of Python"
    return f"{python}, since {found.created[:10]}" if found.created else python
