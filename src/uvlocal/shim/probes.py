r"""Read the configuration of sync clients: one function for each format.

A probe is called with a `Reader`, through which it reads and to which it adds the folders found,
and with the path (or registry key) that the table names. It may raise: what it read until then
counts. Parsers are imported where they are needed; this module itself is imported only when a
configuration changed.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.roots import Reader

#: The most digits of an escaped character that a QSettings file may have.
_HEX = frozenset("0123456789abcdefABCDEF")


def dropbox_info(reader: "Reader", path: str) -> None:
    """Dropbox: a JSON object, each of whose values is an account with a `path`.

    Source: https://help.dropbox.com/installs/locate-dropbox-folder
    """
    data = reader.read(path)
    if data is None:
        return
    import json

    for account in json.loads(data).values():
        if isinstance(account, dict):
            reader.add(account.get("path"), path)


def abraunegg(reader: "Reader", path: str) -> None:
    """OneDrive client of abraunegg: lines `key = "value"`; the folder has a default.

    A configuration folder without a token or database is one that was never logged in to, or no
    longer. Source:
    https://github.com/abraunegg/onedrive/blob/master/docs/application-config-options.md
    """
    folder = reader.system.path.dirname(path)
    signs = ("refresh_token", "items.sqlite3")
    in_use = any(reader.exists(reader.system.path.join(folder, sign)) for sign in signs)
    text = reader.text(path)
    values: "dict[str, str]" = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.lstrip().startswith("#"):
            values[key.strip()] = value.strip().strip('"')
    if not in_use and "sync_dir" not in values:
        return
    options = [key for key in ("check_nosync", "skip_dotfiles") if values.get(key) == "true"]
    stale = "" if in_use else "the client has no token and no database, so it is not logged in"
    where = path if text else folder
    reader.add(values.get("sync_dir", "~/OneDrive"), where, options=" ".join(options), stale=stale)


def syncthing(reader: "Reader", path: str) -> None:
    """Syncthing: `<folder path="...">` directly below the root element of `config.xml`.

    The element `defaults` holds a folder as well, which is no folder. Source:
    https://docs.syncthing.net/users/config.html
    """
    data = reader.read(path)
    if data is None:
        return
    if b"<!" in data.replace(b"<!--", b""):
        reader.complain(path, "declares something that Syncthing does not write")
        return
    from xml.etree import ElementTree as ET

    # No declarations, nothing that could expand without end.
    for folder in ET.fromstring(data).findall("folder"):  # noqa: S314 - see above
        reader.add(folder.get("path"), path)


def nextcloud(reader: "Reader", path: str) -> None:
    r"""Nextcloud and ownCloud: `0\Folders\1\localPath=...` in an INI file that Qt writes.

    Source: https://github.com/nextcloud/desktop, `src/gui/folder.cpp`
    """
    for line in reader.text(path).splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip().endswith("\\localPath"):
            reader.add(qt_value(value), path)


def qt_value(text: str) -> str:
    r"""Return a text as Qt's QSettings wrote it to an INI file: quotes, `\\`, `\xe9`.

    A `\x` is followed by as many hexadecimal digits as there are. Source:
    https://doc.qt.io/qt-6/qsettings.html#Format-enum
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    found = []
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character != "\\" or position == len(text):
            found.append(character)
            continue
        escape = text[position]
        position += 1
        if escape != "x":
            found.append({"n": "\n", "r": "\r", "t": "\t"}.get(escape, escape))
            continue
        end = position
        while end < len(text) and text[end] in _HEX:
            end += 1
        if position < end:
            found.append(chr(int(text[position:end], 16)))
        position = end
    return "".join(found)


PROBES: "dict[str, Callable[[Reader, str], None]]" = {
    "abraunegg": abraunegg,
    "dropbox_info": dropbox_info,
    "nextcloud": nextcloud,
    "syncthing": syncthing,
}
