"""What is measured: images, links and tools. Links are the rig's slowlink.py before the rig's nginx, all on loopback; a
proxy is squid, which keeps nothing."""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass

ALL = "ferry-docker,ferry-synology,skopeo,podman,docker,curl"


@dataclass
class Scene:
    title: str
    image: str
    tools: str
    runs: int
    links: tuple = ()      # of slowlink arguments: the first is the registry's, the others are mirrors
    floor: float = 0.0     # MB/s that the links allow together; 0: not limited
    tls: bool = False      # from the rig's nginx with TLS
    proxied: bool = False  # through squid: by absolute form, or by CONNECT where there is TLS


SCENES = {
    "big": Scene("2 GB in 12 layers, local", "bench/big:1", ALL, 3),
    "python": Scene("375 MB in 8 layers, local", "library/python:3.11", ALL, 5),
    "layer": Scene("one layer of 900 MB, 5 MB/s a connection, 40 MB/s in all, 20 ms", "bench/single:1",
                   "ferry-docker,curl-ranges,skopeo", 1, (("--rtt", "20", "--per-conn", "5", "--total", "40"),), 40),
    "mirrors": Scene("the same layer, a registry and two mirrors of 20 MB/s each, 5 MB/s a connection, 20 ms",
                     "bench/single:1", "ferry-docker,ferry-mirrors,curl-ranges", 3,
                     (("--rtt", "20", "--per-conn", "5", "--total", "20"),) * 3, 40),
    "tls": Scene("2 GB in 12 layers, local, TLS", "bench/big:1", "ferry-docker,curl", 3, tls=True),
    "squid": Scene("2 GB in 12 layers, local, through squid", "bench/big:1", "ferry-docker,curl", 3, proxied=True),
    "tunnel": Scene("2 GB in 12 layers, local, TLS through squid", "bench/big:1", "ferry-docker,curl", 3, tls=True,
                    proxied=True),
    "many": Scene("60 tiny layers, 50 ms", "bench/many:1", ALL, 5, (("--rtt", "50"),)),
}


@contextlib.contextmanager
def linked(scene: Scene, server: str, rig: pathlib.Path, port: int):
    """Starts the scene's links before `server` (host:port). Gives the registry's URL and those of the mirrors."""
    if not scene.links:
        yield f"http://{server}", []
        return
    relays = []
    try:
        for number, link in enumerate(scene.links):
            relays.append(subprocess.Popen([sys.executable, rig / "slowlink.py", "--listen", f"127.0.0.1:{port + number}",
                                            "--to", server, *link], stdout=subprocess.DEVNULL))
        time.sleep(1)
        urls = [f"http://127.0.0.1:{port + number}" for number in range(len(relays))]
        yield urls[0], urls[1:]
    finally:
        for relay in relays:
            relay.send_signal(signal.SIGTERM)
            relay.wait(30)


@contextlib.contextmanager
def proxy(scene: Scene, work: pathlib.Path, port: int):
    """Squid on that port of loopback, if the scene wants one; gives its URL, or an empty string."""
    if not scene.proxied:
        yield ""
        return
    squid = shutil.which("squid")
    if not squid:
        sys.exit("'squid' is missing")
    settings = work / "squid.conf"
    settings.write_text(f"http_port 127.0.0.1:{port}\nhttp_access allow all\ncache deny all\naccess_log none\n"
                        "cache_log /dev/null\npid_filename none\nshutdown_lifetime 1 second\npinger_enable off\n")
    server = subprocess.Popen([squid, "-N", "-n", f"bench{os.getpid()}", "-f", settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        else:
            sys.exit(f"squid does not start: {squid} -N -d 1 -f {settings}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def _upload(registry: str, repository: str, digest: str, size: int, body):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    begun = opener.open(urllib.request.Request(f"{registry}/v2/{repository}/blobs/uploads/", method="POST"), timeout=60)
    place = begun.headers["Location"]
    place = place if place.startswith("http") else registry + place
    request = urllib.request.Request(f"{place}{'&' if '?' in place else '?'}digest={digest}", data=body, method="PUT",
                                     headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)})
    opener.open(request, timeout=600).read()


def push_single(registry: str, work: pathlib.Path, size: int = 900_000_000):
    """Pushes bench/single:1, one layer of about `size` bytes that no compression makes smaller."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    manifest_url = f"{registry}/v2/bench/single/manifests/1"
    media = "application/vnd.oci.image.manifest.v1+json"
    with contextlib.suppress(OSError):
        opener.open(urllib.request.Request(manifest_url, headers={"Accept": media}), timeout=60).read()
        return
    plain, packed = work / "single.tar", work / "single.tar.gz"
    (work / "single.bin").write_bytes(b"")
    with open(work / "single.bin", "wb") as file:
        for _ in range(size // 1_000_000):
            file.write(os.urandom(1_000_000))
    subprocess.run(["tar", "-C", work, "--mtime=@0", "--owner=0", "--group=0", "-cf", plain, "single.bin"], check=True)
    with open(packed, "wb") as file:
        subprocess.run(["gzip", "-1nc", plain], stdout=file, check=True)

    def digest_of(path):
        with open(path, "rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()

    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": [digest_of(plain)]}}).encode()
    config_digest = "sha256:" + hashlib.sha256(config).hexdigest()
    layer_digest, layer_size = digest_of(packed), packed.stat().st_size
    _upload(registry, "bench/single", config_digest, len(config), config)
    with open(packed, "rb") as file:
        _upload(registry, "bench/single", layer_digest, layer_size, file)
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": media,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config_digest, "size": len(config)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer_digest,
                    "size": layer_size}]}).encode()
    opener.open(urllib.request.Request(manifest_url, data=manifest, method="PUT", headers={"Content-Type": media}),
                timeout=60).read()
    for path in (plain, packed, work / "single.bin"):
        path.unlink()
