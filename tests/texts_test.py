#!/usr/bin/env python3
"""Every text for the user can be translated, and is (docs/development.md, Texts).

    texts_test.py [FOLDER]            checks the tree; exit status 1 with a line for each fault
    texts_test.py --update [FOLDER]   brings the texts of the sources into cli/po/*.po, the new ones untranslated
    texts_test.py --self              shows on made-up sources that each fault is found
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOMS = ("cli", "core", "plugins", "sdk/include", "sdk/kit")
XGETTEXT = ["xgettext", "--language=C++", "--from-code=UTF-8", "--keyword", "--keyword=say:1", "--keyword=tr:1",
            "--keyword=say_n:1,2", "--keyword=later:1", "--keyword=FERRY_PLUGIN:3", "--no-wrap", "--sort-output", "--no-location",
            "--package-name=ferry", "--copyright-holder=the ferry authors", "--output=-"]
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
CALL = r"[\w:.>-]+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"  # whose parentheses lie three deep at most
# A message before a remedy: a call as say(...), or a name; a choice between two of them.
MESSAGE = r"(?:" + CALL + r"|[\w.>-]+)(?:\s*\?\s*(?:" + CALL + r"|[\w.>-]+)\s*:\s*(?:" + CALL + r"|[\w.>-]+))?"
SPOKEN = r"(?=\"[^\"]*[a-z]{2})" + LITERAL
# Where a text for the user begins with a literal that nothing translates.
UNWRAPPED = [
    (re.compile(r"\bError(?:\s+\w+)?\s*[({]\s*(?:(?:core::)?Kind::\w+|FERRY_E_\w+|\w+)\s*,\s*" + MESSAGE + r"\s*,\s*" + SPOKEN), "a remedy"),
    (re.compile(r"\{\s*(?:(?:core::)?Kind::\w+|FERRY_E_\w+)\s*,\s*" + MESSAGE + r"\s*,\s*" + SPOKEN), "a remedy"),
    (re.compile(r"\b(?:Advice|Error)?\s*\{\s*(?:(?:core::)?Kind::\w+|FERRY_E_\w+)\s*,\s*" + SPOKEN), "an error or advice"),
    (re.compile(r"\b\w+\.remedy\s*\+?=\s*(?:\w+\s*\+\s*)?" + SPOKEN), "a remedy"),
    (re.compile(r"\bText\s+\w+\s*=\s*(?:\w+(?:\.\w+\(\))?\s*\?\s*)?" + SPOKEN), "a text"),
    (re.compile(r"\bError(?:\s+\w+)?\s*[({]\s*(?:core::)?Kind::\w+\s*,\s*(?:std::string\s*\(\s*)?" + LITERAL), "an error"),
    (re.compile(r"\bError(?:\s+\w+)?\s*[({]\s*(?:core::)?Kind::\w+\s*,\s*[\w.()\->]+\s*\+\s*" + LITERAL), "an error"),
    (re.compile(r"\bError(?:\s+\w+)?\s*[({]\s*FERRY_E_\w+\s*,\s*(?:std::string\s*\(\s*)?" + LITERAL), "an error of a plugin"),
    (re.compile(r"\bError(?:\s+\w+)?\s*[({]\s*FERRY_E_\w+\s*,\s*[\w.()\->]+\s*\+\s*" + LITERAL), "an error of a plugin"),
    (re.compile(r"\.(?:warn|warning|info)\s*\(\s*(?:std::string\s*\(\s*)?" + LITERAL), "a line of the log"),
    (re.compile(r"\.(?:warn|warning|info)\s*\(\s*[\w.()\->]+\s*\+\s*" + LITERAL), "a line of the log"),
    (re.compile(r"\b(?:refuse|bad|damaged|fail|odd)\s*\((?:\s*[\w.]+\s*,)?\s*(?:std::string\s*\(\s*)?(?!\"\")" + LITERAL),
     "a reason"),
    (re.compile(r"\b\w+\.message\s*\+?=\s*(?:\w+\s*\+\s*)?(?=\"[^\"]*[a-z])" + LITERAL), "a piece of an error"),
    (re.compile(r"\{\s*" + LITERAL + r"\s*,\s*(?:nullptr|" + LITERAL + r")\s*,\s*(?=\"[^\"\s]+ [^\"\s])" + LITERAL), "a plugin's option"),
    (re.compile(r"\badd_(?:option|flag|subcommand)\s*\(\s*" + LITERAL + r"(?:\s*,\s*[\w.\->]+)?\s*,\s*" + LITERAL), "a description"),
]
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\d*)\}")


def sources(folder):
    found = []
    for room in ROOMS:
        for base, _, names in os.walk(os.path.join(folder, room)):
            found += [os.path.join(base, name) for name in names if name.endswith((".cpp", ".hpp", ".h"))]
    return sorted(os.path.relpath(path, folder) for path in found)


def template(folder, files):
    done = subprocess.run(XGETTEXT + files, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def entries(text):
    """(msgid, msgstr, fuzzy) of a .po text; the header, obsolete entries and comments left out. Of a text with plural
    forms, each msgid with each msgstr: "{} file" and "{} files"."""
    found = []
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in lines)
        parts, current = {"msgid": ""}, None
        for line in lines:
            match = re.match(r'(msgid(?:_plural)?|msgstr(?:\[\d\])?)?\s*(".*")\s*$', line)
            if line.startswith("#") or not match:
                continue
            current = match[1] or current
            parts.setdefault(current, "")
            parts[current] += re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), match[2][1:-1])
        if parts["msgid"]:
            found += [(parts[one], parts[form], fuzzy) for one in ("msgid", "msgid_plural") if one in parts
                      for form in sorted(parts) if form.startswith("msgstr")]
    return found


def places(text):
    """The numbers of the placeholders of a text, sorted; {} counts on."""
    numbers, following = [], 1
    for match in PLACEHOLDER.finditer(text):
        if match[1] is None:
            continue
        numbers.append(int(match[1]) if match[1] else following)
        following += not match[1]
    return sorted(numbers)


def faults_of_catalogue(name, wanted, text):
    known = {}
    for msgid, msgstr, fuzzy in entries(text):
        known[msgid] = known.get(msgid, True) and msgstr
        if fuzzy:
            yield f"{name}: fuzzy: {msgid!r}"
        if msgstr and places(msgid) != places(msgstr):
            yield f"{name}: other placeholders than in {msgid!r}: {msgstr!r}"
        if msgstr and msgid.startswith("\n") + msgid.endswith("\n") != msgstr.startswith("\n") + msgstr.endswith("\n"):
            yield f"{name}: another line end than in {msgid!r}"
    for msgid in sorted(wanted):
        if not known.get(msgid):
            yield f"{name}: not translated: {msgid!r}"
    for msgid in sorted(set(known) - set(wanted)):
        yield f"{name}: no source says this any more: {msgid!r}"


def faults_of_source(path, text):
    without_comments = re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    for pattern, what in UNWRAPPED:
        for match in pattern.finditer(without_comments):
            line = without_comments.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: {what} that is not in say(): {' '.join(match.group().split())[:90]}"


def check(folder):
    files = sources(folder)
    if len(files) < 50:
        return [f"{folder} holds {len(files)} sources: this is not the tree"]
    wanted = [msgid for msgid, _, _ in entries(template(folder, files))]
    found = []
    for path in sorted(pathlib.Path(folder, "cli/po").glob("*.po")):
        found += faults_of_catalogue(path.name, wanted, path.read_text(encoding="utf-8"))
    if not found and len(wanted) < 100:
        found.append("hardly any text was found: the keywords are wrong")
    for path in files:
        found += faults_of_source(path, pathlib.Path(folder, path).read_text(encoding="utf-8"))
    return found


def update(folder):
    with tempfile.NamedTemporaryFile("w", suffix=".pot", encoding="utf-8") as pot:
        pot.write(template(folder, sources(folder)))
        pot.flush()
        for path in sorted(pathlib.Path(folder, "cli/po").glob("*.po")):
            subprocess.run(["msgmerge", "--quiet", "--update", "--backup=none", "--no-fuzzy-matching", "--no-wrap",
                            "--add-location=file", path, pot.name], check=True)
            done = subprocess.run(["msgattrib", "--no-obsolete", "--no-wrap", "--no-location", "--sort-output", path], check=True, capture_output=True)
            text = re.sub(rb'"(?:POT-Creation-Date|PO-Revision-Date):[^\n]*\n', b"", done.stdout)
            path.write_bytes(text)


class Rules(unittest.TestCase):
    def test_a_text_that_is_not_wrapped_is_found(self):
        for code in ('throw Error(Kind::usage, "no " + x);', 'throw core::Error(core::Kind::disk,\n  "no");',
                     'Error error(Kind::network, "gone");', 'throw Error(Kind::usage, path + " is bad");',
                     'throw Error(Kind::usage, std::string("the ") + id);', 'throw ferry::Error(FERRY_E_TLS, "no trust");',
                     'throw Error(FERRY_E_IO, host + " left");', 'log().warning("the " + a);', 'op.warn(label(image) + ": x");',
                     'operation.log().info("image");', 'refuse(file, "it is cut");', 'in_.damaged("its end");',
                     'app.add_option("--x", x, "what it does");', 'odd(peer, "it stops");',
                     'error.message += " at " + host;', 'e.message = start + "the end";', '{{"key", nullptr, "What it does."}, {nullptr, nullptr}}',
                     '{"key", "no", "What it does."}', 'app.add_flag("-y,--yes", "yes");',
                     'throw Error(Kind::usage, say("no {}", f(x)), "try it again");', 'throw Error(FERRY_E_IO, e.message,\n "try again");',
                     'throw Error(Kind::disk, a ? say("b") : say("c", d(e())), "try again");',
                     'return {Kind::usage, say("no"), "try it again"};', 'return ferry::Advice{FERRY_E_FORBIDDEN, say("no"), "Ask him."};',
                     'return {FERRY_E_FORBIDDEN, "it is not allowed", say("ask")};', 'error.remedy = "wait";', 'const Text remedy = "wait a bit";',
                     'const Text a = b.empty() ? "nothing" : say("c");'):
            self.assertEqual(len(list(faults_of_source("x.cpp", "int a;\n" + code))), 1, code)
        for code in ('throw Error(Kind::usage, say("no {}", x));', '// throw Error(Kind::usage, "x");', 'log.debug("GET " + url);',
                     'throw Error(Kind::plugin, e.message, remedy);', 'refuse(file, say("x"));', 'f("a");', 'fail(later("x"));',
                     'error.message = say("{} at {}", error.message, host);', 'throw Error(Kind::usage, say("no {}", x), say("try it again"));',
                     'throw Error(Kind::usage, say("no {}", "nginx"), "");', 'e.remedy = say("wait");', 'const Text a = b ? say("c") : say("d");',
                     'return ferry::Advice{FERRY_E_FORBIDDEN, say("no"), advice::log_in()};', '{{"key", "no", later("What it does.")}, {nullptr, nullptr}}'):
            self.assertEqual(list(faults_of_source("x.cpp", code)), [], code)

    def test_each_fault_of_a_catalogue_is_found(self):
        good = 'msgid ""\nmsgstr "Language: zh_CN\\n"\n\n#: a.cpp\nmsgid "read {} of {}"\nmsgstr "{2} 的 {1}"\n'
        wanted = ["read {} of {}"]
        self.assertEqual(list(faults_of_catalogue("po", wanted, good)), [])
        for bad, word in ((good.replace("{2} 的 {1}", ""), "not translated"), (good.replace("{2} 的", "{1} 的"), "placeholders"),
                          (good.replace("{2} 的 {1}", "{}"), "placeholders"), (good.replace("#: a", "#, fuzzy\n#: a"), "fuzzy"),
                          (good + '\nmsgid "old"\nmsgstr "旧"\n', "any more"), ('msgid ""\nmsgstr ""\n', "not translated")):
            found = list(faults_of_catalogue("po", wanted, bad))
            self.assertEqual(len(found), 1, (bad, found))
            self.assertIn(word, found[0])

    def test_each_form_of_a_count_is_checked(self):
        form = 'msgid "{} file"\nmsgid_plural "{} files"\nmsgstr[0] "%s"\n'
        wanted = ["{} file", "{} files"]
        self.assertEqual(list(faults_of_catalogue("po", wanted, form % "{} 个文件")), [])
        for bad, word in (("", "not translated"), ("文件", "placeholders")):
            found = list(faults_of_catalogue("po", wanted, form % bad))
            self.assertEqual(len(found), 2, found)
            self.assertIn(word, found[0])

    def test_texts_of_every_form_are_extracted(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "x.cpp").write_text('a(say("one {}"\n  " more", 1)); const char *b = later("two"); tr("three");\n'
                                                     'say_n("{} file", "{} files", n); '
                                                     'FERRY_PLUGIN("id", "1.0", "four" " five", "me", nullptr, X, y)\n', encoding="utf-8")
            self.assertEqual({msgid for msgid, _, _ in entries(template(folder, ["x.cpp"]))},
                             {"one {} more", "two", "three", "four five", "{} file", "{} files"})


def main(arguments):
    if arguments == ["--self"]:
        return not unittest.main(argv=[__file__], exit=False).result.wasSuccessful()
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if arguments[:1] == ["--update"]:
        return update(arguments[1] if arguments[1:] else own)
    found = check(arguments[0] if arguments else own)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
