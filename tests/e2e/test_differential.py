"""ferry and dockerd get the same images, hundreds of them, each odd in one way: the same are pulled and refused, and what
is pulled loads into Docker as the image that Docker itself would have pulled.

Where they differ, docs/compatibility.md says so, and why: a difference that is not there fails, and so does one that is
there no more. `python3 -m test_differential [NAME...]` prints what was found."""
import concurrent.futures
import fnmatch
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import unittest

from room import case, engine, front, image, oddities

FORMATS = ("synology", "docker", "oci")
TABLE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"


def listed() -> list:
    """The rows of the table: (patterns, formats, difference)."""
    rows = []
    table = TABLE.read_text().split("| images | formats | difference | why |\n", 1)[1].split("\n\n", 1)[0]
    for line in table.splitlines()[1:]:
        images, formats, difference, _ = (cell.strip() for cell in line.strip().strip("|").split("|"))
        rows.append((re.findall(r"`([^`]+)`", images), FORMATS if formats == "all" else tuple(formats.split(", ")), difference))
    return rows


def expected(name: str, form: str, rows) -> set:
    return {difference for patterns, formats, difference in rows
            if form in formats and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)}


class Comparison:
    """One registry and one dockerd for all."""

    def __init__(self, ferry, folder: pathlib.Path, docker: engine.Docker):
        self.binary, self.folder, self.api = ferry, folder, engine.DockerApi(docker)
        self.shop = oddities.Shop()
        self.registry = front.Front(faults=[self.shop])

    def ferry(self, name: str, form: str, platform: str, out: pathlib.Path, environment: dict):
        """(archive or None, what was said)"""
        words = [self.binary, name, "-f", form, "-o", str(out), "--json", "--retries", "1", "-a", platform]
        try:
            done = subprocess.run(words, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                                  timeout=60)
        except subprocess.TimeoutExpired:
            return None, "no end within a minute"
        if done.returncode == 0:
            return json.loads(done.stdout)["path"], ""
        errors = [line for line in done.stderr.decode(errors="replace").splitlines() if '"error"' in line]
        return None, f"{done.returncode} {json.loads(errors[-1])['message'] if errors else done.stderr[-300:]}"

    @staticmethod
    def config_in(archive) -> str:
        """The digest of the one config in an OCI layout all of whose blobs are what their names say."""
        with tarfile.open(archive) as tar:
            blobs = {}
            for member in tar:
                if member.isreg():
                    blobs[member.name] = tar.extractfile(member).read()
        for name, data in blobs.items():
            if name.startswith("blobs/sha256/") and image.digest_of(data) != "sha256:" + name[13:]:
                raise AssertionError(f"{archive}: {name} is not what its name says")
        entry = json.loads(blobs["index.json"])["manifests"][0]
        manifest = json.loads(blobs["blobs/" + entry["digest"].replace(":", "/")].decode("utf-8", "replace"))
        manifest = {key.lower(): value for key, value in manifest.items()}
        for blob in [manifest["config"], *(manifest.get("layers") or [])]:
            if "blobs/" + blob["digest"].replace(":", "/") not in blobs:
                raise AssertionError(f"{archive}: the blob {blob['digest']} is not there")
        return manifest["config"]["digest"]

    def run(self, oddity: oddities.Oddity, environment: dict) -> dict:
        """{format: difference or ""}, and `said`: what docker and ferry said."""
        repository = f"{self.registry.host}/{oddity.repository}"
        name = repository + ":1"
        platform = oddity.platform or f"linux/{oddities.ARCHITECTURE}"
        refusal = self.api.pull(repository, "1", oddity.platform)
        wanted = {} if refusal else self.api.inspect(name)
        self.api.remove(name)
        found = {"said": {"dockerd": refusal or wanted.get("Id")}}
        loadable = False
        for form in FORMATS:
            out = self.folder / oddity.repository.replace("/", "_") / form
            archive, why = self.ferry(name, form, platform, out, environment)
            found[form], found["said"][form] = "", why
            if not archive:
                found[form] = "" if refusal else "ferry refuses"
                if why.startswith("no end"):
                    found[form] = "ferry hangs"
            elif form == "oci":
                try:
                    found["said"][form] = self.config_in(archive)
                except (AssertionError, LookupError, ValueError) as error:
                    found["said"][form] = f"no OCI layout: {error!r}"
                same = found["said"][form] == wanted.get("Id")
                # It is not for docker load: that it may hold what Docker refuses is not a difference.
                found[form] = "ferry pulls" if refusal and loadable else "" if refusal or same else "another image"
            else:
                loadable = True
                trouble = self.api.load(archive)
                loaded = {} if trouble else self.api.inspect(name)
                self.api.remove(name)
                found["said"][form] = trouble or loaded.get("Id")
                if trouble:
                    found[form] = "ferry pulls, docker load refuses" if refusal else "docker load refuses"
                elif refusal:
                    found[form] = "ferry pulls"
                elif loaded != wanted:
                    found[form] = "another image"
            shutil.rmtree(out, ignore_errors=True)
        return found

    def run_all(self, chosen, environment) -> dict:
        for oddity in chosen:
            maker = oddities.Maker(self.shop, oddity.name)
            oddity.repository = maker.repository
            oddity.make(maker)
        with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
            return dict(zip((oddity.name for oddity in chosen),
                            pool.map(lambda oddity: self.run(oddity, environment), chosen)))


