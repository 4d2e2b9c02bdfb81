"""Daemons of the test room: started with their log in a file, awaited, and ended by pid."""
import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest


def data_dir() -> pathlib.Path:
    """FERRY_TEST_DATA, created if absent."""
    value = os.environ.get("FERRY_TEST_DATA")
    if not value:
        raise RuntimeError("FERRY_TEST_DATA is not set: name a cache folder outside the source tree")
    path = pathlib.Path(value).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def run_dir() -> pathlib.Path:
    """Logs and settings of this process's servers: FERRY_TEST_DATA/run-<pid>, kept after the run.

    The oldest folders are removed so that repeated runs do not fill the disk."""
    path = data_dir() / f"run-{os.getpid()}"
    if not path.exists():
        path.mkdir()
        old = sorted(data_dir().glob("run-*"), key=lambda p: p.stat().st_mtime)
        for stale in old[:-40]:
            if not pathlib.Path("/proc", stale.name[4:]).exists():
                shutil.rmtree(stale, ignore_errors=True)
    return path


def need(program: str, package: str) -> str:
    """Path of a program; a missing one is an error, never a skip: the suite would prove nothing without it."""
    for folder in os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]:
        path = pathlib.Path(folder or ".", program)
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    raise RuntimeError(f"'{program}' is missing: apt-get install {package}")


def need_if_packaged(program: str, package: str) -> str:
    """The same of what not every release of Debian and Ubuntu has: its tests are skipped, aloud, where there is none."""
    known = subprocess.run(["apt-cache", "madison", package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        return need(program, package)
    except RuntimeError:
        if known.stdout.strip():
            raise
        print(f"\n[skip] this release has no package {package}", file=sys.stderr)
        raise unittest.SkipTest(f"no package {package}") from None


def clean_environment(**more: str) -> dict:
    """This process's environment without anything that steers proxies, trust, credentials or ferry itself."""
    drop = {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy", "requests_ca_bundle", "ssl_cert_file",
            "ssl_cert_dir", "curl_ca_bundle", "docker_config", "docker_host", "docker_context", "registry_auth_file"}
    env = {k: v for k, v in os.environ.items()
           if k.lower() not in drop and not k.startswith(("FERRY", "REGISTRY_", "XDG_"))}
    for name in ("LANGUAGE", "LC_MESSAGES", "NO_COLOR", "CI"):
        env.pop(name, None)                              # tests read English, and say themselves what they want
    env.update({"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"})
    env.update(more)
    return env


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago; for programs that cannot bind port 0 and say what they got."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def short_dir(prefix: str) -> pathlib.Path:
    """A temporary folder with a short path (unix sockets end at 107 bytes); removed at exit."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    atexit.register(shutil.rmtree, path, True)
    return path


def may_mount() -> bool:
    """Whether this kernel lets us have mounts of our own."""
    return subprocess.run([need("unshare", "util-linux"), "-m", "true"], capture_output=True).returncode == 0


def with_hosts(command: list, names) -> list:
    """The command in a mount namespace whose /etc/hosts knows `names` as 127.0.0.1; the process stays the one that is
    started."""
    hosts = run_dir() / f"hosts-{Daemon.count}"
    hosts.write_text(f"127.0.0.1 localhost {' '.join(names)}\n")
    return [need("unshare", "util-linux"), "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, *command]


class Stopped:
    """A context manager over stop()."""

    def stop(self):
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Daemon(Stopped):
    """A background program. Use as a context manager; `stop` ends it (SIGTERM, then SIGKILL) by its pid."""

    count = 0

    def __init__(self, name: str, command: list, env: dict | None = None):
        Daemon.count += 1
        self.name = name
        self.log = run_dir() / f"{Daemon.count:02d}-{name}.log"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                            env=env or clean_environment(), start_new_session=True)
        atexit.register(self.stop)

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def wait_until(self, ready, seconds: float = 60):
        """Waits until ready() is true and returns its value; a daemon that dies first is an error with its log."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
            value = ready()
            if value:
                return value
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} was not ready within {seconds} s:\n{self.tail()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        atexit.unregister(self.stop)


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


class Server(Stopped):
    """Somebody's server program on a port of loopback: `port`, `host` (with the port), `daemon`."""

    daemon: Daemon

    def start(self, name: str, command, env: dict | None = None):
        """Starts command(port) on a port that is free, and another one when somebody takes that first."""
        for attempt in range(5):
            self.port = free_port()
            self.host = f"127.0.0.1:{self.port}"
            self.daemon = Daemon(name, command(self.port), env)
            try:
                self.daemon.wait_until(lambda: listens(self.port))
                return
            except RuntimeError:
                if attempt == 4:
                    raise

    def stop(self):
        self.daemon.stop()
