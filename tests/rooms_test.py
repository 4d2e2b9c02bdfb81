#!/usr/bin/env python3
"""Who may include and link what (docs/architecture.md), and the form of our files.

    rooms_test.py [FOLDER]            checks the tree, by default the one that this file stands in; exit status 1 on a breach
    rooms_test.py --arrows [FOLDER]   prints which folder includes which, how often, and where system headers are
    rooms_test.py --self              shows on made-up snippets that each rule can be broken
"""
import collections
import os
import re
import subprocess
import sys
import tempfile
import unittest

TOP = {"core", "plugins", "sdk", "cli", "tests", "docs"}
ROOMS = ("core", "plugins", "sdk", "cli")
MOST_LINES = 400
# Files that are longer than that, and how long they may be: a list that only shrinks.
OVERLONG = {}

# Which folders a folder may include, besides itself. Whoever is not named here includes no other folder of its room.
# The order is that of the rooms, from the bottom up: no folder may include one that stands below it in this list.
INNER = {
    "core/base": "",
    "core/os": "core/base",
    "core/image": "core/base",
    "core/plugin": "core/base core/os",
    "core/http": "core/base core/os core/plugin",
    "core/registry": "core/base core/os core/image core/plugin core/http",
    "core/archive": "core/base core/os core/image",
    "core/transfer": "core/base core/os core/image",
    "core/pack": "core/base core/os core/image core/plugin core/archive core/transfer",
    "core/job": "core/base core/os core/image core/plugin core/http core/registry core/archive core/transfer core/pack",
    "cli/language": "core/base core/os",
    "cli/show": "core/base core/os core/transfer cli/language",
    "cli/line": "core/base core/os cli/language cli/show",
    "cli/serve/os": "core/base core/os",
    "cli/serve": "core/base core/os core/archive cli/language cli/show cli/serve/os",
    "cli/demo": "core/base core/os core/image core/archive core/job cli/language cli/show cli/serve",
    "cli/commands": "core/base core/os core/image core/plugin core/registry core/pack core/job cli/language cli/show cli/line cli/serve cli/demo",
    "cli": "core/base core/os core/job cli/language cli/show cli/line cli/serve cli/demo cli/commands",
    "plugins/packer": "",
    "plugins/registry": "",
    "plugins/transport/os": "",
    "plugins/transport": "plugins/transport/os",
}
WITHIN = {("core", "core"), ("core", "cli"), ("cli", "cli"),
          *(("plugins/" + kind,) * 2 for kind in ("packer", "registry", "transport"))}
INNER = {folder: allowed.split() for folder, allowed in INNER.items()}

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
# What only a folder named os may include: the headers of an operating system, and of what comes with one.
SYSTEM = {*"""aio.h crypt.h dirent.h dlfcn.h elf.h execinfo.h fcntl.h fnmatch.h ftw.h getopt.h glob.h grp.h ifaddrs.h langinfo.h
    libgen.h link.h netdb.h poll.h pthread.h pwd.h sched.h semaphore.h spawn.h strings.h syslog.h termios.h unistd.h utime.h
    csignal signal.h copyfile.h libproc.h
    windows.h winsock2.h ws2tcpip.h mswsock.h iphlpapi.h aclapi.h bcrypt.h wincrypt.h io.h direct.h process.h conio.h psapi.h
    sddl.h shellapi.h shlobj.h tlhelp32.h userenv.h winioctl.h winternl.h""".split()}
SYSTEM_FOLDERS = ("arpa/", "linux/", "mach/", "mach-o/", "net/", "netinet/", "sys/", "CoreFoundation/", "Security/")
# Files elsewhere that have some all the same: a list that only shrinks. greeting.c is the program inside the demo's image.
SYSTEM_ELSEWHERE = {"cli/demo/greeting.c"}
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


def is_system(header):
    return header.lower() in SYSTEM or header in SYSTEM or header.startswith(SYSTEM_FOLDERS)


def in_os(path):
    """Does that file stand in one of the few folders that know the operating system?"""
    return "os" in path.split("/")[1:-1]


