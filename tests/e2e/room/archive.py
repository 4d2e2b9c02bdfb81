"""A reader of the archives that ferry writes; it judges nothing that a spec does not demand."""
import gzip
import hashlib
import json
import pathlib
import posixpath
import subprocess
import tarfile

from . import image, process

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def sha256_of(path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Archive:
    """A docker-loadable archive: manifest.json, repositories, and the members they name."""

    def __init__(self, path: pathlib.Path):
        self.path = pathlib.Path(path)
        with tarfile.open(self.path, "r:") as tar:
            self.members = tar.getmembers()
        self.names = [member.name for member in self.members]
        self.by_name = {member.name: member for member in self.members}

    def read(self, name: str) -> bytes:
        """A member's bytes, symbolic links followed as a loader does."""
        for _ in range(8):
            member = self.by_name[name]
            if not member.issym():
                break
            name = posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
        with tarfile.open(self.path, "r:") as tar:
            return tar.extractfile(tar.getmember(name)).read()

    def json(self, name: str):
        return json.loads(self.read(name))

    @property
    def manifest(self) -> list:
        return self.json("manifest.json")

    @property
    def tags(self) -> list:
        return [tag for entry in self.manifest for tag in entry.get("RepoTags") or []]

    def config_digest(self, number: int = 0) -> str:
        return image.digest_of(self.read(self.manifest[number]["Config"]))

    def layer_files(self, number: int = 0) -> list:
        return [self.read(name) for name in self.manifest[number]["Layers"]]

    def diff_ids(self, number: int = 0) -> list:
        return [image.digest_of(unpacked(data)) for data in self.layer_files(number)]

    def v1_ids(self) -> set:
        """The top-level folders of the classic layout: one per layer."""
        return {name.split("/")[0] for name in self.names if "/" in name}

    def faults(self) -> list:
        """What makes an archive unsafe for some loader (peers: 4.8): an empty list is good."""
        wrong = []
        if len(set(self.names)) != len(self.names):
            wrong.append("a name twice")
        for member in self.members:
            if member.name.startswith(("/", "./")) or ".." in member.name.split("/") or "\\" in member.name:
                wrong.append(f"path {member.name!r}")
            if member.name != member.name.lower() and posixpath.basename(member.name) != "VERSION":
                wrong.append(f"upper case {member.name!r}")
            if not member.name.isascii():
                wrong.append(f"not ASCII {member.name!r}")
            if member.islnk():
                wrong.append(f"hard link {member.name!r}")
            if member.issym() and member.linkname.startswith("/"):
                wrong.append(f"absolute link {member.name!r}")
            if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
                wrong.append(f"kind of {member.name!r}")
            if member.uid or member.gid:
                wrong.append(f"owner of {member.name!r}")
        size = self.path.stat().st_size
        if size % 512:
            wrong.append(f"{size} bytes are no whole blocks")
        with open(self.path, "rb") as file:
            file.seek(-1024, 2)
            if file.read() != bytes(1024):
                wrong.append("no two zero blocks at the end")
        return wrong


def unpacked(data: bytes) -> bytes:
    if data.startswith(GZIP):
        return gzip.decompress(data)
    if data.startswith(ZSTD):
        return subprocess.run([process.need("zstd", "zstd"), "-q", "-d", "-c"], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    return data
