"""The command line itself: usage errors, dry runs, JSON, names, several images, settings from the environment."""
import io
import json
import re
import shlex
import shutil
import subprocess
import tarfile

from room import archive, case, engine, front, registry


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

    def test_a_list_in_any_encoding(self):
        text = "# für das NAS\r\nsuite/small:1\r\nsuite/repeat:1\r\n"
        for name, data in (("bom", b"\xef\xbb\xbf" + text.encode()), ("utf16", text.encode("utf-16")),
                           ("utf16be", b"\xfe\xff" + text.encode("utf-16-be"))):
            with self.subTest(name=name):
                listed = self.home / f"{name}.txt"
                listed.write_bytes(data)
                result = self.ferry("--from", listed, "-r", self.registry.url, out=self.home / name)
                self.assertEqual((result.code, len(result.paths)), (0, 2), result)
        result = self.ferry("--from", "-", "-r", self.registry.url, stdin=text.encode("utf-16"), out=self.home / "stdin")
        self.assertEqual((result.code, len(result.paths)), (0, 2), result)

    def test_one_bad_entry_of_a_list_does_not_stop_the_rest(self):
        listed = self.home / "images.txt"
        listed.write_text("suite/nothing:1\nsuite/small:1\nUPPER/Case\nnginx redis\nhttps://me:hunter2@host/app\nsuite/repeat:1\n")
        for extra in ((), ("--json",)):
            with self.subTest(extra=extra):
                result = self.ferry("--from", listed, "-r", self.registry.url, *extra, out=self.home / f"out{len(extra)}")
                self.assertEqual(result.code, 4, result)
                self.assertEqual(len(result.stdout.decode().splitlines()), 2, result)
                for words in ("images.txt, line 1: ", "images.txt, line 3: ", "images.txt, line 4: ", "images.txt, line 5: ",
                              "4 of 6 images failed: "):
                    self.assertIn(words, result.stderr, result)
                self.assertNotIn("hunter2", result.stderr + result.log)
                self.assertLess(result.stderr.index("line 5"), result.stderr.index("suite_small"), "told at its time")
        events = [json.loads(line) for line in result.stderr.splitlines()]
        codes = [event["code"] for event in events if event["event"] == "error"]
        self.assertEqual(codes, [4, 2, 2, 2, 4])

    def test_a_download_that_fails_does_not_stop_the_rest_of_a_list(self):
        listed = self.home / "images.txt"
        listed.write_text("suite/repeat:1\nsuite/small:1\n")
        lost = next(layer for layer in self.repeat.layers if layer not in self.small.layers)
        with front.Front(self.registry.host, [front.Burst(404, 10000, lambda request: request.blob == lost)]) as broken:
            result = self.ferry("--from", listed, "-r", broken.url, "--retries", "0")
            self.assertNotEqual(result.code, 0, result)
            self.assertEqual([path.name for path in result.paths], ["suite_small_1_amd64.tar"], result)
            self.assertIn("images.txt, line 1: ", result.stderr)
            self.assertIn("1 of 2 images failed: suite/repeat:1", result.stderr)
            self.assert_image(archive.Archive(result.paths[0]), self.small)
            one = self.ferry("--from", listed, "-r", broken.url, "--retries", "0", "--name", "all.tar", out=self.home / "one")
            self.assertNotEqual(one.code, 0, one)
            self.assert_no_archive(self.home / "one")

    def test_images_that_are_typed_are_all_looked_up_before_the_first_is_fetched(self):
        result = self.ferry("suite/small:1", "suite/nothing:1", "-r", self.registry.url)
        self.assert_failed(result, 4, "suite/nothing")
        self.assert_no_archive()

    def test_the_same_image_twice_is_one(self):
        listed = self.home / "images.txt"
        listed.write_text("suite/small:1\nsuite/small:1\n")
        for words in (("suite/small:1", "suite/small:1"), ("suite/small:1", "--from", listed), ("--from", listed)):
            with self.subTest(words=words):
                found = self.pull(*words, "-r", self.registry.url)
                self.assertEqual(found.tags, ["suite/small:1"])
        host = self.registry.host
        for form in ("synology", "docker", "oci"):
            for name in ((), ("--name", "all.tar")):
                with self.subTest(form=form, name=name):
                    found = self.pull("suite/small:1", f"http://{host}/suite/small:1", "-r", self.registry.url, "-f", form, *name,
                                      out=self.home / f"{form}{len(name)}")
                    if form != "oci":
                        self.assertEqual(sorted(found.tags), sorted(["suite/small:1", f"{host}/suite/small:1"]))
                        self.assert_image(found, self.small)

    def test_a_list_that_is_empty_or_is_not_a_list_says_so(self):
        (self.home / "empty.txt").write_text("# nothing yet\n\n")
        (self.home / "binary").write_bytes(b"\x1f\x8b\0\0\0\0")
        for path, words in (("empty.txt", "names no image"), ("binary", "binary data"), ("tmp", "Is a directory"),
                            ("missing.txt", "No such file")):
            with self.subTest(path=path):
                self.assert_failed(self.ferry("--from", path), 2, path, words)

    def test_what_was_meant_for_another_program_gets_the_right_hint(self):
        for words, hint in ((("docker", "pull", "nginx"), "did you mean `ferry nginx`?"), (("login", "host"), "-u NAME"),
                            (("docker://nginx",), "did you mean nginx?"),
                            (("https://hub.docker.com/_/nginx",), "did you mean nginx?"),
                            (("https://hub.docker.com/r/user/name/tags",), "did you mean user/name?"),
                            (("inspect", "https://hub.docker.com/_/nginx"), "did you mean nginx?"),
                            (("tags", "docker://nginx"), "did you mean nginx?")):
            with self.subTest(words=words):
                result = self.ferry(*words, out="", env={"FERRY_REGISTRY": self.registry.url})
                self.assertEqual(result.code, 2, result)
                self.assertIn(hint, result.stderr)

    def test_a_wrong_registry_is_not_called_an_image(self):
        for registry in ("reg example", "reg:x", "registry.example/mirror", "http://"):
            for command in (("nginx",), ("tags", "nginx"), ("search", "nginx"), ("inspect", "nginx")):
                with self.subTest(registry=registry, command=command):
                    result = self.ferry(*command, "-r", registry, out="")
                    self.assert_failed(result, 2, f"'{registry}' is not a registry")
                    self.assertNotIn("image name", result.stderr)

    def test_the_proxy_is_named_as_it_was_given(self):
        for words, env, name in ((("--proxy", "ftp://x"), {}, "--proxy"), ((), {"FERRY_PROXY": "ftp://x"}, "--proxy"),
                                 (("--registry-proxy", "a=ftp://x"), {}, "--registry-proxy"),
                                 ((), {"https_proxy": "ftp://x"}, "https_proxy")):
            with self.subTest(words=words, env=env):
                result = self.ferry("nginx", *words, env=env)
                self.assert_failed(result, 2, f"the proxy in {name} is of a kind")
                self.assertNotIn("http_proxy", result.stderr)

    def test_options_of_plugins_that_are_not_used_are_reported(self):
        small = ("suite/small:1", "-r", self.registry.url)
        for option, plugin in (("synology.x=1", "synology"), ("proxy.no_proxy=a", "proxy"), ("throttle.limit_rate=5M", "throttle")):
            with self.subTest(option=option):
                result = self.ferry(*small, "-f", "docker", "--opt", option)
                self.assertEqual(result.code, 0, result)
                self.assertIn(f"warning: --opt {option.split('=')[0]} has no effect: the plugin {plugin} is not used", result.stderr)
                result = self.ferry("tags", *small, "--opt", option, out="")
                self.assertEqual(result.code, 0, result)
                self.assertIn("has no effect", result.stderr)
        used = self.ferry(*small, "--opt", "direct.min_tls=1.3")
        self.assertEqual(used.code, 0, used)
        self.assertNotIn("has no effect", used.stderr)
        self.assert_failed(self.ferry(*small, "--opt", "no-such-plugin.a=1"), 2, "no-such-plugin")
        settings = self.home / "ferry.properties"
        settings.write_text("plugin.no-such-plugin.a = 1\nplugin.proxy.no_proxy = a\n")
        result = self.ferry(*small, "--config", settings)
        self.assertEqual(result.code, 0, result)
        self.assertIn("warning: the settings file has options for the plugin 'no-such-plugin'", result.stderr)
        self.assertNotIn("has no effect", result.stderr, "the file is for all commands")

    def test_commands_that_are_printed_can_be_copied(self):
        folder = self.home / "my images' folder"
        result = self.ferry("suite/small:1", "-r", self.registry.url, out=folder)
        self.assertEqual(result.code, 0, result)
        line = next(line for line in result.stderr.splitlines() if "docker load -i " in line)
        self.assertEqual(shlex.split(line.split("load it with: ")[1]), ["docker", "load", "-i", str(result.paths[0])])

    def test_an_empty_list_of_plugins_is_said_in_words(self):
        alone = self.home / "alone/bin"
        alone.mkdir(parents=True)
        shutil.copy(self.binary, alone / "ferry")
        empty = self.home / "empty"
        empty.mkdir()
        done = subprocess.run([alone / "ferry", "plugins", "list", "--plugin-dir", empty], env=self.environment(), capture_output=True,
                              text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done)
        self.assertIn("there is no plugin in", done.stderr)
        self.assertIn(str(empty), done.stderr)

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
