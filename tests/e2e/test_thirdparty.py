"""A packer by somebody else: built out of the tree with another compiler, and used by the program as it is."""
import os
import subprocess

from room import case, engine, outside, process, registry


class ThirdParty(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = outside.build(outside.ROOT / "tests" / "e2e" / "thirdparty", "ferry-3rd-")
        cls.plugin = next(iter((cls.folder / "build").rglob("plain.so")))
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.docker = cls.serve(engine.Docker())

    def test_sdk_alone_is_installed(self):
        installed = {path.name for path in (self.folder / "sdk").rglob("*") if path.is_file()}
        self.assertIn("packer.hpp", installed)
        self.assertNotIn("ferry", installed)
        self.assertEqual([name for name in installed if name.endswith((".so", ".a"))], ["libferry_kit.a"])

    def test_only_the_one_symbol_is_exported(self):
        done = subprocess.run([process.need("nm", "binutils"), "-D", "--defined-only", self.plugin],
                              capture_output=True, check=True)
        names = [line.split()[-1].split("@")[0] for line in done.stdout.decode().splitlines()]
        self.assertEqual([name for name in names if not name.startswith("FERRY_")], ["ferry_plugin_v1"])

    def test_archives_of_the_plugin_load_and_run(self):
        for repository, tag in (("suite/kinds", "1"), ("suite/repeat", "1"), ("suite/many", "60")):
            with self.subTest(image=repository):
                truth = self.registry.client.image(repository, tag)
                found = self.pull(f"{repository}:{tag}", "-r", self.registry.url, "-f", "plain", "--plugin-dir",
                                  self.plugin.parent, out=self.home / repository)
                self.assert_image(found, truth)
                self.assertEqual(found.manifest[0]["Layers"], [digest[7:] + ".tar" for digest in truth.diff_ids])
                self.assertIn(f"Loaded image: {repository}:{tag}", self.docker.load(found.path))
                self.docker.prove(f"{repository}:{tag}")

    def test_option_of_the_plugin(self):
        found = self.pull("suite/small:1", "-r", self.registry.url, "-f", "plain", "--plugin-dir", self.plugin.parent,
                          "--opt", "plain.note=hello there")
        self.assertEqual(found.read("note.txt"), b"hello there")

    def test_plugin_is_listed_and_shown(self):
        for command in (("plugins", "list"), ("plugins", "show", "plain")):
            with self.subTest(command=command[1]):
                result = self.ferry(*command, "--plugin-dir", self.plugin.parent, out="")
                self.assertEqual(result.code, 0, result)
                self.assertIn("plain", result.stdout.decode())

    def test_plugin_that_others_may_write_is_refused(self):
        loose = self.home / "loose"
        loose.mkdir()
        copy = loose / "plain.so"
        copy.write_bytes(self.plugin.read_bytes())
        copy.chmod(0o666)
        result = self.ferry("suite/small:1", "-r", self.registry.url, "-f", "plain", "--plugin-dir", loose)
        self.assertIn(result.code, (2, 8), result)
        self.assertIn("plain.so", result.stderr, "the user learns why the packer is not there")
        self.assert_no_archive()

    def test_plugin_cut_in_half_is_refused(self):
        broken = self.home / "broken"
        broken.mkdir()
        data = self.plugin.read_bytes()
        (broken / "plain.so").write_bytes(data[:len(data) // 2])
        (broken / "plain.so").chmod(0o755)
        result = self.ferry("suite/small:1", "-r", self.registry.url, "-f", "plain", "--plugin-dir", broken)
        self.assertIn(result.code, (2, 8), result)
        self.assertIn("plain", result.stderr)
        self.assert_no_archive()
        result = self.ferry("suite/small:1", "-r", self.registry.url, "--plugin-dir", broken)
        self.assertEqual(result.code, 0, f"a broken plugin that nobody asked for stops nothing\n{result}")

    def test_the_plugin_folder_may_come_from_the_environment(self):
        found = self.pull("suite/small:1", "-r", self.registry.url, "-f", "plain",
                          env={"FERRY_PLUGIN_DIR": str(self.plugin.parent)})
        self.assertTrue(found.manifest[0]["Layers"][0].endswith(".tar"))
