r"""Read the configuration files of sync clients: one function for each format.

A probe gets a `Reader`, with which it reads and to which it adds folders, and the path (or registry
key) from the table. It may raise: the folders added before that count. Parsers are imported where
they are needed; this module itself is imported only when a configuration changed. Probes for
databases are in `databases`, those for the registry in `registry`.
"""

from uvlocal.shim.volume.sync_roots import databases, registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uvlocal.shim.volume.sync_roots.reader import Reader

_HEX = frozenset("0123456789abcdefABCDEF")
#: The highest Unicode code point, and how many digits it can have.
_HIGHEST, _MOST_DIGITS = 0x10FFFF, 8


# -- JSON --------------------------------------------------------------------------------------


def dropbox_info(reader: "Reader", path: str) -> None:
    """Dropbox: an object whose values are accounts with a `path`.

    Source: https://help.dropbox.com/installs/locate-dropbox-folder
    """
    accounts = _json(reader, path)
    if isinstance(accounts, dict):
        for account in accounts.values():
            if isinstance(account, dict):
                reader.add(account.get("path"), path)


def dropbox_store(reader: "Reader", path: str) -> None:
    """Dropbox from the Microsoft Store: its `info.json` is in the app's own package.

    Source: https://github.com/files-community/Files, `DropBoxCloudDetector.cs`
    """
    for name in reader.names(path):
        if name.lower().startswith("dropboxinc.dropbox_"):
            below = ("LocalCache", "Local", "Dropbox", "info.json")
            dropbox_info(reader, reader.system.path.join(path, name, *below))


def internxt(reader: "Reader", path: str) -> None:
    """Internxt: the key `syncRoot`.

    Source: https://github.com/internxt/drive-desktop, `src/apps/main/config.ts`
    """
    values = _json(reader, path)
    if isinstance(values, dict):
        reader.add(values.get("syncRoot"), path)


def ox_drive(reader: "Reader", path: str) -> None:
    """OX Drive: `MainFolderPath` of each account.

    Source: https://github.com/files-community/Files, `OXDriveCloudDetector.cs`
    """
    values = _json(reader, path)
    accounts = values.get("Accounts") if isinstance(values, dict) else None
    for account in accounts if isinstance(accounts, list) else ():
        if isinstance(account, dict):
            reader.add(account.get("MainFolderPath"), path)


def _json(reader: "Reader", path: str) -> object:
    data = reader.read(path)
    if data is None:
        return None
    import json

    return json.loads(data.decode("utf-8-sig"))


# -- lines -------------------------------------------------------------------------------------


def line(reader: "Reader", path: str) -> None:
    """Box: the file contains only the folder.

    Source: https://github.com/files-community/Files, `BoxCloudDetector.cs`
    """
    reader.add(reader.text(path), path)


def abraunegg(reader: "Reader", path: str) -> None:
    """OneDrive client of abraunegg: lines `key = "value"`; the folder has a default.

    A configuration directory without a token or database belongs to no login. Source:
    https://github.com/abraunegg/onedrive/blob/master/docs/application-config-options.md
    """
    join = reader.system.path.join
    folder = reader.system.path.dirname(path)
    signs = ("refresh_token", "items.sqlite3")
    in_use = any(reader.exists(join(folder, sign)) for sign in signs)
    values = _assignments(reader.text(path))
    if not in_use and "sync_dir" not in values:
        return
    options = [key for key in ("check_nosync", "skip_dotfiles") if values.get(key) == "true"]
    options += [f"skip_dir={name}" for name in values.get("skip_dir", "").split("|") if name]
    if reader.exists(join(folder, "sync_list")):
        options.append("sync_list")
    stale = "" if in_use else "it has no token and no database, so it is not logged in"
    where = path if values else folder
    reader.add(values.get("sync_dir", "~/OneDrive"), where, options=options, stale=stale)


def abraunegg_services(reader: "Reader", path: str) -> None:
    """More accounts of that client: services of this user with `--confdir`.

    Its documentation sets them up like this:
    https://github.com/abraunegg/onedrive/blob/master/docs/advanced-usage.md
    """
    for name in reader.names(path):
        if not (name.startswith("onedrive") and name.endswith(".service")):
            continue
        for text in reader.text(reader.system.path.join(path, name)).splitlines():
            before, option, value = text.partition("--confdir")
            if option and before.startswith("ExecStart"):
                value = value.lstrip("= ").replace("%h", reader.system.home)
                quote = value[:1] if value[:1] in ("'", '"') else " "
                folder = reader.expand(value.strip("'\"").partition(quote)[0])
                if reader.system.path.isabs(folder):
                    abraunegg(reader, reader.system.path.join(folder, "config"))


