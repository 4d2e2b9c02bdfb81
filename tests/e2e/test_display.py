"""What ferry shows: bars on real terminals of any size, plain lines elsewhere, events for programs."""
import json
import pathlib
import re
import unicodedata

import jsonschema

from room import case, front, registry, terminal

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "docs/events.schema.json"


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Say(front.Fault):
    """Answers what is asked below that path with this status and body."""

    def __init__(self, status: int, body: bytes, path: str = "/suite/"):
        self.status, self.body, self.path = status, body, path

    def before(self, request):
        if self.path in request.path:
            return front.Answer(self.status, [("Content-Type", "application/json")], self.body)
        return None


class Display(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.medium = cls.registry.client.image("suite/medium", "1")

    def open(self, *words, width=80, height=24, env=None):
        return terminal.Terminal([self.binary, *words, "-o", self.out], self.environment(env), self.home, width, height)

    def slow(self, rate=6 << 20):
        return self.enterContext(front.Front(self.registry.host, [front.Slow(rate=rate)])).url

    def assert_bars(self, lines, width):
        for line in lines:
            self.assertLessEqual(columns(line), width, line)

    def test_a_bar_a_layer_and_a_total(self):
        url = self.slow()
        for width, row in ((80, r"^[0-9a-f]{12} \[=*>? *\] +\d+% +[\d.]+ [KM]?i?B +[\d.]+ [KM]iB/s  downloading$"),
                           (40, r"^[0-9a-f]{8} \[=*>? *\] +\d+% downloading$"), (20, r"^[0-9a-f]{6} +\d+% downloa$")):
            with self.subTest(width=width), self.open("suite/medium:1", "-r", url, "--force", width=width) as screen:
                self.assert_bars(screen.wait_for(row), width)
                self.assertEqual(screen.code(), 0)
                lines = screen.screen()
                self.assert_bars(lines, width)
                rows = [line for line in lines if re.match(r"[0-9a-f]{6,12} .*100% .*done$", line)]
                self.assertEqual(len(rows), len(set(self.medium.layers)), lines)
                totals = [line for line in lines if line.startswith("total ")]
                self.assertEqual(len(totals), 1, "the frames are drawn over one another\n" + "\n".join(lines))
                self.assertIn("100%", totals[0])

    def test_in_chinese(self):
        url = self.slow()
        for width in (80, 40, 20):
            with self.subTest(width=width), self.open("suite/medium:1", "-r", url, "--force", "--lang", "zh", width=width) as screen:
                self.assert_bars(screen.wait_for("下载"), width)
                self.assertEqual(screen.code(), 0)
                lines = screen.screen()
                self.assertEqual(sum(line.startswith("总计") for line in lines), 1, lines)
                self.assertTrue(any(line.endswith("完成") for line in lines), lines)

    def assert_last_frame(self, lines, layers):
        """The last lines are one whole frame: a row for each layer, then the total."""
        end = max(number for number, line in enumerate(lines) if line.startswith("total"))
        rows = lines[end - layers:end]
        self.assertTrue(all(re.match("[0-9a-f]{6,12} ", row) for row in rows), "\n".join(lines))
        self.assertEqual(len({row[:6] for row in rows}), layers, "\n".join(lines))

    def test_a_terminal_that_becomes_wider_meanwhile(self):
        with self.open("suite/medium:1", "-r", self.slow(2 << 20), width=50) as screen:
            screen.wait_for("downloading")
            screen.resize(100, 30)
            screen.wait_for(r"MiB/s  downloading$")
            self.assertEqual(screen.code(), 0)
            lines = screen.screen()
            self.assertEqual(sum(line.startswith("total") for line in lines), 1, "\n".join(lines))
            self.assert_last_frame(lines, len(self.medium.layers))

    def test_a_terminal_that_becomes_narrower_meanwhile(self):
        """Lines that the terminal has scrolled away while it wrapped them cannot be taken back; the last frame is whole."""
        layers = len(self.medium.layers)
        with self.open("suite/medium:1", "-r", self.slow(2 << 20), "-j", "1") as screen:
            screen.wait_for(r"MiB/s  downloading$")
            for width, row in ((50, r"^[0-9a-f]{8} \[=*>? *\] +\d+% downloading$"), (30, r"^[0-9a-f]{6} +\d+% downloading$")):
                screen.resize(width, 24)
                self.assert_last_frame(screen.wait_for(row), layers)
            self.assertEqual(screen.code(), 0)
            self.assert_last_frame(screen.screen(), layers)

    def test_more_layers_than_rows(self):
        with self.open("suite/many:60", "-r", self.registry.url, height=12) as screen:
            self.assertEqual(screen.code(), 0)
            lines = screen.screen()
            self.assertTrue(any(re.search(r"^\d+ more layers: \d+ done, 0 waiting", line) for line in lines), "\n".join(lines))
            self.assertEqual(sum(line.startswith("total") for line in lines), 1, "\n".join(lines))

    def test_why_a_layer_is_tried_again(self):
        cut = front.Short(3, 1 << 20)
        url = self.enterContext(front.Front(self.registry.host, [front.Slow(rate=8 << 20), cut])).url
        with self.open("suite/medium:1", "-r", url, "-j", "1", "--retry-delay", "2", width=110) as screen:
            screen.wait_for(r"trying again: .*127\.0\.0\.1")
            self.assertEqual(screen.code(), 0)

    def test_colours_unless_NO_COLOR_says_otherwise(self):
        for env, colored in (({}, True), ({"NO_COLOR": "1"}, False)):
            with self.subTest(env=env), self.open("suite/small:1", "-r", self.registry.url, "--force", env=env) as screen:
                self.assertEqual(screen.code(), 0)
                text = "\n".join(screen.screen(colors=True))
                self.assertEqual("\033[32m" in text, colored, text)

    def test_plain_lines_where_no_bar_can_be(self):
        for env in ({"TERM": "dumb"}, {"CI": "true"}):
            with self.subTest(env=env), self.open("suite/small:1", "-r", self.registry.url, "--force", env=env) as screen:
                self.assertEqual(screen.code(), 0)
                self.assertRegex(screen.text(), r"layer 1/\d+ [0-9a-f]{12} .* verified and unpacked")
                self.assertNotIn("[=", screen.text())
        with self.open("suite/small:1", "-r", self.registry.url, "--force", "--no-progress") as screen:
            self.assertEqual(screen.code(), 0)
            self.assertNotIn("[=", screen.text())

    def test_plain_lines_in_a_pipe(self):
        result = self.ferry("suite/small:1", "-r", self.registry.url)
        self.assertEqual(result.code, 0, result)
        self.assertNotIn("\033", result.stderr)
        self.assertIn("looking up", result.stderr)

    def events(self, result):
        schema = json.loads(SCHEMA.read_text())
        validator = jsonschema.Draft202012Validator(schema)
        events = [json.loads(line) for line in result.raw_stderr.decode().split("\n") if line]
        for event in events:
            validator.validate(event)
        return events

    def test_events_fit_their_schema(self):
        cut = front.Short(1, 1 << 20)
        url = self.enterContext(front.Front(self.registry.host, [cut])).url
        result = self.ferry("suite/medium:1", "-r", url, "--json", "--retry-delay", "0", "--insecure")
        self.assertEqual(result.code, 0, result)
        events = self.events(result)
        names = [event["event"] for event in events]
        for name in ("resolving", "begin", "layer", "progress", "end", "warning"):
            self.assertIn(name, names)
        begin = next(event for event in events if event["event"] == "begin")
        self.assertEqual({layer["digest"] for layer in begin["layers"]}, set(self.medium.layers))
        states = {event["state"] for event in events if event["event"] == "layer"}
        self.assertLessEqual({"downloading", "retrying", "verifying", "verified", "packing", "done"}, states)
        retrying = next(event for event in events if event.get("state") == "retrying")
        self.assertTrue(retrying["reason"])
        last = [event for event in events if event["event"] == "progress"][-1]
        self.assertEqual(last["done"], last["total"])
        for line in result.stdout.decode().splitlines():
            self.assertEqual(json.loads(line)["event"], "archive")

    def test_events_are_the_same_in_chinese(self):
        result = self.ferry("suite/small:1", "-r", self.registry.url, "--json", "--lang", "zh")
        self.assertEqual(result.code, 0, result)
        self.events(result)

    def test_a_failure_is_an_event(self):
        for arguments, code in ((("suite/nothing:1", "-r", self.registry.url, "--json"), 4), (("--json", "--no-such-option"), 2),
                                (("suite/small:1", "--json", "--retries", "many"), 2)):
            with self.subTest(arguments=arguments):
                result = self.ferry(*arguments)
                self.assertEqual((result.code, result.stdout), (code, b""), result)
                error = self.events(result)[-1]
                self.assertEqual((error["event"], error["code"]), ("error", code))
                self.assertTrue(error["message"])

    def test_what_a_registry_says_forges_no_line_and_steers_no_terminal(self):
        forged = ("no\nferry: error: all is lost\r\n\x1b[2J\x1b]0;title\x07\x9b31m\u202eevil\u2066\u2028ferry: warning: forged\t"
                  "\x7f\x00end")
        raw = json.dumps({"errors": [{"code": "DENIED", "message": forged}]}, ensure_ascii=False).encode()
        latin = raw.replace(b"end", b"caf\xe9 end")
        wild = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")
        for body in (raw, latin, json.dumps({"errors": [{"code": forged, "message": forged}]}).encode()):
            for status in (403, 404, 500):
                bad = self.enterContext(front.Front(self.registry.host, [Say(status, body)]))
                for extra in ((), ("--debug",), ("--mirror", bad.url), ("--no-progress",)):
                    with self.subTest(status=status, extra=extra):
                        result = self.ferry("suite/small:1", "-r", bad.url, "--retries", "0", *extra)
                        self.assertNotEqual(result.code, 0, result)
                        for text in (result.stderr, result.log):
                            self.assertIsNone(wild.search(text), repr(text))
                            for line in text.splitlines():
                                self.assertFalse(line.startswith(("ferry: error: all", "ferry: warning: forged")), text)
                result = self.ferry("suite/small:1", "-r", bad.url, "--retries", "0", "--json")
                self.assertEqual(self.events(result)[-1]["event"], "error")

    def test_tables_hold_no_control_characters(self):
        tags = json.dumps({"name": "suite/small", "tags": ["1", "a\nb\x1b[31m", "c\u202ed\x9b", "\tferry: error: x"]}).encode()
        bad = self.enterContext(front.Front(self.registry.host, [Say(200, tags, "/tags/list")]))
        result = self.ferry("tags", "suite/small", "-r", bad.url, out="")
        self.assertEqual(result.code, 0, result)
        shown = result.stdout.decode()
        self.assertNotRegex(shown, "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")
        self.assertEqual(len(shown.splitlines()), 4, shown)
        result = self.ferry("tags", "suite/small", "-r", bad.url, "--json", out="")
        self.assertEqual([json.loads(line)["tag"] for line in result.stdout.decode().splitlines()],
                         sorted(json.loads(tags)["tags"]), "a program gets what the registry said")

    def test_what_was_there_before_is_told(self):
        slow = self.slow(4 << 20)
        child = self.start("suite/medium:1", "-r", slow, "-j", "1", "--json")
        part = self.out / "suite_medium_1_amd64.tar.part.journal"
        self.wait_until(lambda: part.exists() and part.stat().st_size > 400, what="some chunks in the journal")
        child.terminate()
        self.assertEqual(child.wait(60), 130)
        child.stdout.close()
        child.stderr.close()
        result = self.ferry("suite/medium:1", "-r", self.registry.url, "--json")
        self.assertEqual(result.code, 0, result)
        resumed = [event for event in self.events(result) if event["event"] == "resumed"]
        self.assertEqual(len(resumed), 1, result)
        self.assertGreater(resumed[0]["bytes"], 0)