class Differential(case.Case):
    needs_gallery = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.environ["MOBY_DISABLE_PIGZ"] = "1"            # one way of reading gzip on all machines
        cls.docker = cls.serve(engine.Docker())

    def test_ferry_and_dockerd_agree_but_for_what_is_listed(self):
        oddities.ARCHITECTURE = self.docker.docker("version", "--format", "{{.Server.Arch}}").stdout.decode().strip()
        chosen = [x for x in oddities.ODDITIES if not CHOSEN or any(fnmatch.fnmatchcase(x.name, p) for p in CHOSEN)]
        comparison = Comparison(self.binary, self.home, self.docker)
        self.addCleanup(comparison.registry.stop)
        found = comparison.run_all(chosen, self.environment())
        self.assertIsNone(self.docker.daemon.process.poll(), f"dockerd died:\n{self.docker.daemon.tail(40)}")
        rows, wrong = listed(), []
        for name, outcome in found.items():
            for form in FORMATS:
                listing = expected(name, form, rows)
                if listing != ({outcome[form]} if outcome[form] else set()):
                    wrong.append(f"{name} {form}: found {outcome[form] or 'no difference'}, listed "
                                 f"{', '.join(listing) or 'none'}; {json.dumps(outcome['said'], ensure_ascii=False)}")
        if PRINTED:
            print(json.dumps(found, indent=1, ensure_ascii=False))
        same = sum(not outcome[form] for outcome in found.values() for form in FORMATS)
        print(f"\n[differential] dockerd {self.docker.version}: {len(found)} images in {len(FORMATS)} formats, {same} the same, "
              f"{len(FORMATS) * len(found) - same} listed differences", file=sys.stderr)
        self.assertEqual(wrong, [], "\n".join(wrong))

    def test_every_row_of_the_table_names_images(self):
        names = [oddity.name for oddity in oddities.ODDITIES]
        self.assertGreaterEqual(len(names), 150)
        for patterns, _, difference in listed():
            for pattern in patterns:
                self.assertTrue(fnmatch.filter(names, pattern), f"`{pattern}` ({difference}) names no image")


CHOSEN, PRINTED = [], False

if __name__ == "__main__":
    CHOSEN, PRINTED = sys.argv[1:], True
    unittest.main(argv=sys.argv[:1], defaultTest="Differential.test_ferry_and_dockerd_agree_but_for_what_is_listed")
