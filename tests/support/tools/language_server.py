"""A language server as an editor starts it: over its standard input and output.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: How long a server may take to answer, in seconds.
_PATIENCE = 120

_CAPABILITIES = {
    "textDocument": {"publishDiagnostics": {}, "diagnostic": {}, "definition": {}},
    "workspace": {"configuration": True, "workspaceFolders": True},
}


class Server:
    """A server that has been told of one project; to be used in a `with` statement."""

    def __init__(self, argv: Sequence[str], project: str, environment: Mapping[str, str]) -> None:
        """Start it in the project's folder."""
        self._process = subprocess.Popen(
            argv,
            cwd=project,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._asked = 0
        self._said: dict[str, Any] = {}
        folder = "file://" + project
        found = self._ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder,
                "workspaceFolders": [{"uri": folder, "name": "project"}],
                "capabilities": _CAPABILITIES,
            },
        )
        self._can = found["capabilities"]
        self._send({"method": "initialized", "params": {}})

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever happened."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.kill()
        self._process.wait(_PATIENCE)

    def open(self, path: str) -> str:
        """Open a file as in an editor's window; return what the protocol calls it."""
        with open(path, encoding="utf-8") as file:
            text = file.read()
        uri = "file://" + path
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """Return what the server has to say of an open file."""
        if self._can.get("diagnosticProvider"):
            found = self._ask("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        else:
            while uri not in self._said:
                self._next()
            found = {"items": self._said[uri]}
        items: list[dict[str, Any]] = found["items"]
        return items

    def definition(self, uri: str, line: int, column: int) -> bool:
        """Return whether the server knows where a name is defined; both count from 0."""
        place = {"line": line, "character": column}
        where = {"textDocument": {"uri": uri}, "position": place}
        return bool(self._ask("textDocument/definition", where))

    def _ask(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - as JSON has it
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        stream.flush()

    def _next(self) -> dict[str, Any]:
        """Return the next message; what the server itself asks is answered with "as you like"."""
        message = self._messages.get(timeout=_PATIENCE)
        assert message is not None, "the server has ended"
        if message.get("method") == "textDocument/publishDiagnostics":
            self._said[message["params"]["uri"]] = message["params"]["diagnostics"]
        if "id" in message and "method" in message:
            many = message["method"] == "workspace/configuration"
            answer = [None] * len(message["params"]["items"]) if many else None
            self._send({"id": message["id"], "result": answer})
        return message

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            while True:
                length = 0
                while (line := stream.readline()).strip():
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                if not line:
                    break
                self._messages.put(json.loads(stream.read(length)))
        except ValueError:  # the stream was closed
            pass
        self._messages.put(None)
