"""Probes for clients that keep their folders in a database: SQLite, Mutagen's session files."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uvlocal.shim.volume.sync_roots.reader import Reader


def google_database(reader: "Reader", path: str) -> None:
    """Google Drive: mirrored and backed-up folders in `roots`, streaming mounts in `media`.

    Source: https://github.com/files-community/Files, `GoogleDriveCloudDetector.cs`
    """
    for (folder,) in reader.rows(path, "SELECT last_seen_absolute_path FROM roots"):
        reader.add(folder, path)
    # 10 is Google's number for a streaming mount.
    query = "SELECT last_mount_point FROM media WHERE fs_type = 10"
    for (folder,) in reader.rows(path, query):
        reader.add(drive_of(folder), path)


def drive_of(folder: object) -> object:
    """Return the root of a drive if only its letter is given."""
    alone = isinstance(folder, str) and len(folder.rstrip(":\\")) == 1
    return f"{folder.rstrip(':' + chr(92))}:\\" if alone and isinstance(folder, str) else folder


def synology_database(reader: "Reader", path: str) -> None:
    """Synology Drive: the folders of its sync tasks, without those of its backup tasks.

    Source: https://github.com/files-community/Files, `SynologyDriveCloudDetector.cs`
    """
    # A connection of type 1 syncs, the others back up.
    query = (
        "SELECT sync_folder FROM session_table JOIN connection_table"
        " ON connection_table.id = session_table.conn_id WHERE conn_type = 1"
    )
    for (folder,) in reader.rows(path, query):
        reader.add(folder, path)


def pcloud_database(reader: "Reader", path: str) -> None:
    """pCloud: pairs of ordinary folders; its drive is a mount.

    Source: https://github.com/pcloudcom/console-client, `pdatabase.h`
    """
    for (folder,) in reader.rows(path, "SELECT localpath FROM syncfolder"):
        reader.add(folder, path)


def seafile(reader: "Reader", path: str) -> None:
    """Seafile: `seafile.ini` names the data folder, whose database names each library's folder.

    Source: https://github.com/haiwen/seafile, `daemon/repo-mgr.c`
    """
    folder = reader.text(path).strip()
    if reader.system.path.isabs(folder):
        database = reader.system.path.join(folder, "repo.db")
        query = "SELECT value FROM RepoProperty WHERE key = 'worktree'"
        for (worktree,) in reader.rows(database, query):
            reader.add(worktree, database)


# -- Mutagen -----------------------------------------------------------------------------------

#: Field numbers from `session.proto` and `url.proto`.
_ALPHA, _BETA, _PROTOCOL, _PATH = 7, 8, 1, 5
#: Wire types of fields (https://protobuf.dev/programming-guides/encoding/).
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


def mutagen(reader: "Reader", path: str) -> None:
    """Mutagen: a protocol buffer file per session, with two endpoints, which may be local.

    Source: https://github.com/mutagen-io/mutagen, `pkg/synchronization/session.proto`
    """
    for name in reader.names(path):
        file = reader.system.path.join(path, name)
        for number, place in _fields(reader.read(file) or b""):
            if number in (_ALPHA, _BETA) and isinstance(place, bytes):
                fields = dict(_fields(place))
                folder = fields.get(_PATH)
                if not fields.get(_PROTOCOL) and isinstance(folder, bytes):
                    reader.add(folder.decode("utf-8", "surrogateescape"), file)


def _fields(data: bytes) -> "Iterator[tuple[int, bytes | int]]":
    """Yield number and value of each field of a message, up to the first invalid one."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, position = _varint(data, position)
            yield number, value
        elif kind == _BYTES:
            length, position = _varint(data, position)
            yield number, data[position : position + length]
            position += length
        elif kind in (_FIXED_64, _FIXED_32):
            position += 8 if kind == _FIXED_64 else 4
        else:
            return


def _varint(data: bytes, position: int) -> "tuple[int, int]":
    value = shift = 0
    while position < len(data):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 or shift > 63:  # noqa: PLR2004 - the format's numbers
            break
    return value, position


PROBES: "dict[str, Callable[[Reader, str], None]]" = {
    "google_database": google_database,
    "mutagen": mutagen,
    "pcloud_database": pcloud_database,
    "seafile": seafile,
    "synology_database": synology_database,
}
