"""Every image of the test room, generated once into FERRY_TEST_DATA and kept in a docker-registry storage folder.

`python3 -m room.gallery` generates them (CTest runs it first); `open_gallery()` does so too where that was not done.
A file lock lets several test programs ask at once. The cache's key is VERSION and the hash of the generator's files.
"""
import fcntl
import hashlib
import pathlib
import shutil
import sys
import time

from . import debian, image, process, registry

VERSION = "1"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _debian(store, arch, platform, variant, tools):
    """library/debian for one platform: two or three layers of real packages and a config as people write them."""
    first = debian.layer(debian.fetch(arch, ["base-files", "libc6"]), first=True,
                         extra={"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n"})
    second = debian.layer(debian.fetch(arch, tools))
    last = (image.Tar().directory("opt/app").file("opt/app/README", "an application\n")
            .file("opt/app/start", "#!/bin/sh\nexec /bin/sh\n", 0o755).bytes())
    return (image.Builder(store, docker=True, architecture=platform, variant=variant)
            .layer(first, note="/bin/sh -c #(nop) ADD file:rootfs in / ")
            .metadata("/bin/sh -c #(nop)  CMD [\"bash\"]")
            .layer(second, note="/bin/sh -c apt-get install -y --no-install-recommends " + " ".join(tools))
            .layer(last, note="/bin/sh -c #(nop) COPY dir:app in /opt/app ")
            .metadata("/bin/sh -c #(nop)  ENTRYPOINT [\"/usr/bin/env\"]")
            .finish({"Env": [PATH, "LANG=C.UTF-8", "GREETING=你好 <world> & \"friends\""], "Cmd": ["/bin/sh"],
                     "Entrypoint": ["/usr/bin/env"] if platform == "amd64" else None, "WorkingDir": "/opt/app",
                     "Labels": {"org.opencontainers.image.title": "debian", "maintainer": "test <test@example.com>"},
                     "Hostname": "", "User": "", "Image": "", "OnBuild": None, "Volumes": None},
                    docker_version="20.10.24"))


def _base() -> image.Tar:
    """The bottom of the small images: a program that runs without a libc, as /bin/hello and /bin/true."""
    program = image.hello_program()
    return (image.Tar().directory("bin").file("bin/hello", program, 0o755).file("bin/true", program, 0o755)
            .directory("etc").file("etc/motd", "hello\n"))


def _texts(name, count=40) -> bytes:
    tar = image.Tar().directory(name)
    for number in range(count):
        tar.file(f"{name}/{number:03d}.txt", f"{name} line {number}\n" * (number + 1))
    return tar.bytes()


def _random(seed: str, size: int) -> bytes:
    return hashlib.shake_256(seed.encode()).digest(size)


def _kinds(store):
    members = _texts("members")
    return (image.Builder(store).layer(_base().bytes(), note="gzip")
            .layer(members, image.multi_member_gzip(members), "gzip", "multi-member gzip")
            .layer(_texts("zstandard"), compression="zstd", note="zstd")
            .layer(_texts("plain"), compression="", note="uncompressed")
            .finish({"Env": [PATH], "Cmd": ["/bin/hello"]}))


def _many(store, count=60):
    """Whiteouts, an opaque folder, hard links, names over 100 and over 255 characters, names outside ASCII."""
    builder = image.Builder(store, docker=True)
    for number in range(count):
        tar = _base() if number == 0 else image.Tar()
        tar.directory("data").file(f"data/{number:03d}", _random(f"many{number}", 500 + 37 * number))
        tar.file("data/counter", f"{number}\n").file(f"data/scratch-{number:03d}", "x" * 100)
        if number % 7 == 3:
            tar.whiteout("data", f"scratch-{number - 1:03d}")
        if number % 11 == 5:
            tar.directory("opaque").file("opaque/.wh..wh..opq", b"").file(f"opaque/only-{number}", b"o")
        if number % 13 == 4:
            tar.file(f"long/{'d' * 90}/{'e' * 90}/{'f' * 120}-{number}", "a long name")
        if number % 17 == 6:
            tar.hardlink(f"data/hard-{number}", f"data/{number:03d}").symlink(f"data/soft-{number}", "counter")
        if number % 19 == 8:
            tar.file(f"文件/名字-{number}-ünïcödé.txt", "not ASCII\n")
        builder.layer(tar.bytes(), note=f"RUN step {number}")
    return builder.finish({"Env": [PATH], "Cmd": ["/bin/true"]})


def _repeat(store):
    again = _texts("again")
    return (image.Builder(store, docker=True).layer(_base().bytes()).layer(again).layer(_texts("between")).layer(again)
            .finish())


def _empty(store):
    """Layers without a single entry: the 1024 zero bytes as they are and in gzip (a3ed95ca… of old Docker Hub)."""
    zeros = bytes(1024)
    return (image.Builder(store).layer(_base().bytes()).layer(zeros, note="empty, gzip")
            .layer(_texts("after")).layer(zeros, compression="", note="empty, uncompressed").finish())


