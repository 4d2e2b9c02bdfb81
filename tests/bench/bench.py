"""Measures a pull by several tools in turn and prints medians: wall time, CPU, peak memory, and ratios.

The tools take turns within each run, so that a slow minute of the machine meets all of them. What a tool wrote is
removed and synced before the next starts. curl only stores the blobs as they come (four connections, no hashing, no
archive): the floor of what the network and the disk allow here."""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ACCEPT = ", ".join(("application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.list.v2+json",
                    "application/vnd.docker.distribution.manifest.v2+json"))
# A child's ru_maxrss starts at what its parent held when it called exec, so that the parent has to be small.
LAUNCHER = """
import os, sys, time
begin = time.monotonic()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ,
                     file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0),
                                   (os.POSIX_SPAWN_OPEN, 2, sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)])
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def measure(command: list, log: pathlib.Path, env: dict) -> dict:
    """Runs a command to its end: wall and CPU in seconds, peak resident memory in MiB (of its largest process)."""
    path = shutil.which(command[0])
    if not path:
        sys.exit(f"'{command[0]}' is missing")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, log, path, *map(str, command[1:])], env=env,
                          capture_output=True, text=True, check=True)
    code, wall, cpu, rss = done.stdout.split()
    if code != "0":
        sys.exit(f"{' '.join(map(str, command))} ended with {code}:\n{log.read_text(errors='replace')[-3000:]}")
    return {"wall": float(wall), "cpu": float(cpu), "rss": int(rss) / 1024}


def fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(url, headers={"Accept": ACCEPT}), timeout=60).read()


def blobs_of(registry: str, repository: str, tag: str, arch: str) -> list:
    """The descriptors of config and layers, each blob once."""
    manifest = json.loads(fetch(f"{registry}/v2/{repository}/manifests/{tag}"))
    while "manifests" in manifest:
        child = next(entry for entry in manifest["manifests"] if entry["platform"]["architecture"] == arch)
        manifest = json.loads(fetch(f"{registry}/v2/{repository}/manifests/{child['digest']}"))
    return list({blob["digest"]: blob for blob in [manifest["config"], *manifest["layers"]]}.values())


def commands(options, out: pathlib.Path, blobs: list) -> dict:
    """Name of a tool: its command line, writing into `out`."""
    host = options.url.partition("://")[2]
    repository, _, tag = options.image.partition(":")
    ferry = [options.ferry, options.image, "-r", options.url, "-a", options.arch, "-o", out, "--no-progress", "--force"]
    curl = ["curl", "-sSf", "-Z", "--parallel-max", "4"]
    for blob in blobs:
        curl += ["-o", out / blob["digest"][7:], f"{options.url}/v2/{repository}/blobs/{blob['digest']}"]
    tls = "false" if options.url.startswith("http://") else "true"
    return {"ferry-docker": [*ferry, "-f", "docker"], "ferry-synology": [*ferry, "-f", "synology"],
            "skopeo": ["skopeo", "--insecure-policy", "--override-arch", options.arch, "copy", "--quiet",
                       f"--src-tls-verify={tls}", f"docker://{host}/{repository}:{tag or 'latest'}",
                       f"docker-archive:{out / 'skopeo.tar'}:{options.image}"],
            "curl": curl}


def median(runs: list, key: str) -> float:
    return statistics.median(run[key] for run in runs)


def table(results: dict, size: int) -> str:
    lines = [f"{'tool':<16}{'wall s':>9}{'spread':>15}{'CPU s':>9}{'RSS MiB':>9}{'MB/s':>8}{'x curl':>8}"
             f"{'x skopeo':>10}"]
    for tool, runs in results.items():
        wall = median(runs, "wall")
        spread = f"{min(r['wall'] for r in runs):.2f}-{max(r['wall'] for r in runs):.2f}"
        ratios = [f"{wall / median(results[other], 'wall'):.2f}" if other in results else "-"
                  for other in ("curl", "skopeo")]
        lines.append(f"{tool:<16}{wall:>9.2f}{spread:>15}{median(runs, 'cpu'):>9.2f}{median(runs, 'rss'):>9.1f}"
                     f"{size / 1e6 / wall:>8.0f}{ratios[0]:>8}{ratios[1]:>10}")
    return "\n".join(lines)


def main():
    names = "ferry-docker,ferry-synology,skopeo,curl"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each tool (5)")
    parser.add_argument("--image", default="bench/big:1", help="repository:tag (bench/big:1, 2 GB)")
    parser.add_argument("--tools", default=names, help=f"out of {names}")
    parser.add_argument("--url", required=True, help="registry: http://host:port")
    parser.add_argument("--arch", default="amd64")
    parser.add_argument("--ferry", default=os.environ.get("FERRY", "ferry"))
    parser.add_argument("--work", type=pathlib.Path, help="folder for what the tools write (a temporary one)")
    parser.add_argument("--json", type=pathlib.Path, help="also write every run to this file (WORK/bench.json)")
    options = parser.parse_args()
    options.url = options.url.rstrip("/")
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="ferry-bench-"))
    out, home = work / "out", work / "home"
    for folder in (out, home):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("FERRY")}, "HOME": str(home), "TMPDIR": str(home),
           "XDG_CACHE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    repository, _, tag = options.image.partition(":")
    blobs = blobs_of(options.url, repository, tag or "latest", options.arch)
    size = sum(blob["size"] for blob in blobs)
    known = commands(options, out, blobs)
    tools = options.tools.split(",")
    if unknown := set(tools) - set(known):
        parser.error(f"unknown tool {', '.join(unknown)}; there are {', '.join(known)}")
    print(f"{options.image} from {options.url}: {len(blobs)} blobs, {size / 1e6:.0f} MB; {os.cpu_count()} CPUs; "
          f"median of {options.runs} runs", file=sys.stderr)

    measure(known["curl"], work / "log", env)                    # warms the server's page cache, not measured
    results = {tool: [] for tool in tools}
    for number in range(options.runs):
        for tool in tools:
            shutil.rmtree(out)
            out.mkdir()
            os.sync()
            run = measure(known[tool], work / "log", env)
            run["written"] = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
            if run["written"] < size:
                sys.exit(f"{tool} wrote {run['written']} bytes of at least {size}")
            results[tool].append(run)
            print(f"run {number + 1} {tool}: {run['wall']:.2f} s, CPU {run['cpu']:.2f} s, {run['rss']:.0f} MiB",
                  file=sys.stderr)
    print(table(results, size))
    report = {"image": options.image, "bytes": size, "blobs": len(blobs), "url": options.url, "runs": results,
              "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "kernel": platform.release(),
              "cpus": os.cpu_count()}
    if any(tool.startswith("ferry") for tool in tools):
        starts = [measure([options.ferry, "--version"], work / "log", env) for _ in range(30)]
        report["startup"] = starts
        print(f"\nferry --version: {median(starts, 'wall') * 1000:.1f} ms, {median(starts, 'rss'):.1f} MiB")
    path = options.json or work / "bench.json"
    path.write_text(json.dumps(report, indent=1) + "\n")
    print(f"every run: {path}", file=sys.stderr)
    shutil.rmtree(out)


if __name__ == "__main__":
    main()
