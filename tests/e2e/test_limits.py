"""A registry that sends whatever fills memory or keeps one busy: each answer has an end, a clear error and little memory."""
import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest
import zlib

from room import case

OCI = "application/vnd.oci.image."
INDEX, MANIFEST, CONFIG = OCI + "index.v1+json", OCI + "manifest.v1+json", OCI + "config.v1+json"
LAYER = OCI + "layer.v1.tar+gzip"
MOST_MIB = 128      # docs/security.md
A_HANG = 120        # seconds: no limit of ferry's lets one command run that long with the options below
QUICK = ("--retries", "0", "--timeout", "3")

LAUNCHER = """
import os, signal, sys
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.alarm(int(sys.argv[1]))  # lasts beyond exec; ferry has no use for it
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def filled(head: bytes, item: bytes, tail: bytes, size: int = 4 << 20) -> bytes:
    """A document of at most `size` bytes that is full of `item`."""
    count = (size - len(head) - len(tail)) // (len(item) + 1)
    return head + b",".join([item] * count) + tail


class Registry:
    """Answers by `answer(path, query, headers) -> (status, fields, body)`; /v2/ by itself."""

    def __init__(self, answer):
        outer = self
        self.asked = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked += 1
                path, _, query = self.path.partition("?")
                status, fields, body = (200, {}, b"{}") if path == "/v2/" else answer(path, query, self.headers)
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def always(status: int, body: bytes, kind: str = "application/json", **fields):
    return lambda path, query, headers: (status, {"Content-Type": kind, **fields}, body)


def documents(top: bytes, blobs: dict, kind: str):
    """A registry of manifests and blobs by digest; any other name is `top`."""
    def answer(path, query, headers):
        name = path.rsplit("/", 1)[1]
        body = blobs.get(name, top)
        document = json.loads(body) if body[:1] == b"{" and len(body) < 1 << 20 else {}
        return 200, {"Content-Type": document.get("mediaType", kind)}, body
    return answer


def image_of(layers: list, diff_ids: list, fill: bytes = b"") -> tuple:
    """A manifest and its blobs; `fill` makes the config as large as that."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids},
                         "fill": fill.decode()}).encode()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST,
                           "config": {"mediaType": CONFIG, "digest": digest(config), "size": len(config)},
                           "layers": [{"mediaType": LAYER, "digest": digest(layer), "size": len(layer)}
                                      for layer in layers]}).encode()
    return manifest, {digest(config): config, digest(manifest): manifest, **{digest(layer): layer for layer in layers}}


def index_of(entries: list) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


