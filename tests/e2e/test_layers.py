"""Every kind of layer loads in dockerd 20.10, and the same input gives the same bytes."""
from room import archive, case, engine, front, image, oddities, registry

IMAGES = {"suite/kinds": "1", "suite/many": "60", "suite/repeat": "1", "suite/empty": "1", "suite/exotic": "1"}


class Layers(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.docker = cls.serve(engine.Docker())

    def load(self, repository, form):
        name = f"{repository}:{IMAGES[repository]}"
        truth = self.registry.client.image(*name.split(":"))
        found = self.pull(name, "-r", self.registry.url, "-f", form, out=self.home / form / repository)
        self.assert_image(found, truth)
        self.assertIn(f"Loaded image: {name}", self.docker.load(found.path))
        self.assertEqual(self.docker.inspect(name)["Id"], truth.config_digest)
        return name, found, truth

    def test_every_kind_runs_from_both_formats(self):
        for repository in IMAGES:
            for form in ("synology", "docker"):
                with self.subTest(image=repository, form=form):
                    name, _, _ = self.load(repository, form)
                    self.docker.prove(name)

    def test_synology_layers_are_plain_tar(self):
        _, found, truth = self.load("suite/kinds", "synology")
        for data, diff_id in zip(found.layer_files(), truth.diff_ids):
            self.assertEqual(archive.image.digest_of(data), diff_id)

    def test_docker_keeps_gzip_and_inflates_zstd(self):
        _, found, truth = self.load("suite/kinds", "docker")
        files = found.layer_files()
        for data in files:
            self.assertFalse(data.startswith(archive.ZSTD), "engines before 23 cannot read zstd")
        as_served = [layer["digest"] for layer in truth.manifest["layers"] if layer["mediaType"].endswith("gzip")]
        kept = [archive.image.digest_of(data) for data in files if data.startswith(archive.GZIP)]
        self.assertEqual(kept, as_served)
        # the manifest inside was rewritten to match: every blob that the index names is there
        descriptor = found.json("index.json")["manifests"][0]
        manifest = found.json("blobs/sha256/" + descriptor["digest"][7:])
        for blob in [manifest["config"], *manifest["layers"]]:
            data = found.read("blobs/sha256/" + blob["digest"][7:])
            self.assertEqual((archive.image.digest_of(data), len(data)), (blob["digest"], blob["size"]))
            self.assertNotIn("zstd", blob["mediaType"])
        seen = engine.skopeo_inspect(found.path, "oci-archive")
        self.assertEqual(seen["config_digest"], truth.config_digest)
        self.assertIn("zstd", self.result.stderr, "the user is told that the manifest differs")

    def test_docker_begins_again_once_where_zstd_layers_are_called_something_else(self):
        shop = oddities.Shop()
        make = oddities.Maker(shop, "zstd called gzip")
        tars = [make.tar("x" * 100_000) for _ in range(4)]
        layers = [oddities.Layer(tar, image.zstandard(tar)) for tar in tars[:3]] + [oddities.Layer(tars[3])]
        make.image(layers, family=oddities.OCI)
        with front.Front(faults=[shop]) as odd:
            name = f"{odd.host}/{make.repository}:1"
            found = self.pull(name, "-f", "docker")
            self.assertEqual(self.result.stderr.count("the archive is begun again"), 1, self.result)
            self.assertEqual([data.startswith(archive.GZIP) for data in found.layer_files()], [False, False, False, True])
            self.assertEqual(found.diff_ids(), [image.digest_of(tar) for tar in tars])
            manifest = found.json("blobs/sha256/" + found.json("index.json")["manifests"][0]["digest"][7:])
            self.assertEqual([layer["mediaType"] for layer in manifest["layers"]], [image.OCI_LAYER] * 3 + [image.OCI_LAYER + "+gzip"])
            self.assertIn(f"Loaded image: {name}", self.docker.load(found.path))
            self.assertEqual(self.pull(name, "-f", "oci", out=self.home / "oci").names.count("manifest.json"), 0)

    def test_repeated_layer_is_stored_once(self):
        for form in ("synology", "docker"):
            with self.subTest(form=form):
                _, found, truth = self.load("suite/repeat", form)
                again = truth.diff_ids[1]
                self.assertEqual(truth.diff_ids.count(again), 2)
                copies = [member.name for member in found.members if member.isreg() and member.size > 1000
                          and archive.image.digest_of(archive.unpacked(found.read(member.name))) == again]
                self.assertEqual(len(copies), 1, copies)

    def test_sixty_layers_give_the_file_system_that_they_describe(self):
        name, _, _ = self.load("suite/many", "synology")
        files = self.docker.files(name)
        self.assertIn("data/059", files)
        self.assertNotIn("data/scratch-002", files, "whiteout")
        self.assertIn("data/scratch-003", files)
        self.assertNotIn("opaque/only-5", files, "opaque folder")
        self.assertIn("opaque/only-49", files)
        self.assertIn("文件/名字-46-ünïcödé.txt", files)
        self.assertTrue(any(len(path) > 255 for path in files), "long names")
        self.assertTrue(any(files[name].islnk() for name in ("data/hard-6", "data/006")), "hard links")

    def test_image_without_layers(self):
        truth = self.registry.client.image("suite/zero", "1")
        for form in ("synology", "docker"):
            with self.subTest(form=form):
                found = self.pull("suite/zero:1", "-r", self.registry.url, "-f", form, out=self.home / form)
                self.assert_image(found, truth)
                self.assertIn("Loaded image: suite/zero:1", self.docker.load(found.path))
                self.assertEqual(self.docker.inspect("suite/zero:1")["Id"], truth.config_digest)

    def test_same_input_gives_same_bytes(self):
        for repository, tag in {**IMAGES, "debian": "bookworm"}.items():
            for form in ("synology", "docker"):
                with self.subTest(image=repository, form=form):
                    seen = {archive.sha256_of(self.pull(f"{repository}:{tag}", "-r", self.registry.url, "-f", form,
                                                        "-j", workers, out=self.home / f"same-{number}").path)
                            for number, workers in enumerate(("1", "8", "8"))}
                    self.assertEqual(len(seen), 1)

    def check_v1_ids(self, repository, tag):
        repository = repository.removeprefix("library/")
        name = f"{repository}:{tag}"
        found = self.pull(name, "-r", self.registry.url, "-f", "synology", out=self.home / "v1" / repository)
        self.docker.load(found.path)
        saved = {member.split("/")[0] for member in self.docker.save(name) if "/" in member}
        self.assertEqual(found.v1_ids(), saved)
        for v1_id in saved:
            self.assertEqual(found.json(f"{v1_id}/json")["id"], v1_id)
            self.assertEqual(found.read(f"{v1_id}/VERSION"), b"1.0")
        top = found.manifest[0]["Layers"][-1].split("/")[0]
        self.assertEqual(found.json("repositories"), {repository: {tag: top}})

    def test_folder_names_are_those_of_docker_save(self):
        for repository, tag in {"library/debian": "bookworm", "suite/kinds": "1", "suite/many": "60",
                                "suite/repeat": "1", "suite/empty": "1"}.items():
            with self.subTest(image=repository):
                self.check_v1_ids(repository, tag)

    def test_folder_names_are_those_of_docker_save_for_an_exotic_config(self):
        self.check_v1_ids("suite/exotic", "1")
