"""How a test runs ferry: as a user would, in a folder and an environment of its own."""
import base64
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from . import archive, gallery, pki, process, registry


class Result:
    """One finished run. `stderr` is text; `stdout` is bytes (it may be an archive)."""

    def __init__(self, arguments, code, stdout: bytes, stderr: bytes, out: pathlib.Path):
        self.arguments, self.code, self.stdout, self.out = arguments, code, stdout, out
        self.stderr, self.raw_stderr = stderr.decode(errors="replace"), stderr

    @property
    def log(self) -> str:
        path = self.out / "docker_pull.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def paths(self) -> list:
        """The archives named on stdout, made absolute."""
        return [(self.out.parent / line).resolve() for line in self.stdout.decode().splitlines() if line.strip()]

    def __str__(self):
        return (f"ferry {' '.join(map(str, self.arguments))}\nexit code {self.code}\n--- stdout\n"
                f"{self.stdout[:2000]!r}\n--- stderr\n{self.stderr[-4000:]}\n--- log\n{self.log[-3000:]}")


class Case(unittest.TestCase):
    """A test with a fresh folder `self.home` (removed after the test) and helpers to run ferry and judge it."""

    maxDiff = None
    needs_gallery = True               # the images that e2e.images made

    @classmethod
    def setUpClass(cls):
        binary = os.environ.get("FERRY")
        if not binary or not os.access(binary, os.X_OK):
            raise RuntimeError("FERRY must name the ferry program under test (CTest sets it)")
        cls.binary = str(pathlib.Path(binary).absolute())
        if cls.needs_gallery:
            cls.gallery = gallery.open_gallery()

    @classmethod
    def serve(cls, server):
        """Keeps a context manager open until the class's tests have ended, and returns it."""
        return cls.enterClassContext(server)

    @classmethod
    def serve_two_ways(cls, name: str):
        """The same images on `plain` and, with `certificate`, on `tls`; `truth` is suite/small."""
        cls.certificate = pki.issued(name)
        cls.plain = cls.serve(registry.Registry(cls.gallery.storage, name="plain"))
        cls.tls = cls.serve(registry.Registry(cls.gallery.storage, name="tls", certificate=cls.certificate))
        cls.truth = cls.plain.client.image("suite/small", "1")

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="ferry-e2e-", dir=process.run_dir()))
        self.addCleanup(shutil.rmtree, self.home, True)
        (self.home / "tmp").mkdir()
        self.out = self.home / "out"

    def environment(self, more: dict | None = None) -> dict:
        home = str(self.home)
        return process.clean_environment(HOME=home, XDG_CONFIG_HOME=home + "/config", XDG_CACHE_HOME=home + "/cache",
                                         XDG_DATA_HOME=home + "/data", XDG_STATE_HOME=home + "/state",
                                         TMPDIR=home + "/tmp", **(more or {}))

    def ferry(self, *arguments, stdin: bytes = b"", env: dict | None = None, out=None, timeout: float = 180) -> Result:
        """Runs ferry to its end with `-o OUT` added; not where the arguments hold one, nor with an empty `out`."""
        words = [str(word) for word in arguments]
        if out == "":
            out = self.home / "output"                   # ferry's default, as nothing else is said
        else:
            out = self.out if out is None else pathlib.Path(out)
            if not {"-o", "--output"}.intersection(words):
                words += ["-o", str(out)]
        done = subprocess.run([self.binary, *words], cwd=self.home, env=self.environment(env), input=stdin,
                              capture_output=True, timeout=timeout)
        return Result(words, done.returncode, done.stdout, done.stderr, out)

    def start(self, *arguments, env: dict | None = None) -> subprocess.Popen:
        """Starts ferry in a process group of its own and leaves it running; the test ends it."""
        words = [str(word) for word in arguments] + ["-o", str(self.out)]
        child = subprocess.Popen([self.binary, *words], cwd=self.home, env=self.environment(env),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 start_new_session=True)
        self.addCleanup(lambda: child.poll() is None and child.send_signal(signal.SIGKILL))
        return child

    def pull(self, *arguments, **more) -> archive.Archive:
        """Runs ferry, demands success, and returns the archive that it names on stdout."""
        result = self.ferry(*arguments, **more)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(len(result.paths), 1, f"stdout must hold one path\n{result}")
        self.assertTrue(result.paths[0].is_file(), f"{result.paths[0]} is not there\n{result}")
        self.result = result
        return archive.Archive(result.paths[0])

    def wait_until(self, ready, seconds: float = 60, what: str = "the awaited state"):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                self.fail(f"{what} did not come within {seconds} s")
            time.sleep(0.02)

    def assert_image(self, found: archive.Archive, truth: registry.Image, number: int = 0):
        """The archive holds the very image: config byte for byte, layers in order, and nothing unsafe."""
        self.assertEqual(found.config_digest(number), truth.config_digest)
        self.assertEqual(found.diff_ids(number), truth.diff_ids)
        self.assertEqual(found.faults(), [])

    def assert_failed(self, result: Result, code: int, *words: str):
        """Exit code, a sentence on stderr that names `words` (any case), and no path on stdout."""
        self.assertEqual(result.code, code, result)
        self.assertEqual(result.stdout, b"", f"a failed run names no result\n{result}")
        sentences = [line for line in result.stderr.splitlines()
                     if line.startswith("ferry: ") or "error" in line.lower()]
        self.assertTrue(sentences, f"no sentence on stderr that starts with 'ferry: ' or says 'error'\n{result}")
        for word in words:
            self.assertIn(word.lower(), result.stderr.lower(), result)

    def assert_no_archive(self, out=None):
        """Nothing stands under a final name (an unfinished .part may)."""
        out = pathlib.Path(out or self.out)
        self.assertEqual([p.name for p in out.rglob("*.tar")] if out.exists() else [], [])

    def assert_secret(self, result: Result, *secrets: str):
        """None of the secrets, as they are or in base64, is in the output or in any file ferry left behind."""
        kept = {"stdout": result.stdout, "stderr": result.stderr.encode()}
        for folder in {self.home, result.out}:
            kept.update({str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
        for secret in secrets:
            for form in (secret.encode(), base64.b64encode(secret.encode())):
                for place, data in kept.items():
                    self.assertNotIn(form, data, f"a secret stands in {place}")
