#!/usr/bin/env python3
"""Who may include and link what (docs/architecture.md), and the form of our files.

    rooms_test.py [FOLDER]    checks the tree, by default the one that this file stands in; exit status 1 on a breach
    rooms_test.py --self      shows on made-up snippets that each rule can be broken
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = {"core", "plugins", "sdk", "cli", "tests", "docs"}
ROOMS = ("core", "plugins", "sdk", "cli")
MOST_LINES = 600

C_STD = set("""assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype""".split())
CXX_STD = set("""algorithm any array atomic barrier bit bitset cassert ccomplex cctype cerrno cfenv cfloat charconv chrono
cinttypes climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg
cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem forward_list
fstream functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view
syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant
vector version""".split())
# POSIX and what Linux adds to it, without sockets.
POSIX = {"dirent.h", "dlfcn.h", "elf.h", "fcntl.h", "fnmatch.h", "glob.h", "poll.h", "pthread.h", "pwd.h", "sched.h", "spawn.h",
         "strings.h", "sys/eventfd.h", "sys/file.h", "sys/ioctl.h", "sys/mman.h", "sys/resource.h", "sys/stat.h",
         "sys/statvfs.h", "sys/time.h", "sys/types.h", "sys/uio.h", "sys/utsname.h", "sys/wait.h", "termios.h", "unistd.h"}
SOCKETS = {"arpa/inet.h", "ifaddrs.h", "net/if.h", "netdb.h", "netinet/in.h", "netinet/tcp.h", "sys/epoll.h",
           "sys/select.h", "sys/sendfile.h", "sys/socket.h", "sys/un.h"}
# Third parties that those files alone may know.
ALONE = {"boost/dll/": ["core/plugin/loader.cpp"], "spdlog/": ["core/base/log.cpp"], "openssl/": ["core/base/digest.cpp", "cli/serve/tls.cpp"],
         "isa-l": ["core/archive/inflate.cpp", "core/base/checksum.cpp"], "zstd": ["core/archive/inflate.cpp"],
         "utf8proc": ["cli/show/width.cpp"]}
CORE_POCO = re.compile(r"Poco/[A-Za-z0-9]+\.h$")
LINKS = {  # a target's room: what else it may link
    "sdk": set(),
    "plugins": {"ferry::sdk", "ferry::kit", "Poco::", "Threads::Threads"},
    "core": {"ferry::sdk", "ferry::kit", "Poco::Foundation", "Threads::Threads", "OpenSSL::Crypto", "Boost::headers",
             "spdlog::", "${ISAL_LIBRARY}", "${ZSTD_LIBRARY}", "${CMAKE_DL_LIBS}"},
    "cli": {"ferry_core", "ferry::sdk", "ferry::kit", "${UTF8PROC_LIBRARY}", "Poco::Foundation", "Poco::Util", "Threads::Threads"},
}
PRINTS = re.compile(r"\bstd::(?:cout|cerr|clog|puts|printf|fprintf|vprintf|perror|putchar)\b"
                    r"|(?<![\w:.>])(?:printf|fprintf|vprintf|vfprintf|puts|putchar|perror|dprintf)\s*\("
                    r"|\b(?:fwrite|fputs|fputc|fflush)\s*\([^;]*\bstd(?:out|err)\b"
                    r"|(?<![\w.>])(?:::)?write\s*\(\s*(?:[12]|STD(?:OUT|ERR)_FILENO)\s*,")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
SOURCE = re.compile(r"\.(?:c|cc|cpp|h|hpp|inc)$")


def without_comments_and_texts(text):
    """The code of a C++ file: comments and literals blanked out, lines kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda m: ('""' if m.group()[0] in "R\"" else " ") + "\n" * m.group().count("\n"), text, flags=re.S)


def standard(header, cxx):
    name = header[:-2] if header.endswith(".h") else None
    return name in C_STD or (cxx and header in CXX_STD)