def _exotic(store):
    """A config with every field that real builders write, for the exactness of what an engine rebuilds from it."""
    return (image.Builder(store, docker=True).layer(_base().bytes()).layer(_texts("exotic"))
            .finish({"Hostname": "builder", "User": "1000:1000", "Env": [PATH, "A=<&>", "LINE=\u2028sep"],
                     "Cmd": ["/bin/true"], "ArgsEscaped": True, "Image": "sha256:" + "ab" * 32,
                     "Volumes": {"/data": {}, "/cache": {}}, "WorkingDir": "/", "OnBuild": ["RUN true"],
                     "ExposedPorts": {"80/tcp": {}, "443/tcp": {}}, "Labels": {"b": "2", "a": "<1>"},
                     "StopSignal": "SIGQUIT", "StopTimeout": 12, "Shell": ["/bin/sh", "-ec"],
                     "Healthcheck": {"Test": ["CMD", "/bin/true"], "Interval": 30000000000, "Retries": 3}},
                    author="somebody <a@b.c>", comment="a comment", container="cd" * 32, docker_version="19.03.1",
                    container_config={"Hostname": "x", "Env": [PATH], "Cmd": ["/bin/sh", "-c", "#(nop) CMD"]},
                    moby={"unknown": "key"}))


def _medium(store):
    builder = image.Builder(store).layer(_base().bytes())
    for number in range(6):
        noise = _random(f"medium{number}", 9 << 20)
        text = b"".join(b"%08d a line of a log that compresses well\n" % line for line in range(60000))
        tar = image.Tar().directory("big").file(f"big/noise-{number}", noise).file(f"big/text-{number}", text).bytes()
        builder.layer(tar, image.gzipped(tar, 1), "gzip", f"COPY big-{number}")
    return builder.finish()


def _small(store, name="small", architecture="amd64", variant=""):
    return (image.Builder(store, docker=True, architecture=architecture, variant=variant).layer(_base().bytes())
            .layer(_texts(f"{name}-{architecture}")).finish({"Env": [PATH], "Cmd": ["/bin/hello"]}))


def _images(store):
    """(repository, tag, descriptor) of everything that gets a tag."""
    tools = ["libpcre2-8-0", "libselinux1", "libacl1", "libattr1", "libgmp10", "coreutils", "dash"]
    listed = [_debian(store, "amd64", "amd64", "", tools), _debian(store, "arm64", "arm64", "v8", ["dash"]),
              _debian(store, "armhf", "arm", "v7", ["dash"])]
    yield "library/debian", "bookworm", image.index(store, listed, docker=True)
    yield "library/debian", "latest", image.index(store, listed[:1], docker=True)
    yield "suite/kinds", "1", _kinds(store)
    yield "suite/many", "60", _many(store)
    yield "suite/repeat", "1", _repeat(store)
    yield "suite/empty", "1", _empty(store)
    yield "suite/zero", "1", image.Builder(store, docker=True).finish({"Cmd": ["/bin/hello"]})
    yield "suite/exotic", "1", _exotic(store)
    yield "suite/medium", "1", _medium(store)
    small = _small(store)
    for repository in ("suite/small", "toolbox", "team/private", "proj/tool", "public/tool"):
        yield repository, "1", small
    oci = image.Builder(store).layer(_base().bytes()).layer(_texts("attested")).finish()
    other = image.Builder(store, architecture="arm64").layer(_base().bytes()).layer(_texts("attested-arm")).finish()
    yield "suite/attested", "1", image.index(store, [image.attestation(store, oci), oci, other])
    # the inner index has no platform of its own: only opening it shows what it holds
    inner = image.index(store, [image.attestation(store, oci), oci, other])
    arm = _small(store, "nested", "arm", "v7")
    yield "suite/nested", "1", image.index(store, [inner, arm])


class Gallery:
    """The generated images: `storage` is a docker-registry root directory, to be served read-only."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.storage = folder, folder / "registry"


def _key() -> str:
    here = pathlib.Path(__file__).parent
    text = b"".join((here / name).read_bytes() for name in ("gallery.py", "image.py", "debian.py"))
    return f"{VERSION}-{hashlib.sha256(text).hexdigest()[:12]}"


def open_gallery() -> Gallery:
    """The gallery, generated first if it is not there."""
    folder = process.data_dir() / f"gallery-{_key()}"
    if folder.exists():
        return Gallery(folder)
    with open(process.data_dir() / "gallery.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return Gallery(folder)
        started = time.monotonic()
        for stale in process.data_dir().glob("gallery-*"):
            shutil.rmtree(stale)
        part = process.data_dir() / "gallery-part"
        store = image.Store(part / "blobs")
        with registry.Registry(part / "registry", name="publish", readonly=False) as server:
            client = registry.Client(server.url)
            for repository, tag, descriptor in _images(store):
                client.push(store, repository, tag, descriptor)
        shutil.rmtree(part / "blobs")
        part.rename(folder)
        print(f"images generated in {time.monotonic() - started:.1f} s: {folder}", file=sys.stderr)
    return Gallery(folder)


if __name__ == "__main__":
    print(open_gallery().folder)
