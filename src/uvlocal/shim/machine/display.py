"""What people read: paths as they write them, and text that is fit to be shown."""

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import relative_to


def contract_home(path: str, system: System) -> str:
    """Return `path` as it is shown to people: with `~` for the home directory, fit for one line."""
    return printable(below_home(path, system))


def below_home(path: str, system: System) -> str:
    """Return `path` as people write it: with `~` for the home directory, exact otherwise."""
    real = system.once("real home", lambda: system.realpath(system.home) if system.home else "")
    for home in (system.home, real):
        below = relative_to(path, home, system)
        if below is not None:
            return "~" + system.path.sep + below if below else "~"
    return path


def printable(text: str) -> str:
    r"""Return `text` fit to be shown in one line: what is not printable is escaped as in Python.

    A name in a shared folder is anybody's: a newline in it would forge a message of ours, an escape
    sequence (ECMA-48) would steer the terminal, a direction override (U+202E) would turn the rest
    of the line around. Bytes that are no text become `\xNN`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    number = ord(character)
    # How Python spells a byte that is no UTF-8 (PEP 383).
    byte = number - 0xDC00 if 0xDC80 <= number <= 0xDCFF else -1  # noqa: PLR2004 - as PEP 383 says
    return repr(character)[1:-1] if byte < 0 else f"\\x{byte:02x}"


def quoted(text: str, system: System) -> str:
    """Return a path, exact, fit to be pasted into a command line of this system and to be shown."""
    plain = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,/@%=~")
    if system.platform == "win32":
        plain.update("\\:")
    if text and all(c in plain or (not c.isascii() and c.isprintable()) for c in text):
        return text
    if system.platform == "win32":
        return f'"{text}"'
    home = "~/" if text.startswith("~/") else ""  # within quotes it would be a name like others
    rest = text[len(home) :].replace("'", "'\\''")
    if rest.isprintable():
        return f"{home}'{rest}'"
    escaped = printable(text[len(home) :].replace("\\", "\\\\").replace("'", "\\'"))
    return f"{home}$'{escaped}'"  # as bash, zsh and POSIX 2024 read it
