"""English and Chinese, by option, variable, setting and locale; the installed tree speaks them, too."""
import json
import os
import re
import subprocess

from room import case, process, registry


class Language(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))

    def speaks(self, *arguments, env=None, binary=None):
        done = subprocess.run([binary or self.binary, "--help", *arguments], env={**self.environment(), **(env or {})},
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return "zh" if "用法" in done.stdout else "en" if "Usage" in done.stdout else done.stdout

    def test_by_option_variable_setting_and_locale(self):
        settings = self.home / "zh.properties"
        settings.write_text("lang = zh\n")
        for arguments, env, language in (
                ((), {}, "en"),
                (("--lang", "zh"), {}, "zh"), (("--lang=zh_CN",), {}, "zh"),
                (("--lang", "zh"), {"LC_ALL": "C"}, "zh"), (("--lang", "zh"), {"LC_ALL": "POSIX", "LANGUAGE": "en"}, "zh"),
                (("--lang", "zh"), {"LC_ALL": "xx_YY.UTF-8"}, "zh"), (("--lang", "zh"), {"LC_ALL": "", "LANG": ""}, "zh"),
                (("--lang", "en"), {"LC_ALL": "zh_CN.UTF-8"}, "en"),
                ((), {"FERRY_LANG": "zh"}, "zh"), (("--lang", "en"), {"FERRY_LANG": "zh"}, "en"),
                (("--config", str(settings)), {}, "zh"), (("--config", str(settings)), {"FERRY_LANG": "en"}, "en"),
                ((), {"LC_ALL": "zh_CN.UTF-8"}, "zh"), ((), {"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
                ((), {"LC_ALL": "", "LC_MESSAGES": "zh_CN", "LANG": "en_US.UTF-8"}, "zh"),
                ((), {"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"), ((), {"LC_ALL": "C", "LANGUAGE": "zh_CN"}, "en"),
                ((), {"LC_ALL": "de_DE.UTF-8"}, "en")):
            with self.subTest(arguments=arguments, env=env):
                self.assertEqual(self.speaks(*arguments, env=env), language)

    def test_results_json_and_log_levels_stay_the_same(self):
        english = self.ferry("suite/small:1", "-r", self.registry.url, "--json", out=self.home / "same")
        chinese = self.ferry("suite/small:1", "-r", self.registry.url, "--json", "--lang", "zh", out=self.home / "same")
        self.assertEqual(json.loads(english.stdout), json.loads(chinese.stdout))
        result = self.ferry("suite/small:1", "-r", self.registry.url, "--lang", "zh", "--insecure", "--debug")
        self.assertEqual(result.code, 0, result)
        self.assertTrue(result.paths[0].is_file())
        lines = result.log.splitlines()
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[(DEBUG|INFO|WARNING|ERROR)\] ")
            if "[DEBUG]" not in line:
                self.assertRegex(line.split("] ", 1)[1], "[\u4e00-\u9fff]", line)
        self.assertTrue(any("[DEBUG]" in line and re.search("[a-z]", line) for line in lines))

    def test_what_is_mistyped_is_suggested_in_both(self):
        for arguments, code, meant in ((("x", "--arhc", "arm64"), 2, "--arch"), (("x", "-a", "amd46"), 2, "amd64"),
                                       (("x", "-f", "sinology"), 8, "synology"), (("x", "--backend", "harbour"), 8, "harbor"),
                                       (("x", "--transport", "proxi"), 8, "proxy"), (("plugins", "shwo", "v2"), 2, "show"),
                                       (("plugins", "show", "dockrhub"), 8, "dockerhub"),
                                       (("plugns", "list"), 4, "ferry plugins")):
            for lang, words in (("en", "did you mean"), ("zh", "是不是想")):
                with self.subTest(arguments=arguments, lang=lang):
                    result = self.ferry(*arguments, out="", env={"FERRY_LANG": lang, "FERRY_REGISTRY": self.registry.url})
                    self.assertEqual(result.code, code, result)
                    self.assertIn(words, result.stderr)
                    self.assertIn(meant, result.stderr.split(words)[1], result)

    def test_what_the_network_refuses_is_said_in_both(self):
        closed = f"127.0.0.1:{process.free_port()}"
        for code, arguments, english, chinese in (
                (5, ("-r", f"http://{closed}"), f"cannot connect to {closed}: connection refused; is the port right",
                 f"无法连接 {closed}："),
                (5, ("-r", "http://registry.test", "--proxy", closed), f"cannot connect to the proxy {closed}: ",
                 f"无法连接 代理 {closed}："),
                (2, ("-r", "http://registry.test", "--proxy", "socks5h://[::1"), "the proxy in --proxy has '[' without ']'",
                 "代理设置 --proxy 有“[”而没有“]”")):
            for lang, words in (("en", english), ("zh", chinese)):
                with self.subTest(arguments=arguments, lang=lang):
                    result = self.ferry("x", *arguments, "--retries", "0", "--lang", lang)
                    self.assertEqual(result.code, code, result)
                    self.assertIn(words, result.stderr)

    def test_the_installed_tree_has_catalogue_manuals_and_completions(self):
        prefix = self.home / "prefix"
        subprocess.run(["cmake", "--install", os.environ["FERRY_BUILD_DIR"], "--prefix", prefix], check=True, capture_output=True)
        for path in ("share/locale/zh_CN/LC_MESSAGES/ferry.mo", "share/man/man1/ferry.1", "share/man/zh_CN/man1/ferry.1",
                     "share/bash-completion/completions/ferry", "share/zsh/site-functions/_ferry",
                     "share/fish/vendor_completions.d/ferry.fish"):
            self.assertGreater((prefix / path).stat().st_size, 100, path)
        self.assertEqual(self.speaks("--lang", "zh", binary=prefix / "bin/ferry", env={"LC_ALL": "C"}), "zh")

    def test_plugins_are_described_in_both(self):
        for plugin, english, chinese in (("synology", "docker save archive", "docker save 格式"),
                                         ("throttle", "=...  Bytes a second", "=...  所有连接合计的限速"),
                                         ("proxy", "min_tls=1.2  The lowest version", "min_tls=1.2  最低的 TLS 版本")):
            for lang, words in (("en", english), ("zh", chinese)):
                with self.subTest(plugin=plugin, lang=lang):
                    result = self.ferry("plugins", "show", plugin, out="", env={"FERRY_LANG": lang})
                    self.assertEqual(result.code, 0, result)
                    self.assertIn(words, result.stdout.decode())
