"""Runs one command and tells what it cost: wall time, CPU, peak memory, bytes written. Daemons that work for it count."""
import os
import pathlib
import shutil
import subprocess
import sys

# A child's ru_maxrss starts at what its parent held when it called exec, so that the parent has to be small.
LAUNCHER = """
import os, sys, time
begin = time.monotonic()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ,
                     file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0),
                                   (os.POSIX_SPAWN_OPEN, 2, sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)])
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
wall = time.monotonic() - begin
io = dict(line.split(': ') for line in open('/proc/%d/io' % pid).read().splitlines())
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, io['write_bytes'],
      io['cancelled_write_bytes'])
"""
TICKS = os.sysconf("SC_CLK_TCK")


class Daemon:
    """The share of a process that runs before and after: what it and its ended children used since begin()."""

    def __init__(self, pid: int):
        self.proc = pathlib.Path("/proc", str(pid))

    def begin(self):
        (self.proc / "clear_refs").write_text("5")               # the peak of resident memory starts anew
        self.cpu, self.written = self._cpu(), self._written()

    def end(self) -> dict:
        peak = next(int(line.split()[1]) for line in self._lines("status") if line.startswith("VmHWM"))
        return {"cpu": self._cpu() - self.cpu, "written": self._written() - self.written, "rss": peak / 1024}

    def _lines(self, name: str) -> list:
        return (self.proc / name).read_text().splitlines()

    def _cpu(self) -> float:
        return sum(map(int, self._lines("stat")[0].rpartition(")")[2].split()[11:15])) / TICKS

    def _written(self) -> int:
        io = dict(line.split(": ") for line in self._lines("io"))
        return int(io["write_bytes"]) - int(io["cancelled_write_bytes"])


def measure(command: list, log: pathlib.Path, env: dict, daemons: list = ()) -> dict:
    """Runs a command to its end: wall and CPU in seconds, peak resident memory in MiB (of the largest process), bytes
    written: a page counts each time it becomes dirty, and not when its file went before the disk had it. Ends the
    program when the command fails."""
    path = shutil.which(command[0])
    if not path:
        sys.exit(f"'{command[0]}' is missing")
    for daemon in daemons:
        daemon.begin()
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, log, path, *map(str, command[1:])], env=env,
                          capture_output=True, text=True, check=True)
    code, wall, cpu, rss, written, cancelled = done.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(map(str, command))} ended with {code}:\n{log.read_text(errors='replace')[-3000:]}")
    run = {"wall": float(wall), "cpu": float(cpu), "rss": int(rss) / 1024, "written": int(written) - int(cancelled)}
    for daemon in daemons:
        share = daemon.end()
        run["cpu"] += share["cpu"]
        run["written"] += share["written"]
        run["rss"] = max(run["rss"], share["rss"])
    return run
