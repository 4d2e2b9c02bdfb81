#!/usr/bin/python3
"""A distant link that TCP itself sees: two network namespaces, joined by two TUN devices and this program, which carries
each packet later, at a limited rate, and loses some. For kernels without netem; needs root and /dev/net/tun.

    farlink.py --rtt 200 --rate 50 --loss 0.1 [--near ferry-near] [--far ferry-far] [--mtu 9000] [--seed 1]

Prints "ready" once it carries, removes the namespaces when it is terminated. The near end is 10.77.0.1, the far one
10.77.0.2:   ip netns exec ferry-near curl http://10.77.0.2:5080/v2/"""
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


def device(namespace: str) -> int:
    """The descriptor of a new TUN device `far` in that namespace; this process is back in its own afterwards."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(os.open(f"/run/netns/{namespace}", os.O_RDONLY))
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"far", IFF_TUN | IFF_NO_PI))
    finally:
        enter(home)
    return tun


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@contextlib.contextmanager
def namespaces(near: str, far: str, mtu: int):
    """Both namespaces with loopback and the device up; gives their descriptors."""
    made = []
    try:
        tuns = []
        for number, name in enumerate((near, far), 1):
            ip("netns", "add", name)
            made.append(name)
            tuns.append(device(name))
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", "far")
            ip("-n", name, "link", "set", "far", "mtu", str(mtu), "txqueuelen", "10000", "up")
        yield tuns
    finally:
        for name in made:
            ip("netns", "del", name)


class Way:
    """One direction."""

    def __init__(self, source: int, target: int, delay: float, rate: float, loss: float, chance: random.Random):
        self.source, self.target, self.delay, self.rate = source, target, delay, rate
        self.loss, self.chance = loss, chance
        self.queue, self.free = collections.deque(), 0.0         # `free`: when the line has sent what waits for it

    def take(self, now: float):
        with contextlib.suppress(BlockingIOError):
            while packet := os.read(self.source, 65536):
                begin = max(now, self.free)
                if begin - now > QUEUE or self.chance.random() < self.loss:
                    continue
                self.free = begin + len(packet) / self.rate
                self.queue.append((self.free + self.delay, packet))

    def give(self, now: float) -> float:
        """Hands over what is due; when the next one is."""
        while self.queue and self.queue[0][0] <= now:
            with contextlib.suppress(BlockingIOError):
                os.write(self.target, self.queue.popleft()[1])
        return self.queue[0][0] if self.queue else now + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtt", type=float, required=True, help="round-trip time, milliseconds")
    parser.add_argument("--rate", type=float, default=50, help="MB/s in each direction (50)")
    parser.add_argument("--loss", type=float, default=0, help="per cent of packets (0)")
    parser.add_argument("--mtu", type=int, default=9000)
    parser.add_argument("--near", default="ferry-near")
    parser.add_argument("--far", default="ferry-far")
    parser.add_argument("--seed", type=int, default=1, help="of the losses")
    options = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: sys.exit(0))
    with namespaces(options.near, options.far, options.mtu) as (near, far):
        chance = random.Random(options.seed)
        ways = [Way(*ends, options.rtt / 2000, options.rate * 1e6, options.loss / 100, chance) for ends in ((near, far), (far, near))]
        print("ready", flush=True)
        poll = select.epoll()
        for way in ways:
            poll.register(way.source, select.EPOLLIN)
        while True:
            due = min(way.give(time.monotonic()) for way in ways)
            poll.poll(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            for way in ways:
                way.take(now)


if __name__ == "__main__":
    main()
