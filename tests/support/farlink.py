#!/usr/bin/python3
"""A distant link that TCP itself sees: two network namespaces, joined by two TUN devices and this program, which carries
each packet later, at a limited rate, and loses some. For kernels without netem; needs root and /dev/net/tun.

    farlink.py --rtt 200 --rate 50 --loss 0.1 --near ferry-near --far ferry-far
    ip netns exec ferry-near curl http://10.77.0.2:5080/v2/

Prints "ready" once it carries; when it is terminated, how many packets it carried and lost. Namespaces that are not there
are made, and removed at the end; without --near the near end is here. With the same --seed the same packets are lost."""
import argparse
import collections
import contextlib
import ctypes
import fcntl
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
QUEUE = 0.25                           # seconds of packets that may wait for the line; more are dropped, as a router does
LIBC = ctypes.CDLL(None, use_errno=True)


def enter(namespace: int):
    """Goes into that network namespace, and closes its descriptor."""
    if LIBC.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "setns")
    os.close(namespace)


def device(namespace: str, name: str) -> int:
    """The descriptor of a new TUN device in that namespace ("": this one); this process stays in its own."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    if namespace:
        enter(os.open(f"/run/netns/{namespace}", os.O_RDONLY))
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    finally:
        enter(home)
    return tun


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@contextlib.contextmanager
def ends(options):
    """Both ends with their addresses and up; gives their descriptors."""
    made = []
    try:
        tuns = []
        for number, namespace in enumerate((options.near, options.far), 1):
            here = ["-n", namespace] if namespace else []
            if namespace and not os.path.exists(f"/run/netns/{namespace}"):
                ip("netns", "add", namespace)
                made.append(namespace)
                ip(*here, "link", "set", "lo", "up")
            tuns.append(device(namespace, options.device))
            ip(*here, "addr", "add", f"{options.network}{options.first + number - 1}/30", "dev", options.device)
            ip(*here, "link", "set", options.device, "mtu", str(options.mtu), "txqueuelen", "10000", "up")
        yield tuns
    finally:
        for namespace in made:
            ip("netns", "del", namespace)


class Way:
    """One direction."""

    def __init__(self, source: int, target: int, delay: float, rate: float, loss: float, chance: random.Random):
        self.source, self.target, self.delay, self.rate = source, target, delay, rate
        self.loss, self.chance = loss, chance
        self.queue, self.free = collections.deque(), 0.0         # `free`: when the line has sent what waits for it
        self.carried = self.lost = 0

    def take(self, now: float):
        with contextlib.suppress(BlockingIOError):
            while packet := os.read(self.source, 65536):
                begin = max(now, self.free)
                if begin - now > QUEUE or self.chance.random() < self.loss:
                    self.lost += 1
                    continue
                self.free = begin + len(packet) / self.rate
                self.queue.append((self.free + self.delay, packet))

    def give(self, now: float) -> float:
        """Hands over what is due; when the next one is."""
        while self.queue and self.queue[0][0] <= now:
            with contextlib.suppress(BlockingIOError):
                os.write(self.target, self.queue.popleft()[1])
                self.carried += 1
        return self.queue[0][0] if self.queue else now + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtt", type=float, required=True, help="round-trip time, milliseconds")
    parser.add_argument("--rate", type=float, default=50, help="MB/s in each direction (50)")
    parser.add_argument("--loss", type=float, default=0, help="per cent of packets (0)")
    parser.add_argument("--mtu", type=int, default=9000)
    parser.add_argument("--near", default="", help="namespace of the near end (here)")
    parser.add_argument("--far", required=True, help="namespace of the far end")
    parser.add_argument("--network", default="10.77.0.", help="the first three numbers of both addresses, with their dots")
    parser.add_argument("--first", type=int, default=1, help="the last number of the near address; the far one is the next")
    parser.add_argument("--device", default="farlink", help="name of both devices")
    parser.add_argument("--seed", type=int, default=1, help="of the losses")
    options = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    ways = []
    try:
        with ends(options) as (near, far):
            chance = random.Random(options.seed)
            ways = [Way(*both, options.rtt / 2000, options.rate * 1e6, options.loss / 100, chance)
                    for both in ((near, far), (far, near))]
            poll = select.epoll()
            for way in ways:
                poll.register(way.source, select.EPOLLIN)
            print("ready", flush=True)
            while True:
                due = min(way.give(time.monotonic()) for way in ways)
                poll.poll(max(0.0, due - time.monotonic()))
                now = time.monotonic()
                for way in ways:
                    way.take(now)
    finally:
        print(f"carried {sum(way.carried for way in ways)} packets, lost {sum(way.lost for way in ways)}", flush=True)


if __name__ == "__main__":
    main()
