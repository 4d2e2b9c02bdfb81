"""Measures a pull by several tools in turn and prints medians: wall time, CPU, peak memory, bytes written, and ratios.

The tools take turns within each run, so that a slow minute of the machine meets all of them. What a tool wrote is
removed and synced before the next starts. curl only stores the blobs as they come (four connections, no hashing, no
archive): the floor of what the network and the disk allow here."""
import argparse
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import report
from measure import measure
from scenes import SCENES, Scene, linked, proxy, push_single
from tools import TOOLS, Job

ACCEPT = ", ".join(("application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.list.v2+json",
                    "application/vnd.docker.distribution.manifest.v2+json"))


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


def cpu_model() -> str:
    with open("/proc/cpuinfo") as info:
        return next((line.partition(": ")[2].strip() for line in info if line.startswith("model name")), "unknown")


def compare(scene: Scene, job: Job, work: pathlib.Path, env: dict, runs: int) -> dict:
    """Every tool in turn, so many times."""
    out = work / "out"
    tools = {name: TOOLS[name](work, env) for name in scene.tools.split(",")}
    results = {name: [] for name in tools}
    print(f"\n{scene.title}: {job.image} from {job.url}, {len(job.blobs)} blobs, {job.size / 1e6:.0f} MB; "
          f"{os.cpu_count()} CPUs; median of {runs} runs", file=sys.stderr)
    try:
        if not scene.links:                                      # warms the server's page cache, not measured
            out.mkdir(exist_ok=True)
            measure(TOOLS["curl"](work, env).command(job, out), work / "log", env)
        for number in range(runs):
            for name, tool in tools.items():
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                tool.prepare()
                os.sync()
                run = measure(tool.command(job, out), work / "log", env, tool.daemons)
                run["archive"] = sum(path.stat().st_size for path in out.rglob("*") if path.is_file() and path.suffix != ".log")
                if run["archive"] < job.size * 0.9:              # unpacked layers may be a little smaller
                    sys.exit(f"{name} wrote {run['archive']} bytes of about {job.size}")
                results[name].append(run)
                print(f"run {number + 1} {name}: {run['wall']:.2f} s, CPU {run['cpu']:.2f} s, {run['rss']:.0f} MiB, "
                      f"{run['written'] / 1e6:.0f} MB written", file=sys.stderr)
    finally:
        for tool in tools.values():
            tool.close()
        shutil.rmtree(out, ignore_errors=True)
    print(report.table(results, job.size))
    if scene.floor:
        print(f"by what they are told, the links together bring {job.size / 1e6:.0f} MB in {job.size / 1e6 / scene.floor:.1f} s")
    return {"title": scene.title, "image": job.image, "bytes": job.size, "blobs": len(job.blobs), "url": job.url,
            "floor": scene.floor, "runs": results}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scene", action="append", choices=[*SCENES, "all"],
                        help="one that scenes.py describes, repeatable; needs RIG. Without it: --image from --url")
    parser.add_argument("--runs", type=int, help="of each tool (the scene's own number, or 5)")
    parser.add_argument("--image", default="bench/big:1", help="repository:tag (bench/big:1, 2 GB)")
    parser.add_argument("--tools", help=f"out of {','.join(TOOLS)} (the scene's own)")
    parser.add_argument("--url", required=True, help="registry: http://host:port")
    parser.add_argument("--push-url", help="registry that takes pushes, for the image that the rig does not have")
    parser.add_argument("--tls-url", help="the same registry with TLS, for the scenes that want it")
    parser.add_argument("--ca-cert", type=pathlib.Path, help="the authority that issued its certificate")
    parser.add_argument("--arch", default="amd64")
    parser.add_argument("--work", type=pathlib.Path, help="folder for what the tools write (a temporary one)")
    parser.add_argument("--earlier", type=pathlib.Path, action="append", default=[],
                        help="also show the scenes of this file, which --json of the same program and machine wrote; repeatable")
    parser.add_argument("--json", type=pathlib.Path, help="also write every run to this file (WORK/bench.json)")
    parser.add_argument("--markdown", type=pathlib.Path, help="also write the tables to this file")
    parser.add_argument("--plot", type=pathlib.Path, help="also draw the wall times into this SVG file")
    options = parser.parse_args()
    options.url = options.url.rstrip("/")
    work = options.work or pathlib.Path(tempfile.mkdtemp(prefix="ferry-bench-"))
    home = work / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    env = {**{k: v for k, v in os.environ.items() if k == "FERRY" or not k.startswith("FERRY")}, "HOME": str(home),
           "TMPDIR": str(home), "XDG_CACHE_HOME": str(home), "XDG_CONFIG_HOME": str(home)}

    wanted = list(SCENES) if "all" in (options.scene or []) else options.scene or []
    scenes = [SCENES[name] for name in wanted]
    if not scenes and not options.earlier:
        scenes = [Scene("one image", options.image, "ferry-docker,ferry-synology,skopeo,curl", 5)]
    reports = [each for path in options.earlier for each in json.loads(path.read_text())["scenes"]]
    for scene in scenes:
        if options.tools:
            scene.tools = options.tools
        if unknown := set(scene.tools.split(",")) - set(TOOLS):
            parser.error(f"unknown tool {', '.join(unknown)}; there are {', '.join(TOOLS)}")
        if scene.image == "bench/single:1" and options.push_url:
            push_single(options.push_url, work)
        repository, _, tag = scene.image.partition(":")
        blobs = blobs_of(options.url, repository, tag or "latest", options.arch)
        rig = pathlib.Path(os.environ.get("RIG", "."))
        if scene.tls and not (options.tls_url and options.ca_cert):
            parser.error(f"the scene '{scene.title}' needs --tls-url and --ca-cert")
        with (linked(scene, options.url.partition("://")[2], rig, 6080) as (url, mirrors),
              proxy(scene, work, 6090) as through):
            if not scene.links:
                url = options.tls_url.rstrip("/") if scene.tls else options.url
            job = Job(url, scene.image, blobs, options.arch, mirrors, options.ca_cert if scene.tls else None, through)
            reports.append(compare(scene, job, work, env, options.runs or scene.runs))

    ferry = os.environ.get("FERRY", "ferry")
    starts = [measure([ferry, "--version"], work / "log", env) for _ in range(30)]
    version = subprocess.run([ferry, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    start = f"ferry --version: {report.median(starts, 'wall') * 1000:.1f} ms, {report.median(starts, 'rss'):.1f} MiB"
    print(f"\n{start}")
    machine = f"{cpu_model()}, {os.cpu_count()} CPUs, Linux {platform.release()}, {time.strftime('%Y-%m-%d', time.gmtime())}"
    path = options.json or work / "bench.json"
    path.write_text(json.dumps({"machine": machine, "version": version, "startup": starts, "scenes": reports}, indent=1) + "\n")
    print(f"every run: {path}", file=sys.stderr)
    if options.markdown:
        parts = [f"{version}; {machine}.\n\n{start}."]
        for each in reports:
            parts.append(f"### {each['title'][0].upper()}{each['title'][1:]}\n\n{report.markdown(each['runs'], each['bytes'])}")
            if each["floor"]:
                parts.append(f"By what they are told, the links together bring it in {each['bytes'] / 1e6 / each['floor']:.1f} s.")
        options.markdown.write_text("\n\n".join(parts) + "\n")
    if options.plot:
        report.plot(reports, options.plot)


if __name__ == "__main__":
    main()
