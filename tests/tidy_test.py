#!/usr/bin/env python3
"""clang-tidy, with every finding of .clang-tidy fatal, over the C and C++ files that git knows.

    tidy_test.py production|tests BUILD    BUILD is a build folder of Ninja; exit status 1 on a finding
    tidy_test.py --self                    shows that a finding is found, and when a file is read again

What was found clean is remembered in FOLDER/.build/tidy: a file is read again only when it, a header that it includes,
its flags or .clang-tidy have changed.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

# Another version finds other things.
TIDY = "clang-tidy-14"
FOLDER = pathlib.Path(__file__).resolve().parent.parent
MEMORY = FOLDER / ".build/tidy"
KEPT_SECONDS = 30 * 24 * 3600
# What decides how a file is read; the rest (warnings, optimisation, sanitizers) differs between presets.
READING = re.compile(r"-(?:[DU]|std=|I|isystem|include)")
# Files that no build of ours lists: examples that are built alone, and what is compiled by a custom command.
ALONE = {".cpp": ["-std=c++20", "-Isdk/include", "-I."], ".c": ["-std=c11", "-Isdk/include", "-I."]}


def sources(which):
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.c", "*.cpp"],
                          cwd=FOLDER, stdout=subprocess.PIPE, check=True)
    paths = [path for path in sorted(done.stdout.decode().split("\0")) if path and (FOLDER / path).is_file()]
    return [path for path in paths if path.startswith("tests/") == (which == "tests")]


def flags_of(command):
    words, flags = iter(shlex.split(command)), []
    for word in words:
        if READING.match(word):
            flags.append(word)
            if word in ("-I", "-D", "-U", "-isystem", "-include"):
                flags.append(next(words))
    return flags


def built(build):
    """{path below FOLDER: (working folder, flags, the headers that it includes)} of a build folder."""
    if not (build / "compile_commands.json").exists():
        return {}
    done = subprocess.run(["ninja", "-C", build, "-t", "deps"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    headers = {}
    for block in done.stdout.split("\n\n"):
        first, *rest = block.strip().split("\n")
        if first.endswith("(VALID)"):
            headers[first.split(":")[0]] = [os.path.normpath(build / line.strip()) for line in rest]
    out = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.relpath(entry["file"], FOLDER)
        objects = re.search(r" -o (\S+)", entry["command"])
        out.setdefault(path, (entry["directory"], flags_of(entry["command"]), headers.get(objects and objects[1])))
    return out


@functools.lru_cache(maxsize=None)
def digest_of(path):
    try:
        return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
    except OSError:
        return "absent"


def key_of(version, path, flags, headers):
    if not headers:
        return None
    said = "\n".join([version, digest_of(FOLDER / ".clang-tidy"), path, *flags, *(f"{one} {digest_of(one)}" for one in sorted(headers))])
    return hashlib.sha256(said.encode()).hexdigest()


def read(path, folder, flags, remember):
    """What clang-tidy says of the file; nothing where it is clean, which is remembered in the file `remember`."""
    done = subprocess.run([TIDY, "--quiet", FOLDER / path, "--", *flags], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode == 0:
        if remember:
            remember.touch()
        return ""
    return done.stdout


class Rules(unittest.TestCase):
    def test_only_flags_that_decide_how_a_file_is_read_are_taken(self):
        self.assertEqual(flags_of("/usr/bin/c++ -DA='\"x y\"' -I/a -isystem /b -I /c -O2 -g -Wall -fPIC -std=c++20 -o x.o -c x.cpp"),
                         ['-DA="x y"', "-I/a", "-isystem", "/b", "-I", "/c", "-std=c++20"])

    def test_a_file_is_read_again_when_it_a_header_its_flags_or_the_version_change(self):
        with tempfile.TemporaryDirectory() as folder:
            header = pathlib.Path(folder, "x.h")
            header.write_text("int a;\n")
            keys = {key_of("1", "x.cpp", ["-DA"], [header]), key_of("2", "x.cpp", ["-DA"], [header]),
                    key_of("1", "x.cpp", ["-DB"], [header]), key_of("1", "y.cpp", ["-DA"], [header])}
            header.write_text("int b;\n")
            digest_of.cache_clear()
            keys.add(key_of("1", "x.cpp", ["-DA"], [header]))
            self.assertEqual(len(keys), 5)
        self.assertIsNone(key_of("1", "x.cpp", [], None), "without its headers nothing is known of a file")

    @unittest.skipUnless(shutil.which(TIDY), TIDY)
    def test_a_finding_is_found_and_what_is_clean_is_remembered(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(FOLDER / ".clang-tidy", folder)
            source, remember = pathlib.Path(folder, "x.cpp"), pathlib.Path(folder, "clean")
            source.write_text("double half(int a) { return a / 2; }\n")
            self.assertIn("bugprone-integer-division", read(source, folder, ["-std=c++20"], remember))
            self.assertFalse(remember.exists())
            source.write_text("double half(int a) { return a / 2.0; }\n")
            self.assertEqual(read(source, folder, ["-std=c++20"], remember), "")
            self.assertTrue(remember.exists())


def main(which, build):
    if not shutil.which(TIDY):
        print(f"[skip] there is no {TIDY} here: nobody looked for what it finds")
        return 0
    MEMORY.mkdir(parents=True, exist_ok=True)
    for old in MEMORY.iterdir():
        if old.stat().st_mtime < time.time() - KEPT_SECONDS:
            old.unlink()
    version = subprocess.run([TIDY, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    known = {**built(build / "tests/fuzz/targets"), **built(build)}
    remembered, work = 0, []
    for path in sources(which):
        folder, flags, headers = known.get(path, (FOLDER, ALONE[pathlib.Path(path).suffix], None))
        key = key_of(version, path, flags, headers)
        if key and (MEMORY / key).exists():
            (MEMORY / key).touch()
            remembered += 1
        else:
            work.append((path, folder, flags, key and MEMORY / key))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = [text for text in pool.map(lambda one: read(*one), work) if text]
    for text in dict.fromkeys(said):
        print(text, end="")
    print(f"tidy: {len(work)} files read, {remembered} unchanged, {len(said)} with findings")
    return 1 if said else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--self"]:
        sys.exit(not unittest.main(argv=[__file__], exit=False).result.wasSuccessful())
    if len(sys.argv) != 3 or sys.argv[1] not in ("production", "tests"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve()))
