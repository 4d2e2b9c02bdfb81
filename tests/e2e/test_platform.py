"""The right image of an index: platforms, aliases, attestations, nested indexes."""

from room import case, registry


class Platform(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))

    def pull_as(self, name, arch, folder, *more):
        return self.pull(name, "-r", self.registry.url, "-a", arch, *more, out=self.home / folder)

    def test_architectures_of_a_manifest_list(self):
        spellings = {"linux/arm64/v8": ("arm64", "arm64/v8", "linux/arm64/v8", "linux/arm64", "aarch64"),
                     "linux/arm/v7": ("arm/v7", "linux/arm/v7", "armhf", "armv7l", "arm"),
                     "linux/amd64": ("amd64", "x86_64", "linux/amd64")}
        for platform, names in spellings.items():
            truth = self.registry.client.image("library/debian", "bookworm", platform)
            for number, name in enumerate(names):
                with self.subTest(arch=name):
                    found = self.pull_as("debian:bookworm", name, f"{platform.replace('/', '_')}-{number}")
                    self.assertEqual(found.config_digest(), truth.config_digest)
                    if number == 0:
                        self.assert_image(found, truth)

    def test_file_name_carries_the_architecture(self):
        for arch in ("arm64", "arm/v7"):
            with self.subTest(arch=arch):
                found = self.pull_as("debian:bookworm", arch, "named")
                self.assertRegex(found.path.name, r"^debian_bookworm_arm[a-z0-9_-]*\.tar$")

    def test_missing_platform_names_those_that_exist(self):
        result = self.ferry("debian:bookworm", "-r", self.registry.url, "-a", "s390x")
        self.assert_failed(result, 4, "s390x", "amd64", "arm64", "arm/v7")
        self.assert_no_archive()

    def test_missing_platform_does_not_list_the_attestation(self):
        result = self.ferry("suite/attested:1", "-r", self.registry.url, "-a", "riscv64")
        self.assert_failed(result, 4, "riscv64", "amd64", "arm64")
        self.assertNotIn("unknown/unknown", result.stderr)

    def test_attestation_is_never_chosen(self):
        for form in ("synology", "docker"):
            for platform, arch in (("linux/amd64", "amd64"), ("linux/arm64", "arm64")):
                with self.subTest(form=form, arch=arch):
                    found = self.pull_as("suite/attested:1", arch, f"{form}-{arch}", "-f", form)
                    self.assert_image(found, self.registry.client.image("suite/attested", "1", platform))

    def test_attestation_cannot_be_asked_for(self):
        result = self.ferry("suite/attested:1", "-r", self.registry.url, "-a", "unknown")
        self.assertIn(result.code, (2, 4), result)
        self.assert_no_archive()

    def test_nested_index_is_opened(self):
        for platform, arch in (("linux/amd64", "amd64"), ("linux/arm/v7", "arm/v7")):
            with self.subTest(arch=arch):
                found = self.pull_as("suite/nested:1", arch, arch.replace("/", "_"))
                self.assert_image(found, self.registry.client.image("suite/nested", "1", platform))

    def test_single_image_of_another_architecture_is_not_silently_taken(self):
        result = self.ferry("suite/small:1", "-r", self.registry.url, "-a", "arm64")
        self.assert_failed(result, 4, "arm64", "amd64")
        self.assert_no_archive()

    def test_all_platforms_do_not_fit_a_docker_archive(self):
        result = self.ferry("debian:bookworm", "-r", self.registry.url, "-a", "all", "-f", "synology")
        self.assert_failed(result, 2, "all")
        self.assert_no_archive()
