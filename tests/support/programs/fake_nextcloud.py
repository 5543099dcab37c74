"""A minimal Nextcloud server for one user, to which the command-line client can upload."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_STATUS = {
    "installed": True,
    "maintenance": False,
    "version": "27.0.0.1",
    "versionstring": "27.0.0",
    "productname": "Nextcloud",
}
_CAPABILITIES = {
    "version": {"major": 27, "string": "27.0.0"},
    "capabilities": {"core": {"pollinterval": 60}, "dav": {"chunking": "1.0"}},
}
_USER = {"id": "me", "display-name": "Me"}
_ROOT = """<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:response>
<d:href>/remote.php/dav/files/me/</d:href><d:propstat><d:prop>
<d:resourcetype><d:collection/></d:resourcetype><d:getetag>"1"</d:getetag>
<oc:permissions>RGDNVCK</oc:permissions><oc:id>1oc</oc:id><oc:fileid>1</oc:fileid>
<oc:size>0</oc:size></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
</d:response></d:multistatus>"""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self, code: int, body: object = "", kind: str = "text/plain") -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            self.rfile.read(length)
        data = body if isinstance(body, str) else json.dumps(body)
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", '"2"')
        self.send_header("OC-ETag", '"2"')
        self.send_header("OC-FileId", "2oc")
        self.send_header("X-OC-MTime", "accepted")
        self.end_headers()
        self.wfile.write(data.encode())

    def do_GET(self) -> None:
        """Answer the client's requests before it syncs."""
        answers = {"status.php": _STATUS}
        for part, data in (("capabilities", _CAPABILITIES), ("cloud/user", _USER)):
            answers[part] = {"ocs": {"meta": {"status": "ok", "statuscode": 100}, "data": data}}
        for part, answer in answers.items():
            if part in self.path:
                self._answer(200, answer, "application/json")
                return
        self._answer(404)

    def do_PROPFIND(self) -> None:
        """Show an empty folder."""
        self._answer(207, _ROOT, "application/xml; charset=utf-8")

    def do_MKCOL(self) -> None:
        """Accept a folder."""
        self._answer(201)

    def do_PUT(self) -> None:
        """Accept a file."""
        self.server.taken.append(self.path)  # type: ignore[attr-defined] # the server below
        self._answer(201)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
        """Log nothing."""


class _Server(http.server.ThreadingHTTPServer):
    taken: list[str]


class FakeNextcloud:
    """The server, as a context manager; `uploads` are the paths of the uploaded files."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.uploads: list[str] = []
        self._server.taken = self.uploads
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start serving."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
