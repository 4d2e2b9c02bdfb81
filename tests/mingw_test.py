#!/usr/bin/env python3
"""Every source outside the os folders compiles for Windows (-fsyntax-only, with Debian's mingw-w64).

    mingw_test.py [FOLDER]   checks the tree, by default the one that this file stands in; exit status 1 on a failure, 77 when
                             this machine has no such compiler
    mingw_test.py --self     shows on made-up sources that the check can fail

Third parties' headers are those of this machine's packages, through a folder of links, so that /usr/include itself is not
searched: what they say is the same on every system, but for what they choose by the compiler's macros.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

COMPILERS = ("x86_64-w64-mingw32-g++-posix", "x86_64-w64-mingw32-g++")
NOT_HERE = 77
ROOMS = ("core", "cli", "plugins", "sdk")
# Files that fail all the same: a list that only shrinks.
FAILING = set()
# Headers of third parties, as they are called in /usr/include.
LINKED = ("Poco", "boost", "fmt", "isa-l", "isa-l.h", "spdlog", "utf8proc.h", "zstd.h", "zstd_errors.h")
# What is called otherwise here: Poco spells these headers of Windows with capitals.
STUBS = {"Winsock2.h": "#include <winsock2.h>\n", "Iphlpapi.h": "#include <iphlpapi.h>\n"}
FLAGS = ["-std=c++20", "-D_WIN32_WINNT=0x0A00", '-DFERRY_VERSION="0"', '-DFERRY_DEMO_PROGRAM="none"']
# Compiled once: most files need them anyhow.
COMMON = """algorithm array atomic chrono condition_variable fstream functional map memory mutex optional set sstream
stop_token string thread unordered_map vector""".split()


def compiler():
    return next((found for found in map(shutil.which, COMPILERS) if found), None)


def sources_of(folder):
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *ROOMS],
                          cwd=folder, stdout=subprocess.PIPE, check=True)
    return sorted(path for path in done.stdout.decode().split("\0") if is_portable(path) and os.path.isfile(os.path.join(folder, path)))


def is_portable(path):
    """Is it a source that has to compile everywhere?"""
    return path.endswith(".cpp") and not path.endswith("_posix.cpp") and "os" not in path.split("/")[1:-1]


def make_headers(folder, usr="/usr/include"):
    os.makedirs(folder)
    for name in LINKED:
        if os.path.exists(os.path.join(usr, name)):
            os.symlink(os.path.join(usr, name), os.path.join(folder, name))
    # Debian keeps what depends on the machine in a folder of its own.
    os.makedirs(os.path.join(folder, "openssl"))
    for begin in (usr, *(os.path.join(usr, name) for name in sorted(os.listdir(usr)) if name.endswith("-linux-gnu"))):
        openssl = os.path.join(begin, "openssl")
        for name in os.listdir(openssl) if os.path.isdir(openssl) else ():
            link = os.path.join(folder, "openssl", name)
            if not os.path.lexists(link):
                os.symlink(os.path.join(openssl, name), link)
    for name, text in STUBS.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write("#pragma once\n" + text)


class Check:
    """A compiler with its headers, in a folder that is gone afterwards."""

    def __init__(self, tree):
        self.scratch = tempfile.TemporaryDirectory(prefix="ferry-mingw-")
        headers = os.path.join(self.scratch.name, "headers")
        make_headers(headers)
        self.tree = tree
        self.command = [compiler(), *FLAGS, "-I", tree, "-I", os.path.join(tree, "sdk/include"), "-I", os.path.join(tree, "plugins"),
                        "-isystem", headers]
        common = os.path.join(self.scratch.name, "common.h")
        with open(common, "w", encoding="utf-8") as file:
            file.writelines(f"#include <{name}>\n" for name in COMMON)
        subprocess.run([*self.command, "-x", "c++-header", common, "-o", common + ".gch"], check=True)
        self.command += ["-include", common, "-fsyntax-only"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.scratch.cleanup()

    def errors_of(self, path):
        """What the compiler says of a file; empty when it compiles."""
        done = subprocess.run([*self.command, path], cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = done.stdout.decode(errors="replace")
        errors = [line for line in text.splitlines() if re.search(r"\berror:", line)]
        return errors or [text.strip() or "the compiler failed"] if done.returncode else []

    def errors_of_all(self, paths):
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return {path: errors for path, errors in zip(paths, pool.map(self.errors_of, paths)) if errors}


class CheckItself(unittest.TestCase):
    def test_portable_code_passes_and_what_windows_lacks_fails(self):
        sources = {"portable.cpp": "#include <Poco/Net/IPAddress.h>\n#include <openssl/evp.h>\n#include <thread>\nstd::jthread t;\n",
                   "socket.cpp": "#include <sys/socket.h>\n",
                   "timegm.cpp": "#include <ctime>\nvoid f(std::tm &t) { ::timegm(&t); }\n",
                   "setenv.cpp": "#include <cstdlib>\nvoid f() { ::setenv(\"A\", \"b\", 1); }\n"}
        with tempfile.TemporaryDirectory() as tree:
            for name, code in sources.items():
                with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                    file.write(code)
            with Check(tree) as check:
                self.assertEqual(sorted(check.errors_of_all(list(sources))), ["setenv.cpp", "socket.cpp", "timegm.cpp"])

    def test_the_os_folders_are_left_out(self):
        self.assertTrue(is_portable("core/base/x.cpp"))
        for path in ("core/os/x_posix.cpp", "core/os/x_windows.cpp", "plugins/transport/os/x.cpp", "core/base/x.h", "core/base/x_posix.cpp"):
            self.assertFalse(is_portable(path), path)


def main(arguments):
    if not compiler():
        print("SKIPPED: no mingw-w64 compiler here (Debian: g++-mingw-w64-x86-64-posix)")
        return NOT_HERE
    if arguments == ["--self"]:
        return not unittest.main(argv=[__file__], exit=False).result.wasSuccessful()
    tree = os.path.abspath(arguments[0] if arguments else os.path.join(os.path.dirname(__file__), ".."))
    paths = sources_of(tree)
    if len(paths) < 50:
        print(f"{tree} holds {len(paths)} sources: this is not the tree", file=sys.stderr)
        return 1
    with Check(tree) as check:
        failed = check.errors_of_all(paths)
    wrong = 0
    for path, errors in failed.items():
        if path not in FAILING:
            wrong += 1
            print(f"{path} does not compile for Windows:", *errors[:5], sep="\n  ")
    for path in sorted(FAILING - set(failed)):
        wrong += 1
        print(f"{path}: compiles for Windows, or is gone: strike it from FAILING")
    print(f"mingw: {len(failed)} of {len(paths)} sources outside the os folders fail")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
