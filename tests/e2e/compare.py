"""Two builds of ferry pull the same images, those of the suite in all formats and hundreds of odd ones, and must give the
same archives byte for byte, the same exit codes and the same errors: for changes that are to change nothing.

    FERRY_TEST_DATA=DIR python3 -m compare OLD/bin/ferry NEW/bin/ferry

Exit status 1 with a line for each difference."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from room import front, gallery, oddities, registry

FORMATS = ("synology", "docker", "oci")
# What the gallery holds, and the platforms that are asked for.
IMAGES = [("library/debian:bookworm", ("amd64", "arm64", "arm/v7")), ("library/debian:latest", ("amd64",)),
          *((f"suite/{name}", ("amd64",)) for name in ("kinds:1", "many:60", "repeat:1", "empty:1", "zero:1", "exotic:1",
                                                        "medium:1", "small:1")),
          ("suite/attested:1", ("amd64", "arm64")), ("suite/nested:1", ("amd64", "arm64", "arm/v7"))]


def outcome(binary, words, home):
    """(exit code, digests of the archives by name, codes of errors): what a user has of it."""
    out = pathlib.Path(tempfile.mkdtemp(dir=home))
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    try:
        done = subprocess.run([binary, "pull", *words, "-o", str(out), "--json", "--retries", "1"], cwd=home, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.iterdir())
                   if path.name != "docker_pull.log"}
        errors = [json.loads(line) for line in done.stderr.decode().splitlines() if line.startswith("{") and '"error"' in line]
        return done.returncode, digests, [error.get("code") for error in errors if error.get("event") == "error"]
    finally:
        shutil.rmtree(out)


def pulls(host, shop_host, odd):
    """(name for people, arguments) of every pull."""
    for name, platforms in IMAGES:
        for form in FORMATS:
            for platform in platforms:
                yield f"{name} {platform} {form}", [f"{host}/{name}", "-f", form, "-a", platform]
    for name in ("library/debian:bookworm", "suite/attested:1", "suite/nested:1"):
        yield f"{name} all oci", [f"{host}/{name}", "-f", "oci", "-a", "all"]
    for form in FORMATS:
        yield f"three together {form}", [f"{host}/suite/{name}" for name in ("small:1", "kinds:1", "repeat:1")] + ["-f", form]
        yield f"in one archive {form}", [f"{host}/suite/small:1", f"{host}/suite/kinds:1", "-f", form, "--name", "both.tar"]
    for oddity in odd:
        platform = oddity.platform or f"linux/{oddities.ARCHITECTURE}"
        for form in FORMATS:
            yield f"odd {oddity.name} {form}", [f"{shop_host}/{oddity.repository}:1", "-f", form, "-a", platform]


def main(binaries):
    binaries = [str(pathlib.Path(binary).resolve()) for binary in binaries]
    shop = oddities.Shop()
    odd_registry = front.Front(faults=[shop])
    for oddity in oddities.ODDITIES:
        maker = oddities.Maker(shop, oddity.name)
        oddity.repository = maker.repository
        oddity.make(maker)
    with registry.Registry(gallery.open_gallery().storage, name="compare") as server, tempfile.TemporaryDirectory() as home:
        todo = list(pulls(registry.Client(server.url).host, odd_registry.host, oddities.ODDITIES))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            results = list(pool.map(lambda one: [outcome(binary, one[1], home) for binary in binaries], todo))
    odd_registry.stop()
    different = 0
    for (name, _), (old, new) in zip(todo, results):
        if old != new:
            different += 1
            print(f"{name}: {old} became {new}")
    archives = sum(len(old[1]) for old, _ in results)
    print(f"{len(todo)} pulls, {archives} archives, {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
