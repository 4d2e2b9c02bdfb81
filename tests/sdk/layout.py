#!/usr/bin/env python3
"""Writes layout_1.inc: what ABI 1 fixes, as static assertions.

    layout.py INCLUDE_DIR LAYOUT_FILE            writes the file
    layout.py --check INCLUDE_DIR LAYOUT_FILE    fails when the headers say otherwise than the file

It reads the structs, enums and flags of the C headers, has a C compiler measure them, and writes the numbers down
together with each member's declaration. So no change of the interface goes unnoticed: after an intended one, run
this and show the difference in the review. Only growth at the end of a Growable struct is compatible.
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HEADERS = ["base.h", "plugin.h", "transport.h", "registry.h", "packer.h"]
LINE = 118


def strip_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def members(body):
    """Name and declaration of each member; a function pointer's name stands in its own parentheses."""
    depth, start, parts = 0, 0, []
    for at, c in enumerate(body):
        depth += (c in "({") - (c in ")}")
        if c == ";" and depth == 0:
            parts.append(body[start:at])
            start = at + 1
    for part in map(squeeze, parts):
        pointer = re.search(r"\(FERRY_CALL \*(\w+)\)", part)
        name = pointer or re.search(r"(\w+)(?:\[\w+\])?$", part)
        yield name.group(1), part


class Interface:
    def __init__(self, include):
        self.structs = []  # (name, frozen, [(member, declaration)])
        self.constants = []
        self.texts = []
        for header in HEADERS:
            text = (include / "ferry" / header).read_text()
            for comment, name, body in re.findall(
                    r"/\*((?:(?!\*/).)*)\*/\s*typedef struct (\w+) \{(.*?)\n\} \2;", text, flags=re.S):
                kind = re.match(r"\s*(Frozen|Growable)\.", comment)
                if not kind:
                    sys.exit(f"{header}: the comment of {name} says neither Frozen nor Growable")
                self.structs.append((name, kind.group(1) == "Frozen", list(members(strip_comments(body)))))
            plain = strip_comments(text)
            declared = len(re.findall(r"typedef struct \w+ \{", plain))
            if declared != sum(1 for name, *_ in self.structs if f"typedef struct {name} {{" in plain):
                sys.exit(f"{header}: a struct without a comment before it")
            for body in re.findall(r"enum \{(.*?)\}", plain, flags=re.S):
                self.constants += [squeeze(one).split(" ")[0] for one in body.split(",") if one.strip()]
            for name, value in re.findall(r"^#define (FERRY_\w+)[ \t]+(\S.*)$", plain, flags=re.M):
                if re.match(r"\(?\d|0x|UINT64_MAX", value):
                    self.constants.append(name)
                elif value.startswith('"'):
                    self.texts.append(f"{name} {squeeze(value)}")

    def measure(self, include):
        """The numbers, in the order in which render asks for them."""
        lines = ["#include <ferry/ferry.h>", "#include <stdio.h>", "int main(void) {"]
        for expression in self.expressions():
            lines.append(f'printf("%llu\\n", (unsigned long long)({expression}));')
        lines += ["return 0;", "}"]
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "measure.c"), os.path.join(folder, "measure")
            pathlib.Path(source).write_text("\n".join(lines))
            compiler = os.environ.get("CC", "cc")
            subprocess.run([compiler, "-std=c11", "-I", str(include), source, "-o", program], check=True)
            return subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()

    def expressions(self):
        for name, _, fields in self.structs:
            yield f"sizeof({name})"
            for member, _ in fields:
                yield f"offsetof({name}, {member})"
        yield from self.constants

    def render(self, include):
        numbers = iter(self.measure(include))
        out = ["/* ABI 1 as static assertions. Written by layout.py from the headers: do not edit. */",
               "#if __SIZEOF_POINTER__ == 8"]
        for name, frozen, fields in self.structs:
            out += ["", f"FERRY_LAYOUT(sizeof({name}) {'==' if frozen else '>='} {next(numbers)});"]
            for member, declaration in fields:
                out += self.comment(declaration)
                out.append(f"FERRY_LAYOUT(offsetof({name}, {member}) == {next(numbers)});")
        out += ["", "#endif", ""]
        out += [f"FERRY_LAYOUT({name} == {number}u);" if int(number) < 2**32 else
                f"FERRY_LAYOUT({name} == UINT64_C({number}));" for name, number in zip(self.constants, numbers)]
        out.append("")
        for text in self.texts:
            out += self.comment(text)
        return "\n".join(out) + "\n"

    @staticmethod
    def comment(declaration):
        lines, line = [], "/*"
        for word in declaration.split(" "):
            if len(line) + len(word) + 1 > LINE - 3:
                lines.append(line)
                line = "  "
            line += " " + word
        return lines + [line + " */"]


def main(arguments):
    check = arguments[:1] == ["--check"]
    include, target = map(pathlib.Path, arguments[1 if check else 0:])
    text = Interface(include).render(include)
    if not check:
        target.write_text(text)
        return
    difference = list(difflib.unified_diff(target.read_text().splitlines(), text.splitlines(), str(target), "headers",
                                           lineterm=""))
    if difference:
        print("\n".join(difference))
        sys.exit("the headers are not what the layout fixes: if that is meant, run layout.py and review the difference")


if __name__ == "__main__":
    main(sys.argv[1:])
