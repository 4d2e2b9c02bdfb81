"""Images that are odd in one way each, as public registries hold them and as nobody should make them, and the registry
that offers them: what it has is said byte by byte, its header fields too.

`ODDITIES` is what the differential test pulls; docs/compatibility.md names them."""
import base64
import bz2
import dataclasses
import gzip
import hashlib
import io
import json
import lzma
import re
import struct
import tarfile
import zlib

from . import front, image

DOCKER, OCI = "docker", "oci"
TYPES = {DOCKER: (image.DOCKER_MANIFEST, image.DOCKER_CONFIG, image.DOCKER_LAYER, image.DOCKER_LIST),
         OCI: (image.OCI_MANIFEST, image.OCI_CONFIG, image.OCI_LAYER + "+gzip", image.OCI_INDEX)}
WASM = b"\0asm\1\0\0\0" + b"code" * 300


class Shop(front.Fault):
    """Manifests by repository and reference, with the header fields of their answer; blobs by digest."""

    def __init__(self):
        self.manifests, self.blobs = {}, {}

    def before(self, request):
        json_type = ("Content-Type", "application/json")
        if request.path in ("/v2", "/v2/"):
            return front.Answer(200, [json_type], b"{}")
        if found := re.match(r"^/v2/(.+)/manifests/([^/]+)$", request.path):
            kept = self.manifests.get(found.groups())
            if kept:
                body, fields = kept
                return front.Answer(200, [(k, v) for k, v in fields.items() if v is not None]
                                    + [("Content-Length", str(len(body)))], body)
            return front.Answer(404, [json_type], b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
        if found := re.match(r"^/v2/.+/blobs/([^/]+)$", request.path):
            blob = self.blobs.get(found[1])
            if blob is None:
                return front.Answer(404, [json_type], b'{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}')
            fields = [("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes")]
            if asked := re.match(r"bytes=(\d+)-(\d*)$", request.headers.get("Range", "")):
                begin, end = int(asked[1]), min(int(asked[2] or len(blob)), len(blob) - 1)
                if begin > end:
                    return front.Answer(416, fields, b"")
                return front.Answer(206, [*fields, ("Content-Range", f"bytes {begin}-{end}/{len(blob)}")], blob[begin:end + 1])
            return front.Answer(200, [*fields, ("Content-Length", str(len(blob)))], blob)
        return None


def pack(value) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def tar(*members, end: bool = True, form=tarfile.USTAR_FORMAT) -> bytes:
    """Of (name, bytes) or TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for member in members:
            if isinstance(member, tuple):
                info = tarfile.TarInfo(member[0])
                info.size, info.mode, info.mtime = len(member[1]), 0o644, image.EPOCH
                made.addfile(info, io.BytesIO(member[1]))
            else:
                made.addfile(member, io.BytesIO(b"x" * member.size))
        if not end:
            return out.getvalue()
    return out.getvalue()


def info(name: str, kind=tarfile.REGTYPE, **more) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.mtime = kind, image.EPOCH
    for key, value in more.items():
        setattr(made, key, value)
    return made


@dataclasses.dataclass
class Layer:
    """The unpacked bytes, those that the registry has, and more or other members of the descriptor (None: left out)."""
    plain: bytes
    packed: bytes | None = None
    descriptor: dict = dataclasses.field(default_factory=dict)
    absent: bool = False               # the registry does not have it
    diff_id: str | None = None


class Maker:
    """Puts the images of one oddity into a repository of its own, so that nothing is shared with another."""

    def __init__(self, shop: Shop, name: str):
        self.shop, self.name = shop, name
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self.repository = f"odd/{slug}-{zlib.crc32(name.encode()):08x}"  # capitals make a difference, too
        self.count = 0

    def tar(self, text: str = "") -> bytes:
        """A small layer that no other image has."""
        self.count += 1
        return tar((f"etc/{self.count}.txt", f"{self.name} {self.count} {text}\n".encode()))

    def blob(self, data: bytes, media_type, more: dict | None = None, algorithm: str = "sha256", absent=False) -> dict:
        digest = algorithm + ":" + hashlib.new(algorithm, data).hexdigest()
        if not absent:
            self.shop.blobs[digest] = data
        made = {"mediaType": media_type, "digest": digest, "size": len(data), **(more or {})}
        return {key: value for key, value in made.items() if value is not None}

    def manifest(self, document, media_type: str, tag: str = "", fields: dict | None = None, **descriptor) -> dict:
        body = pack(document)
        digest = image.digest_of(body)
        sent = {"Content-Type": media_type, "Docker-Content-Digest": digest, **(fields or {})}
        for reference in filter(None, (digest, tag)):
            self.shop.manifests[(self.repository, reference)] = (body, sent)
        return {"mediaType": media_type, "digest": digest, "size": len(body), **descriptor}

    def image(self, layers=None, config=None, manifest=None, family: str = DOCKER, tag: str = "1", settings=None,
              config_descriptor: dict | None = None, config_absent: bool = False, fields=None, content_type: str = "",
              platform=None, **descriptor) -> dict:
        """`config` and `manifest` change the document in place, or return another one (also as bytes)."""
        manifest_type, config_type, layer_type, _ = TYPES[family]
        layers = [Layer(self.tar())] if layers is None else layers
        document = {**(platform or {"architecture": ARCHITECTURE, "os": "linux"}), "created": image.CREATED,
                    "config": {"Cmd": ["/bin/true"], "Labels": {"oddity": self.name}, **(settings or {})},
                    "history": [{"created": image.CREATED, "created_by": "COPY"} for _ in layers],
                    "rootfs": {"type": "layers", "diff_ids": [x.diff_id or image.digest_of(x.plain) for x in layers]}}
        document = (config(document) or document) if config else document
        whole = {"schemaVersion": 2, "mediaType": manifest_type,
                 "config": self.blob(pack(document), config_type, config_descriptor, absent=config_absent),
                 "layers": [self.blob(gzip.compress(x.plain, mtime=0) if x.packed is None else x.packed, layer_type,
                                      x.descriptor, absent=x.absent) for x in layers]}
        whole = (manifest(whole) or whole) if manifest else whole
        return self.manifest(whole, content_type or manifest_type, tag, fields, **descriptor)

    def child(self, os: str = "linux", architecture: str = "", variant: str = "", platform=True, **more) -> dict:
        """An image without a tag, as an index lists it."""
        architecture = architecture or ARCHITECTURE
        about = {"architecture": architecture, "os": os, **({"variant": variant} if variant else {})}
        made = self.image(tag="", platform=about, **{"family": OCI, **more})
        return {**made, **({"platform": about} if platform is True else {"platform": platform} if platform else {})}

    def index(self, *children, family: str = OCI, tag: str = "1", fields=None, content_type: str = "", change=None,
              **descriptor) -> dict:
        media_type = TYPES[family][3]
        document = {"schemaVersion": 2, "mediaType": media_type, "manifests": list(children)}
        document = (change(document) or document) if change else document
        return self.manifest(document, content_type or media_type, tag, fields, **descriptor)


ARCHITECTURE = "amd64"


@dataclasses.dataclass
class Oddity:
    name: str
    make: object                       # (Maker) -> None
    platform: str = ""                 # what is asked for, where it is not the machine's
    repository: str = ""               # once it is made


ODDITIES: list = []


def odd(name: str, make, platform: str = ""):
    ODDITIES.append(Oddity(name, make, platform))


def setter(path: str, value):
    """A change of a document: the member under a.b.c gets the value; `Ellipsis` removes it."""
    def change(document):
        *above, last = path.split("/")
        for part in above:
            document = document[int(part) if isinstance(document, list) else part]
        if isinstance(document, list):
            last = int(last)
        if value is ...:
            del document[last]
        else:
            document[last] = value
    return change


def text(old: bytes, new: bytes):
    """A change of the bytes of a document."""
    def change(document):
        data = pack(document)
        assert old in data, (old, data)
        return data.replace(old, new, 1)
    return change


def config(name: str, *changes, **more):
    def change(document):
        for one in changes:
            document = one(document) or document
        return document
    odd("config/" + name, lambda make: make.image(config=change, **more))


def members_of_the_config():
    config("plain")
    for key in ("architecture", "os"):
        for name, value in (("missing", ...), ("empty", ""), ("null", None), ("number", 5), ("list", ["linux"])):
            config(f"{key}-{name}", setter(key, value))
    config("architecture-of-nobody", setter("architecture", "mips128"))
    config("architecture-and-os-missing", setter("architecture", ...), setter("os", ...))
    for value in ("windows", "darwin", "freebsd", "LINUX", "wasip1"):
        config("os-" + value, setter("os", value))
    config("variant", setter("variant", "v2"))
    config("variant-number", setter("variant", 8))
    for name, value in {"missing": ..., "null": None, "empty": "", "words": "yesterday", "number": 1700000000,
                        "without-zone": "2023-11-14T22:13:20", "with-space": "2023-11-14 22:13:20Z",
                        "year-0": "0000-01-01T00:00:00Z", "year-1": "0001-01-01T00:00:00Z",
                        "year-10000": "10000-01-01T00:00:00Z", "nanoseconds": "2023-11-14T22:13:20.123456789Z",
                        "picoseconds": "2023-11-14T22:13:20.123456789012Z", "comma": "2023-11-14T22:13:20,5Z",
                        "lower-case": "2023-11-14t22:13:20z", "leap-second": "2016-12-31T23:59:60Z",
                        "zone": "2023-11-14T22:13:20+05:30", "zone-without-colon": "2023-11-14T22:13:20+0530",
                        "zone-of-a-day": "2023-11-14T22:13:20+24:00", "february-30": "2023-02-30T00:00:00Z",
                        "one-digit-hour": "2023-11-14T2:13:20Z"}.items():
        config("created-" + name, setter("created", value))
    config("id-and-parent", setter("id", "0" * 64), setter("parent", "sha256:" + "0" * 64))
    for key in ("id", "parent", "comment", "author", "container", "docker_version", "os.version"):
        config(f"{key}-number", setter(key, 5))
    config("size-words", setter("Size", "big"))
    config("size-negative", setter("Size", -1))
    config("os.version", setter("os.version", "10.0"))
    config("os.features", setter("os.features", ["win32k"]))
    config("os.features-words", setter("os.features", "win32k"))
    config("container_config-null", setter("container_config", None))
    config("container_config-words", setter("container_config", "x"))
    config("container_config-odd", setter("container_config", {"Env": "A=b"}))


def settings_of_the_config():
    for name, value in (("null", None), ("missing", ...), ("list", []), ("words", "x"), ("empty", {})):
        config("config-" + name, setter("config", value))
    for key, values in {"Env": (None, "A=b", [1], [None], ["A=b", "A=c", "no-equals", ""], {}),
                        "Cmd": (None, "true", 5, [5], []), "Entrypoint": ("true", {}), "Shell": ("sh",),
                        "Labels": (None, {"a": 1}, ["a"], {"a": None}), "ExposedPorts": (["80"], {"80/tcp": {"a": 1}}, {"x": 5}),
                        "Volumes": (["/a"], None, {"/a": None}, {"/a": {}}), "User": (1000,), "WorkingDir": (5, ""),
                        "OnBuild": (None, ["RUN x"]), "StopSignal": (9, "SIGKILL"), "StopTimeout": (10, 1 << 63, "10", 1.5),
                        "Tty": ("yes", 1), "Healthcheck": (None, {"Interval": "30s"}, {"Interval": 1.5e9}, {"Interval": 30000000000},
                                                           {"Test": "CMD"}, {"Test": ["NONE"], "Retries": -1}, []),
                        "ArgsEscaped": (True,), "NetworkDisabled": (True,), "MacAddress": ("zz",), "Unknown": ({"deep": [1]},)}.items():
        for number, value in enumerate(values):
            config(f"{key}-{number}", lambda document, key=key, value=value: document["config"].update({key: value}))


def text_of_the_config():
    config("unknown-members", setter("x-unknown", {"a": [1, 2.5, None, {"b": True}]}))
    config("repeated-architecture", text(b'"architecture"', b'"architecture":"s390x","architecture"'))
    config("repeated-config", text(b'"config":{', b'"config":{"Env":["A=1"]},"config":{'))
    config("repeated-rootfs", text(b'"rootfs":{', b'"rootfs":{"type":"other","diff_ids":["sha256:' + b"0" * 64 + b'"]},"rootfs":{'))
    config("repeated-rootfs-before", lambda d: pack(d)[:-1] + b',"rootfs":{}}')
    config("repeated-diff_ids-null", text(b'"rootfs":{"type":"layers",', b'"rootfs":{"type":"layers","diff_ids":null,'))
    for old, new in (("rootfs", "rootfS"), ("rootfs", "ROOTFS"), ("diff_ids", "Diff_IDs"), ("architecture", "Architecture"),
                     ("os", "OS"), ("config", "Config"), ("created", "CREATED"), ("history", "History")):
        config("case-" + new, text(b'"%s"' % old.encode(), b'"%s"' % new.encode()))
    config("case-both", lambda d: pack(d)[:-1] + b',"Rootfs":{"type":"layers","diff_ids":[]}}')
    config("case-long-s", text(b'"rootfs"', '"rootfſ"'.encode()))
    config("escaped-key", text(b'"rootfs"', rb'"\u0072ootfs"'))
    for name, value in (("unicode", "ü 你好 🐳".encode()), ("pair", rb"\ud83d\udc33"), ("lone-high", rb"\ud83d"),
                        ("lone-low", rb"\udc33x"), ("latin-1", b"caf\xe9"), ("overlong", b"\xc0\x80"), ("nul", rb"\u0000"),
                        ("delete", b"\x7f"), ("raw-tab", b"a\tb"), ("raw-newline", b"a\nb"), ("html", b"<a href='x'>&amp;"),
                        ("line-separator", "\u2028".encode()), ("slash", rb"\/"), ("bad-escape", rb"\x41"), ("surrogate-bytes", b"\xed\xa0\x80")):
        config("string-" + name, text(b'"Labels":{', b'"Labels":{"text":"' + value + b'",'))
    for name, value in (("big", b"123456789012345678901234567890"), ("huge-exponent", b"1e400"), ("negative-zero", b"-0"),
                        ("leading-zero", b"01"), ("plus", b"+1"), ("bare-point", b"1."), ("not-a-number", b"NaN"),
                        ("hexadecimal", b"0x10"), ("true-in-capitals", b"TRUE"), ("long-fraction", b"0." + b"3" * 400)):
        config("number-" + name, text(b'{"architecture"', b'{"x":' + value + b',"architecture"'))
    config("byte-order-mark", lambda d: b"\xef\xbb\xbf" + pack(d))
    config("spaces", lambda d: b" \r\n\t" + json.dumps(d, indent=3).encode() + b"\n\n")
    config("trailing-nul", lambda d: pack(d) + b"\0")
    config("trailing-words", lambda d: pack(d) + b" x")
    config("two-documents", lambda d: pack(d) + pack(d))
    config("trailing-comma", lambda d: pack(d)[:-1] + b",}")
    config("comment", lambda d: b"/* x */" + pack(d))
    config("cut", lambda d: pack(d)[:-5])
    for depth in (60, 65, 300, 9000, 10001):
        config(f"depth-{depth}", lambda d, depth=depth: pack(d)[:-1] + b',"x":' + b"[" * depth + b"]" * depth + b"}")
    for name, value in (("empty-object", b"{}"), ("no-bytes", b""), ("null", b"null"), ("list", b"[]"), ("words", b'"x"'),
                        ("html", b"<html>"), ("space", b" ")):
        config("is-" + name, lambda d, value=value: value)
    config("of-3-MiB", setter("config/Labels/big", "x" * (3 << 20)))
    config("of-5-MiB", setter("config/Labels/big", "x" * (5 << 20)))
    config("other-architecture-is-empty-object-without-layers", lambda d: b"{}", layers=[])


def history_and_rootfs():
    step = {"created": image.CREATED, "created_by": "ENV"}
    for name, value in {"missing": ..., "null": None, "empty": [], "more": [step, step], "three-more": [step] * 4,
                        "empty-layers": [step, {**step, "empty_layer": True}, {**step, "empty_layer": True}],
                        "all-empty": [{**step, "empty_layer": True}], "empty_layer-words": [{**step, "empty_layer": "yes"}],
                        "created-words": [{**step, "created": "now"}], "created-missing": [{"created_by": "x"}],
                        "created-null": [{"created": None}], "of-nulls": [None], "of-words": ["x"], "object": {},
                        "created_by-number": [{**step, "created_by": 5}], "unknown": [{**step, "x": 1}]}.items():
        config("history-" + name, setter("history", value))
    for name, value in {"missing": ..., "null": None, "list": [], "words": "x", "empty": {}}.items():
        config("rootfs-" + name, setter("rootfs", value))
        config(f"rootfs-{name}-without-layers", setter("rootfs", value), layers=[])
    for name, value in {"missing": ..., "other": "layers+base", "null": None, "number": 5, "empty": ""}.items():
        config("rootfs-type-" + name, setter("rootfs/type", value))
    zero = "sha256:" + "0" * 64
    for name, value in {"missing": ..., "null": None, "empty": [], "object": {}, "numbers": [5], "null-entry": [None],
                        "wrong": [zero], "not-a-digest": ["abc"], "short": ["sha256:abc"], "empty-text": [""],
                        "sha512": ["sha512:" + "0" * 128]}.items():
        config("diff_ids-" + name, setter("rootfs/diff_ids", value))
    config("diff_ids-more", lambda d: d["rootfs"]["diff_ids"].append(zero))
    config("diff_ids-upper-case", lambda d: d["rootfs"].update(diff_ids=[x.upper().replace("SHA", "sha") for x in d["rootfs"]["diff_ids"]]))
    for name, change in {"fewer": lambda ids: ids.pop(), "swapped": lambda ids: ids.reverse(),
                         "twice-the-first": lambda ids: ids.__setitem__(1, ids[0])}.items():
        odd("config/diff_ids-" + name, lambda make, change=change: make.image(
            [Layer(make.tar()), Layer(make.tar())],
            lambda d: d.update(history=[]) or change(d["rootfs"]["diff_ids"]) and None))


def media_types_of_the_config():
    for family in (DOCKER, OCI):
        for name, value in {"octet-stream": "application/octet-stream", "json": "application/json", "html": "text/html",
                            "plain": "text/plain", "none": None, "empty": "", "helm": "application/vnd.cncf.helm.config.v1+json",
                            "other": "application/x", "charset": TYPES[family][1] + "; charset=utf-8",
                            "capitals": TYPES[family][1].upper(), "plugin": "application/vnd.docker.plugin.v1+json",
                            "oci-empty": "application/vnd.oci.empty.v1+json", "of-the-other-family": TYPES[OCI if family == DOCKER else DOCKER][1]}.items():
            odd(f"config-type/{family}-{name}", lambda make, family=family, value=value:
                make.image(family=family, config_descriptor={"mediaType": value}))
    for name, change in {"size-more": lambda c: c.update(size=c["size"] + 1), "size-less": lambda c: c.update(size=c["size"] - 1),
                         "size-0": lambda c: c.update(size=0), "size-missing": lambda c: c.pop("size"), "size-null": lambda c: c.update(size=None),
                         "size-words": lambda c: c.update(size=str(c["size"])), "size-fraction": lambda c: c.update(size=c["size"] + 0.5),
                         "size-negative": lambda c: c.update(size=-1), "size-huge": lambda c: c.update(size=1 << 62),
                         "digest-missing": lambda c: c.pop("digest"), "digest-short": lambda c: c.update(digest="sha256:abc"),
                         "digest-of-nothing": lambda c: c.update(digest="sha256:" + "0" * 64),
                         "urls": lambda c: c.update(urls=["http://127.0.0.1:1/x"]), "annotations": lambda c: c.update(annotations={"a": "b"}),
                         "data-wrong": lambda c: c.update(data=base64.b64encode(b"{}").decode())}.items():
        odd("config-descriptor/" + name, lambda make, change=change: make.image(family=OCI, manifest=lambda m: change(m["config"]) and None))
    odd("config-descriptor/data", lambda make: make.image(family=OCI, manifest=lambda m: m["config"].update(
        data=base64.b64encode(make.shop.blobs[m["config"]["digest"]]).decode())))
    odd("config-descriptor/blob-missing", lambda make: make.image(config_absent=True))
    odd("config-descriptor/missing", lambda make: make.image(manifest=setter("config", ...)))
    odd("config-descriptor/null", lambda make: make.image(manifest=setter("config", None)))


def manifests():
    for family in (DOCKER, OCI):
        def manifest(name, *changes, family=family, **more):
            def change(document):
                for one in changes:
                    document = one(document) or document
                return document
            odd(f"manifest/{family}-{name}", lambda make: make.image(manifest=change, family=family, **more))
        other = TYPES[OCI if family == DOCKER else DOCKER]
        manifest("plain")
        manifest("mediaType-missing", setter("mediaType", ...))
        manifest("mediaType-null", setter("mediaType", None))
        manifest("mediaType-number", setter("mediaType", 5))
        manifest("mediaType-json", setter("mediaType", "application/json"))
        manifest("mediaType-of-the-other-family", setter("mediaType", other[0]))
        manifest("mediaType-of-an-index", setter("mediaType", TYPES[family][3]))
        for name, value in {"none": None, "json": "application/json", "plain": "text/plain", "octet-stream": "application/octet-stream",
                            "charset": TYPES[family][0] + "; charset=utf-8", "capitals": TYPES[family][0].upper(), "index": TYPES[family][3],
                            "of-the-other-family": other[0], "schema1": "application/vnd.docker.distribution.manifest.v1+json",
                            "signed-schema1": "application/vnd.docker.distribution.manifest.v1+prettyjws"}.items():
            manifest("content-type-" + name, fields={"Content-Type": value})
        for name, value in {"1": 1, "3": 3, "missing": ..., "words": "2", "null": None, "fraction": 2.0}.items():
            manifest("schemaVersion-" + name, setter("schemaVersion", value))
        manifest("artifactType", setter("artifactType", "application/vnd.example"))
        manifest("subject", setter("subject", {"mediaType": TYPES[family][0], "digest": "sha256:" + "0" * 64, "size": 5}))
        manifest("annotations", setter("annotations", {"org.opencontainers.image.ref.name": "x"}))
        manifest("annotations-numbers", setter("annotations", {"a": 1}))
        manifest("annotations-null", setter("annotations", None))
        manifest("unknown-members", setter("x", [1, {"y": None}]))
        manifest("manifests-null-too", setter("manifests", None))
        manifest("manifests-empty-too", setter("manifests", []))
        manifest("fsLayers-too", setter("fsLayers", []))
        manifest("trailing-newline", lambda m: pack(m) + b"\n")
        manifest("trailing-words", lambda m: pack(m) + b"x")
        manifest("byte-order-mark", lambda m: b"\xef\xbb\xbf" + pack(m))
        manifest("leading-spaces", lambda m: b"\n  " + json.dumps(m, indent=2).encode())
        manifest("repeated-layers", text(b'"layers":', b'"layers":[],"layers":'))
        manifest("repeated-config", text(b'"config":', b'"config":{"digest":"sha256:' + b"0" * 64 + b'","size":1},"config":'))
        manifest("case-Layers", text(b'"layers":', b'"Layers":'))
        manifest("case-CONFIG", text(b'"config":', b'"CONFIG":'))
        manifest("latin-1", setter("annotations", {"a": "b"}), text(b'"a":"b"', b'"a":"\xe9"'))
        manifest("is-null", lambda m: b"null")
        manifest("is-empty-object", lambda m: b"{}")
        manifest("is-words", lambda m: b'"x"')
        manifest("is-nothing", lambda m: b"")
        manifest("is-html", lambda m: b"<html><body>Welcome</body></html>")
        manifest("cut", lambda m: pack(m)[:-3])
        manifest("digest-field-wrong", fields={"Docker-Content-Digest": "sha256:" + "0" * 64})
        manifest("digest-field-missing", fields={"Docker-Content-Digest": None})
        manifest("digest-field-words", fields={"Docker-Content-Digest": "nonsense"})
        for name, value in {"null": None, "missing": ..., "empty": [], "object": {}, "words": "x", "of-nulls": [None]}.items():
            manifest("layers-" + name, setter("layers", value))
        manifest("layers-null-and-none-in-the-config", setter("layers", None), layers=[])
        manifest("layers-missing-and-none-in-the-config", setter("layers", ...), layers=[])


def descriptors_of_layers():
    def layer(name, family=OCI, **members):
        def make(maker):
            plain = maker.tar()
            packed = gzip.compress(plain, mtime=0)
            given = {key: (value(packed) if callable(value) else value) for key, value in members.items()}
            maker.image([Layer(plain, packed, given)], family=family)
        odd("layer-descriptor/" + name, make)
    for family in (DOCKER, OCI):
        layer(f"{family}-size-more", family, size=lambda p: len(p) + 1)
        layer(f"{family}-size-less", family, size=lambda p: len(p) - 1)
        layer(f"{family}-size-0", family, size=0)
        layer(f"{family}-size-missing", family, size=None)
    layer("size-words", size=lambda p: str(len(p)))
    layer("size-fraction", size=lambda p: float(len(p)) + 0.5)
    layer("size-point-zero", size=lambda p: float(len(p)))
    layer("size-negative", size=-1)
    layer("size-huge", size=1 << 62)
    layer("digest-missing", digest=None)
    layer("digest-short", digest="sha256:abc")
    layer("digest-unknown-algorithm", digest="md5:d41d8cd98f00b204e9800998ecf8427e")
    layer("digest-upper-case", digest=lambda p: "sha256:" + hashlib.sha256(p).hexdigest().upper())
    layer("digest-of-nothing", digest="sha256:" + "0" * 64)
    layer("urls", urls=["http://127.0.0.1:1/x"])
    layer("urls-empty", urls=[])
    layer("urls-words", urls="x")
    layer("annotations", annotations={"a": "b"})
    layer("annotations-numbers", annotations={"a": 5})
    layer("data", data=lambda p: base64.b64encode(p).decode())
    layer("data-wrong", data="e30=")
    layer("data-not-base64", data="***")
    layer("platform", platform={"os": "windows", "architecture": "arm64"})
    layer("unknown", x=[1])
    for name, value in {"none": None, "empty": "", "octet-stream": "application/octet-stream", "unknown": "application/x",
                        "plain": "text/plain", "helm": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                        "nondistributable": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                        "foreign": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                        "tar": image.OCI_LAYER, "docker-tar": "application/vnd.docker.image.rootfs.diff.tar",
                        "docker": image.DOCKER_LAYER, "encrypted": image.OCI_LAYER + "+gzip+encrypted",
                        "wasm": "application/vnd.wasm.content.layer.v1+wasm", "json": "application/vnd.in-toto+json",
                        "number": 5}.items():
        layer("type-" + name, mediaType=value)
    layer("foreign-with-urls", DOCKER, mediaType="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", urls=["http://127.0.0.1:1/x"])
    odd("layer-descriptor/blob-missing", lambda make: make.image([Layer(make.tar(), absent=True)]))


def zstd_frame_header(window_log: int, data: bytes) -> bytes:
    """A frame of one raw block that asks for a window of 2^window_log bytes."""
    return b"\x28\xb5\x2f\xfd" + bytes([0x00, (window_log - 10) << 3]) + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def packings_of_layers():
    def layer(name, packed, media_type="", plain=None, family=DOCKER):
        """`packed` makes the registry's bytes of a tar; `plain` the unpacked bytes where they are no ordinary tar."""
        def make(maker):
            content = (plain(maker) if callable(plain) else plain) if plain is not None else maker.tar()
            maker.image([Layer(content, packed(content), {"mediaType": media_type} if media_type else {})], family=family)
        odd("layer/" + name, make)
    gz = lambda p: gzip.compress(p, mtime=0)
    zstd = image.zstandard
    itself = lambda p: p
    for name, packing in {"gzip": gz, "plain": itself, "zstd": zstd, "bzip2": bz2.compress, "xz": lzma.compress}.items():
        layer(f"{name}-called-gzip", packing)
        layer(f"{name}-called-oci-gzip", packing, family=OCI)
        layer(f"{name}-called-tar", packing, image.OCI_LAYER, family=OCI)
        layer(f"{name}-called-zstd", packing, image.OCI_LAYER + "+zstd", family=OCI)
    layer("zstd-called-docker-zstd", zstd, "application/vnd.docker.image.rootfs.diff.tar.zstd")
    layer("gzip-of-members", lambda p: image.multi_member_gzip(p))
    layer("gzip-with-an-empty-member", lambda p: gz(p) + gz(b""))
    layer("gzip-with-name", lambda p: b"\x1f\x8b\x08\x18" + bytes(6) + b"name\0comment\0" + gz(p)[10:])
    layer("gzip-with-extra", lambda p: b"\x1f\x8b\x08\x04" + bytes(6) + b"\4\0abcd" + gz(p)[10:])
    layer("gzip-stored", lambda p: gzip.compress(p, 0, mtime=0))
    layer("gzip-and-zeros", lambda p: gz(p) + bytes(100))
    layer("gzip-and-words", lambda p: gz(p) + b"garbage")
    layer("gzip-cut", lambda p: gz(p)[:-12])
    layer("gzip-without-trailer", lambda p: gz(p)[:-8])
    layer("gzip-wrong-checksum", lambda p: gz(p)[:-8] + b"\1\2\3\4" + gz(p)[-4:])
    layer("gzip-wrong-size", lambda p: gz(p)[:-4] + b"\1\2\3\4")
    layer("gzip-twice", lambda p: gz(gz(p)))
    layer("gzip-of-header-alone", lambda p: gz(p)[:10])
    layer("zstd-frames", lambda p: zstd(p[:512]) + zstd(p[512:]), image.OCI_LAYER + "+zstd", family=OCI)
    layer("zstd-skippable", lambda p: b"\x50\x2a\x4d\x18\4\0\0\0abcd" + zstd(p), image.OCI_LAYER + "+zstd", family=OCI)
    for log in (23, 24, 27, 28):
        layer(f"zstd-window-{log}", lambda p, log=log: zstd_frame_header(log, p), image.OCI_LAYER + "+zstd", family=OCI)
    layer("zlib", zlib.compress)
    layer("no-bytes", itself, plain=b"")
    layer("gzip-of-no-bytes", gz, plain=b"")
    layer("empty-tar", itself, plain=bytes(1024))
    layer("gzip-of-empty-tar", gz, plain=bytes(10240))
    layer("one-zero-block", gz, plain=bytes(512))
    layer("half-a-block", gz, plain=lambda make: make.tar()[:256])
    layer("tar-without-end", gz, plain=lambda make: tar(("a", make.name.encode()), end=False))
    layer("tar-cut", gz, plain=lambda make: make.tar()[:700])
    layer("tar-and-words", gz, plain=lambda make: make.tar() + b"garbage behind the end" * 50)
    layer("tar-and-zeros", gz, plain=lambda make: make.tar() + bytes(20000))
    layer("two-tars", gz, plain=lambda make: make.tar() + make.tar())
    layer("zeros-first", gz, plain=lambda make: bytes(512) + make.tar())
    for name, content in {"words": b"this is not a tar\n" * 100, "wasm": WASM, "gguf": b"GGUF\3\0\0\0" + bytes(2000),
                          "elf": b"\x7fELF" + bytes(3000), "json": b'{"a":' + b" " * 600 + b"1}", "squashfs": b"hsqs" + b"\1" * 2000,
                          "zip": b"PK\3\4" + b"\1" * 2000, "noise": bytes(hashlib.sha512(b"%d" % i).digest()[0] for i in range(2048)),
                          "few-words": b"x"}.items():
        layer(f"{name}-as-it-is", itself, plain=lambda make, content=content: content + make.name.encode())
        layer(f"{name}-in-gzip", gz, plain=lambda make, content=content: content + make.name.encode())
    for name, media_type in {"wasm-by-type": "application/vnd.wasm.content.layer.v1+wasm", "wasm-by-short-type": "application/wasm",
                             "nydus-by-type": "application/vnd.oci.image.layer.nydus.blob.v1", "gguf-by-type": "application/vnd.docker.ai.gguf.v3",
                             "encrypted-by-type": image.OCI_LAYER + "+gzip+encrypted"}.items():
        layer(name, lambda p: bytes(b ^ 0x5a for b in p), media_type, family=OCI)


def members_of_layers():
    def layer(name, *members, form=tarfile.USTAR_FORMAT, change=lambda data: data):
        def make(maker):
            maker.image([Layer(change(tar(("etc/name", maker.name.encode()), *members, form=form)))])
        odd("member/" + name, make)
    layer("folder", info("a", tarfile.DIRTYPE, mode=0o755), ("a/b", b"x"))
    layer("without-folder", ("deep/er/file", b"x"))
    layer("dot-slash", info("./", tarfile.DIRTYPE, mode=0o755), ("./a", b"x"))
    layer("absolute", ("/abs/file", b"x"))
    layer("parents", ("../outside", b"x"))
    layer("parents-within", ("a/../b", b"x"))
    layer("symlink-out", info("link", tarfile.SYMTYPE, linkname="/etc/passwd"))
    layer("hardlink", info("hard", tarfile.LNKTYPE, linkname="etc/name"))
    layer("hardlink-to-nothing", info("hard", tarfile.LNKTYPE, linkname="no/such/file"))
    layer("hardlink-out", info("hard", tarfile.LNKTYPE, linkname="../../../etc/passwd"))
    layer("whiteout", ("etc/.wh.gone", b""), ("etc/.wh..wh..opq", b""))
    layer("fifo", info("pipe", tarfile.FIFOTYPE))
    layer("device", info("null", tarfile.CHRTYPE, devmajor=1, devminor=3))
    layer("setuid", info("su", mode=0o4755))
    layer("same-twice", ("twice", b"1"), ("twice", b"22"))
    layer("file-then-folder", ("thing", b"1"), info("thing", tarfile.DIRTYPE, mode=0o755))
    layer("file-as-folder", ("thing", b"1"), ("thing/below", b"2"))
    layer("long-name", ("n" * 90 + "/" + "m" * 120, b"x"), form=tarfile.PAX_FORMAT)
    layer("gnu-long-name", ("n" * 90 + "/" + "m" * 120, b"x"), form=tarfile.GNU_FORMAT)
    layer("pax-unicode", ("ü/你好", b"x"), form=tarfile.PAX_FORMAT)
    layer("large-uid", info("owned", uid=1 << 22, gid=1 << 22), form=tarfile.GNU_FORMAT)
    layer("old-date", info("old", mtime=-1), form=tarfile.GNU_FORMAT)
    layer("far-date", info("far", mtime=1 << 33), form=tarfile.GNU_FORMAT)
    layer("xattr", info("x", pax_headers={"SCHILY.xattr.user.a": "b"}), form=tarfile.PAX_FORMAT)
    layer("global-header", form=tarfile.PAX_FORMAT, change=lambda data: tar(
        info("pax_global", tarfile.XGLTYPE, size=0)) [:512] + data)
    layer("unknown-kind", info("strange", b"Z"))
    layer("v7", ("old/style", b"x"), change=v7)
    layer("name-of-nothing", ("", b"x"))
    layer("wrong-checksum-later", ("second", b"x"), change=lambda data: data[:1024] + b"S" + data[1025:])


def v7(data: bytes) -> bytes:
    """The same without the magic of ustar."""
    out, at = bytearray(data), 0
    while at + 512 <= len(out) and any(out[at:at + 512]):
        size = int(bytes(out[at + 124:at + 135]).strip(b"\0 ") or b"0", 8)
        out[at + 257:at + 345] = bytes(88)
        out[at + 148:at + 156] = b" " * 8
        out[at + 148:at + 156] = b"%06o\0 " % sum(out[at:at + 512])
        at += 512 + (size + 511) // 512 * 512
    return bytes(out)


def numbers_of_layers():
    for count in (0, 1, 2, 60, 125, 126, 127, 128):
        odd(f"layers/{count}", lambda make, count=count: make.image([Layer(make.tar()) for _ in range(count)]))
    def same(make, count):
        one = make.tar()
        make.image([Layer(one)] * count)
    for count in (2, 125, 129):
        odd(f"layers/{count}-times-the-same", lambda make, count=count: same(make, count))


def indexes():
    def index(name, make, platform=""):
        odd("index/" + name, make, platform)
    other = "s390x"
    for family in (DOCKER, OCI):
        index(f"{family}-plain", lambda m, f=family: m.index(m.child(architecture=other, family=f), m.child(family=f), family=f))
        index(f"{family}-of-the-other-family", lambda m, f=family: m.index(m.child(family=OCI if f == DOCKER else DOCKER), family=f))
        index(f"{family}-content-type-json", lambda m, f=family: m.index(m.child(family=f), family=f, content_type="application/json"))
        index(f"{family}-content-type-none", lambda m, f=family: m.index(m.child(family=f), family=f, fields={"Content-Type": None}))
        index(f"{family}-content-type-of-the-other", lambda m, f=family: m.index(
            m.child(family=f), family=f, content_type=TYPES[OCI if f == DOCKER else DOCKER][3]))
        index(f"{family}-content-type-of-a-manifest", lambda m, f=family: m.index(m.child(family=f), family=f, content_type=TYPES[f][0]))
        index(f"{family}-mediaType-missing", lambda m, f=family: m.index(m.child(family=f), family=f, change=setter("mediaType", ...)))
        index(f"{family}-mediaType-json", lambda m, f=family: m.index(m.child(family=f), family=f, change=setter("mediaType", "application/json")))
        index(f"{family}-schemaVersion-1", lambda m, f=family: m.index(m.child(family=f), family=f, change=setter("schemaVersion", 1)))
        index(f"{family}-schemaVersion-missing", lambda m, f=family: m.index(m.child(family=f), family=f, change=setter("schemaVersion", ...)))
        index(f"{family}-manifests-null", lambda m, f=family: m.index(family=f, change=setter("manifests", None)))
        index(f"{family}-manifests-missing", lambda m, f=family: m.index(family=f, change=setter("manifests", ...)))
        index(f"{family}-empty", lambda m, f=family: m.index(family=f))
        index(f"{family}-layers-too", lambda m, f=family: m.index(m.child(family=f), family=f, change=setter("layers", [])))
        index(f"{family}-trailing-words", lambda m, f=family: m.index(m.child(family=f), family=f, change=lambda d: pack(d) + b"x"))
    index("nested", lambda m: m.index({**m.index(m.child(), tag="")}))
    index("nested-with-platform", lambda m: m.index({**m.index(m.child(), tag=""), "platform": {"os": "linux", "architecture": ARCHITECTURE}}))
    index("nested-beside-the-right-one", lambda m: m.index(m.index(m.child(), tag=""), m.child()))
    index("nested-twice", lambda m: m.index(m.index(m.index(m.child(), tag=""), tag="")))
    index("platform-missing", lambda m: m.index(m.child(platform=None)))
    index("platform-missing-first", lambda m: m.index(m.child(architecture=other, platform=None), m.child()))
    index("platform-null", lambda m: m.index({**m.child(), "platform": None}))
    index("platform-empty", lambda m: m.index(m.child(platform={"x": 1})))
    index("platform-words", lambda m: m.index(m.child(platform="linux/amd64")))
    index("platform-without-os", lambda m: m.index(m.child(platform={"architecture": ARCHITECTURE})))
    index("platform-without-architecture", lambda m: m.index(m.child(platform={"os": "linux"})))
    index("platform-numbers", lambda m: m.index(m.child(platform={"os": 1, "architecture": 2})))
    index("platform-lies", lambda m: m.index({**m.child(architecture=other), "platform": {"os": "linux", "architecture": ARCHITECTURE}}))
    index("platform-in-capitals", lambda m: m.index(m.child(platform={"os": "linux", "architecture": ARCHITECTURE.upper()})))
    index("platform-alias", lambda m: m.index(m.child(platform={"os": "linux", "architecture": "x86_64"})))
    index("platform-alias-first", lambda m: m.index(m.child(platform={"os": "linux", "architecture": "x86_64"}), m.child()))
    index("platform-twice", lambda m: m.index(m.child(), m.child()))
    index("same-child-twice", lambda m: m.index(*[m.child()] * 2))
    index("only-others", lambda m: m.index(m.child(architecture=other), m.child(architecture="ppc64le")))
    index("only-windows", lambda m: m.index(m.child(os="windows")))
    index("windows-first", lambda m: m.index({**m.child(os="windows"), "platform": {"os": "windows", "architecture": ARCHITECTURE,
                                                                                     "os.version": "10.0.17763.1"}}, m.child()))
    index("os.version", lambda m: m.index(m.child(platform={"os": "linux", "architecture": ARCHITECTURE, "os.version": "5"})))
    feature = {"os": "linux", "architecture": ARCHITECTURE, "os.features": ["nydus.remoteimage.v1"]}
    index("feature-first", lambda m: m.index(m.child(platform=feature), m.child()))
    index("feature-last", lambda m: m.index(m.child(), m.child(platform=feature)))
    index("feature-alone", lambda m: m.index(m.child(platform=feature)))
    index("feature-null", lambda m: m.index(m.child(platform={**feature, "os.features": None})))
    index("variant-v1", lambda m: m.index(m.child(variant="v1")))
    index("variant-v3-first", lambda m: m.index(m.child(variant="v3"), m.child()))
    index("variant-v3-alone", lambda m: m.index(m.child(variant="v3")))
    unknown = {"os": "unknown", "architecture": "unknown"}
    note = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    index("attestation-last", lambda m: m.index(m.child(), {**m.child(platform=unknown), **note}))
    index("attestation-first", lambda m: m.index({**m.child(platform=unknown), **note}, m.child()))
    index("attestation-alone", lambda m: m.index({**m.child(platform=unknown), **note}))
    index("attestation-of-the-same-platform", lambda m: m.index({**m.child(), **note}, m.child()))
    index("unknown-without-note", lambda m: m.index(m.child(platform=unknown), m.child()))
    index("artifact-of-the-same-platform", lambda m: m.index({**m.child(), "artifactType": "application/vnd.example"}, m.child()))
    index("artifact-without-platform", lambda m: m.index(
        m.child(platform=None, config_descriptor={"mediaType": "application/vnd.oci.empty.v1+json"}), m.child()))
    gone = {"mediaType": image.OCI_MANIFEST, "digest": "sha256:" + "0" * 64, "size": 500}
    index("other-child-missing", lambda m: m.index({**gone, "platform": {"os": "linux", "architecture": other}}, m.child()))
    index("child-missing", lambda m: m.index({**gone, "platform": {"os": "linux", "architecture": ARCHITECTURE}}))
    index("first-child-missing", lambda m: m.index({**gone, "platform": {"os": "linux", "architecture": ARCHITECTURE}}, m.child()))
    for name, change in {"size-more": lambda c: c.update(size=c["size"] + 1), "size-less": lambda c: c.update(size=c["size"] - 1),
                         "size-0": lambda c: c.update(size=0), "size-missing": lambda c: c.pop("size"), "size-words": lambda c: c.update(size="9"),
                         "mediaType-missing": lambda c: c.pop("mediaType"), "mediaType-of-the-other": lambda c: c.update(mediaType=image.DOCKER_MANIFEST),
                         "mediaType-json": lambda c: c.update(mediaType="application/json"),
                         "mediaType-of-an-index": lambda c: c.update(mediaType=image.OCI_INDEX),
                         "digest-missing": lambda c: c.pop("digest"), "digest-short": lambda c: c.update(digest="sha256:abc"),
                         "annotations": lambda c: c.update(annotations={"a": "b"}), "annotations-numbers": lambda c: c.update(annotations={"a": 5}),
                         "urls": lambda c: c.update(urls=["http://127.0.0.1:1/"]), "data-wrong": lambda c: c.update(data="e30=")}.items():
        def make(m, change=change):
            child = m.child()
            change(child)
            m.index(child)
        index("child-" + name, make)
    index("subject", lambda m: m.index(m.child(), change=setter("subject", gone)))
    index("artifactType", lambda m: m.index(m.child(), change=setter("artifactType", "application/vnd.example")))
    index("annotations", lambda m: m.index(m.child(), change=setter("annotations", {"a": "b"})))
    index("null-child", lambda m: m.index(None, m.child()))
    index("unknown-members", lambda m: m.index(m.child(), change=setter("x", 5)))
    index("case-Manifests", lambda m: m.index(m.child(), change=text(b'"manifests"', b'"Manifests"')))

    arms = lambda m, *variants: m.index(*[m.child(architecture="arm", variant=v) for v in variants])
    for wanted in ("", "/v5", "/v6", "/v7", "/v8"):
        name = wanted[1:] or "plain"
        index(f"arm-{name}-of-all", lambda m: arms(m, "v5", "v6", "v7", "v8"), "linux/arm" + wanted)
        index(f"arm-{name}-of-v5-v7", lambda m: arms(m, "v5", "v7"), "linux/arm" + wanted)
        index(f"arm-{name}-of-plain", lambda m: arms(m, ""), "linux/arm" + wanted)
        index(f"arm-{name}-of-v8", lambda m: arms(m, "v8"), "linux/arm" + wanted)
    for wanted in ("", "/v8"):
        name = wanted[1:] or "plain"
        for offered in ("", "v8", "v9"):
            index(f"arm64-{name}-of-{offered or 'plain'}", lambda m, o=offered: m.index(m.child(architecture="arm64", variant=o)), "linux/arm64" + wanted)
    index("arm64-of-arm", lambda m: arms(m, "v7", "v8"), "linux/arm64")
    index("386-of-amd64", lambda m: m.index(m.child(architecture="amd64")), "linux/386")
    index("amd64-of-386", lambda m: m.index(m.child(architecture="386")), "linux/amd64")
    for arch, variant in (("arm", "v7"), ("arm64", ""), ("arm64", "v8"), ("386", "")):
        odd(f"platform/{arch}{variant}", lambda m, a=arch, v=variant: m.image(
            platform={"architecture": a, "os": "linux", **({"variant": v} if v else {})}), "linux/" + arch + ("/" + variant if variant else ""))
    odd("platform/arm64-asked-of-an-image-for-another", lambda m: m.image(), "linux/arm64")
    odd("platform/of-nobody-asked-for", lambda m: m.image(), "linux/mips64le")


for group in (members_of_the_config, settings_of_the_config, text_of_the_config, history_and_rootfs, media_types_of_the_config,
              manifests, descriptors_of_layers, packings_of_layers, members_of_layers, numbers_of_layers, indexes):
    group()
