"""ferry without an image: asks at a terminal, never elsewhere."""

from room import archive, case, registry, terminal


class Questions(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.small = cls.registry.client.image("suite/small", "1")

    def open(self, *words, env=None):
        return terminal.Terminal([self.binary, *words, "-o", self.out], self.environment(env), self.home)

    def test_image_registry_user_tag_platform_and_format(self):
        with self.open() as screen:
            screen.wait_for("Image, for example")
            screen.type("suite/small")
            screen.wait_for(r"Registry \[registry-1\.docker\.io\]")
            screen.type(self.registry.url)
            screen.wait_for(r"User name \[none\]")
            screen.key("Enter")
            screen.wait_for(r"Tag \[latest\]")
            screen.type("1")
            screen.wait_for(r"1\) linux/amd64")
            screen.wait_for(r"Platform \[linux/amd64\]")
            screen.key("Enter")
            screen.wait_for(r"Format \[synology\]")
            screen.type("docker")
            self.assertEqual(screen.code(), 0, screen.text())
            self.assertIn(f"ferry suite/small:1 -a linux/amd64 -r {self.registry.url} -f docker", screen.text().replace("\n", ""))
        found = archive.Archive(self.out / "suite_small_1_amd64.tar")
        self.assert_image(found, self.small)
        self.assertIn("oci-layout", found.names)

    def test_the_platforms_are_those_that_exist(self):
        platforms = [name for name, _ in self.registry.client.platforms("suite/nested", "1")]
        self.assertGreater(len(platforms), 1)
        with self.open("-r", self.registry.url, "-f", "docker") as screen:
            screen.wait_for("Image, for example")
            screen.type("suite/nested:1")
            for question in ("Registry", "User name"):
                screen.wait_for_question(question)
                screen.key("Enter")
            lines = screen.wait_for(r"Platform \[")
            for name in platforms:
                self.assertTrue(any(line.endswith(") " + name) for line in lines), (name, lines))
            screen.type("z80")
            screen.wait_for("'z80' is none of these")
            screen.type(platforms[-1])
            screen.wait_for(r"Format \[docker\]")
            screen.key("Enter")
            self.assertEqual(screen.code(), 0, screen.text())
        self.assertEqual(len(list(self.out.glob("suite_nested_1_*.tar"))), 1)

    def test_a_refused_login_is_asked_for_again_and_no_password_is_shown(self):
        with registry.Registry(self.gallery.storage, users={"alice": "s3cret-Pa55"}) as locked, self.open("-r", locked.url) as screen:
            screen.wait_for("Image, for example")
            screen.type("suite/small:1")
            for user, password in (("", None), ("alice", "wr0ng-Pa55"), ("alice", "s3cret-Pa55")):
                screen.wait_for_question(r"Registry \[.*\]:")
                screen.key("Enter")
                screen.wait_for_question(r"User name \[none\]:")
                screen.type(user) if user else screen.key("Enter")
                if password:
                    screen.wait_for_question("Password of alice:")
                    screen.type(password)
                if password != "s3cret-Pa55":
                    screen.wait_for_question(r"Image \[suite/small:1\]:")
                    screen.key("Enter")
            screen.wait_for_question(r"Platform \[linux/amd64\]:")
            screen.key("Enter")
            screen.wait_for_question(r"Format \[synology\]:")
            screen.key("Enter")
            self.assertEqual(screen.code(), 0, screen.text())
            for secret in ("s3cret-Pa55", "wr0ng-Pa55"):
                self.assertNotIn(secret, screen.text())
        self.assert_image(archive.Archive(self.out / "suite_small_1_amd64.tar"), self.small)

    def test_arrow_keys_leave_no_trace_and_a_platform_is_taken_as_by_a(self):
        with self.open("-r", self.registry.url) as screen:
            screen.wait_for("Image, for example")
            # An Escape takes with it what follows at once, and only then: no matter which, the "x" is gone in the end.
            for key in ("Up", "Left", "x", "BSpace", "F5", "Down", "Home", "Escape", "x", "BSpace"):
                screen.key(key)
            screen.type("suite/small:1")
            for question in ("Registry", "User name"):
                screen.wait_for_question(question)
                screen.key("Enter")
            screen.wait_for_question(r"Platform \[linux/amd64\]")
            screen.key("Up")
            screen.type("x86_64")
            screen.wait_for(r"\d\) docker   .*\w")
            screen.wait_for_question(r"Format \[synology\]")
            screen.key("Enter")
            self.assertEqual(screen.code(), 0, screen.text())
            self.assertNotIn("^[", screen.text())
            self.assertIn(": suite/small:1\n", screen.text())
        self.assert_image(archive.Archive(self.out / "suite_small_1_amd64.tar"), self.small)

    def test_the_terminal_is_as_it_was_afterwards(self):
        line = f"stty -a >before; {self.binary} -r {self.registry.url}; stty -a >after; exit"
        for ending in ("C-c", "C-d"):
            with self.subTest(ending=ending), terminal.Terminal(["bash", "-c", line], self.environment(), self.home) as screen:
                screen.wait_for("Image, for example")
                screen.key(ending)
                screen.code()
                self.assertEqual((self.home / "before").read_text(), (self.home / "after").read_text())

    def test_in_chinese(self):
        with self.open("--lang", "zh", "-r", self.registry.url) as screen:
            screen.wait_for("镜像名")
            screen.type("suite/small:1")
            for question in ("镜像仓库地址", "用户名", "架构 ", "打包格式"):
                screen.wait_for_question(question)
                screen.key("Enter")
            self.assertEqual(screen.code(), 0, screen.text())
        self.assert_image(archive.Archive(self.out / "suite_small_1_amd64.tar"), self.small)

    def test_ctrl_c_ends_the_questions(self):
        for steps in (0, 1):
            with self.subTest(steps=steps), self.open("-r", self.registry.url) as screen:
                screen.wait_for("Image, for example")
                if steps:
                    screen.type("suite/small:1")
                    screen.wait_for("Registry")
                screen.key("C-c")
                self.assertEqual(screen.code(), 130, screen.text())

    def test_never_without_a_terminal(self):
        result = self.ferry(stdin=b"suite/small\n")
        self.assert_failed(result, 2, "no image is named")
        self.assertNotIn("Registry [", result.stderr)
        with terminal.Terminal(["bash", "-c", f"{self.binary} </dev/null"], self.environment(), self.home) as screen:
            self.assertEqual(screen.code(), 2, screen.text())
        with terminal.Terminal(["bash", "-c", f"{self.binary} 2>err"], self.environment(), self.home) as screen:
            self.assertEqual(screen.code(), 2, screen.text())
