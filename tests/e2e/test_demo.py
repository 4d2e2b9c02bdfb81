"""`ferry demo`: the whole path without a network, and an image that runs."""
import platform

from room import archive, case, engine


class Demo(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.docker = cls.serve(engine.Docker())
        cls.podman = cls.serve(engine.Podman())

    def demo(self, *arguments, **more):
        result = self.ferry("demo", *arguments, out="", **more)
        self.assertEqual(result.code, 0, result)
        return result

    def test_its_image_greets_in_docker(self):
        nowhere = {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
        result = self.demo(env=nowhere)
        path = self.home / "output" / f"ferry-demo_latest_{'amd64' if platform.machine() == 'x86_64' else 'arm64'}.tar"
        self.assertEqual(result.stdout.decode().strip(), f"./output/{path.name}")
        self.assertIn("Loaded image: ferry-demo:latest", self.docker.load(path))
        inspected = self.docker.inspect("ferry-demo:latest")
        self.assertEqual(inspected["Id"], archive.Archive(path).config_digest())
        self.assertEqual(inspected["Architecture"], {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()])
        said = self.docker.prove("ferry-demo:latest", [], ["hello"])
        if self.docker.runs_containers:
            self.assertIn("Hello from ferry!", said)
            self.assertIn("你好", said)
        for word in ("docker load -i ./output/" + path.name, "docker run --rm ferry-demo", "ferry serve ./output"):
            self.assertIn(word, result.stderr)
        self.assertEqual(list((self.home / "tmp").iterdir()), [], "the demo's own registry is gone")
        self.assertEqual(sorted(p.name for p in (self.home / "output").iterdir()), ["docker_pull.log", path.name])

    def test_every_format_holds_the_same_image(self):
        configs = set()
        for form in ("synology", "docker", "oci"):
            result = self.demo(form, "-f", form)
            found = archive.Archive(self.home / result.stdout.decode().strip())
            self.assertEqual(found.faults(), [])
            loaded = self.podman.load(found.path)
            configs.add(loaded["Id"])
        self.assertEqual(len(configs), 1)

    def test_it_makes_the_same_bytes_each_time(self):
        first = archive.sha256_of(self.home / self.demo("a").stdout.decode().strip())
        self.assertEqual(archive.sha256_of(self.home / self.demo("b").stdout.decode().strip()), first)

    def test_the_folder_may_be_named_as_a_pull_names_it(self):
        for words in (("demo", "-o", "one"), ("demo", "--output=one"), ("demo", "one"), ("demo", "one", "-o", "one")):
            result = self.ferry(*words, out="")
            self.assertEqual(result.code, 0, result)
            self.assertTrue(result.stdout.decode().startswith("one/ferry-demo_latest_"), result)
        self.assert_failed(self.ferry("demo", "one", "-o", "two", out=""), 2, "one and two")

    def test_a_folder_that_cannot_be_is_answered_as_it_was_named(self):
        result = self.ferry("demo", "/proc/ferry", out="")
        self.assert_failed(result, 7, "/proc/ferry", "ferry demo DIR")
        self.assertNotIn("-o DIR", result.stderr)
        self.assert_failed(self.ferry("demo", "-o", "/proc/ferry", out=""), 7, "/proc/ferry", "-o DIR")

    def test_usage(self):
        self.assert_failed(self.ferry("demo", "-f", "zip", out=""), 2, "zip")
        result = self.ferry("demo", "--help", out="")
        self.assertEqual(result.code, 0)
        self.assertIn(b"ferry demo", result.stdout)
