"""What mitmdump does to the exchanges that pass it; loaded by mitmdump itself, so that it knows nothing of this package.

FERRY_MITM_PLAN is a JSON file, read anew for each exchange: {"hosts": {"name:port": "address:port"}, "faults": [...]};
FERRY_MITM_LOG gets a line of JSON for each request that could be read. The kinds of faults: `answer` (instead of the
server), `cut` (all but the last byte, then the connection's end), `stall` (the same, then silence), `shorten` (the same, as if
that were all), `flip` (a wrong byte in a blob), `unsized` and `chunked` (no Content-Length), `header` (a changed field)."""
import json
import os
import re

from mitmproxy import http

BLOB = re.compile(r"^/v2/.+/blobs/(sha256:[0-9a-f]{64})$")


def plan() -> dict:
    with open(os.environ["FERRY_MITM_PLAN"]) as file:
        return json.load(file)


def faults(flow: http.HTTPFlow) -> list:
    """The faults for that request: `host` and `path` are what it has to match."""
    host = flow.metadata["target"][0]
    return [fault for fault in plan()["faults"]
            if fault.get("host", host) == host and re.search(fault.get("path", ""), flow.request.path)]


def all_but_one(size: int):
    """A stream of a body whose last byte never comes."""
    left = size - 1

    def stream(data: bytes) -> bytes:
        nonlocal left
        data, left = data[:left], left - min(left, len(data))
        return data

    return stream


class Middle:
    def __init__(self):
        self.tunnels = {}              # the target of CONNECT, by the client's connection

    def http_connect(self, flow: http.HTTPFlow):
        self.tunnels[flow.client_conn.id] = (flow.request.host, flow.request.port)

    def server_connect(self, data):
        """The names of the test room lead to loopback, whatever a resolver thinks of them."""
        host, port = data.server.address[:2]
        places = plan()["hosts"]
        place = places.get(f"{host}:{port}")
        if f"{host}:{port}" in places.values():
            return                     # led there before
        if place is None:
            data.server.error = f"nobody knows {host}:{port}"
            return
        address, _, port = place.rpartition(":")
        data.server.address = (address, int(port))

    def request(self, flow: http.HTTPFlow):
        host, port = self.tunnels.get(flow.client_conn.id, (flow.request.host, flow.request.port))
        flow.metadata["target"] = (host, port)
        with open(os.environ["FERRY_MITM_LOG"], "a") as log:
            log.write(json.dumps({"scheme": flow.request.scheme, "host": host, "port": port, "method": flow.request.method,
                                  "path": flow.request.path,
                                  "headers": {k.lower(): v for k, v in flow.request.headers.items()}}) + "\n")
        for fault in faults(flow):
            if fault["kind"] == "answer":
                flow.response = http.Response.make(fault["status"], fault.get("body", ""),
                                                   {k: v.replace("PATH", flow.request.path)
                                                    for k, v in fault["headers"].items()})
                return

    def responseheaders(self, flow: http.HTTPFlow):
        if flow.response.status_code not in (200, 206):
            return
        headers = flow.response.headers
        for fault in faults(flow):
            if fault["kind"] == "cut":
                flow.response.stream = all_but_one(int(headers["Content-Length"]))
                headers["Connection"] = "close"
            elif fault["kind"] == "unsized":
                flow.response.stream = True
                del headers["Content-Length"]
                headers["Connection"] = "close"
            elif fault["kind"] == "chunked":
                flow.response.stream = True
                del headers["Content-Length"]
                headers["Transfer-Encoding"] = "chunked"

    def response(self, flow: http.HTTPFlow):
        for fault in faults(flow):
            if fault["kind"] == "flip" and BLOB.match(flow.request.path) and flow.response.status_code in (200, 206):
                body = bytearray(flow.response.raw_content)
                body[len(body) // 2] ^= 0x55
                flow.response.raw_content = bytes(body)
            elif fault["kind"] in ("shorten", "stall") and flow.response.status_code in (200, 206):
                body = flow.response.raw_content[:-1]
                flow.response.raw_content = body
                if fault["kind"] == "shorten":
                    flow.response.headers["Content-Length"] = str(len(body))
            elif fault["kind"] == "header" and fault["name"] in flow.response.headers:
                flow.response.headers[fault["name"]] = fault["value"]


addons = [Middle()]
