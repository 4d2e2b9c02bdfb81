"""sdk/examples/record, built out of the tree: what a pull asked and got is written down and played back without a network."""
import shutil

from room import case, front, outside, registry, sites

USER, PASSWORD, TOKEN = "carrier", "a-password-of-mine", "a-token-that-opens-doors"


class OneToken(front.Fault):
    """A token service that gives one token to the one user."""

    def before(self, request):
        if request.path != "/token":
            return None
        if request.headers["Authorization"] != sites.basic(USER, PASSWORD):
            return front.Answer(401, [sites.JSON], sites.error("UNAUTHORIZED", "wrong password"))
        return front.Answer(200, [sites.JSON], b'{ "access_token" : "%s", "expires_in": 300 }' % TOKEN.encode())


class Recorder(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plugins = outside.build(outside.ROOT / "sdk" / "examples" / "record", "ferry-rec-") / "build"
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.store = cls.serve(front.Front(cls.registry.host, []))
        cls.server = cls.serve(front.Front(cls.registry.host, []))
        cls.server.faults += [OneToken(), sites.Gate(f'Bearer realm="{cls.server.url}/token",service="e2e"',
                                                     lambda shown: shown == f"Bearer {TOKEN}"),
                              front.Redirect(cls.store.url)]
        cls.truth = cls.registry.client.image("suite/kinds", "1")

    def setUp(self):
        super().setUp()
        self.tape = self.home / "tape"
        self.image = f"{self.server.url}/suite/kinds:1"

    def words(self, *more):
        return ("--plugin-dir", self.plugins, "--opt", f"record.dir={self.tape}", *more)

    def record(self):
        found = self.pull(self.image, "-u", USER, "--password-stdin", *self.words("--transport", "record,direct"),
                          stdin=PASSWORD.encode(), out=self.home / "recorded")
        self.assert_image(found, self.truth)
        return found.path.read_bytes()

    def replay(self, *more):
        return self.ferry(self.image, "-u", USER, "--password-stdin",
                          *self.words("--transport", "record", "--opt", "record.replay=yes", *more), stdin=b"any")

    def exchanges(self, *words: bytes) -> list:
        return [path for path in sorted(self.tape.iterdir()) if all(word in path.read_bytes() for word in words)]

    def test_a_pull_is_played_back_byte_for_byte_without_a_request(self):
        archive = self.record()
        before = len(self.server.requests) + len(self.store.requests)
        result = self.replay()
        self.assertEqual(result.code, 0, result)
        self.assertEqual(result.paths[0].read_bytes(), archive)
        self.assertEqual(len(self.server.requests) + len(self.store.requests), before)

    def test_challenge_token_redirect_and_blobs_are_all_on_the_tape(self):
        self.record()
        for words in ((b"HTTP/1.1 401", b"Bearer realm="), (b"/token?", b"HTTP/1.1 200"), (b"HTTP/1.1 307", b"Location: "),
                      (self.store.host.encode(), b"HTTP/1.1 20")):
            self.assertTrue(self.exchanges(*words), words)
        for path in self.tape.iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_neither_password_nor_token_is_on_the_tape(self):
        self.record()
        self.assertFalse(self.exchanges(TOKEN.encode()))
        self.assertFalse(self.exchanges(PASSWORD.encode()))
        self.assertFalse(self.exchanges(sites.basic(USER, PASSWORD)[6:].encode()))
        self.assertTrue(self.exchanges(b'"access_token" : "recorded"'))

    def test_a_tape_with_a_wrong_byte_gives_no_archive(self):
        self.record()
        blob = self.exchanges(self.store.host.encode(), b"HTTP/1.1 20")[-1]
        data = bytearray(blob.read_bytes())
        data[-1] ^= 0x55
        blob.write_bytes(data)
        self.assert_failed(self.replay(), 6, "sha256:")
        self.assert_no_archive()

    def test_what_is_not_on_the_tape_is_named(self):
        self.record()
        for path in self.exchanges(f"GET {self.store.url}".encode()):
            path.unlink()
        self.assert_failed(self.replay(), 4, "the recording in", "has no answer to GET", self.store.host)

    def test_a_blob_that_was_cut_on_the_tape_is_cut_in_the_replay(self):
        self.record()
        blob = self.exchanges(self.store.host.encode(), b"HTTP/1.1 20")[-1]
        blob.write_bytes(blob.read_bytes()[:-1])
        shutil.move(blob, blob.with_suffix(".cut"))
        self.assert_failed(self.replay(), 5, "ends after")
        self.assert_no_archive()

    def test_alone_it_can_only_play_back(self):
        result = self.ferry(self.image, *self.words("--transport", "record"))
        self.assert_failed(result, 2, "needs another transport below it", "record,direct")
        empty = self.home / "empty"
        empty.mkdir()
        result = self.ferry(self.image, "--plugin-dir", self.plugins, "--transport", "record", "--opt",
                            f"record.dir={empty}", "--opt", "record.replay=yes")
        self.assert_failed(result, 2, "holds no recording")
