"""Servers that misbehave: errors in bursts, Retry-After, broken bodies, redirects, ignored ranges; and Ctrl-C."""
import json
import re
import signal

from room import archive, case, front, registry


class Resilience(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.small = cls.registry.client.image("suite/small", "1")
        cls.medium = cls.registry.client.image("suite/medium", "1")

    def front(self, *faults, **more):
        return self.enterContext(front.Front(self.registry.host, faults, **more))

    def check(self, server, *more, name="suite/small:1", truth=None):
        found = self.pull(name, "-r", server.url, *more)
        self.assert_image(found, truth or self.small)
        return found

    def test_bursts_of_server_errors(self):
        for status in (500, 502, 503):
            for what, match in (("manifest", lambda request: "/manifests/" in request.path),
                                ("blob", lambda request: bool(request.blob))):
                with self.subTest(status=status, on=what):
                    burst = front.Burst(status, 2, match)
                    self.out = self.home / f"{what}{status}"
                    self.check(self.front(burst))
                    self.assertEqual(burst.left, 0)

    def test_errors_that_do_not_end(self):
        burst = front.Burst(503, 10**6, lambda request: bool(request.blob))
        result = self.ferry("suite/small:1", "-r", self.front(burst).url, "--retries", "2")
        self.assert_failed(result, 5, "503")
        self.assert_no_archive()
        self.assertLess(len(burst.hits), 20, "an end to trying")

    def test_too_many_requests_waits_as_told(self):
        burst = front.Burst(429, 1, lambda request: bool(request.blob), [("Retry-After", "2")])
        server = self.front(burst)
        result = self.ferry("suite/small:1", "-r", server.url, "-j", "1")
        self.assertEqual(result.code, 0, result)
        waits = [int(text) for text in re.findall(r"trying again in (\d+) ms", result.log)]
        self.assertEqual(len(waits), 1, result.log)
        self.assertGreaterEqual(waits[0], 2000, "Retry-After is the least to wait")
        self.assert_image(archive.Archive(self.out / "suite_small_1_amd64.tar"), self.small)

    def test_rate_limit_that_does_not_end(self):
        burst = front.Burst(429, 10**6, headers=[("Retry-After", "1")])
        result = self.ferry("suite/small:1", "-r", self.front(burst).url, "--retries", "1")
        self.assert_failed(result, 9)
        self.assert_no_archive()

    def test_short_bodies_resume_where_they_ended(self):
        short = front.Short(4, 1 << 20)
        server = self.front(short)
        self.check(server, name="suite/medium:1", truth=self.medium)
        self.assertEqual(short.left, 0)
        total = sum(layer["size"] for layer in self.medium.manifest["layers"])
        self.assertLess(sum(request.sent for request in server.blobs()), total * 1.2, "what was got is not got again")

    def test_short_body_from_a_server_that_ignores_range(self):
        short = front.Short(2, 1 << 20)
        self.check(self.front(front.NoRange(), short), name="suite/medium:1", truth=self.medium)
        self.assertEqual(short.left, 0)

    def test_server_that_ignores_range(self):
        self.check(self.front(front.NoRange()), "-j", "4", name="suite/medium:1", truth=self.medium)

    def test_head_is_never_needed(self):
        server = self.front(front.Burst(404, 10**6, lambda request: request.method == "HEAD"))
        self.check(server)

    def test_redirects_to_another_host_drop_the_authorization(self):
        users = {"alice": "Al1ce-Secret"}
        locked = self.enterContext(registry.Registry(self.gallery.storage, users=users))
        for status in (301, 302, 303, 307, 308):
            with self.subTest(status=status):
                storage = self.front(address="127.0.0.2")
                redirect = self.enterContext(front.Front(locked.host, [front.Redirect(storage.url, status)]))
                found = self.pull("suite/small:1", "-r", redirect.url, "-u", "alice", "--password-stdin", "--debug",
                                  stdin=users["alice"].encode(), out=self.home / str(status))
                self.assert_image(found, self.small)
                asked = [request for request in redirect.blobs() if request.headers["Authorization"]]
                self.assertTrue(asked, "the registry itself is asked with credentials")
                self.assertTrue(storage.blobs())
                for request in storage.requests:
                    self.assertIsNone(request.headers["Authorization"], "credentials stay with the registry")
                    self.assertTrue(request.target.endswith("?X-Signature=abc%2Fdef%3D&n=%C3%A9"), request.target)
                self.assert_secret(self.result, users["alice"], f"alice:{users['alice']}")
                self.assertNotIn("abc%2Fdef", self.result.log, "a signed URL is a secret too")

    def test_redirects_without_an_end(self):
        class Circle(front.Fault):
            def before(self, request):
                if request.blob:
                    return front.Answer(307, [("Location", request.path)])
                return None

        server = self.front(Circle())
        result = self.ferry("suite/small:1", "-r", server.url, "--retries", "1")
        self.assert_failed(result, 5, "redirect")
        self.assertLess(len(server.requests), 200)

    def test_manifest_without_end_is_bounded(self):
        class Huge(front.Fault):
            def alter(self, request, answer):
                if "/manifests/" in request.path and answer.status == 200:
                    answer.body = b'{"schemaVersion":2,"x":"' + b"a" * (64 << 20) + b'"}'

        result = self.ferry("suite/small:1", "-r", self.front(Huge()).url, "--retries", "1")
        self.assertNotEqual(result.code, 0, result)
        self.assert_no_archive()

    def interrupt(self, server, *more):
        """Starts a pull of the medium image, interrupts it in the middle of its blobs, and returns what it left."""
        child = self.start("suite/medium:1", "-r", server.url, *more)
        self.wait_until(lambda: sum(request.sent for request in server.blobs()) > (2 << 20), what="two megabytes")
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130, stderr.decode())
        self.assertEqual(stdout, b"")
        self.assert_no_archive()
        return stderr.decode()

    def test_interrupt_leaves_no_archive_and_the_next_run_resumes(self):
        whole = archive.sha256_of(self.pull("suite/medium:1", "-r", self.registry.url, out=self.home / "whole").path)
        for number, form in enumerate(("synology", "docker")):
            with self.subTest(form=form):
                self.out = self.home / form
                slow = front.Slow(rate=3 << 20)
                server = self.front(slow)
                # One connection: where a layer is split, a server sends more than is taken.
                self.interrupt(server, "-f", form, "-j", "1")
                got = sum(request.sent for request in server.blobs())
                self.assertTrue(list(self.out.glob("*.part*")), "the unfinished archive is kept to be resumed")
                slow.rate = 0
                del server.requests[:]
                found = self.pull("suite/medium:1", "-r", server.url, "-f", form, "-j", "1")
                self.assert_image(found, self.medium)
                if form == "synology":
                    self.assertEqual(archive.sha256_of(found.path), whole)
                total = sum(layer["size"] for layer in self.medium.manifest["layers"])
                if form == "docker":
                    self.assertLess(sum(request.sent for request in server.blobs()), total - got // 2,
                                    "what the first run got is not got again")
                self.assertEqual(sorted(p.name for p in self.out.iterdir()),
                                 ["docker_pull.log", "suite_medium_1_amd64.tar"])

    def test_clean_removes_what_an_unfinished_pull_left_and_nothing_else(self):
        self.interrupt(self.front(front.Slow(rate=3 << 20)), "-f", "synology")
        (self.out / "mine.txt").write_text("keep")
        left = {str(path) for path in self.out.glob("*.part*")}
        self.assertTrue(left)
        result = self.ferry("clean", self.out, out="")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(set(result.stdout.decode().split()), left)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["docker_pull.log", "mine.txt"])

    def test_interrupt_keeps_an_older_archive(self):
        self.out.mkdir()
        old = self.out / "suite_medium_1_amd64.tar"
        old.write_bytes(b"older")
        server = self.front(front.Slow(rate=3 << 20))
        child = self.start("suite/medium:1", "-r", server.url, "--force", "--json")
        self.wait_until(lambda: sum(request.sent for request in server.blobs()) > (1 << 20), what="a megabyte")
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130, stderr.decode())
        self.assertEqual(old.read_bytes(), b"older")
        for line in stdout.decode().splitlines():
            json.loads(line)
