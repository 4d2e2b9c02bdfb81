"""A network of two namespaces: this one, and one behind a pair of veth devices, whose link may be slow and lossy."""
import os
import pathlib
import re
import subprocess
import sys

from . import outside, process


class Unavailable(Exception):
    """This kernel does not offer it; the text says what it said."""


def _ip(*words: str):
    done = subprocess.run([process.need("ip", "iproute2"), *words], capture_output=True)
    if done.returncode:
        raise Unavailable(f"ip {' '.join(words)}: {done.stderr.decode(errors='replace').strip()}")


class Far(process.Stopped):
    """`address` is the far end's; commands that start with `prefix` run there. Raises Unavailable.

    The addresses are of the range for measurements (RFC 2544), a network for each process."""

    def __init__(self):
        number = os.getpid() % 16384
        self.name = f"ferry-{os.getpid()}"
        self.near, self.far = f"fn{os.getpid()}", f"ff{os.getpid()}"
        base = f"198.{18 + number // 8192}.{number // 32 % 256}"
        first = number % 32 * 4
        self.address, here = f"{base}.{first + 2}", f"{base}.{first + 1}"
        self.link = None
        self.prefix = [process.need("ip", "iproute2"), "netns", "exec", self.name]
        for stale in pathlib.Path("/run/netns").glob("ferry-*"):          # of a test that was killed
            if not pathlib.Path("/proc", stale.name[6:]).exists():
                _ip("netns", "del", stale.name)
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", self.near, "type", "veth", "peer", "name", self.far, "netns", self.name)
            _ip("addr", "add", f"{here}/30", "dev", self.near)
            _ip("link", "set", self.near, "up")
            for words in (["addr", "add", f"{self.address}/30", "dev", self.far], ["link", "set", self.far, "up"],
                          ["link", "set", "lo", "up"]):
                _ip("-n", self.name, *words)
        except Unavailable:
            self.stop()
            raise

    def spoil(self, delay: int, loss: float):
        """From now on a packet takes `delay` milliseconds in each direction, and so many per cent are lost: by netem, or
        by tests/support/farlink.py on a TUN device where this kernel has no netem. Raises Unavailable."""
        try:
            for prefix, device in self._queues():
                self._run(*prefix, process.need("tc", "iproute2"), "qdisc", "replace", "dev", device, "root", "netem", "delay",
                          f"{delay}ms", "loss", f"{loss}%")
        except Unavailable:
            if not os.path.exists("/dev/net/tun"):
                raise
            self._carry(delay, loss)

    def _carry(self, delay: int, loss: float):
        _ip("link", "del", self.near)
        network, _, last = self.address.rpartition(".")
        self.link = process.Daemon("farlink", [sys.executable, outside.ROOT / "tests" / "support" / "farlink.py",
                                               "--rtt", str(2 * delay), "--loss", str(loss), "--far", self.name,
                                               "--network", network + ".", "--first", str(int(last) - 1), "--mtu", "1500",
                                               "--device", self.near])
        self.link.wait_until(lambda: "ready" in self.link.log.read_text())

    def _queues(self):
        return ([], self.near), (self.prefix, self.far)

    @staticmethod
    def _run(*words) -> str:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise Unavailable(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def dropped(self) -> int:
        """The packets that were lost so far. The link may be gone afterwards."""
        if self.link:
            self.link.stop()
            return int(re.search(r"lost (\d+)", self.link.log.read_text())[1])
        text = "".join(self._run(*prefix, process.need("tc", "iproute2"), "-s", "qdisc", "show", "dev", device)
                       for prefix, device in self._queues())
        return sum(int(part.split(",")[0]) for part in text.split("dropped ")[1:])

    def stop(self):
        if self.link:
            self.link.stop()
        subprocess.run([process.need("ip", "iproute2"), "link", "del", self.near], capture_output=True)
        subprocess.run([process.need("ip", "iproute2"), "netns", "del", self.name], capture_output=True)
