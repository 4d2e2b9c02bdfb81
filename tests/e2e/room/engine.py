"""The engines that must take ferry's archives: dockerd, podman and skopeo, each with a state of its own."""
import http.client
import io
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tarfile
import urllib.parse

from . import image, process


def _run(command, env=None, stdin=None, check=True) -> subprocess.CompletedProcess:
    done = subprocess.run([str(word) for word in command], env=env or process.clean_environment(), input=stdin,
                          stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stderr.decode(errors='replace')}"
                           f"{done.stdout.decode(errors='replace')[-2000:]}")
    return done


class Docker(process.Stopped):
    """A private dockerd: vfs, no network, its clock in UTC (v1 layer ids depend on it). Needs root."""

    def __init__(self):
        if os.geteuid() != 0:
            raise RuntimeError("dockerd needs root; without it the suite would prove nothing: run it as root")
        self.folder = process.short_dir("ferry-d-")
        self.socket = f"unix://{self.folder}/S"
        self.daemon = process.Daemon("dockerd", [
            process.need("dockerd", "docker.io"), "--data-root", self.folder / "D", "--exec-root", self.folder / "E",
            "-H", self.socket, "--pidfile", self.folder / "P", "--iptables=false", "--ip6tables=false",
            "--bridge=none", "--storage-driver=vfs"])
        self.daemon.wait_until(lambda: (self.folder / "S").exists()
                               and self.docker("version", check=False).returncode == 0, 120)
        self.version = self.docker("version", "--format", "{{.Server.Version}}").stdout.decode().strip()
        self._runs = None

    def docker(self, *arguments, stdin=None, check=True):
        return _run([process.need("docker", "docker.io"), "-H", self.socket, *arguments], stdin=stdin, check=check,
                    env=process.clean_environment(DOCKER_CONFIG=str(self.folder / "config")))

    def load(self, archive, check: bool = True) -> str:
        """`docker load -i` into an empty engine: one that knows a layer already would not read it."""
        known = self.docker("images", "-aq", "--no-trunc").stdout.decode().split()
        if known:
            self.docker("rmi", "-f", *dict.fromkeys(known))
        done = self.docker("load", "-i", archive, check=check)
        return (done.stdout + done.stderr).decode()

    def inspect(self, name: str) -> dict:
        return json.loads(self.docker("image", "inspect", name).stdout)[0]

    def save(self, name: str) -> list:
        """The member names of `docker save NAME`."""
        with tarfile.open(fileobj=io.BytesIO(self.docker("save", name).stdout)) as tar:
            return tar.getnames()

    @property
    def runs_containers(self) -> bool:
        """Whether this kernel lets containers run; said once, and everything else is proved by export then."""
        if self._runs is None:
            tar = image.Tar().directory("bin").file("bin/true", image.hello_program(), 0o755).bytes()
            self.docker("import", "-", "ferry-probe:1", stdin=tar)
            done = self.docker("run", "--rm", "--network", "none", "ferry-probe:1", "/bin/true", check=False)
            self._runs = done.returncode == 0
            how = "docker run" if self._runs else f"docker export, as containers cannot run: {done.stderr.decode()}"
            print(f"\n[engine] dockerd {self.version}: images are proved by {how}", file=sys.stderr)
        return self._runs

    def prove(self, name: str, command=("/bin/true",), files=("bin/true",)) -> str:
        """Runs a container of the image (exit 0 or an error) and returns its output; else compares its rootfs."""
        known = set(self.docker("images", "-q", "--no-trunc").stdout.decode().split())
        runs = self.runs_containers
        for probe in set(self.docker("images", "-q", "--no-trunc").stdout.decode().split()) - known:
            self.docker("rmi", "-f", probe)
        if runs:
            return self.docker("run", "--rm", "--network", "none", name, *command).stdout.decode()
        container = self.docker("create", "--network", "none", name, *command).stdout.decode().strip()
        try:
            with tarfile.open(fileobj=io.BytesIO(self.docker("export", container).stdout)) as tar:
                missing = set(files) - set(tar.getnames())
            if missing:
                raise RuntimeError(f"{name} exports without {missing}")
            return ""
        finally:
            self.docker("rm", container)

    def files(self, name: str) -> dict:
        """The flattened root file system: {path: TarInfo}."""
        container = self.docker("create", "--network", "none", name, "/bin/true").stdout.decode().strip()
        try:
            with tarfile.open(fileobj=io.BytesIO(self.docker("export", container).stdout)) as tar:
                return {info.name: info for info in tar}
        finally:
            self.docker("rm", container)

    def stop(self):
        self.daemon.stop()
        for line in pathlib.Path("/proc/mounts").read_text().splitlines():
            if line.split()[1].startswith(str(self.folder)):
                subprocess.run(["umount", "-l", line.split()[1]], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class Podman(process.Stopped):
    """podman with a storage of its own (vfs)."""

    def __init__(self):
        self.folder = process.short_dir("ferry-p-")

    def podman(self, *arguments):
        return _run([process.need("podman", "podman"), "--root", self.folder / "root", "--runroot",
                     self.folder / "run", "--tmpdir", self.folder / "tmp", "--storage-driver", "vfs",
                     "--events-backend", "none", "--cgroup-manager", "cgroupfs", *arguments],
                    env=process.clean_environment(HOME=str(self.folder))).stdout.decode()

    def load(self, archive) -> dict:
        """`podman load -i`, and the inspection of what came in."""
        self.podman("rmi", "-a", "-f")
        self.podman("load", "-i", archive)
        name = self.podman("images", "-q", "--no-trunc").split()[0]
        return json.loads(self.podman("image", "inspect", name))[0]

    def stop(self):
        self.podman("rmi", "-a", "-f")
        shutil.rmtree(self.folder, ignore_errors=True)


def skopeo_inspect(archive, transport: str = "docker-archive") -> dict:
    """What skopeo reads out of an archive: config digest, the config, and the layers' digests as it sees them."""
    where = f"{transport}:{archive}"
    command = [process.need("skopeo", "skopeo"), "--insecure-policy", "inspect"]
    manifest = json.loads(_run([*command, "--raw", where]).stdout)
    config = _run([*command, "--config", "--raw", where]).stdout
    return {"config_digest": manifest["config"]["digest"], "config": json.loads(config),
            "config_bytes_digest": image.digest_of(config), "layers": [x["digest"] for x in manifest["layers"]]}


class Socket(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str):
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class DockerApi:
    """The API of a Docker engine: no process for each call, so that hundreds of images take minutes. [any-thread]"""

    def __init__(self, docker: Docker):
        self.path = docker.socket.removeprefix("unix://")

    def call(self, method: str, target: str, body=None):
        """(status, bytes); status 0 where the engine hangs up."""
        connection = Socket(self.path)
        try:
            connection.request(method, "/v1.41" + target, body, {"Content-Type": "application/x-tar"} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (http.client.HTTPException, ConnectionError) as error:
            return 0, repr(error).encode()
        finally:
            connection.close()

    def work(self, method: str, target: str, body=None) -> str:
        """What is wrong with a call that answers with a stream of progress; empty when all is well."""
        status, answer = self.call(method, target, body)
        for line in answer.decode(errors="replace").splitlines():
            if '"error' in line:
                return json.loads(line)["error"]
        return "" if status == 200 else f"{status} {answer.decode(errors='replace')[:500]}"

    def pull(self, repository: str, tag: str, platform: str = "") -> str:
        query = urllib.parse.urlencode({"fromImage": repository, "tag": tag, "platform": platform})
        return self.work("POST", "/images/create?" + query)

    def load(self, archive) -> str:
        with open(archive, "rb") as file:
            return self.work("POST", "/images/load?quiet=1", file)

    def inspect(self, name: str) -> dict:
        """Without what belongs to this engine and not to the image; empty where there is none."""
        status, answer = self.call("GET", f"/images/{name}/json")
        if status != 200:
            return {}
        own = ("RepoTags", "RepoDigests", "Metadata", "GraphDriver", "Size", "VirtualSize")
        return {key: value for key, value in json.loads(answer).items() if key not in own}

    def remove(self, name: str):
        self.call("DELETE", f"/images/{name}?force=1")
