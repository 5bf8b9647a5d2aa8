"""A server on this machine that speaks as the services of open data do, and fails as they do."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Fault:
    """What happens instead of the right answer, once."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    stop_after: int | None = None  # bytes sent before the connection breaks
    hang_s: float = 0.0
    etag: str | None = None


@dataclass
class Asked:
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


class Services:
    """Bodies by path; `faults` by path are used up first, one per request."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.asked: list[Asked] = []
        self.token = ""
        self.url = ""

    def times(self, part: str) -> int:
        return sum(part in one.path for one in self.asked)


def _handler(services: Services) -> type[BaseHTTPRequestHandler]:  # noqa: C901
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            services.asked.append(Asked(parts.path, query, dict(self.headers)))
            waiting = services.faults.get(parts.path, [])
            fault = waiting.pop(0) if waiting else None
            if fault is None and "token" in query and query["token"] != [services.token]:
                fault = Fault(401, body=b'{"error":"INVALID_TOKEN"}')
            if fault and fault.hang_s:
                time.sleep(fault.hang_s)
            body = services.bodies.get(parts.path)
            if fault and (fault.status != 200 or fault.body is not None):
                self._send(fault.status, fault.body or b"", fault.headers, fault.stop_after)
            elif body is None:
                self._send(404, b"<html>Not Found</html>", {}, None)
            else:
                self._file(body, fault or Fault())

        def _file(self, body: bytes, fault: Fault) -> None:
            tag = fault.etag or f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
            headers = {"ETag": tag, **fault.headers}
            wanted = self.headers.get("Range", "")
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if start and self.headers.get("If-Range") == tag:
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                self._send(206, body[start:], headers, fault.stop_after)
            else:
                self._send(200, body, headers, fault.stop_after)

        def _send(
            self, status: int, body: bytes, headers: dict[str, str], stop_after: int | None
        ) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body if stop_after is None else body[:stop_after])
            except OSError:
                self.close_connection = True

        def log_message(self, *_args: object) -> None:
            pass

    return Handler


@contextmanager
def serving() -> Iterator[Services]:
    services = Services()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(services))
    server.daemon_threads = True
    services.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
