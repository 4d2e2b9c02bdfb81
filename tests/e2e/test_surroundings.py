"""What a caller gives to the program: closed descriptors, ignored signals, a umask, a full standard output, a folder
where others were before."""
import contextlib
import itertools
import os
import pathlib
import signal
import socket
import subprocess
import urllib.request

from room import archive, case, front, process, registry

STREAMS = {0: "stdin", 1: "stdout", 2: "stderr"}
COMBINATIONS = [held for count in (1, 2, 3) for held in itertools.combinations(STREAMS, count)]


def without(descriptors):
    """For subprocess: these standard descriptors are closed when the program starts."""
    return lambda: [os.close(descriptor) for descriptor in descriptors]


class Surroundings(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))

    def run_ferry(self, *arguments, preexec=None, env=None, **more):
        """As ferry(), for what subprocess alone can do. Returns the finished process."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.run([self.binary, *map(str, arguments)], cwd=self.home, env=self.environment(env),
                              preexec_fn=preexec, timeout=180, **streams)

    def pull_words(self, out, *more, name="suite/small:1"):
        return [name, "-r", self.registry.url, "-o", out, *more]

    def digest(self, out):
        found = list(pathlib.Path(out).glob("*.tar"))
        return archive.sha256_of(found[0]) if len(found) == 1 else f"{len(found)} archives"

    # -- descriptors

    def test_closed_descriptors_get_no_file_of_a_pull(self):
        for form in ("docker", "synology"):
            whole = archive.sha256_of(self.pull("suite/small:1", "-r", self.registry.url, "-f", form,
                                                out=self.home / f"whole-{form}").path)
            for held in COMBINATIONS:
                with self.subTest(form=form, closed=held):
                    # Retries make ferry write to standard error while it works.
                    burst = front.Burst(503, 2, lambda request: bool(request.blob))
                    server = self.enterContext(front.Front(self.registry.host, [burst]))
                    out = self.home / (form + "".join(map(str, held)))
                    done = self.run_ferry("suite/small:1", "-r", server.url, "-o", out, "-f", form, "--retry-delay", "1",
                                          preexec=without(held))
                    self.assertEqual(done.returncode, 0, done)
                    self.assertEqual(self.digest(out), whole)
                    for line in (out / "docker_pull.log").read_text().splitlines():
                        self.assertRegex(line, r"^\d{4}-\d\d-\d\d .* \[(DEBUG|INFO|WARNING|ERROR)\] ")

    def test_closed_descriptors_of_the_other_commands(self):
        for held in COMBINATIONS:
            with self.subTest(closed=held):
                shows = 7 if 1 in held else 0  # what they print is all that they do
                for words, code in ((["--version"], shows), (["--help"], shows), (["plugins", "list"], shows),
                                    (["plugins", "show", "docker"], shows),
                                    (["tags", "suite/small", "-r", self.registry.url], shows),
                                    (["inspect", "suite/small:1", "-r", self.registry.url], shows),
                                    (self.pull_words(self.home / "dry", "--dry-run"), shows),
                                    (self.pull_words(self.home / "streamed", "--name", "-"), shows),
                                    (["clean", self.home], 0), (["demo", self.home / "demo"], 0), (["no/such/../x"], 2)):
                    done = self.run_ferry(*words, preexec=without(held))
                    self.assertEqual(done.returncode, code, (words, done))
                    if code and 2 not in held:
                        self.assertIn(b"ferry: error: ", done.stderr)

    def test_an_archive_that_nobody_would_get_is_not_fetched(self):
        with front.Front(self.registry.host) as server:
            done = self.run_ferry("suite/small:1", "-r", server.url, "-o", self.out, "--name", "-", preexec=without([1]))
            self.assertEqual(done.returncode, 7, done)
            self.assertEqual(server.blobs(), [])

    def test_serve_with_closed_descriptors(self):
        self.pull("suite/small:1", "-r", self.registry.url)
        for held in COMBINATIONS:
            with self.subTest(closed=held):
                port = process.free_port()
                child = subprocess.Popen([self.binary, "serve", self.out, "--listen", f"127.0.0.1:{port}"],
                                         env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, preexec_fn=without(held))
                try:
                    self.wait_until(lambda: process.listens(port), what="the server")
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=30) as answer:
                        self.assertEqual(answer.status, 200)
                finally:
                    child.send_signal(signal.SIGTERM)
                    self.assertEqual(child.wait(30), 0)

    def test_what_cannot_be_printed_is_an_error(self):
        for words in (["--version"], ["--help"], ["help", "serve"], ["clean", "--help"], ["plugins", "list"],
                      ["plugins", "list", "--json"], ["tags", "suite/small", "-r", self.registry.url],
                      ["inspect", "suite/small:1", "-r", self.registry.url],
                      ["inspect", "suite/small:1", "-r", self.registry.url, "--raw"],
                      ["serve", self.home, "--listen", "127.0.0.1:0"],
                      self.pull_words(self.home / "dry", "--dry-run"), self.pull_words(self.home / "a"),
                      self.pull_words(self.home / "b", "--json"), self.pull_words(self.home / "c", "--name", "-")):
            with self.subTest(words=words), open("/dev/full", "wb") as full:
                done = self.run_ferry(*words, stdout=full)
                self.assertEqual(done.returncode, 7, done)
                self.assertIn(b"No space left on device", done.stderr)

    # -- signals

    def start_slow(self, *ignored, form="docker"):
        """A pull in the midst of its blobs, whose caller had these signals ignored; and the one that slows it down."""
        slow = front.Slow(rate=3 << 20)
        server = self.enterContext(front.Front(self.registry.host, [slow]))

        def ignore():
            for number in ignored:
                signal.signal(number, signal.SIG_IGN)

        child = subprocess.Popen([self.binary, "suite/medium:1", "-r", server.url, "-f", form, "-o", str(self.out)],
                                 cwd=self.home, env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, preexec_fn=ignore)
        self.addCleanup(lambda: child.poll() is None and child.kill())
        self.wait_until(lambda: sum(request.sent for request in server.blobs()) > (1 << 20), what="a megabyte")
        return child, slow

    def test_a_signal_that_was_ignored_stays_ignored(self):
        whole = archive.sha256_of(self.pull("suite/medium:1", "-r", self.registry.url, "-f", "docker",
                                            out=self.home / "whole").path)
        every = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
        for ignored in ([signal.SIGHUP], [signal.SIGINT], [signal.SIGTERM], every):
            with self.subTest(ignored=ignored):
                self.out = self.home / "".join(str(int(number)) for number in ignored)
                child, slow = self.start_slow(*ignored)
                for number in (*ignored, *ignored):
                    child.send_signal(number)
                slow.rate = 0
                stdout, stderr = child.communicate(timeout=60)
                self.assertEqual(child.returncode, 0, stderr.decode())
                self.assertEqual(self.digest(self.out), whole)

    def test_the_other_signals_still_end_the_pull(self):
        for number, ignored in ((signal.SIGTERM, signal.SIGHUP), (signal.SIGHUP, signal.SIGINT),
                                (signal.SIGINT, signal.SIGTERM)):
            with self.subTest(number=number):
                self.out = self.home / str(int(number))
                child, _ = self.start_slow(ignored)
                child.send_signal(ignored)
                child.send_signal(number)
                _, stderr = child.communicate(timeout=60)
                self.assertEqual(child.returncode, 130, stderr.decode())

    def test_serve_outlives_the_terminal_under_nohup(self):
        port = process.free_port()
        child = subprocess.Popen([process.need("nohup", "coreutils"), self.binary, "serve", self.home, "--listen",
                                  f"127.0.0.1:{port}"], env=self.environment(), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_until(lambda: process.listens(port), what="the server")
            child.send_signal(signal.SIGHUP)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=30) as answer:
                self.assertEqual(answer.status, 200)
            self.assertIsNone(child.poll())
        finally:
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(30), 0)

    # -- the folder

    def test_the_umask_decides_about_the_archive(self):
        for mask in (0o000, 0o002, 0o022, 0o027, 0o077):
            with self.subTest(mask=oct(mask)):
                out = self.home / oct(mask)
                done = self.run_ferry(*self.pull_words(out), preexec=lambda mask=mask: os.umask(mask))
                self.assertEqual(done.returncode, 0, done)
                for path in out.iterdir():
                    self.assertEqual(path.stat().st_mode & 0o7777, 0o666 & ~mask, path)

    def traps(self, victim):
        yield "link", lambda path: path.symlink_to(victim)
        yield "hard link", lambda path: path.hardlink_to(victim)
        yield "pipe", os.mkfifo
        yield "folder", pathlib.Path.mkdir

        def bound(path):
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(os.path.relpath(path))  # a long path does not fit

        yield "socket", bound

        def theirs(path):
            path.write_bytes(b"theirs")
            path.chmod(0o666)
            os.chown(path, 65534, 65534)

        yield "another user's", theirs

    def test_what_others_put_in_the_place_of_a_file_is_refused_and_not_touched(self):
        if os.geteuid() != 0:
            raise RuntimeError("a file has to belong to another user: run as root")
        name = "suite_small_1_amd64.tar"
        victim = self.home / "victim"
        victim.write_bytes(b"precious")
        for suffix in (".part", ".part.journal", "docker_pull.log"):
            for kind, trap in self.traps(victim):
                with self.subTest(suffix=suffix, kind=kind), front.Front(self.registry.host) as server:
                    self.out = self.home / f"{kind}{suffix}"
                    self.out.mkdir()
                    path = self.out / (suffix if suffix.endswith(".log") else name + suffix)
                    with contextlib.chdir(self.out):
                        trap(path)
                    before = path.lstat()
                    # Not with assert_failed, which reads the log, and would wait for somebody in a pipe.
                    done = self.run_ferry("suite/small:1", "-r", server.url, "-o", self.out)
                    self.assertEqual((done.returncode, done.stdout), (7, b""), done.stderr)
                    self.assertIn(str(path).encode(), done.stderr)
                    self.assertIn(b"  -> ", done.stderr, "and what to do")
                    after = path.lstat()
                    self.assertEqual((after.st_ino, after.st_mode, after.st_uid, after.st_size, after.st_mtime_ns),
                                     (before.st_ino, before.st_mode, before.st_uid, before.st_size, before.st_mtime_ns))
                    self.assertEqual(victim.read_bytes(), b"precious")
                    self.assert_no_archive()
                    self.assertLessEqual(len(server.blobs()), 1, "no layer was fetched")

    def test_a_name_that_is_a_folders_is_known_before_the_download(self):
        (self.out / "suite_small_1_amd64.tar").mkdir(parents=True)
        with front.Front(self.registry.host) as server:
            result = self.ferry("suite/small:1", "-r", server.url)
            self.assert_failed(result, 7, "is a folder")
            self.assertLessEqual(len(server.blobs()), 1, "no layer was fetched")

    def test_a_part_that_is_removed_while_it_grows_is_not_published(self):
        child, slow = self.start_slow()
        for path in self.out.glob("*.part*"):
            path.unlink()
        second = subprocess.Popen([self.binary, "suite/medium:1", "-r", self.registry.url, "-f", "docker", "-o",
                                   str(self.out)], cwd=self.home, env=self.environment(), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: second.poll() is None and second.kill())
        _, stderr = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 0, stderr.decode())
        whole = self.digest(self.out)
        slow.rate = 0
        stdout, stderr = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 7, stderr.decode())
        self.assertEqual(stdout, b"")
        self.assertIn(b".part was removed or replaced", stderr)
        self.assertEqual(self.digest(self.out), whole)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["docker_pull.log", "suite_medium_1_amd64.tar"])

    # -- standard output

    def test_two_archives_to_standard_output_in_one_folder(self):
        whole = archive.sha256_of(self.pull("suite/medium:1", "-r", self.registry.url, "-f", "docker",
                                            out=self.home / "whole").path)
        words = map(str, self.pull_words(self.out, "-f", "docker", "--name", "-", name="suite/medium:1"))
        command, children = [self.binary, *words], []
        for number in range(3):
            with open(self.home / f"{number}.tar", "wb") as taken:
                children.append(subprocess.Popen(command, cwd=self.home, env=self.environment(), stdout=taken,
                                                 stdin=subprocess.DEVNULL, stderr=subprocess.PIPE))
        for number, child in enumerate(children):
            _, stderr = child.communicate(timeout=120)
            self.assertEqual(child.returncode, 0, stderr.decode())
            self.assertEqual(archive.sha256_of(self.home / f"{number}.tar"), whole)
        self.assertEqual([path.name for path in self.out.iterdir()], ["docker_pull.log"])

    def test_a_reader_that_goes_away_costs_no_second_download(self):
        with front.Front(self.registry.host) as server:
            words = ["suite/medium:1", "-r", server.url, "-f", "docker", "-o", self.out, "--name", "-"]
            gone, stdout = os.pipe()
            os.close(gone)
            done = self.run_ferry(*words, stdout=stdout)
            os.close(stdout)
            self.assertEqual(done.returncode, 7, done)
            self.assertIn(b"Broken pipe", done.stderr)
            before = len(server.blobs())
            result = self.ferry(*words)
            self.assertEqual(result.code, 0, result)
            self.assertLessEqual(len(server.blobs()), before + 1, "the config, which is looked up")
            path = self.home / "got.tar"
            path.write_bytes(result.stdout)
            self.assert_image(archive.Archive(path), self.registry.client.image("suite/medium", "1"))

    # -- clean

    def test_clean_of_what_is_not_a_folder_is_an_error(self):
        (self.home / "file").write_bytes(b"mine")
        for name in ("file", "nothing"):
            result = self.ferry("clean", self.home / name, out="")
            self.assert_failed(result, 7, name)

    def test_clean_takes_the_folder_of_a_pull(self):
        for number, (words, env) in enumerate(((["-o", "DIR"], {}), (["--output=DIR"], {}), (["DIR"], {}),
                                               ([], {"FERRY_OUTPUT": "DIR"}))):
            with self.subTest(words=words):
                self.out = self.home / f"clean{number}"
                child, _ = self.start_slow(form="synology")
                child.send_signal(signal.SIGTERM)
                child.communicate(timeout=60)
                left = {str(path) for path in self.out.glob("*.part*")}
                self.assertTrue(left)
                for name in ("movie.part", "x.tar.part", "x.tar.part.0123456789abcdef", "x.tar.part.journal"):
                    (self.out / name).write_bytes(b"mine")
                here = lambda text: text.replace("DIR", str(self.out))  # noqa: E731
                result = self.ferry("clean", *map(here, words), env={k: here(v) for k, v in env.items()}, out="")
                self.assertEqual(result.code, 0, result)
                self.assertEqual(set(result.stdout.decode().split()), left)
                self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                                 ["docker_pull.log", "movie.part", "x.tar.part", "x.tar.part.0123456789abcdef",
                                  "x.tar.part.journal"])