def breach_of_include(path, quoted, header, files):
    """Why that file may not include that header, or None."""
    room, *rest = path.split("/")
    own = os.path.normpath(os.path.join(os.path.dirname(path), header))
    if quoted and own in files:  # beside it
        header = own
    if room != "cli" and header.startswith("cli/"):
        return "nobody includes the cli"
    if room != "tests" and header.startswith("tests/"):
        return "nobody includes the tests"
    if room == "sdk":
        # The header-only layer goes into every plugin as it is; the kit is a library that builds on it.
        if header.startswith("ferry/kit/") and not path.startswith(("sdk/kit/", "sdk/include/ferry/kit/", "sdk/examples/", "sdk/template/")):
            return "the headers of the SDK do without the kit"
        cxx = not path.endswith((".h", ".c"))
        if standard(header, cxx) or (path.endswith((".h", ".c")) and header.startswith("ferry/") and header.endswith(".h")):
            return None
        if cxx and (header.startswith("ferry/") or header == "libintl.h"):  # gettext is in libc
            return None
        # Built by others, out of the tree: what their plugin needs, and their own folder.
        if rest[0] == "examples" and header.startswith(("openssl/", "/".join(["sdk", *rest[:2], ""]))):
            return None
        return "the SDK knows the standard library and itself alone"
    if room == "plugins":
        kind = rest[0]
        if header.startswith("openssl/"):
            return None if kind == "transport" else "OpenSSL is for plugins/transport"
        if header.startswith(("Poco/JSON/", "Poco/Dynamic/")):
            return "JSON is <ferry/kit/json.hpp>"
        if standard(header, True) or header in POSIX or header in SOCKETS or header.startswith(("ferry/", "Poco/")):
            return None
        if header.startswith("plugins/" + kind + "/") or quoted and kind + "/" + header.split("/", 1)[-1] == header \
                and "plugins/" + header in files:
            return None
        return "plugins know the SDK, Poco, the standard library and the folder of their kind"
    if room in ("core", "cli"):
        for begin, only in ALONE.items():
            if header.startswith(begin):
                return None if path in only else "only " + " and ".join(only) + " may"
        if path.startswith("cli/serve/") and (header in SOCKETS or header.startswith("Poco/Net/") or header == "crypt.h"):
            return None
        if header in SOCKETS:
            return "core and cli open no socket, but for cli/serve"
        if standard(header, True) or header in POSIX or header.startswith(("ferry/", "core/")):
            return None
        if header == "libintl.h":  # who speaks uses <ferry/text.hpp>
            return None if path == "cli/line/language.cpp" else "only cli/line/language.cpp decides the language"
        if header.startswith("Poco/"):
            util = room == "cli" and header.startswith("Poco/Util/")
            return None if util or CORE_POCO.match(header) else "Poco Foundation only: JSON is <ferry/kit/json.hpp>"
        if room == "cli" and header.startswith("cli/"):
            return None
        return "unknown to this room"
    return None


def links_of(text):
    """The libraries named by target_link_libraries and ferry_add_plugin(... LIBRARIES ...), with the target."""
    text = re.sub(r"#[^\n]*", "", text)
    for command, body in re.findall(r"\b(target_link_libraries|ferry_add_plugin)\s*\(([^()]*)\)", text):
        words = body.split()
        if command == "ferry_add_plugin":
            words = words[:1] + (words[words.index("LIBRARIES") + 1:] if "LIBRARIES" in words else [])
        for word in words[1:]:
            if word not in ("PUBLIC", "PRIVATE", "INTERFACE"):
                yield words[0], word


def breach_of_link(path, library, own_targets):
    room, *rest = path.split("/")
    if room not in LINKS or library in own_targets:
        return None
    if room == "sdk" and rest[0] == "examples" and library == "OpenSSL::Crypto":
        return None
    if library.startswith("OpenSSL::") and room == "plugins":
        return None if rest[0] == "transport" else "OpenSSL is for plugins/transport"
    if path.startswith("cli/serve/") and library in ("Poco::Net", "OpenSSL::SSL", "crypt"):
        return None
    if any(library == known or known.endswith("::") and library.startswith(known) for known in LINKS[room]):
        return None
    return room + " may not link " + library


def targets_of(text):
    return set(re.findall(r"\b(?:add_library|add_executable|ferry_add_plugin)\s*\(\s*([\w:]+)", text))


def breaches_of_form(path, text):
    lines = text.split("\n")
    if path.split("/")[0] in ROOMS and len(lines) - 1 > MOST_LINES and not path.endswith(".po"):
        yield f"{path}: {len(lines) - 1} lines, more than {MOST_LINES}"
    if text and not text.endswith("\n"):
        yield f"{path}: no line end at its end"
    if text.endswith("\n\n"):
        yield f"{path}: empty lines at its end"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"
        if "\t" in line:
            yield f"{path}:{number}: a tab"


