"""A reverse proxy before a registry that records what it saw and misbehaves on demand.

A fault is an object with `before(request) -> Answer | None` (answer instead of the registry) and
`alter(request, answer)` (change the registry's answer). Faults are asked in order, from several threads."""
import dataclasses
import http.client
import http.server
import re
import socket
import ssl
import threading
import time
import urllib.parse

from . import process

BLOB = re.compile(r"^/v2/(?P<repository>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})$")
MANIFEST = re.compile(r"^/v2/(?P<repository>.+)/manifests/(?P<reference>[^/]+)$")


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: http.client.HTTPMessage
    status: int = 0                    # filled when answered
    sent: int = 0                      # bytes of body that the client took
    body: bytes = b""

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.target).path

    @property
    def query(self) -> dict:
        return urllib.parse.parse_qs(urllib.parse.urlsplit(self.target).query)

    @property
    def blob(self) -> str:
        """The digest of the blob that is asked for, or an empty string."""
        found = BLOB.match(self.path)
        return found["digest"] if found else ""


@dataclasses.dataclass
class Answer:
    status: int = 200
    headers: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    cut: int | None = None             # close the connection after so many bytes of the body
    rate: int = 0                      # bytes per second, 0: as fast as it goes


class Fault:
    def before(self, request: Request) -> Answer | None:
        return None

    def alter(self, request: Request, answer: Answer) -> None:
        pass


class Flip(Fault):
    """One byte of one blob is wrong, always at the same place of the blob."""

    def __init__(self, digest: str, at: int = 100):
        self.digest, self.at = digest, at

    def alter(self, request, answer):
        if request.blob == self.digest and request.method == "GET" and answer.status in (200, 206):
            span = re.match(r"bytes (\d+)-", dict(answer.headers).get("Content-Range", ""))
            place = self.at - (int(span.group(1)) if span else 0)
            if 0 <= place < len(answer.body):
                body = bytearray(answer.body)
                body[place] ^= 0x55
                answer.body = bytes(body)


class Burst(Fault):
    """The first `times` matching requests get an error status."""

    def __init__(self, status: int, times: int, match=lambda request: True, headers=()):
        self.status, self.left, self.match, self.headers = status, times, match, list(headers)
        self.lock, self.hits = threading.Lock(), []

    def before(self, request):
        with self.lock:
            if self.match(request):
                self.hits.append(request.path)
                if self.left > 0:
                    self.left -= 1
                    return Answer(self.status, [("Content-Type", "application/json"), *self.headers],
                                  b'{"errors":[{"code":"TOOMANYREQUESTS","message":"come back later"}]}')
        return None


class Redirect(Fault):
    """Blobs come from another host, as registries before object stores do it; the target is signed by its query."""

    def __init__(self, base: str, status: int = 307):
        self.base, self.status = base, status

    def before(self, request):
        if request.blob and request.method in ("GET", "HEAD"):
            return Answer(self.status, [("Location", f"{self.base}{request.path}?X-Signature=abc%2Fdef%3D&n=%C3%A9")])
        return None


class Short(Fault):
    """The first `times` answers with a blob of at least `size` bytes end after half of what was promised."""

    def __init__(self, times: int, size: int = 1000):
        self.left, self.size, self.lock = times, size, threading.Lock()

    def alter(self, request, answer):
        with self.lock:
            if request.blob and request.method == "GET" and len(answer.body) >= self.size and self.left > 0:
                self.left -= 1
                answer.cut = len(answer.body) // 2


class Slow(Fault):
    """Blobs arrive at so many bytes per second and connection, or `wait` seconds late."""

    def __init__(self, rate: int = 0, wait: float = 0):
        self.rate, self.wait = rate, wait

    def alter(self, request, answer):
        if request.blob and request.method == "GET":
            answer.rate = self.rate
            time.sleep(self.wait)


class NoRange(Fault):
    """A server that ignores Range: always 200 and the whole blob."""

    def before(self, request):
        del request.headers["Range"]
        return None


class Front(process.Stopped):
    """The proxy: on `address` and a free port, before `upstream` ("host:port"; None where only faults answer).

    With a `certificate` (of pki) it speaks TLS."""

    def __init__(self, upstream: str | None = None, faults=(), address: str = "127.0.0.1", certificate=None):
        self.upstream, self.faults, self.requests = upstream, list(faults), []
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536

            def do_GET(self):
                front._serve(self)

            do_HEAD = do_POST = do_PUT = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

            def handle_error(self, *_):
                pass                   # a client that hangs up is part of the game

        self.server = Server((address, 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.host = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        self.url = f"{'https' if certificate else 'http'}://{self.host}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def blobs(self) -> list:
        """The GET requests for blobs, in order of arrival."""
        return [request for request in list(self.requests) if request.blob and request.method == "GET"]

    def _forward(self, request: Request) -> Answer:
        if self.upstream is None:
            return Answer(404, [], b"nothing here\n")
        connection = http.client.HTTPConnection(self.upstream, timeout=60)
        try:
            headers = {k: v for k, v in request.headers.items() if k.lower() not in ("connection", "accept-encoding")}
            connection.request(request.method, request.path, headers=headers)
            reply = connection.getresponse()
            drop = ("content-length", "transfer-encoding", "connection")
            kept = [(k, v) for k, v in reply.getheaders() if k.lower() not in drop]
            body = reply.read()
            if request.method == "HEAD":
                kept.append(("Content-Length", reply.getheader("Content-Length", "0")))
            return Answer(reply.status, kept, body)
        finally:
            connection.close()

    def _serve(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        request = Request(handler.command, handler.path, handler.headers, body=body)
        self.requests.append(request)
        answer = next(filter(None, (fault.before(request) for fault in self.faults)), None)
        if answer is None:
            answer = self._forward(request)
            for fault in self.faults:
                fault.alter(request, answer)
        request.status = answer.status
        handler.send_response(answer.status)
        for key, value in answer.headers:
            handler.send_header(key, value)
        if not any(key.lower() == "content-length" for key, _ in answer.headers):
            handler.send_header("Content-Length", str(len(answer.body)))
        try:
            handler.end_headers()
            if request.method != "HEAD":
                self._send(handler, request, answer)
            handler.wfile.flush()
        except OSError:
            handler.close_connection = True

    @staticmethod
    def _send(handler, request, answer):
        end = len(answer.body) if answer.cut is None else answer.cut
        step = min(65536, answer.rate // 20 + 1) if answer.rate else 65536
        for at in range(0, end, step):
            piece = answer.body[at:min(at + step, end)]
            handler.wfile.write(piece)
            request.sent += len(piece)
            if answer.rate:
                handler.wfile.flush()
                time.sleep(len(piece) / answer.rate)
        if answer.cut is not None:
            handler.close_connection = True

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
