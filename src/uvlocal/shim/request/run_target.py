"""What `uv run` is asked to run, as far as it affects the project.

uv looks for the project from the directory of a script; a script with inline metadata (PEP 723)
has its own environment. Neither applies to commands, modules, URLs and standard input.
Source: https://docs.astral.sh/uv/concepts/projects/run/, and experiments with the real uv.
"""

from uvlocal.shim.machine.host import System
from uvlocal.shim.machine.paths import parent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uvlocal.shim.request.argv import Line

#: The size limit of a file that is checked for being a zipped application, in bytes.
#: uv reads it as well, as it runs it.
_ZIP_LIMIT = 64 * 1024 * 1024

#: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.12 and 4.3.16.
_ZIP_END, _ZIP_END_LENGTH = b"PK\x05\x06", 22
_ZIP_ENTRY, _ZIP_ENTRY_LENGTH = b"PK\x01\x02", 46

_SCRIPT_TAG = "# /// script"


class Target:
    """What `uv run` runs.

    `folder` is the directory part as given, or "" if there is none or it does not matter.
    `script` is the path of a script with inline metadata, or "".
    """

    __slots__ = ("folder", "script")

    def __init__(self, folder: str = "", script: str = "") -> None:
        self.folder = folder
        self.script = script


def find(line: "Line", directory: str, system: System) -> Target:
    """Return what `uv run` is asked to run, in the working directory `directory`."""
    if not line.words or not directory:
        return Target()
    name = line.words[0]
    path = system.path.join(directory, name)
    remote = name.replace("\\", "/").split("/")[0] in ("http:", "https:")
    if (
        name == "-"
        or "--module" in line.flags
        or (remote and (system.platform == "win32" or system.stat(path) is None))
    ):
        return Target()
    folder = parent(name, system)
    if "--script" in line.flags or "--gui-script" in line.flags:
        return Target(folder, name if has_inline_metadata(path, system) else "")
    if name.lower() == "python":
        return Target()
    if system.is_directory(path):
        main = system.path.join(path, "__main__.py")
        return Target(folder) if system.is_file(main) else Target()
    if not system.is_file(path):
        return Target()
    if _extension(name, system) in ("py", "pyc", "pyw"):
        return Target(folder, name if has_inline_metadata(path, system) else "")
    return Target(folder) if folder and is_zipped_application(path, system) else Target()


def _extension(path: str, system: System) -> str:
    name = system.path.basename(path.rstrip("/" + system.path.sep))
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def has_inline_metadata(path: str, system: System) -> bool:
    """Return whether the file has a block `# /// script` as uv recognises it (PEP 723).

    A block that uv will reject counts too: uv then fails by itself.
    """
    data = system.read(path)
    tag = _SCRIPT_TAG.encode()
    at = -1 if data is None else data.find(tag)
    if data is None or at < 0 or (at > 0 and data[at - 1 : at] not in (b"\r", b"\n")):
        return False
    line, _, _ = data[at:].partition(b"\n")
    return line.removesuffix(b"\r") == tag


def is_zipped_application(path: str, system: System) -> bool:
    """Return whether the file is a ZIP archive with a `__main__.py`, whatever its name."""
    data = system.read(path, _ZIP_LIMIT)
    if data is None:
        return _extension(path, system) == "pyz"
    end = data.rfind(_ZIP_END, max(0, len(data) - _ZIP_END_LENGTH - 0xFFFF))
    if end < 0:
        return False
    size = int.from_bytes(data[end + 12 : end + 16], "little")
    at = end - size
    while 0 <= at < end and data.startswith(_ZIP_ENTRY, at):
        lengths = [int.from_bytes(data[at + n : at + n + 2], "little") for n in (28, 30, 32)]
        name = at + _ZIP_ENTRY_LENGTH
        if data[name : name + lengths[0]] == b"__main__.py":
            return True
        at = name + sum(lengths)
    return False