def yandex(reader: "Reader", path: str) -> None:
    """Yandex.Disk: lines `dir="..."`, `exclude-dirs="a,b"`.

    Source: https://yandex.com/support/disk-desktop-linux/
    """
    values = _assignments(reader.text(path))
    names = values.get("exclude-dirs", "").split(",")
    reader.add(values.get("dir"), path, options=[f"exclude-dirs={name}" for name in names if name])


def unison(reader: "Reader", path: str) -> None:
    """Unison: profiles with lines `root = ...`; those with a scheme are remote.

    Source: https://github.com/bcpierce00/unison, the manual's chapter on profiles
    """
    for name in reader.names(path):
        if name.endswith(".prf"):
            profile = reader.system.path.join(path, name)
            for text in reader.text(profile).splitlines():
                key, equals, value = text.partition("=")
                if equals and key.strip() == "root":
                    reader.add(value, profile)


def maestral(reader: "Reader", path: str) -> None:
    """Maestral: an INI file for each account, `path` in the section `[sync]`.

    Source: https://github.com/samschott/maestral, `src/maestral/config/main.py`
    """
    for name in reader.names(path):
        if not name.endswith(".ini"):
            continue
        file = reader.system.path.join(path, name)
        section = ""
        for text in reader.text(file).splitlines():
            if text.startswith("["):
                section = text.strip()
            key, equals, value = text.partition("=")
            if section == "[sync]" and equals and key.strip() == "path":
                reader.add(_unquoted(value), file)


def nextcloud(reader: "Reader", path: str) -> None:
    r"""Nextcloud and ownCloud: `0\Folders\1\localPath=...` in an INI file that Qt writes.

    `journalPath` beside it names the database in the folder; without the database, the folder is
    not synced yet, or no longer. Source: https://github.com/nextcloud/desktop, `src/gui/folder.cpp`
    """
    folders: "dict[str, str]" = {}
    journals: "dict[str, str]" = {}
    for text in reader.text(path).splitlines():
        key, equals, value = text.partition("=")
        entry, separator, name = key.strip().rpartition("\\")
        if equals and separator and name == "localPath":
            folders[entry] = qt_value(value)
        elif equals and separator and name == "journalPath":
            journals[entry] = qt_value(value)
    for entry, folder in folders.items():
        journal = journals.get(entry, "")
        reader.add(folder, path, options=[f"marker={journal}"] if journal else [])


def qt_value(text: str) -> str:
    r"""Return a text as Qt's QSettings wrote it to an INI file: quotes, `\\`, `\xe9`.

    All hexadecimal digits after a `\x` belong to it. Source:
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
        while end < len(text) and text[end] in _HEX and end - position < _MOST_DIGITS:
            end += 1
        code = int(text[position:end] or "0", 16)
        if 0 < code <= _HIGHEST:
            found.append(chr(code))
        position = end
    # Characters beyond U+FFFF are written as surrogate pairs, as in UTF-16.
    joined = "".join(found)
    return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _assignments(text: str) -> "dict[str, str]":
    """Return the lines `key = "value"`, without comments."""
    values = {}
    for assignment in text.splitlines():
        key, equals, value = assignment.partition("=")
        if equals and not key.lstrip().startswith("#"):
            values[key.strip()] = _unquoted(value)
    return values


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text


# -- XML ---------------------------------------------------------------------------------------


def syncthing(reader: "Reader", path: str) -> None:
    """Syncthing: `<folder path="...">` directly below the root element of `config.xml`.

    The element `defaults` contains a `folder` too, which is only a template. Syncthing refuses to
    sync a folder without its marker. Source: https://docs.syncthing.net/users/config.html
    """
    data = reader.read(path)
    if data is None:
        return
    if b"<!" in data.replace(b"<!--", b""):
        reader.complain(path, "declares something that Syncthing does not write")
        return
    from xml.etree import ElementTree as ET

    # Without declarations, nothing can expand endlessly.
    for folder in ET.fromstring(data).findall("folder"):  # noqa: S314 - see above
        stale = "its configuration says that it is paused" if _is_true(folder, "paused") else ""
        marker = folder.findtext("markerName") or ".stfolder"
        reader.add(folder.get("path"), path, options=[f"marker={marker}"], stale=stale)


def _is_true(element: "object", name: str) -> bool:
    return element.findtext(name) == "true" or element.get(name) == "true"  # type: ignore[attr-defined,no-any-return] # the type of an element is imported late


# -- the system ----------------------------------------------------------------------------------

PROBES: "dict[str, Callable[[Reader, str], None]]" = {
    "abraunegg": abraunegg,
    "abraunegg_services": abraunegg_services,
    "dropbox_info": dropbox_info,
    "dropbox_store": dropbox_store,
    "internxt": internxt,
    "line": line,
    "maestral": maestral,
    "nextcloud": nextcloud,
    "ox_drive": ox_drive,
    "syncthing": syncthing,
    "unison": unison,
    "yandex": yandex,
    **databases.PROBES,
    **registry.PROBES,
}
