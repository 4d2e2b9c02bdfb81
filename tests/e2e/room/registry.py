"""docker-registry as a context manager, and a client of the distribution API that works blob by blob."""
import dataclasses
import http.client
import json
import pathlib
import re
import subprocess
import urllib.parse

from . import image, pki, process


@dataclasses.dataclass
class Image:
    """What the registry says an image is: the truth that archives and engines are compared with."""
    repository: str
    digest: str
    manifest: dict
    config_bytes: bytes

    @property
    def config(self) -> dict:
        return json.loads(self.config_bytes)

    @property
    def config_digest(self) -> str:
        return self.manifest["config"]["digest"]

    @property
    def diff_ids(self) -> list:
        return self.config["rootfs"]["diff_ids"]

    @property
    def layers(self) -> list:
        return [layer["digest"] for layer in self.manifest["layers"]]


class Client:
    """Speaks to http://host:port without credentials. Any answer but the expected one is an error."""

    def __init__(self, url: str):
        self.host = urllib.parse.urlsplit(url).netloc

    def request(self, method, path, body=None, headers=None, expect=(200,)):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            data = answer.read()
            if answer.status not in expect:
                raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
            return answer, data
        finally:
            connection.close()

    def push_blob(self, repository: str, data: bytes, digest: str):
        answer, _ = self.request("HEAD", f"/v2/{repository}/blobs/{digest}", expect=(200, 404))
        if answer.status == 200:
            return
        answer, _ = self.request("POST", f"/v2/{repository}/blobs/uploads/", b"", {"Content-Length": "0"}, (202,))
        place = urllib.parse.urlsplit(answer.headers["Location"])
        query = "&".join(filter(None, (place.query, "digest=" + digest)))
        self.request("PUT", f"{place.path}?{query}", data, {"Content-Type": "application/octet-stream"}, (201,))

    def push(self, store: image.Store, repository: str, reference: str, descriptor: dict):
        """Pushes a manifest or index with all below it, then puts it under `reference` (a tag or a digest)."""
        data = store.get(descriptor["digest"])
        manifest = json.loads(data)
        for child in manifest.get("manifests", []):
            self.push(store, repository, child["digest"], child)
        for blob in [manifest["config"], *manifest["layers"]] if "config" in manifest else []:
            self.push_blob(repository, store.get(blob["digest"]), blob["digest"])
        self.request("PUT", f"/v2/{repository}/manifests/{reference}", data,
                     {"Content-Type": descriptor["mediaType"]}, (201,))

    def manifest(self, repository: str, reference: str):
        _, data = self.request("GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": image.ACCEPT})
        return image.digest_of(data), json.loads(data)

    def blob(self, repository: str, digest: str) -> bytes:
        return self.request("GET", f"/v2/{repository}/blobs/{digest}")[1]

    def platforms(self, repository: str, reference: str):
        """(platform, digest) of every image under a reference, nested indexes opened, attestations left out."""
        digest, manifest = self.manifest(repository, reference)
        if "manifests" not in manifest:
            config = json.loads(self.blob(repository, manifest["config"]["digest"]))
            words = (config["os"], config["architecture"], config.get("variant"))
            yield "/".join(word for word in words if word), digest
            return
        for child in manifest["manifests"]:
            if child.get("annotations", {}).get("vnd.docker.reference.type") != "attestation-manifest":
                yield from self.platforms(repository, child["digest"])

    def image(self, repository: str, reference: str, platform: str = "linux/amd64") -> Image:
        found = dict(self.platforms(repository, reference))
        digest, manifest = self.manifest(repository, found[platform])
        return Image(repository, digest, manifest, self.blob(repository, manifest["config"]["digest"]))


class Registry(process.Server):
    """A docker-registry on a free port of `address`, over `storage`; it runs behind the words of `prefix`, if any.

    Give `certificate` for TLS, `users` ({name: password}) for Basic, `token` (a token.Authority and its realm URL)
    for Bearer. The port comes from its log: it binds port 0 itself, so parallel runs never meet."""

    def __init__(self, storage: pathlib.Path, name: str = "registry", readonly: bool = True,
                 certificate: pki.Certificate | None = None, users: dict | None = None, token=None,
                 address: str = "127.0.0.1", prefix=()):
        folder = process.run_dir() / f"{name}-{process.Daemon.count}"
        folder.mkdir(exist_ok=True)
        lines = ["version: 0.1", "log: {level: info, formatter: text}", "storage:",
                 f"  filesystem: {{rootdirectory: '{storage}'}}", "  cache: {blobdescriptor: inmemory}",
                 "  maintenance:", "    uploadpurging: {enabled: false}"]
        if readonly:
            lines.append("    readonly: {enabled: true}")
        lines += ["http:", f"  addr: {address}:0", "  secret: e2e"]
        if certificate:
            lines.append(f"  tls: {{certificate: '{certificate.certificate}', key: '{certificate.key}'}}")
        if users:
            lines.append(f"auth: {{htpasswd: {{realm: e2e, path: '{self._htpasswd(folder, users)}'}}}}")
        if token:
            authority, realm = token
            lines.append(f"auth: {{token: {{realm: '{realm}', service: '{authority.service}', "
                         f"issuer: '{authority.issuer}', rootcertbundle: '{authority.certificate}'}}}}")
        settings = folder / "config.yml"
        settings.write_text("\n".join(lines) + "\n")
        self.daemon = process.Daemon(name, [*prefix, process.need("docker-registry", "docker-registry"), "serve", settings])
        self.port = self.daemon.wait_until(lambda: self._port(address))
        self.host = f"{address}:{self.port}"
        self.url = f"{'https' if certificate else 'http'}://{self.host}"

    def _port(self, address):
        found = re.search(rf"listening on {re.escape(address)}:(\d+)", self.daemon.log.read_text(errors="replace"))
        return int(found.group(1)) if found else 0

    @staticmethod
    def _htpasswd(folder, users):
        path = folder / "htpasswd"
        path.write_text("")
        for user, password in users.items():
            subprocess.run([process.need("htpasswd", "apache2-utils"), "-iB", path, user], input=password.encode(),
                           check=True, capture_output=True)
        return path

    @property
    def client(self) -> Client:
        return Client(self.url)
