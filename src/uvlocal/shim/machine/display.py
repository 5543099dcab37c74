"""Paths and text as shown to people."""

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import relative_to


def contract_home(path: str, system: System) -> str:
    """Return `path` for display: with `~` for the home directory, escaped for one line."""
    return printable(below_home(path, system))


def below_home(path: str, system: System) -> str:
    """Return `path` with `~` for the home directory, otherwise unchanged."""
    real = system.once("real home", lambda: system.realpath(system.home) if system.home else "")
    for home in (system.home, real):
        below = relative_to(path, home, system)
        if below is not None:
            return "~" + system.path.sep + below if below else "~"
    return path


def printable(text: str) -> str:
    r"""Return `text` for one line of output, with unprintable characters escaped as in Python.

    Names in a shared folder are untrusted: a newline could forge one of our messages, an escape
    sequence (ECMA-48) could control the terminal, a direction override (U+202E) could reverse the
    rest of the line. Bytes that are not text become `\xNN`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    number = ord(character)
    # How Python represents a byte that is not UTF-8 (PEP 383).
    byte = number - 0xDC00 if 0xDC80 <= number <= 0xDCFF else -1  # noqa: PLR2004 - as PEP 383 says
    return repr(character)[1:-1] if byte < 0 else f"\\x{byte:02x}"


def quoted(text: str, system: System) -> str:
    """Return the exact path, quoted for this system's command line and safe to print."""
    plain = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,/@%=~")
    if system.platform == "win32":
        plain.update("\\:")
    if text and all(c in plain or (not c.isascii() and c.isprintable()) for c in text):
        return text
    if system.platform == "win32":
        return f'"{text}"'
    home = "~/" if text.startswith("~/") else ""  # `~` is not expanded within quotes
    rest = text[len(home) :].replace("'", "'\\''")
    if rest.isprintable():
        return f"{home}'{rest}'"
    escaped = printable(text[len(home) :].replace("\\", "\\\\").replace("'", "\\'"))
    return f"{home}$'{escaped}'"  # as bash, zsh and POSIX 2024 read it
