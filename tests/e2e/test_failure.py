"""What goes wrong has its own exit code and one clear sentence; a finished archive is never touched by a failure."""
import os
import subprocess
import sys

from room import case, front, pki, process, registry

PASSWORD = "s3cret-Pässw0rd/+="
WRONG = "wr0ng-Geheimnis!"


class Failure(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.small = cls.registry.client.image("suite/small", "1")

    def old_archive(self, name="suite_small_1_amd64.tar"):
        """An archive of an earlier run under the very name that the pull would give its own."""
        self.out.mkdir(exist_ok=True)
        path = self.out / name
        path.write_bytes(b"an archive of last week")
        return path

    def fails(self, code, *words, arguments, old="suite_small_1_amd64.tar", **more):
        """The run fails as it should, first into an empty folder, then over an older archive, which stays."""
        result = self.ferry(*arguments, **more)
        self.assert_failed(result, code, *words)
        self.assert_no_archive()
        path = self.old_archive(old)
        result = self.ferry(*arguments, "--force", **more)
        self.assert_failed(result, code, *words)
        self.assertEqual(path.read_bytes(), b"an archive of last week", "an older archive must stay")
        return result

    def test_wrong_password(self):
        with registry.Registry(self.gallery.storage, users={"alice": PASSWORD}) as locked:
            result = self.fails(3, locked.host, arguments=("suite/small:1", "-r", locked.url, "-u", "alice",
                                                           "--password-stdin", "--debug"), stdin=WRONG.encode())
            self.assert_secret(result, WRONG, f"alice:{WRONG}")

    def test_password_missing(self):
        with registry.Registry(self.gallery.storage, users={"alice": PASSWORD}) as locked:
            self.fails(3, locked.host, arguments=("suite/small:1", "-r", locked.url))

    def test_right_password(self):
        with registry.Registry(self.gallery.storage, users={"alice": PASSWORD}) as locked:
            for ending in ("", "\n", "\r\n"):
                with self.subTest(ending=ending):
                    found = self.pull("suite/small:1", "-r", locked.url, "-u", "alice", "--password-stdin", "--debug",
                                      stdin=(PASSWORD + ending).encode(), out=self.home / f"out{len(ending)}")
                    self.assert_image(found, self.small)
                    self.assert_secret(self.result, PASSWORD, f"alice:{PASSWORD}")

    def test_unknown_image(self):
        result = self.fails(4, "suite/nothing", arguments=("suite/nothing:1", "-r", self.registry.url),
                            old="suite_nothing_1_amd64.tar")
        self.assertIn("[ERROR]", result.log)

    def test_unknown_tag(self):
        self.fails(4, "suite/small", "99", arguments=("suite/small:99", "-r", self.registry.url),
                   old="suite_small_99_amd64.tar")

    def test_unknown_one_word_name(self):
        self.fails(4, "nothing", arguments=("nothing:1", "-r", self.registry.url), old="nothing_1_amd64.tar")

    def test_wrong_manifest_digest(self):
        digest = "sha256:" + "0" * 64
        result = self.ferry(f"suite/small@{digest}", "-r", self.registry.url)
        self.assert_failed(result, 4, "sha256:000")
        self.assert_no_archive()

    def test_nobody_listens(self):
        port = process.free_port()
        self.fails(5, f"127.0.0.1:{port}", arguments=("suite/small:1", "-r", f"http://127.0.0.1:{port}",
                                                      "--retries", "1"))

    def test_certificates(self):
        for kind, certificate in (("self-signed", pki.self_signed("self")), ("own-ca", pki.issued("own"))):
            with self.subTest(kind=kind), registry.Registry(self.gallery.storage, certificate=certificate) as tls:
                arguments = ("suite/small:1", "-r", tls.host)
                self.out = self.home / kind
                self.fails(5, tls.host, "certificate", "--ca-cert", "--insecure", "REQUESTS_CA_BUNDLE",
                           arguments=arguments)
                for number, (more, env) in enumerate(((("--ca-cert", certificate.ca), {}),
                                                      ((), {"REQUESTS_CA_BUNDLE": str(certificate.ca)}),
                                                      ((), {"SSL_CERT_FILE": str(certificate.ca)}))):
                    found = self.pull(*arguments, *more, env=env, out=self.home / f"{kind}-{number}")
                    self.assert_image(found, self.small)
                    self.assertNotIn("warning", self.result.stderr.lower())
                for run in range(2):
                    found = self.pull(*arguments, "--insecure", out=self.home / f"{kind}-insecure-{run}")
                    self.assert_image(found, self.small)
                    self.assertRegex(self.result.stderr.lower(), "warning|insecure", "a warning in each run")
                    self.assertIn("[WARNING]", self.result.log)

    def test_certificate_of_another_host(self):
        certificate = pki.issued("named")
        with registry.Registry(self.gallery.storage, certificate=certificate) as tls:
            result = self.ferry("suite/small:1", "-r", f"127.0.0.3:{tls.port}", "--ca-cert", certificate.ca)
            self.assertEqual(result.code, 5, result)
            self.assert_no_archive()

    def test_https_registry_is_not_downgraded(self):
        with registry.Registry(self.gallery.storage, certificate=pki.self_signed("plain")) as tls:
            result = self.ferry("suite/small:1", "-r", f"https://{tls.host}")
            self.assert_failed(result, 5, "certificate")

    def test_corrupted_blob(self):
        for form in ("synology", "docker"):
            for which, digest in (("layer", self.small.layers[0]), ("config", self.small.config_digest)):
                with self.subTest(form=form, blob=which), front.Front(self.registry.host,
                                                                      [front.Flip(digest)]) as bad:
                    self.out = self.home / f"{form}-{which}"
                    self.fails(6, digest[:15], arguments=("suite/small:1", "-r", bad.url, "-f", form,
                                                          "--retries", "1"))

    def test_corrupted_manifest(self):
        class Lie(front.Fault):
            def alter(self, request, answer):
                if request.path.endswith(digest) and answer.status == 200:
                    answer.body = answer.body.replace(b"schemaVersion", b"schemaversion")

        digest = self.small.digest
        with front.Front(self.registry.host, [Lie()]) as bad:
            result = self.ferry(f"suite/small@{digest}", "-r", bad.url, "--retries", "1")
            self.assert_failed(result, 6, digest[:15])
            self.assert_no_archive()

    def test_full_disk(self):
        if os.geteuid() != 0:
            raise RuntimeError("a small file system has to be mounted: run as root")
        self.out.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "ferry-e2e", self.out], capture_output=True)
        if done.returncode:
            print(f"\n[skip] this kernel forbids mounting: {done.stderr.decode()}", file=sys.stderr)
            self.skipTest(f"mount tmpfs: {done.stderr.decode()}")
        self.addCleanup(subprocess.run, ["umount", self.out], check=True)
        for form in ("synology", "docker"):
            with self.subTest(form=form):
                for old in (False, True):
                    for left in self.out.iterdir():
                        left.unlink()
                    if old:
                        path = self.old_archive("suite_medium_1_amd64.tar")
                    result = self.ferry("suite/medium:1", "-r", self.registry.url, "-f", form, "--force")
                    self.assert_failed(result, 7, "space", str(self.out))
                    if old:
                        self.assertEqual(path.read_bytes(), b"an archive of last week")
                    else:
                        self.assert_no_archive()

    def test_output_folder_that_cannot_be(self):
        blocked = self.home / "file"
        blocked.write_text("not a folder")
        result = self.ferry("suite/small:1", "-r", self.registry.url, out=blocked / "out")
        self.assert_failed(result, 7, str(blocked))
        self.assertEqual(blocked.read_text(), "not a folder")