def target_of(path, header, files):
    """The file of ours that an include names, or None."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), header))
    return next((place for place in (beside, header, "plugins/" + header) if place in files), None)


def room_of(path):
    return "/".join(path.split("/")[:2 if path.startswith("plugins/") else 1])


def arrows_of(tree):
    """How often the files of one folder include those of another, as {(from, to): count}."""
    arrows = collections.Counter()
    for path, text in tree.items():
        if path.split("/")[0] not in ("core", "cli", "plugins") or not SOURCE.search(path):
            continue
        for match in INCLUDE.finditer(text):
            target = target_of(path, match[2], tree)
            # Which room, and which kind of plugin, may include which is another rule.
            if target and (room_of(target), room_of(path)) in WITHIN:
                arrows[os.path.dirname(path), os.path.dirname(target)] += 1
    return {arrow: count for arrow, count in arrows.items() if arrow[0] != arrow[1]}


def circle_of(arrows):
    """Folders that include each other in a circle, from one of them back to it, or None."""
    after = collections.defaultdict(list)
    for begin, end in sorted(arrows):
        after[begin].append(end)
    done = set()

    def walk(folder, way):
        if folder in way:
            return way[way.index(folder):] + [folder]
        if folder in done:
            return None
        for following in after[folder]:
            found = walk(following, way + [folder])
            if found:
                return found
        done.add(folder)
        return None
    return next((found for found in (walk(folder, []) for folder in sorted(after)) if found), None)


def breaches_of_arrows(tree):
    arrows = arrows_of(tree)
    for begin, end in sorted(arrows):
        if end not in INNER.get(begin, []):
            files = sorted(path for path, text in tree.items() if os.path.dirname(path) == begin and SOURCE.search(path) and any(
                os.path.dirname(target_of(path, match[2], tree) or "") == end for match in INCLUDE.finditer(text)))
            yield f"{begin}/ includes {end}/, which the table of rooms_test.py does not allow: {', '.join(files)}"
    circle = circle_of(arrows)
    if circle:
        yield "a circle: " + " -> ".join(circle)


def breaches_of_table(inner):
    """The table of the inner rooms against its own rule."""
    seen = set()
    for folder, allowed in inner.items():
        for other in allowed:
            if other not in seen:
                yield f"the table of rooms_test.py lets {folder}/ include {other}/, which does not stand before it"
        seen.add(folder)


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
    if quoted and header.endswith("_posix.h") and not (in_os(path) and path.endswith(("_posix.cpp", "_posix.h"))):
        return "only the POSIX halves of the os folders may"
    if is_system(header) and room in ROOMS:
        if room != "sdk" and (in_os(path) or path in SYSTEM_ELSEWHERE):
            return None
        return "headers of the operating system are for the os folders"
    if room == "sdk":
        # The header-only layer goes into every plugin as it is; the kit is a library that builds on it.
        if header.startswith("ferry/kit/") and not path.startswith(("sdk/kit/", "sdk/include/ferry/kit/", "sdk/examples/", "sdk/template/")):
            return "the headers of the SDK do without the kit"
        cxx = not path.endswith((".h", ".c"))
        if standard(header, cxx) or (path.endswith((".h", ".c")) and header.startswith("ferry/") and header.endswith(".h")):
            return None
        if header.startswith("sdk/kit/") and path.startswith("sdk/kit/"):  # what the kit keeps to itself
            return None
        if cxx and header.startswith("ferry/"):
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
        if standard(header, True) or header.startswith(("ferry/", "Poco/")):
            return None
        if header.startswith("plugins/" + kind + "/") or quoted and kind + "/" + header.split("/", 1)[-1] == header \
                and "plugins/" + header in files:
            return None
        return "plugins know the SDK, Poco, the standard library and the folder of their kind"
    if room in ("core", "cli"):
        for begin, only in ALONE.items():
            if header.startswith(begin):
                return None if path in only else "only " + " and ".join(only) + " may"
        if path.startswith("cli/serve/") and header.startswith("Poco/Net/"):
            return None
        if standard(header, True) or header.startswith(("ferry/", "core/")):
            return None
        if header == "libintl.h":
            return "texts are <ferry/text.hpp>, and cli/language has their words"
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
    most = OVERLONG.get(path, MOST_LINES)
    if path.split("/")[0] in ROOMS and len(lines) - 1 > most and not path.endswith(".po"):
        yield f"{path}: {len(lines) - 1} lines, more than {most}"
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
    found += breaches_of_arrows(tree)
    return found


def has_system(text):
    return any(match[1] == "<" and is_system(match[2]) for match in INCLUDE.finditer(text))


def breaches_of_lists(tree):
    """Exceptions that are no longer needed: the lists of them only shrink."""
    for path in sorted(OVERLONG):
        if tree.get(path, "").count("\n") <= MOST_LINES:
            yield f"{path}: no longer too long: strike it from OVERLONG"
    for path in sorted(SYSTEM_ELSEWHERE):
        if not has_system(tree.get(path, "")):
            yield f"{path}: has no system header any more: strike it from SYSTEM_ELSEWHERE"


def print_arrows(tree):
    arrows = arrows_of(tree)
    order = list(INNER)
    for begin, end in sorted(arrows, key=lambda arrow: [order.index(folder) if folder in order else -1 for folder in arrow]):
        print(f"{begin:20} -> {end:20} {arrows[begin, end]:4}" + ("" if end in INNER.get(begin, []) else "  not allowed"))
    circle = circle_of(arrows)
    print("circle:", " -> ".join(circle) if circle else "none")
    sources = [path for path in tree if SOURCE.search(path) and path.split("/")[0] in ROOMS]
    system = [path for path in sources if has_system(tree[path])]
    print(f"files with system headers: {sum(map(in_os, system))} in os folders, {sum(not in_os(path) for path in system)} elsewhere,"
          f" of {len(sources)}")


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
    CLEAN = {"core/base/x.cpp": '#include "core/base/x.h"\n#include <vector>\n#include <Poco/Path.h>\n',
             "core/os/y_posix.cpp": '#include "core/os/y_posix.h"\n#include <sys/stat.h>\n#include <csignal>\n#include <windows.h>\n',
             "core/os/y_posix.h": "", "core/os/y.h": '#include "core/base/x.h"\n',
             "core/base/x.h": "#include <ferry/ferry.hpp>\n", "core/base/digest.cpp": "#include <openssl/evp.h>\n",
             "core/CMakeLists.txt": "add_library(ferry_core x.cpp)\ntarget_link_libraries(ferry_core PUBLIC ferry::sdk PRIVATE OpenSSL::Crypto)\n",
             "plugins/transport/a.cpp": '#include "wire.h"\n#include <Poco/Net/Socket.h>\n#include <openssl/ssl.h>\n#include "plugins/transport/os/s.h"\n',
             "plugins/transport/os/s.h": "", "plugins/transport/os/s_posix.cpp": "#include <netdb.h>\n",
             "plugins/transport/wire.h": "#include <string>\n", "plugins/packer/p.cpp": '#include "plugins/packer/q.h"\n',
             "sdk/examples/e/x.cpp": '#include "x.hpp"\n#include <openssl/hmac.h>\n', "sdk/examples/e/x.hpp": "",
             "sdk/examples/f/y.hpp": "", "plugins/packer/q.h": "", "sdk/include/ferry/base.h": "#include <stdint.h>\n",
             "sdk/include/ferry/ferry.hpp": "#include <ferry/base.h>\n#include <string>\n",
             "sdk/include/ferry/kit/j.hpp": "#include <ferry/ferry.hpp>\n#include <string>\n",
             "sdk/kit/j.cpp": "#include <ferry/kit/j.hpp>\n#include <ferry/ferry.hpp>\n#include <charconv>\n",
             "sdk/CMakeLists.txt": "add_library(ferry_kit STATIC kit/j.cpp)\ntarget_link_libraries(ferry_kit PUBLIC ferry_sdk)\nadd_library(ferry_sdk INTERFACE)\n",
             "cli/main.cpp": '#include "core/job/pull.h"\n#include <Poco/Util/Application.h>\nint main() { std::cout << 1; }\n',
             "cli/serve/s.cpp": '#include <Poco/Net/HTTPServer.h>\n#include "cli/serve/os/p.h"\n',
             "cli/serve/os/p.h": "", "cli/serve/os/p_posix.cpp": "#include <sys/socket.h>\n#include <crypt.h>\n",
             "cli/serve/CMakeLists.txt": "add_library(ferry_serve s.cpp)\ntarget_link_libraries(ferry_serve PRIVATE Poco::Net OpenSSL::SSL crypt)\n",
             "core/job/pull.h": '#include "core/os/y.h"\n', "tests/x.cpp": "#include <anything>\n", "docs/x.md": "", ".ci/run": "", "README.md": ""}

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
                *[(path, f"<{header}>") for path in ("core/base/x.cpp", "cli/serve/s.cpp", "cli/main.cpp", "plugins/transport/a.cpp",
                                                     "sdk/include/ferry/ferry.hpp")
                  for header in ("windows.h", "Windows.h", "winsock2.h", "csignal", "signal.h", "dlfcn.h", "unistd.h", "sys/stat.h",
                                 "poll.h", "pwd.h", "termios.h", "spawn.h", "netdb.h", "arpa/inet.h", "fcntl.h", "elf.h")],
                ("core/job/pull.h", '"core/os/y_posix.h"'), ("core/os/y.h", '"core/os/y_posix.h"'),
                ("cli/language/language.cpp", "<libintl.h>"), ("core/base/x.cpp", "<libintl.h>"), ("sdk/include/ferry/text.hpp", "<libintl.h>"),
                ("cli/serve/s.cpp", "<openssl/evp.h>"), ("core/base/x.cpp", '"cli/serve/s.h"')]:
            for form in ("#include ", "  #  include  "):
                found = self.broken(path, "int a;\n" + form + header + "\n")
                self.assertEqual(len(found), 1, (path, header, found))
                self.assertIn(path + ":2: includes " + header.strip('<>"'), found[0])

    def test_an_arrow_between_folders_that_the_table_does_not_have_is_found(self):
        for path, header, begin, end in [
                ("core/image/i.h", '"core/os/y.h"', "core/image", "core/os"),
                ("core/os/y.h", "<core/job/pull.h>", "core/os", "core/job"),
                ("core/new/n.cpp", '"../base/x.h"', "core/new", "core/base"),
                ("cli/serve/s.cpp", '"core/job/pull.h"', "cli/serve", "core/job"),
                ("cli/serve/os/p.h", '"cli/show/x.h"', "cli/serve/os", "cli/show"),
                ("plugins/transport/os/s.h", '"plugins/transport/wire.h"', "plugins/transport/os", "plugins/transport")]:
            tree = {**self.CLEAN, "cli/show/x.h": ""}
            tree[path] = f"  #  include  {header}\n"
            found = [line for line in breaches(tree) if "circle" not in line]
            self.assertEqual(found, [f"{begin}/ includes {end}/, which the table of rooms_test.py does not allow: {path}"])

    def test_a_circle_is_found_and_named(self):
        self.assertIsNone(circle_of([("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]))
        self.assertEqual(circle_of([("x", "a"), ("a", "b"), ("b", "c"), ("c", "a")]), ["a", "b", "c", "a"])
        tree = {**self.CLEAN, "core/base/x.h": '#include "core/os/y.h"\n'}
        self.assertIn("a circle: core/os -> core/base -> core/os", breaches(tree))

    def test_a_table_that_allows_a_circle_is_found(self):
        self.assertEqual(list(breaches_of_table(INNER)), [])
        for table in ({"a": ["b"], "b": ["a"]}, {"a": ["a"]}, {"a": ["nowhere"]}):
            self.assertTrue(list(breaches_of_table(table)), table)

    def test_an_exception_that_is_no_longer_needed_is_found(self):
        paths = sorted({*OVERLONG, *SYSTEM_ELSEWHERE})
        self.assertEqual(len(list(breaches_of_lists({}))), len(OVERLONG) + len(SYSTEM_ELSEWHERE))
        needed = {path: "#include <unistd.h>\n" + "\n" * MOST_LINES for path in paths}
        self.assertEqual(list(breaches_of_lists(needed)), [])

    def test_a_file_on_the_list_may_not_grow(self):
        for path, most in OVERLONG.items():
            self.assertEqual(list(breaches_of_form(path, "x\n" * most)), [])
            self.assertEqual(list(breaches_of_form(path, "x\n" * (most + 1))), [f"{path}: {most + 1} lines, more than {most}"])

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
    arrows = arguments[:1] == ["--arrows"]
    arguments = arguments[arrows:]
    folder = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    tree = read_tree(folder)
    sources = sum(1 for path in tree if SOURCE.search(path) and path.split("/")[0] in ROOMS)
    if sources < 50:
        print(f"{folder} holds {sources} sources: this is not the tree", file=sys.stderr)
        return 1
    if arrows:
        print_arrows(tree)
        return 0
    found = [*breaches(tree), *breaches_of_table(INNER), *breaches_of_lists(tree)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
