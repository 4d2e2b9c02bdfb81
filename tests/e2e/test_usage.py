"""The command line itself: usage errors, dry runs, JSON, names, several images, settings from the environment."""
import io
import json
import re
import shutil
import tarfile

from room import archive, case, engine, registry


class Usage(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.small = cls.registry.client.image("suite/small", "1")
        cls.repeat = cls.registry.client.image("suite/repeat", "1")
        cls.kinds = cls.registry.client.image("suite/kinds", "1")

    def test_version(self):
        result = self.ferry("--version", out="")
        self.assertEqual(result.code, 0, result)
        self.assertRegex(result.stdout.decode(), r"^ferry \d+\.\d+\.\d+")
        self.assertEqual(result.stderr, "")

    def test_help(self):
        result = self.ferry("--help", out="")
        self.assertEqual(result.code, 0, result)
        for option in ("--arch", "--registry", "--output", "--workers", "--format", "--insecure", "--debug",
                       "--password-stdin", "--dry-run"):
            self.assertIn(option, result.stdout.decode())

    def test_usage_errors(self):
        for arguments in ((), ("--no-such-option",), ("debian", "--no-such-option"), ("debian", "-j", "none"),
                          ("debian", "-j", "0"), ("debian", "-r"), ("debian", "-a", "a/b/c/d/e"), ("UPPER/Case:1",),
                          ("debian:",), ("a//b:1",), ("debian@sha256:abc",), ("debian", "--opt", "no-equals-sign"),
                          ("debian", "--retries", "many"), ("debian", "--min-rate", "fast"),
                          ("debian", "--request-timeout", "-1"), ("debian", "--min-tls", "1.1"),
                          ("debian", "--opt", "direct.min_tls=1.1")):
            with self.subTest(arguments=arguments):
                shutil.rmtree(self.home / "output", ignore_errors=True)
                result = self.ferry(*arguments, out="", env={"FERRY_REGISTRY": self.registry.url})
                self.assertEqual(result.code, 2, result)
                self.assertEqual(result.stdout, b"", result)
                self.assertTrue(result.stderr.strip())
                self.assert_no_archive(self.home)

    def test_unknown_plugins_are_named(self):
        for option in ("-f", "--backend", "--transport"):
            with self.subTest(option=option):
                result = self.ferry("suite/small:1", "-r", self.registry.url, option, "no-such-thing")
                self.assertIn(result.code, (2, 8), result)
                self.assertIn("no-such-thing", result.stderr)

    def test_dry_run_writes_nothing(self):
        for form in ("synology", "docker"):
            with self.subTest(form=form):
                result = self.ferry("suite/small:1", "-r", self.registry.url, "-f", form, "--dry-run")
                self.assertEqual(result.code, 0, result)
                left = [p for p in self.home.rglob("*") if p.is_file()]
                self.assertEqual(left, [], "a dry run leaves no file")
                text = result.stdout.decode()
                self.assertIn("suite_small_1_amd64.tar", text)
                self.assertIn("manifest.json", text, "the plan names the members")
                self.assertRegex(text, r"\d+(\.\d+)? ?([KMG]i?B|bytes|B)\b", "the plan names the size")

    def test_dry_run_says_the_exact_size_in_json(self):
        plan = self.ferry("suite/small:1", "-r", self.registry.url, "-f", "docker", "--dry-run", "--json")
        self.assertEqual(plan.code, 0, plan)
        numbers = set()

        def collect(value):
            if isinstance(value, dict):
                value = list(value.values())
            if isinstance(value, list):
                for item in value:
                    collect(item)
            elif isinstance(value, int):
                numbers.add(value)

        for line in plan.stdout.decode().splitlines():
            collect(json.loads(line))
        found = self.pull("suite/small:1", "-r", self.registry.url, "-f", "docker")
        self.assertIn(found.path.stat().st_size, numbers, plan)

    def test_json_lines(self):
        result = self.ferry("suite/small:1", "-r", self.registry.url, "--json")
        self.assertEqual(result.code, 0, result)
        events = [json.loads(line) for line in result.stdout.decode().splitlines()]
        self.assertTrue(events)
        self.assertTrue(all(isinstance(event, dict) for event in events))
        self.assertTrue(any("suite_small_1_amd64.tar" in json.dumps(event) for event in events))
        self.assertTrue(any(self.small.config_digest in json.dumps(event) or self.small.digest in json.dumps(event)
                            for event in events), "the result says which image it was")

    def test_json_of_a_failure(self):
        result = self.ferry("suite/nothing:1", "-r", self.registry.url, "--json")
        self.assertEqual(result.code, 4, result)
        for line in result.stdout.decode().splitlines():
            json.loads(line)

    def test_quiet(self):
        result = self.ferry("suite/small:1", "-r", self.registry.url, "--quiet")
        self.assertEqual((result.code, result.stderr), (0, ""), result)
        self.assertEqual(len(result.paths), 1)

    def test_name_of_the_file(self):
        found = self.pull("suite/small:1", "-r", self.registry.url, "--name", "mine.tar")
        self.assertEqual(found.path.name, "mine.tar")
        self.assert_image(found, self.small)
        self.assertEqual(found.tags, ["suite/small:1"])

    def test_archive_on_standard_output(self):
        for form in ("synology", "docker"):
            with self.subTest(form=form):
                result = self.ferry("suite/small:1", "-r", self.registry.url, "-f", form, "--name", "-")
                self.assertEqual(result.code, 0, result)
                with tarfile.open(fileobj=io.BytesIO(result.stdout), mode="r:") as tar:
                    self.assertIn("manifest.json", tar.getnames())
                path = self.home / f"{form}.tar"
                path.write_bytes(result.stdout)
                self.assert_image(archive.Archive(path), self.small)
                whole = self.pull("suite/small:1", "-r", self.registry.url, "-f", form, out=self.home / f"f-{form}")
                self.assertEqual(sorted(archive.Archive(path).names), sorted(whole.names))
                self.assertEqual(list((self.home / "tmp").iterdir()), [], "nothing stays in TMPDIR")

    def test_tag_is_the_name_inside(self):
        found = self.pull("suite/small:1", "-r", self.registry.url, "--tag", "my/name:7")
        self.assertEqual(found.tags, ["my/name:7"])
        self.assert_image(found, self.small)

    def test_several_images_get_an_archive_each(self):
        result = self.ferry("suite/small:1", "suite/repeat:1", "-r", self.registry.url)
        self.assertEqual(result.code, 0, result)
        self.assertEqual([path.name for path in result.paths],
                         ["suite_small_1_amd64.tar", "suite_repeat_1_amd64.tar"], result)
        for path, truth in zip(result.paths, (self.small, self.repeat)):
            self.assert_image(archive.Archive(path), truth)

    def test_one_of_several_images_fails(self):
        result = self.ferry("suite/nothing:1", "suite/small:1", "-r", self.registry.url)
        self.assertEqual(result.code, 4, result)
        self.assertIn("suite/nothing", result.stderr)

    def test_several_images_in_one_archive(self):
        with engine.Docker() as docker:
            for form in ("synology", "docker"):
                with self.subTest(form=form):
                    found = self.pull("suite/small:1", "suite/repeat:1", "suite/kinds:1", "-r", self.registry.url, "-f",
                                      form, "--name", "all.tar", out=self.home / form)
                    for number, truth in enumerate((self.small, self.repeat, self.kinds)):
                        self.assert_image(found, truth, number)
                    self.assertEqual(found.tags, ["suite/small:1", "suite/repeat:1", "suite/kinds:1"])
                    base = self.small.diff_ids[0]
                    self.assertEqual(self.repeat.diff_ids[0], base)
                    copies = [m.name for m in found.members if m.isreg()
                              and archive.image.digest_of(archive.unpacked(found.read(m.name))) == base]
                    self.assertEqual(len(copies), 1, "a shared layer is stored once")
                    said = docker.load(found.path)
                    for name in found.tags:
                        self.assertIn(f"Loaded image: {name}", said)
                        self.assertEqual(docker.prove(name).strip(),
                                         "hello from the image" if docker.runs_containers else "")

    def test_images_from_a_file(self):
        listed = self.home / "images.txt"
        listed.write_text("# what the NAS needs\nsuite/small:1\n\n  suite/repeat:1  \r\n")
        result = self.ferry("--from", listed, "-r", self.registry.url)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(len(result.paths), 2)

    def test_pull_may_be_spelt_out(self):
        result = self.ferry("pull", "suite/small:1", "-r", self.registry.url)
        self.assertEqual(result.code, 0, result)
        self.assertEqual(len(result.paths), 1)

    def test_long_options_and_order(self):
        found = self.pull("--format=docker", "--registry", self.registry.url, "--arch=amd64", "--workers", "2",
                          "--output", self.home / "long", "suite/small:1")
        self.assertEqual(found.path.parent.name, "long")
        self.assert_image(found, self.small)

    def test_settings_from_the_environment_and_a_file(self):
        result = self.ferry("suite/small:1", env={"FERRY_REGISTRY": self.registry.url, "FERRY_FORMAT": "docker"})
        self.assertEqual(result.code, 0, result)
        self.assertIn("oci-layout", archive.Archive(result.paths[0]).names)
        settings = self.home / "ferry.properties"
        settings.write_text(f"registry = {self.registry.url}\nformat = docker\n")
        result = self.ferry("suite/small:1", "--config", settings, out=self.home / "second")
        self.assertEqual(result.code, 0, result)
        self.assertIn("oci-layout", archive.Archive(result.paths[0]).names)
        result = self.ferry("suite/small:1", "--config", settings, "-f", "synology", out=self.home / "third")
        self.assertNotIn("oci-layout", archive.Archive(result.paths[0]).names, "a flag wins over the file")

    def test_a_second_run_over_a_finished_archive(self):
        first = archive.sha256_of(self.pull("suite/small:1", "-r", self.registry.url).path)
        result = self.ferry("suite/small:1", "-r", self.registry.url, "--force")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(archive.sha256_of(result.paths[0]), first)
        self.assertEqual(sorted(p.name for p in self.out.iterdir()), ["docker_pull.log", "suite_small_1_amd64.tar"])

    def test_log_lines_have_a_level(self):
        self.pull("suite/small:1", "-r", self.registry.url)
        lines = [line for line in self.result.log.splitlines() if line.strip()]
        self.assertTrue(lines)
        for line in lines:
            self.assertTrue(re.search(r"\[(DEBUG|INFO|WARNING|ERROR)\]", line), line)