def breaches(tree):
    """All breaches in a tree given as {path: text}."""
    found = []
    tops = {path.split("/")[0] for path in tree if "/" in path and not path.startswith(".")}
    for extra in sorted(tops - TOP):
        found.append(f"{extra}/: no room of that name")
    for missing in sorted(TOP - tops):
        found.append(f"{missing}/: this room is missing")
    own = {room: set() for room in ROOMS}
    for path, text in tree.items():
        if path.endswith("CMakeLists.txt") and path.split("/")[0] in own:
            own[path.split("/")[0]] |= targets_of(text)
    for path, text in sorted(tree.items()):
        room = path.split("/")[0]
        if room not in ROOMS:
            continue
        found += breaches_of_form(path, text)
        if path.endswith("CMakeLists.txt"):
            for target, library in links_of(text):
                why = breach_of_link(path, library, own[room])
                if why:
                    found.append(f"{path}: {target} links {library}: {why}")
        if not SOURCE.search(path):
            continue
        for match in INCLUDE.finditer(text):
            why = breach_of_include(path, match[1] == '"', match[2], tree)
            if why:
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: includes {match[2]}: {why}")
        if room != "cli":
            for match in PRINTS.finditer(without_comments_and_texts(text)):
                line = without_comments_and_texts(text).count("\n", 0, match.start()) + 1
                found.append(f"{path}:{line}: prints ({match[0].strip()}): only the cli does")
    return found


def files_of(folder):
    """What git knows of the tree, so that what demo, an editor or a build left in it is none of ours."""
    done = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                          cwd=folder, stdout=subprocess.PIPE, check=True)
    return sorted(path for path in done.stdout.decode().split("\0") if path)


def read_tree(folder):
    tree = {}
    for path in files_of(folder):
        full = os.path.join(folder, path)
        if path.startswith(".") or "/" not in path or not os.path.isfile(full):
            continue
        if path.split("/")[0] not in ROOMS:
            tree[path] = ""
            continue
        with open(full, encoding="utf-8") as file:
            tree[path] = file.read()
    return tree


