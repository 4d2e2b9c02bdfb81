"""The tools that are compared: how each is told to pull an image from a registry and to leave one archive."""
import os
import pathlib
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field

from measure import Daemon


@dataclass
class Job:
    """What is pulled, and where from. `blobs` are the descriptors of config and layers, each blob once."""
    url: str
    image: str
    blobs: list
    arch: str = "amd64"
    mirrors: list = field(default_factory=list)
    ca: pathlib.Path | None = None   # the authority of an https registry
    proxy: str = ""

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    @property
    def name(self) -> str:
        repository, _, tag = self.image.partition(":")
        return f"{self.host}/{repository}:{tag or 'latest'}"

    @property
    def tls(self) -> str:
        return "false" if self.url.startswith("http://") else "true"

    def blob_url(self, blob: dict, place: str = "") -> str:
        return f"{place or self.url}/v2/{self.image.partition(':')[0]}/blobs/{blob['digest']}"

    @property
    def size(self) -> int:
        return sum(blob["size"] for blob in self.blobs)


class Tool:
    """One way to pull. prepare() is not measured and makes sure that nothing of the run before is of use."""
    daemons: list = []

    def __init__(self, work: pathlib.Path, env: dict):
        self.work, self.env = work, env

    def prepare(self):
        pass

    def command(self, job: Job, out: pathlib.Path) -> list:
        raise NotImplementedError

    def close(self):
        pass


class Ferry(Tool):
    format, mirrored = "docker", False

    def command(self, job, out):
        words = [os.environ.get("FERRY", "ferry"), job.image, "-r", job.url, "-a", job.arch, "-o", out, "--no-progress",
                 "--force", "-f", self.format]
        for mirror in job.mirrors if self.mirrored else []:
            words += ["--mirror", mirror]
        words += ["--ca-cert", job.ca] if job.ca else []
        words += ["--proxy", job.proxy] if job.proxy else []
        return words


class FerrySynology(Ferry):
    format = "synology"


class FerryMirrors(Ferry):
    mirrored = True


class Curl(Tool):
    """The blobs as they come over four connections; neither hashed nor packed: the floor of network and disk."""

    def command(self, job, out):
        words = ["curl", "-sSf", "-Z", "--parallel-max", "4"]
        words += ["--cacert", job.ca] if job.ca else []
        words += ["--proxy", job.proxy] if job.proxy else []
        for blob in job.blobs:
            words += ["-o", out / blob["digest"][7:], job.blob_url(blob)]
        return words


class CurlRanges(Tool):
    """The largest blob in eight equal ranges, over as many connections to the mirrors, or to the registry: what the links
    bring."""
    parts = 8

    def command(self, job, out):
        blob = max(job.blobs, key=lambda one: one["size"])
        places = job.mirrors or [job.url]
        lines = []
        for number in range(self.parts):
            begin, end = (blob["size"] * each // self.parts for each in (number, number + 1))
            url = job.blob_url(blob, places[number % len(places)])
            lines.append(f"curl -sSf -r {begin}-{end - 1} -o {out / str(number)} {url} & all=\"$all $!\"")
        return ["sh", "-c", "\n".join([*lines, "for one in $all; do wait $one || exit 1; done"])]


class Skopeo(Tool):
    def command(self, job, out):
        return ["skopeo", "--insecure-policy", "--override-arch", job.arch, "copy", "--quiet", f"--src-tls-verify={job.tls}",
                f"docker://{job.name}", f"docker-archive:{out / 'skopeo.tar'}:{job.image}"]


class Podman(Tool):
    def _podman(self) -> list:
        return ["podman", "--root", str(self.work / "podman"), "--runroot", str(self.work / "podman-run"),
                "--storage-driver", "overlay"]

    def prepare(self):
        subprocess.run([*self._podman(), "rmi", "--all", "--force"], env=self.env, capture_output=True, check=False)

    def command(self, job, out):
        podman = " ".join(self._podman())
        return ["sh", "-c", f"{podman} pull -q --tls-verify={job.tls} --arch {job.arch} {job.name} && "
                            f"{podman} save -q --format docker-archive -o {out / 'podman.tar'} {job.name}"]

    def close(self):
        self.prepare()


class Docker(Tool):
    """dockerd 20.10 of its own, without networking; pulls from loopback registries only."""

    def __init__(self, work, env):
        super().__init__(work, env)
        self.socket = work / "docker.sock"
        self.server = None
        if not shutil.which("dockerd"):
            sys.exit("'dockerd' is missing")
        log = open(work / "dockerd.log", "w")
        self.server = subprocess.Popen(
            ["dockerd", "--data-root", work / "docker", "--exec-root", work / "docker-exec", "-H", f"unix://{self.socket}",
             "--pidfile", work / "docker.pid", "--iptables=false", "--ip6tables=false", "--bridge=none",
             "--storage-driver=overlay2"], stdout=log, stderr=log, env=env)
        for _ in range(300):
            if subprocess.run([*self._docker(), "version"], capture_output=True, env=env, check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            sys.exit(f"dockerd does not start: {work / 'dockerd.log'}")
        self.daemons = [Daemon(self.server.pid)]

    def _docker(self) -> list:
        return ["docker", "-H", f"unix://{self.socket}"]

    def prepare(self):
        subprocess.run([*self._docker(), "image", "prune", "-a", "-f"], capture_output=True, env=self.env, check=False)

    def command(self, job, out):
        docker = " ".join(self._docker())
        return ["sh", "-c", f"{docker} pull -q --platform linux/{job.arch} {job.name} && "
                            f"{docker} save -o {out / 'docker.tar'} {job.name}"]

    def close(self):
        if self.server:
            self.prepare()
            self.server.terminate()
            self.server.wait(60)


TOOLS = {"ferry-docker": Ferry, "ferry-synology": FerrySynology, "ferry-mirrors": FerryMirrors, "skopeo": Skopeo,
         "podman": Podman, "docker": Docker, "curl": Curl, "curl-ranges": CurlRanges}
