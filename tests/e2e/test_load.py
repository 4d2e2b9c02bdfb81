"""Archives of a real Debian image load and run in dockerd 20.10, podman and skopeo, as the registry has it."""
from room import archive, case, engine, registry


class Load(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.docker = cls.serve(engine.Docker())
        cls.podman = cls.serve(engine.Podman())
        cls.truth = cls.registry.client.image("library/debian", "bookworm")

    def pull_debian(self, form, *more):
        return self.pull("debian:bookworm", "-r", self.registry.url, "-f", form, *more)

    def check_everywhere(self, form):
        found = self.pull_debian(form)
        self.assert_image(found, self.truth)
        self.assertEqual(found.tags, ["debian:bookworm"])

        said = self.docker.load(found.path)
        self.assertIn("Loaded image: debian:bookworm", said)
        loaded = self.docker.inspect("debian:bookworm")
        self.assertEqual(loaded["Id"], self.truth.config_digest)
        self.assertEqual(loaded["RootFS"]["Layers"], self.truth.diff_ids)
        self.assertEqual(loaded["Architecture"], "amd64")
        for key in ("Env", "Cmd", "Entrypoint", "Labels", "WorkingDir"):
            self.assertEqual(loaded["Config"][key], self.truth.config["config"][key], key)
        self.docker.prove("debian:bookworm", ["/bin/true"], ["usr/bin/true", "usr/bin/dash"])
        if self.docker.runs_containers:
            script = "echo $GREETING; cat /etc/debian_version; pwd"
            said = self.docker.prove("debian:bookworm", ["/bin/sh", "-c", script])
            self.assertIn("你好 <world> & \"friends\"", said)
            self.assertIn("\n12.", said)
            self.assertTrue(said.endswith("/opt/app\n"), said)

        loaded = self.podman.load(found.path)
        self.assertEqual("sha256:" + loaded["Id"], self.truth.config_digest)
        self.assertEqual(loaded["RootFS"]["Layers"], self.truth.diff_ids)
        self.assertEqual(loaded["Config"]["Env"], self.truth.config["config"]["Env"])

        seen = engine.skopeo_inspect(found.path)
        self.assertEqual(seen["config_digest"], self.truth.config_digest)
        self.assertEqual(seen["config_bytes_digest"], self.truth.config_digest)
        self.assertEqual(seen["layers"], self.truth.diff_ids)
        return found

    def test_synology_archive_loads_everywhere(self):
        found = self.check_everywhere("synology")
        self.assertEqual(list(found.json("repositories")), ["debian"])
        for name in found.manifest[0]["Layers"]:
            self.assertRegex(name, r"^[0-9a-f]{64}/layer\.tar$")
        for data in found.layer_files():
            self.assertEqual(archive.unpacked(data), data, "layers must lie uncompressed")

    def test_docker_archive_loads_everywhere(self):
        found = self.check_everywhere("docker")
        for digest in self.truth.layers:
            self.assertIn("blobs/sha256/" + digest[7:], found.names, "gzip layers stay as the registry has them")
        seen = engine.skopeo_inspect(found.path, "oci-archive")
        self.assertEqual(seen["config_digest"], self.truth.config_digest)
        self.assertEqual(seen["layers"], self.truth.layers)
        self.assertEqual(found.json("oci-layout")["imageLayoutVersion"], "1.0.0")

    def test_result_log_and_file_name(self):
        for where in (self.registry.url, self.registry.host):
            with self.subTest(registry=where):
                out = self.home / where.replace("/", "_").replace(":", "_")
                result = self.ferry("debian:bookworm", "-r", where, out=out)
                self.assertEqual(result.code, 0, result)
                self.assertEqual(result.paths, [(out / "debian_bookworm_amd64.tar").resolve()], result)
                left = sorted(path.name for path in out.iterdir())
                self.assertEqual(left, ["debian_bookworm_amd64.tar", "docker_pull.log"])
                self.assertIn("[INFO]", result.log)
                self.assertNotIn("[ERROR]", result.log)
                self.assertNotIn("[DEBUG]", result.log)

    def test_debug_log(self):
        result = self.ferry("debian:bookworm", "-r", self.registry.url, "--debug")
        self.assertEqual(result.code, 0, result)
        self.assertIn("[DEBUG]", result.log)

    def test_defaults_are_synology_amd64_latest_and_output(self):
        result = self.ferry("debian", "-r", self.registry.url, out=self.home / "output")
        self.assertEqual(result.code, 0, result)
        found = archive.Archive(self.home / "output" / "debian_latest_amd64.tar")
        self.assert_image(found, self.truth)
        self.assertEqual(found.tags, ["debian:latest"])
        self.assertRegex(found.manifest[0]["Layers"][0], r"/layer\.tar$")

    def test_default_output_folder(self):
        result = self.ferry("debian:bookworm", "-r", self.registry.url, out="")
        self.assertEqual(result.code, 0, result)
        self.assertTrue((self.home / "output" / "debian_bookworm_amd64.tar").is_file(), result)

    def test_one_word_name_without_library(self):
        found = self.pull("toolbox:1", "-r", self.registry.url)
        self.assert_image(found, self.registry.client.image("toolbox", "1"))
        self.assertEqual(found.tags, ["toolbox:1"])
        self.assertEqual(found.path.name, "toolbox_1_amd64.tar")

    def test_typed_name_is_the_name_inside(self):
        name = f"{self.registry.host}/suite/small:1"
        found = self.pull(name)
        self.assertEqual(found.tags, [name])
        self.assertEqual(found.path.name, "suite_small_1_amd64.tar")
        self.assertIn(f"Loaded image: {name}", self.docker.load(found.path))

    def test_pull_by_digest_verifies_the_manifest(self):
        digest, _ = self.registry.client.manifest("suite/small", "1")
        found = self.pull(f"suite/small@{digest}", "-r", self.registry.url)
        self.assert_image(found, self.registry.client.image("suite/small", "1"))
        self.assertNotIn("suite/small:latest", found.tags, "a digest is not the tag latest")
        found = self.pull(f"suite/small:1@{digest}", "-r", self.registry.url, out=self.home / "tagged")
        self.assertEqual(found.tags, ["suite/small:1"])