class Rules(unittest.TestCase):
    """Each rule is broken by a snippet, and by that alone."""
    CLEAN = {"core/base/x.cpp": '#include "core/base/x.h"\n#include <vector>\n#include <Poco/Path.h>\n#include <sys/stat.h>\n',
             "core/base/x.h": "#include <ferry/ferry.hpp>\n", "core/base/digest.cpp": "#include <openssl/evp.h>\n",
             "core/CMakeLists.txt": "add_library(ferry_core x.cpp)\ntarget_link_libraries(ferry_core PUBLIC ferry::sdk PRIVATE OpenSSL::Crypto)\n",
             "plugins/transport/a.cpp": '#include "wire.h"\n#include <Poco/Net/Socket.h>\n#include <openssl/ssl.h>\n#include <netdb.h>\n',
             "plugins/transport/wire.h": "#include <string>\n", "plugins/packer/p.cpp": '#include "plugins/packer/q.h"\n',
             "sdk/examples/e/x.cpp": '#include "x.hpp"\n#include <openssl/hmac.h>\n', "sdk/examples/e/x.hpp": "",
             "sdk/examples/f/y.hpp": "", "plugins/packer/q.h": "", "sdk/include/ferry/base.h": "#include <stdint.h>\n",
             "sdk/include/ferry/ferry.hpp": "#include <ferry/base.h>\n#include <string>\n",
             "sdk/include/ferry/kit/j.hpp": "#include <ferry/ferry.hpp>\n#include <string>\n",
             "sdk/kit/j.cpp": "#include <ferry/kit/j.hpp>\n#include <ferry/ferry.hpp>\n#include <charconv>\n",
             "sdk/CMakeLists.txt": "add_library(ferry_kit STATIC kit/j.cpp)\ntarget_link_libraries(ferry_kit PUBLIC ferry_sdk)\nadd_library(ferry_sdk INTERFACE)\n",
             "cli/main.cpp": '#include "core/job/pull.h"\n#include <Poco/Util/Application.h>\nint main() { std::cout << 1; }\n',
             "cli/serve/s.cpp": '#include <Poco/Net/HTTPServer.h>\n#include <sys/socket.h>\n#include <crypt.h>\n',
             "cli/serve/CMakeLists.txt": "add_library(ferry_serve s.cpp)\ntarget_link_libraries(ferry_serve PRIVATE Poco::Net OpenSSL::SSL crypt)\n",
             "core/job/pull.h": "", "tests/x.cpp": "#include <anything>\n", "docs/x.md": "", ".ci/run": "", "README.md": ""}

    def broken(self, path, text):
        tree = dict(self.CLEAN)
        tree[path] = text
        return breaches(tree)

    def test_a_clean_tree_has_no_breach(self):
        self.assertEqual(breaches(self.CLEAN), [])

    def test_each_forbidden_include_is_found(self):
        for path, header in [
                ("sdk/include/ferry/base.h", "<string>"), ("sdk/include/ferry/base.h", "<ferry/ferry.hpp>"),
                ("sdk/include/ferry/base.h", "<unistd.h>"), ("sdk/include/ferry/ferry.hpp", "<Poco/Path.h>"),
                ("sdk/include/ferry/ferry.hpp", '"core/job/pull.h"'), ("sdk/examples/e/x.cpp", '"../f/y.hpp"'),
                ("sdk/include/ferry/ferry.hpp", "<ferry/kit/j.hpp>"), ("sdk/kit/j.cpp", "<Poco/Path.h>"),
                ("sdk/kit/j.cpp", "<unistd.h>"), ("sdk/kit/j.cpp", '"core/job/pull.h"'), ("sdk/kit/j.cpp", '"plugins/packer/q.h"'),
                ("core/base/x.cpp", "<Poco/JSON/Parser.h>"), ("core/base/x.cpp", "<Poco/Dynamic/Var.h>"),
                ("plugins/registry/r.cpp", "<Poco/JSON/Parser.h>"), ("sdk/examples/e/x.cpp", "<unistd.h>"), ("plugins/packer/p.cpp", '"core/job/pull.h"'),
                ("plugins/packer/p.cpp", '"../../core/job/pull.h"'), ("plugins/packer/p.cpp", "<core/job/pull.h>"),
                ("plugins/packer/p.cpp", '"cli/commands/pull.h"'), ("plugins/packer/p.cpp", '"plugins/transport/wire.h"'),
                ("plugins/packer/p.cpp", '"transport/wire.h"'), ("plugins/packer/p.cpp", '"../transport/wire.h"'),
                ("plugins/packer/p.cpp", "<openssl/evp.h>"), ("plugins/registry/r.cpp", "<openssl/evp.h>"),
                ("plugins/packer/p.cpp", "<boost/any.hpp>"), ("plugins/packer/p.cpp", "<zlib.h>"),
                ("plugins/packer/p.cpp", '"tests/x.h"'), ("core/base/x.cpp", "<Poco/Net/HTTPRequest.h>"),
                ("core/base/x.cpp", "<Poco/Util/Application.h>"), ("core/base/x.cpp", "<sys/socket.h>"),
                ("core/base/x.cpp", "<netdb.h>"), ("core/base/x.cpp", "<boost/dll/shared_library.hpp>"),
                ("core/base/x.cpp", "<boost/asio.hpp>"), ("core/base/x.cpp", "<spdlog/spdlog.h>"),
                ("core/base/x.cpp", "<openssl/evp.h>"), ("core/base/x.cpp", "<isa-l/igzip_lib.h>"), ("core/base/x.cpp", "<zstd.h>"),
                ("core/base/x.cpp", "<zstd_errors.h>"), ("core/base/x.cpp", '"cli/commands/pull.h"'),
                ("core/base/x.cpp", '"../../cli/args.h"'), ("core/base/x.cpp", '"plugins/packer/q.h"'),
                ("core/base/x.cpp", '"tests/x.h"'), ("cli/main.cpp", "<Poco/Net/Socket.h>"), ("cli/main.cpp", '"plugins/packer/q.h"'),
                ("cli/main.cpp", "<spdlog/spdlog.h>"), ("cli/main.cpp", "<sys/socket.h>"), ("cli/main.cpp", "<crypt.h>"),
                ("cli/main.cpp", "<libintl.h>"), ("core/base/x.cpp", "<libintl.h>"),
                ("cli/serve/s.cpp", "<openssl/evp.h>"), ("core/base/x.cpp", '"cli/serve/s.h"')]:
            for form in ("#include ", "  #  include  "):
                found = self.broken(path, "int a;\n" + form + header + "\n")
                self.assertEqual(len(found), 1, (path, header, found))
                self.assertIn(path + ":2: includes " + header.strip('<>"'), found[0])

    def test_each_forbidden_link_is_found(self):
        for path, line in [("core/CMakeLists.txt", "target_link_libraries(ferry_core PRIVATE Poco::Net)"),
                           ("core/CMakeLists.txt", "target_link_libraries(ferry_core\n  PRIVATE ferry::sdk\n  ferry_cli)"),
                           ("core/CMakeLists.txt", "target_link_libraries(ferry_core PRIVATE packer_shared)"),
                           ("core/CMakeLists.txt", "target_link_libraries(ferry_core PRIVATE Poco::JSON)"),
                           ("plugins/packer/CMakeLists.txt", "ferry_add_plugin(p SOURCES p.cpp LIBRARIES ferry_core)"),
                           ("plugins/packer/CMakeLists.txt", "target_link_libraries(p PRIVATE OpenSSL::Crypto)"),
                           ("sdk/CMakeLists.txt", "target_link_libraries(s INTERFACE Poco::Foundation)"),
                           ("cli/CMakeLists.txt", "target_link_libraries(c PRIVATE Poco::Net)"),
                           ("cli/serve/CMakeLists.txt", "target_link_libraries(s PRIVATE Poco::NetSSL)")]:
            self.assertEqual(len(self.broken(path, line + "\n")), 1, line)
        allowed = "add_library(packer_shared q.cpp)\nferry_add_plugin(p SOURCES p.cpp LIBRARIES packer_shared Poco::Net)\n"
        self.assertEqual(self.broken("plugins/packer/CMakeLists.txt", allowed), [])
        self.assertEqual(self.broken("plugins/transport/CMakeLists.txt", "target_link_libraries(t PUBLIC OpenSSL::SSL)\n"), [])

    def test_printing_is_found_outside_the_cli(self):
        for code in ('std::cout << 1;', 'std::cerr << 1;', 'std::clog << 1;', 'printf("x");', 'std::printf("x");', 'fprintf(stderr, "x");',
                     'std::fprintf(stdout, "x");', 'puts("x");', 'perror("x");', 'fwrite(p, 1, 2, stderr);', 'std::fputs("x", stdout);',
                     'write(2, p, 1);', '::write(STDERR_FILENO, p, 1);'):
            for path in ("core/base/x.cpp", "plugins/packer/p.cpp", "sdk/include/ferry/ferry.hpp"):
                found = self.broken(path, "// printf(\nint a;\n" + code + "\n")
                self.assertEqual([line.split(":")[1] for line in found], ["3"], (path, code, found))
        for code in ('std::snprintf(b, 1, "x");', 'file.write(p, 1);', 'log.printf("x");', '// std::cout', '/* printf(\n */',
                     'f("std::cerr printf(");', 'R"(puts("x"))";', 'fwrite(p, 1, 2, file);', '::write(fd, p, 1);', 'sprintf_like(1);'):
            self.assertEqual(self.broken("core/base/x.cpp", code + "\n"), [], code)

    def test_bad_form_is_found(self):
        for text in ("int a; \n", "\tint a;\n", "int a;", "int a;\n\n", "\n" * (MOST_LINES + 1) + "x\n"):
            self.assertEqual(len(self.broken("core/base/x.cpp", text)), 1, repr(text[-20:]))

    def test_what_git_ignores_is_not_read_and_what_is_new_is(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in ("core/x.cpp", "output/nginx.tar", "new/y.cpp"):
                os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                    file.write("int a;\n")
            with open(os.path.join(folder, ".gitignore"), "w", encoding="utf-8") as file:
                file.write("/output/\n")
            subprocess.run(["git", "init", "-q", folder], check=True)
            self.assertEqual(sorted(read_tree(folder)), ["core/x.cpp", "new/y.cpp"])

    def test_a_room_too_many_or_too_few_is_found(self):
        self.assertEqual(self.broken("src/x.cpp", ""), ["src/: no room of that name"])
        without = {path: text for path, text in self.CLEAN.items() if not path.startswith("docs/")}
        self.assertEqual(breaches(without), ["docs/: this room is missing"])


def main(arguments):
    if arguments == ["--self"]:
        return not unittest.main(argv=[__file__], exit=False).result.wasSuccessful()
    folder = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tree = read_tree(folder)
    sources = sum(1 for path in tree if SOURCE.search(path) and path.split("/")[0] in ROOMS)
    if sources < 50:
        print(f"{folder} holds {sources} sources: this is not the tree", file=sys.stderr)
        return 1
    found = breaches(tree)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
