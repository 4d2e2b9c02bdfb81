#!/usr/bin/env python3
"""The form of what git knows: C and C++ as .clang-format says, and tests that say in their names what they show.

    style_test.py [FOLDER]    checks the tree, by default the one that this file stands in; exit status 1 on a breach
    style_test.py --self      shows on made-up files that each rule can be broken
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

# Another version formats differently.
FORMATTER = "clang-format-14"
CODE = re.compile(r"\.(?:c|cpp|h|hpp)$")  # .inc files are made by programs
# A number such as A6 refers to a list that the reader does not have.
NUMBERED = re.compile(r"^[ \t]*(?:TEST\w*|INSTANTIATE_TEST_SUITE_P)\(\s*(?:\w+,\s*)?([A-Z]\d{1,3}(?:_\w+)?)\s*[,)]"
                      r"|^[ \t]*def test_([A-Z]\d{1,3}(?:_\w+)?)\(", re.M)


def files_of(folder):
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                          cwd=folder, stdout=subprocess.PIPE, check=True)
    return [path for path in sorted(done.stdout.decode().split("\0")) if path and os.path.isfile(os.path.join(folder, path))]


def numbered_tests(folder, paths):
    for path in paths:
        if not re.search(r"\.(?:cpp|py)$", path):
            continue
        text = pathlib.Path(folder, path).read_text(encoding="utf-8")
        for match in NUMBERED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: the test {match[1] or match[2]} has a number in place of what it shows"


def badly_formatted(folder, paths):
    done = subprocess.run([FORMATTER, "--dry-run", "-Werror", "--ferror-limit=1", *[path for path in paths if CODE.search(path)]],
                          cwd=folder, stderr=subprocess.PIPE, text=True)
    found = re.findall(r"^.*: error: .*", done.stderr, re.M)
    return found if done.returncode == 0 or found else done.stderr.splitlines()


def check(folder):
    paths = files_of(folder)
    found = list(numbered_tests(folder, paths))
    if shutil.which(FORMATTER):
        found += badly_formatted(folder, paths)
    elif not found:
        print(f"[skip] there is no {FORMATTER} here: nobody looked at how the code is formatted")
    return found


class Rules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        own = pathlib.Path(__file__).resolve().parent.parent
        shutil.copy(own / ".clang-format", self.folder)
        subprocess.run(["git", "init", "-q", self.folder], check=True)

    def found(self, path, text):
        (self.folder / path).write_text(text)
        return check(self.folder)

    def test_a_number_in_the_name_of_a_test_is_found(self):
        for path, text in (("x.cpp", "TEST(Url, A6_IsSplit) {}\n"), ("x.cpp", "\nTEST_F(Url, C10_C12_IsSplit) {}\n"),
                           ("x.cpp", "INSTANTIATE_TEST_SUITE_P(\n    A8_Several, Urls, testing::Values(1));\n"),
                           ("x.py", "class A:\n    def test_B9_it_is_split(self):\n        pass\n"), ("x.py", "def test_T12():\n    pass\n")):
            found = list(numbered_tests(self.folder, [path])) if self.found(path, text) else []
            self.assertEqual(len(found), 1, text)
            self.found(path, "")
        for path, text in (("x.cpp", "TEST(V1Image, Crc32IsThatOfGzip) {}\n"), ("x.py", "def test_HEAD_of_a_blob():\n    pass\n")):
            self.assertEqual(self.found(path, text), [], text)

    @unittest.skipUnless(shutil.which(FORMATTER), FORMATTER)
    def test_what_is_formatted_otherwise_is_found(self):
        self.assertEqual(self.found("x.cpp", "int  a;\n")[0].split(":")[:2], ["x.cpp", "1"])
        self.assertEqual(self.found("x.cpp", "int a;\n"), [])
        self.assertEqual(self.found("x.inc", "int  a;\n"), [])


def main(arguments):
    if arguments == ["--self"]:
        return not unittest.main(argv=[__file__], exit=False).result.wasSuccessful()
    found = check(arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