class Limits(case.Case):
    @classmethod
    def setUpClass(cls):
        binary = os.environ.get("FERRY")
        if not binary or not os.access(binary, os.X_OK):
            raise RuntimeError("FERRY must name the ferry program under test (CTest sets it)")
        cls.binary = str(pathlib.Path(binary).absolute())

    def measured(self, *arguments) -> tuple:
        """Exit code, stderr, and the peak of resident memory in MiB."""
        # What a process is measured by begins with the size of the one that made it: that must be a small one.
        with open(self.home / "stderr", "wb") as errors:
            done = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, str(A_HANG), self.binary, *arguments], cwd=self.home,
                                  env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, check=True)
        code, kibibytes = map(int, done.stdout.split())
        return code, (self.home / "stderr").read_text(errors="replace"), kibibytes / 1024

    def bounded(self, answer, *arguments, codes=(5, 6), most_asked: int = 4000):
        """Ends by itself with one of these codes, and within the memory; `{}` in an argument is the registry."""
        with Registry(answer) as registry:
            code, text, mebibytes = self.measured(*(word.format(registry.url) for word in arguments), *QUICK)
        self.assertIn(code, codes, text[-3000:])
        if code:
            self.assertIn("ferry: error:", text)
        if not os.environ.get("FERRY_SANITIZE"):  # sanitizers hold back what was freed
            self.assertLess(mebibytes, MOST_MIB, text[-1000:])
        self.assertLess(registry.asked, most_asked)

    def pull(self, *more):
        return ("pull", "{}/team/app:1", "-o", str(self.out), "--backend", "v2", *more)

    def test_manifests_full_of_small_values(self):
        for name, body in {"objects": filled(b'{"manifests":[', b"{}", b"]}"), "arrays": filled(b'{"layers":[', b"[]", b"]}"),
                           "numbers": filled(b'{"config":{},"layers":[', b"1", b"]}"),
                           "texts": filled(b'{"config":{},"layers":[', b'""', b"]}"),
                           "names": filled(b'{"config":{', b'"":0', b'},"layers":[]}'),
                           "brackets": b'{"config":' + b"[" * (2 << 20) + b"]" * (2 << 20) + b"}"}.items():
            with self.subTest(name):
                self.bounded(always(200, body, MANIFEST), *self.pull("-f", "docker"))
                self.bounded(always(200, body, INDEX), "inspect", "{}/team/app:1", "--backend", "v2")

    def test_refusals_with_large_bodies(self):
        body = filled(b'{"errors":[', b"{}", b"]}")
        for status in (401, 403, 404, 500):
            with self.subTest(status):
                self.bounded(always(status, body), *self.pull(), codes=(3, 4, 5))

    def test_token_services_with_large_answers(self):
        def answer(path, query, headers):
            if path == "/token":
                return 200, {"Content-Type": "application/json"}, filled(b'{"x":[', b"{}", b"]}", 16 << 20)
            realm = f'Bearer realm="http://{headers["Host"]}/token",service="s",scope="repository:team/app:pull"'
            return 401, {"WWW-Authenticate": realm}, b"{}"
        self.bounded(answer, *self.pull(), codes=(3, 5))

    def test_lists_without_end(self):
        hundred = json.dumps([{"name": "p" * 1000, "digest": "x", "tags": []}] * 100).encode()
        self.bounded(always(200, hundred), "tags", "{}/team/app", "--backend", "harbor", codes=(0, 5))  # the same page ends it
        self.bounded(always(200, hundred), "search", "-r", "{}", "x", "--backend", "harbor", codes=(0, 4, 5))
        self.bounded(always(200, b"[" + b",".join([b"{}"] * 2_700_000) + b"]"), "tags", "{}/team/app", "--backend", "harbor")

        def pages(path, query, headers):
            number = int(query.rpartition("last=")[2].partition("&")[0] or 0)
            tags = [f"t{number}-{i}" for i in range(100)]
            return 200, {"Link": f'<{path}?n=100&last={number + 1}>; rel="next"'}, json.dumps({"name": "x", "tags": tags}).encode()
        self.bounded(pages, "tags", "{}/team/app", "--backend", "v2")

        def one_page(path, query, headers):
            return 200, {"Link": f'<{path}?n=100>; rel="next"'}, b'{"name":"x","tags":["1"]}'
        self.bounded(one_page, "tags", "{}/team/app", "--backend", "v2", codes=(0, 5), most_asked=10)

    def test_indexes_of_indexes(self):
        level = index_of([])
        blobs = {digest(level): level}
        for _ in range(4):
            level = index_of([{"mediaType": INDEX, "digest": digest(level), "size": len(level)}] * 3000)
            blobs[digest(level)] = level
        for more in ((), ("-a", "all", "-f", "oci")):
            with self.subTest(more):
                self.bounded(documents(level, blobs, INDEX), *self.pull(*more), codes=(4, 6), most_asked=600)
        wide = index_of([{"mediaType": INDEX, "digest": f"sha256:{number:064}", "size": 3} for number in range(20000)])
        self.bounded(always(200, wide, INDEX), *self.pull(), codes=(4, 5, 6), most_asked=600)

    def test_many_large_configs(self):
        entries, blobs = [], {}
        for number in range(60):
            manifest, own = image_of([], [], str(number).encode() * ((4 << 20) // len(str(number)) - 400))
            blobs.update(own)
            entries.append({"mediaType": MANIFEST, "digest": digest(manifest), "size": len(manifest),
                            "platform": {"os": "linux", "architecture": "amd64", "variant": f"v{number}"}})
        self.bounded(documents(index_of(entries), blobs, INDEX), *self.pull("-a", "all", "-f", "oci"))

    def test_a_layer_that_unpacks_to_much(self):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        packed = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(512)) + packer.flush()
        manifest, blobs = image_of([packed], ["sha256:" + "0" * 64])
        self.bounded(documents(manifest, blobs, MANIFEST), *self.pull("-f", "synology"), codes=(6,))

    def test_header_fields_without_end(self):
        fields = {f"X-{number}": "v" * 4000 for number in range(99)}
        self.bounded(lambda path, query, headers: (200, fields, b"{}"), *self.pull())
        fields = {f"X-{number}": "v" for number in range(5000)}
        self.bounded(lambda path, query, headers: (200, fields, b"{}"), *self.pull())

    def test_redirects_without_end(self):
        def answer(path, query, headers):
            return 302, {"Location": f"/v2/x?k={len(query) * 'k'}"}, b""
        self.bounded(answer, *self.pull(), most_asked=60)


if __name__ == "__main__":
    unittest.main()
