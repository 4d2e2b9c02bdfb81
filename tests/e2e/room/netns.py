"""A network of two namespaces: this one, and one behind a pair of veth devices, whose link may be slow and lossy."""
import os
import pathlib
import subprocess

from . import process


class Unavailable(Exception):
    """This kernel does not offer it; the text says what it said."""


def _ip(*words: str):
    done = subprocess.run([process.need("ip", "iproute2"), *words], capture_output=True)
    if done.returncode:
        raise Unavailable(f"ip {' '.join(words)}: {done.stderr.decode(errors='replace').strip()}")


class Far:
    """`address` is the far end's; commands that start with `prefix` run there. Raises Unavailable.

    The addresses are of the range for measurements (RFC 2544), a network for each process."""

    def __init__(self):
        number = os.getpid() % 16384
        self.name = f"ferry-{os.getpid()}"
        self.near, self.far = f"fn{os.getpid()}", f"ff{os.getpid()}"
        base = f"198.{18 + number // 8192}.{number // 32 % 256}"
        first = number % 32 * 4
        self.address, here = f"{base}.{first + 2}", f"{base}.{first + 1}"
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

    def spoil(self, *netem: str):
        """Both directions get these words of tc-netem(8). Raises Unavailable."""
        tc = process.need("tc", "iproute2")
        for prefix, device in (([], self.near), (self.prefix, self.far)):
            done = subprocess.run([*prefix, tc, "qdisc", "replace", "dev", device, "root", "netem", *netem],
                                  capture_output=True)
            if done.returncode:
                raise Unavailable(f"tc qdisc netem: {done.stderr.decode(errors='replace').strip()}")

    def dropped(self) -> int:
        """The packets that the two queues dropped so far."""
        tc = process.need("tc", "iproute2")
        text = "".join(subprocess.run([*prefix, tc, "-s", "qdisc", "show", "dev", device], capture_output=True, check=True,
                                      text=True).stdout for prefix, device in (([], self.near), (self.prefix, self.far)))
        return sum(int(part.split(",")[0]) for part in text.split("dropped ")[1:])

    def stop(self):
        subprocess.run([process.need("ip", "iproute2"), "link", "del", self.near], capture_output=True)
        subprocess.run([process.need("ip", "iproute2"), "netns", "del", self.name], capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
