#!/usr/bin/env python3
"""The man pages, completions and manuals name every option of --help; the completions work in their shells.

CTest gives FERRY (the program) and FERRY_BUILD_DIR (whose share/ looks like an installed one)."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

FERRY = os.environ["FERRY"]
SHARE = pathlib.Path(os.environ["FERRY_BUILD_DIR"], "share")
DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+|-[a-zA-Z])(?![\w-])")


def run(*command, **environment):
    env = {"PATH": f"{pathlib.Path(FERRY).parent}:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", **environment}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def help_of(command="", *more):
    return run(FERRY, *([command] if command else []), "--help", *more)


def commands():
    block = help_of().split("\nCommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  ([a-z]+)  ", block, re.M)


def options(command=""):
    """What stands at the begin of the entries of --help."""
    found = []
    for line in help_of(command).splitlines():
        match = re.match(r"  (?:    )?(-[^ ].*?)(?:  |$)", line)
        if match:
            found += OPTION.findall(match[1])
    return found


class Reference(unittest.TestCase):
    def test_help_has_options_and_commands(self):
        self.assertIn("pull", commands())
        self.assertIn("clean", commands())
        for name in ("-a", "--arch", "-j", "--insecure", "--lang", "--help", "--version"):
            self.assertIn(name, options())
        for command in commands():
            self.assertIn("--help", options(command), command)
            self.assertIn("--lang", options(command), command)

    def test_every_option_is_in_the_man_pages(self):
        for path in ("man/man1/ferry.1", "man/zh_CN/man1/ferry.1"):
            page = (SHARE / path).read_text(encoding="utf-8").replace("\\-", "-")
            for command in commands():
                self.assertIn("ferry " + command, page.replace("\\fB", "").replace("\\fR", "").replace("[pull]", "pull"))
                for option in options(command):
                    self.assertIn(f"\\fB{option}\\fR", page, f"{path}, {command}")

    def test_the_man_pages_are_right_for_their_formatter(self):
        man = shutil.which("man")
        self.assertTrue(man, "apt-get install man-db")
        for path, word in (("man/man1/ferry.1", "--password-stdin"), ("man/zh_CN/man1/ferry.1", "镜像")):
            done = subprocess.run([man, "--warnings", "-E", "UTF-8", "-l", "-Tutf8", SHARE / path], capture_output=True, text=True,
                                  env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-c"},
                                  timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stderr, "", "the formatter warns of nothing")
            self.assertIn(word, re.sub(".\b|\x1b\\[[0-9;]*m", "", done.stdout))

    def test_every_option_is_in_each_completion(self):
        bash = (SHARE / "bash-completion/completions/ferry").read_text(encoding="utf-8")
        zsh = (SHARE / "zsh/site-functions/_ferry").read_text(encoding="utf-8")
        fish = (SHARE / "fish/vendor_completions.d/ferry.fish").read_text(encoding="utf-8")
        for command in commands():
            for option in options(command):
                self.assertRegex(bash, rf"(?<![\w-]){option}(?![\w-])")
                self.assertRegex(zsh, rf"(?<![\w-]){option}\[")
                self.assertRegex(fish, rf" -s {option[1:]}(?!\w)" if len(option) == 2 else rf" -l {option[2:]}(?![\w-])")

    def test_every_option_is_in_the_manuals(self):
        for name in ("cli.md", "README.zh-CN.md"):
            text = (DOCS / name).read_text(encoding="utf-8")
            for command in commands():
                self.assertIn(f"ferry {command}" if command != "pull" else "ferry", text)
                for option in options(command):
                    told = re.search(rf"(?<![\w-]){option}(?![\w-])", text)
                    self.assertTrue(told, f"{name} does not tell of {command} {option}")

    def test_help_is_whole_in_both_languages(self):
        for command in commands():
            chinese = help_of(command, "--lang", "zh")
            self.assertIn("用法", chinese)
            self.assertEqual(OPTION.findall(help_of(command)) and set(options(command)) - set(OPTION.findall(chinese)), set())
            # Behind what is typed, and in every heading, stands Chinese.
            for line in chinese.splitlines():
                if re.match(r"  (    )?-", line) and len(line) > 34:
                    self.assertRegex(line[30:], "[\u4e00-\u9fff]", f"{command}: {line}")


class Bash(unittest.TestCase):
    """The completion in a real bash."""

    def complete(self, line):
        words = line.split(" ")
        script = f"""source {SHARE}/bash-completion/completions/ferry
            compopt() {{ :; }}
            COMP_WORDS=({' '.join("'" + word + "'" for word in words)}); COMP_CWORD={len(words) - 1}
            COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
            _ferry; printf '%s\\n' "${{COMPREPLY[@]}}" """
        return [word for word in run("bash", "-c", script).split("\n") if word]

    def test_it_is_registered(self):
        out = run("bash", "-c", f"source {SHARE}/bash-completion/completions/ferry; complete -p ferry")
        self.assertIn("_ferry", out)

    def test_commands_and_options(self):
        self.assertEqual(set(self.complete("ferry ")), set(commands()))
        self.assertEqual(self.complete("ferry plu"), ["plugins"])
        self.assertEqual(self.complete("ferry nginx --arc"), ["--arch"])
        self.assertEqual(set(self.complete("ferry nginx -")), set(options()))
        self.assertEqual(set(self.complete("ferry plugins -")), set(options("plugins")))
        self.assertEqual(self.complete("ferry plugins s"), ["show"])
        self.assertEqual(self.complete("ferry pull x --forc"), ["--force"])

    def test_values(self):
        self.assertEqual(self.complete("ferry x -a arm64"), ["arm64"])
        self.assertIn("arm/v7", self.complete("ferry x --arch arm"))
        self.assertEqual(set(self.complete("ferry x --lang ")), {"zh", "en"})
        self.assertEqual(self.complete("ferry x -f syn"), ["synology"], "formats come from the plugins that there are")
        self.assertIn("dockerhub", self.complete("ferry x --backend "))
        self.assertIn("auto", self.complete("ferry x --backend "))
        self.assertEqual(self.complete("ferry plugins show harb"), ["harbor"])
        self.assertEqual(self.complete("ferry x -u "), [], "of a user name nothing is known")
        self.assertEqual(self.complete("ferry x -o /et"), ["/etc"])


class Zsh(unittest.TestCase):
    """The completion in a real zsh on a terminal of its own."""

    def complete(self, line):
        """What stands on the line after Tab, once zsh has taken the one word that fits."""
        main, other = pty.openpty()
        with tempfile.TemporaryDirectory(prefix="ferry-zsh-") as home:
            shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=other, stdout=other, stderr=other, start_new_session=True, cwd=home,
                                     env={"PATH": f"{pathlib.Path(FERRY).parent}:/usr/bin:/bin", "HOME": home, "TERM": "dumb",
                                          "LC_ALL": "C.UTF-8", "PS1": "> "})
            os.close(other)
            seen = b""

            def wait_for(pattern):
                nonlocal seen
                while not re.search(pattern, seen, re.S):
                    self.assertTrue(select.select([main], [], [], 30)[0], f"no {pattern!r} in {seen!r}")
                    seen += os.read(main, 65536)

            try:
                # A key of its own shows the line: a completion that finds nothing shows nothing.
                os.write(main, f"fpath=({SHARE}/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D\n"
                               "show() { print -r -- '<<'$BUFFER'>>' }; zle -N show; bindkey '^G' show; print re''ady\n".encode())
                wait_for(rb"\nready|\rready")
                os.write(main, line.encode() + b"\t\x07")
                wait_for(rb"<<ferry[^\n]*>>")
                return re.findall(rb"<<(ferry[^\n]*)>>", seen)[-1].decode()
            finally:
                shell.kill()
                shell.wait(30)
                os.close(main)

    def test_completed_ids_are_those_of_the_installed_plugins(self):
        for line, completed in (("ferry nginx -f syn", "ferry nginx -f synology"), ("ferry nginx --format do", "ferry nginx --format docker"),
                                ("ferry nginx --backend dockerh", "ferry nginx --backend dockerhub"),
                                ("ferry nginx --backend au", "ferry nginx --backend auto"),
                                ("ferry nginx --transport thro", "ferry nginx --transport throttle"),
                                ("ferry plugins show harb", "ferry plugins show harbor"),
                                ("ferry nginx --arc", "ferry nginx --arch"), ("ferry plu", "ferry plugins")):
            with self.subTest(line=line):
                self.assertEqual(self.complete(line).rstrip(), completed)


class OtherShells(unittest.TestCase):
    def test_zsh_reads_its_completion(self):
        run("zsh", "-f", "-n", str(SHARE / "zsh/site-functions/_ferry"))
        out = run("zsh", "-f", "-c", f"fpath=({SHARE}/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D; echo $_comps[ferry]")
        self.assertEqual(out.strip(), "_ferry")

    def test_fish_completes(self):
        out = run("fish", "--no-config", "-c", f"source {SHARE}/fish/vendor_completions.d/ferry.fish; complete -C 'ferry nginx --arc'",
                  HOME="/tmp")
        self.assertEqual(out.split("\t")[0], "--arch")
        out = run("fish", "--no-config", "-c", f"source {SHARE}/fish/vendor_completions.d/ferry.fish; complete -C 'ferry plu'", HOME="/tmp")
        self.assertEqual(out.split("\t")[0], "plugins")

    def fish(self, line, folder):
        out = run("fish", "--no-config", "-c", f"cd {folder}; source {SHARE}/fish/vendor_completions.d/ferry.fish; complete -C '{line}'",
                  HOME="/tmp")
        return [one.split("\t")[0] for one in out.splitlines()]

    def test_fish_offers_files_where_files_are_wanted_alone(self):
        with tempfile.TemporaryDirectory(prefix="ferry-fish-") as folder:
            pathlib.Path(folder, "a-file").write_text("")
            pathlib.Path(folder, "a-folder").mkdir()
            for line, ids in (("ferry nginx -f ", {"synology", "docker", "oci"}), ("ferry nginx --format ", {"synology", "docker", "oci"}),
                              ("ferry nginx --backend ", {"auto", "dockerhub", "harbor", "v2"}),
                              ("ferry nginx --transport ", {"auto", "direct", "proxy", "throttle"}),
                              ("ferry nginx --lang ", {"zh", "en"}), ("ferry nginx -u ", set()), ("ferry nginx -r ", set()),
                              ("ferry nginx -j ", set())):
                with self.subTest(line=line):
                    self.assertEqual(set(self.fish(line, folder)), ids)
            self.assertIn("arm64", self.fish("ferry nginx -a ", folder))
            self.assertNotIn("a-file", self.fish("ferry nginx -a ", folder))
            self.assertIn("a-file", self.fish("ferry --from ", folder))
            self.assertIn("a-folder/", self.fish("ferry nginx -o ", folder))
            self.assertNotIn("a-file", self.fish("ferry nginx -o ", folder))


if __name__ == "__main__":
    sys.exit(unittest.main())
