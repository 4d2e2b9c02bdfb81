"""Layers, configs and manifests, byte by byte: the test room decides every media type itself."""
import gzip
import hashlib
import io
import json
import pathlib
import struct
import subprocess
import tarfile

from . import process

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
ACCEPT = ", ".join((OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST))
EPOCH = 1700000000
CREATED = "2023-11-14T22:13:20Z"


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Store:
    """A folder of blobs by digest."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes, media_type: str) -> dict:
        digest = digest_of(data)
        path = self.path(digest)
        if not path.exists():
            path.write_bytes(data)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def path(self, digest: str) -> pathlib.Path:
        return self.folder / digest.removeprefix("sha256:")

    def get(self, digest: str) -> bytes:
        return self.path(digest).read_bytes()


class Tar:
    """One layer's tar under construction: PAX, numeric owner 0, one fixed mtime."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)

    def _add(self, name, kind, mode, data=b"", link=""):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.size, info.linkname, info.mtime = kind, mode, len(data), link, EPOCH
        self.tar.addfile(info, io.BytesIO(data))
        return self

    def directory(self, name):
        return self._add(name, tarfile.DIRTYPE, 0o755)

    def file(self, name, data, mode=0o644):
        return self._add(name, tarfile.REGTYPE, mode, data if isinstance(data, bytes) else data.encode())

    def symlink(self, name, target):
        return self._add(name, tarfile.SYMTYPE, 0o777, link=target)

    def hardlink(self, name, target):
        return self._add(name, tarfile.LNKTYPE, 0o644, link=target)

    def whiteout(self, folder, name):
        return self.file(f"{folder}/.wh.{name}", b"")

    def bytes(self) -> bytes:
        self.tar.close()
        return self.buffer.getvalue()


def gzipped(data: bytes, level: int = 6) -> bytes:
    return gzip.compress(data, level, mtime=0)


def multi_member_gzip(data: bytes, members: int = 3) -> bytes:
    """Several gzip members one after another, as pigz -i, eStargz and `cat a.gz b.gz` make them."""
    step = len(data) // members + 1
    return b"".join(gzipped(data[at:at + step]) for at in range(0, len(data), step))


def zstandard(data: bytes) -> bytes:
    return subprocess.run([process.need("zstd", "zstd"), "-q", "-3", "-c"], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


def hello_program(text: bytes = b"hello from the image\n") -> bytes:
    """A static x86-64 ELF executable that prints `text` and exits with 0: /bin/true without a libc."""
    base, headers = 0x400000, 64 + 56
    code_size = 5 + 5 + 7 + 5 + 2 + 5 + 2 + 2
    message = base + headers + code_size
    code = (b"\xb8" + struct.pack("<I", 1) + b"\xbf" + struct.pack("<I", 1)            # mov eax,1 ; mov edi,1
            + b"\x48\xc7\xc6" + struct.pack("<I", message)                             # mov rsi,message
            + b"\xba" + struct.pack("<I", len(text)) + b"\x0f\x05"                     # mov edx,len ; syscall
            + b"\xb8" + struct.pack("<I", 60) + b"\x31\xff" + b"\x0f\x05")             # exit(0)
    assert len(code) == code_size
    size = headers + len(code) + len(text)
    header = (b"\x7fELF\x02\x01\x01" + bytes(9)
              + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, base + headers, 64, 0, 0, 64, 56, 1, 0, 0, 0))
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
    return header + segment + code + text


class Builder:
    """One image: layers are added in order, then `finish` stores config and manifest and returns the descriptor.

    `docker=True` makes Docker schema 2 media types (gzip layers only), else OCI."""

    def __init__(self, store: Store, docker: bool = False, architecture: str = "amd64", variant: str = ""):
        self.store, self.docker = store, docker
        self.layers, self.diff_ids, self.history = [], [], []
        self.platform = {"architecture": architecture, "os": "linux"}
        if variant:
            self.platform["variant"] = variant

    def layer(self, tar: bytes, packed: bytes | None = None, compression: str = "gzip", note: str = "COPY files /"):
        """Adds a layer with the uncompressed bytes `tar`; `packed` are the bytes as the registry holds them."""
        if packed is None:
            packed = {"gzip": gzipped, "zstd": zstandard, "": bytes}[compression](tar)
        media_type = DOCKER_LAYER if self.docker else OCI_LAYER + ("+" + compression if compression else "")
        self.layers.append(self.store.put(packed, media_type))
        self.diff_ids.append(digest_of(tar))
        self.history.append({"created": CREATED, "created_by": note})
        return self

    def metadata(self, note: str):
        """A history entry without a layer (ENV, CMD and the like)."""
        self.history.append({"created": CREATED, "created_by": note, "empty_layer": True})
        return self

    def finish(self, settings: dict | None = None, **top) -> dict:
        config = {**self.platform, "config": settings or {"Cmd": ["/bin/hello"]}, "created": CREATED, **top,
                  "history": self.history, "rootfs": {"type": "layers", "diff_ids": self.diff_ids}}
        packed = json.dumps(config, ensure_ascii=False, separators=(",", ":")).encode()
        manifest = {"schemaVersion": 2, "mediaType": DOCKER_MANIFEST if self.docker else OCI_MANIFEST,
                    "config": self.store.put(packed, DOCKER_CONFIG if self.docker else OCI_CONFIG),
                    "layers": self.layers}
        # docker push indents its manifests, buildx does not: a digest must be taken over the bytes as they are
        text = json.dumps(manifest, indent=3 if self.docker else None)
        descriptor = self.store.put(text.encode(), manifest["mediaType"])
        return {**descriptor, "platform": dict(self.platform)}


def index(store: Store, descriptors: list, docker: bool = False) -> dict:
    media_type = DOCKER_LIST if docker else OCI_INDEX
    text = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": descriptors},
                      indent=3 if docker else None)
    return store.put(text.encode(), media_type)


def attestation(store: Store, subject: dict) -> dict:
    """The unknown/unknown provenance manifest that buildx puts beside an image."""
    statement = json.dumps({"_type": "https://in-toto.io/Statement/v0.1",
                            "predicateType": "https://slsa.dev/provenance/v0.2",
                            "subject": [{"name": "pkg:docker/test", "digest": {"sha256": subject["digest"][7:]}}],
                            "predicate": {}}).encode()
    layer = store.put(statement, "application/vnd.in-toto+json")
    layer["annotations"] = {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}
    config = json.dumps({"architecture": "unknown", "os": "unknown", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]}}).encode()
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": store.put(config, OCI_CONFIG),
                "layers": [layer]}
    descriptor = store.put(json.dumps(manifest).encode(), OCI_MANIFEST)
    return {**descriptor, "platform": {"architecture": "unknown", "os": "unknown"},
            "annotations": {"vnd.docker.reference.digest": subject["digest"],
                            "vnd.docker.reference.type": "attestation-manifest"}}
