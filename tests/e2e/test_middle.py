"""mitmproxy as the hostile middle between ferry and registries of public names: unknown to it, or trusted and a liar.

Whatever it does, no archive with wrong bytes is left, and no login goes where it does not belong."""
import unittest

from room import case, mitm, pki, registry

HOST, STORE, LOCKED, PLAIN = (f"{name}.corp.example" for name in ("registry", "cdn", "locked", "plain"))
USER, PASSWORD = "alice", "Al1ce-Secret"
BLOBS, MANIFESTS = r"/blobs/sha256:", r"/manifests/"


def answer(status: int, path: str = "", host: str = HOST, body: str = "", **headers) -> dict:
    return {"kind": "answer", "status": status, "path": path, "host": host, "body": body, "headers": headers}


class Middle(case.Case):
    world = None                       # the servers, for the whole module

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if Middle.world is None:
            Middle.world = cls.build()
        cls.middle, cls.truth = Middle.world

    @classmethod
    def build(cls) -> tuple:
        def serve(name, **more):
            return unittest.enterModuleContext(registry.Registry(cls.gallery.storage, name=name, **more))

        certificate = pki.issued("upstream", f"DNS:{HOST},DNS:{STORE},DNS:{LOCKED}")
        secure, plain = serve("open", certificate=certificate), serve("plain")
        locked = serve("locked", certificate=certificate, users={USER: PASSWORD})
        middle = mitm.Mitm({f"{HOST}:443": secure.host, f"{STORE}:443": secure.host, f"{PLAIN}:80": plain.host,
                            f"{LOCKED}:443": locked.host})
        return unittest.enterModuleContext(middle), plain.client.image("suite/small", "1")

    def arguments(self, name: str, trust: bool = True) -> list:
        trusted = ["--ca-cert", str(self.middle.ca)] if trust else []
        return [name, "--proxy", self.middle.url, "--retries", "1", "--retry-delay", "1", *trusted]

    def refused(self, code: int, *words: str, name: str = f"{HOST}/suite/small:1", trust: bool = True, **more):
        arguments = self.arguments(name, trust) + list(more.pop("arguments", ()))
        result = self.ferry(*arguments, **more)
        self.assert_failed(result, code, *words)
        self.assert_no_archive(result.out)
        return result

    def served(self, *arguments, name: str = f"{HOST}/suite/small:1", **more):
        found = self.pull(*self.arguments(name), *arguments, **more)
        self.assert_image(found, self.truth)

    def asked(self, host: str) -> list:
        return [request for request in self.middle.requests() if request["host"] == host]


class Unknown(Middle):
    def test_it_is_named_and_learns_nothing(self):
        """Its CA is not trusted: not one request is made through it, and no login shown."""
        self.middle.spoil()
        self.refused(5, f"cannot trust {HOST}:443", "its certificate (CN=", "unknown authority (O=mitmproxy,CN=mitmproxy)",
                     "--ca-cert FILE", "REQUESTS_CA_BUNDLE", trust=False, arguments=("-u", USER, "--password-stdin"),
                     stdin=PASSWORD.encode())
        self.assertEqual(self.middle.requests(), [])

    def test_it_is_let_in_by_its_certificate(self):
        """A company that opens TLS gives its CA to everybody: then it works."""
        self.middle.spoil()
        self.served()
        self.assertTrue(self.asked(HOST))


class Liar(Middle):
    """Its CA is trusted, and it changes what it carries."""

    def test_flipped_bytes(self):
        for form in ("synology", "docker", "oci"):
            with self.subTest(form):
                self.middle.spoil({"kind": "flip", "path": self.truth.layers[0]})
                self.refused(6, self.truth.layers[0], HOST, "digest", out=self.home / form, arguments=("-f", form))
        self.middle.spoil({"kind": "flip", "path": self.truth.config_digest})
        self.refused(6, self.truth.config_digest, HOST, out=self.home / "config")

    def test_a_blob_that_ends_too_early_at_every_try(self):
        """Cut off before its last byte, silent from there on, and with a length that fits the lie."""
        layer = self.truth.layers[0]
        for kind, code, word, again in (("cut", 5, "bytes", True), ("stall", 5, "timed out", True),
                                        ("shorten", 6, f"{layer} from {HOST} has", False)):
            with self.subTest(kind):
                self.middle.spoil({"kind": kind, "path": layer})
                self.refused(code, HOST, word, out=self.home / kind, arguments=("--timeout", "2"))
                tries = [request for request in self.asked(HOST) if layer in request["path"]]
                self.assertEqual(len(tries) > 1, again, tries)

    def test_a_manifest_that_ends_too_early(self):
        self.middle.spoil({"kind": "shorten", "path": MANIFESTS})
        self.refused(5, HOST)

    def test_answers_without_a_length(self):
        """They are taken where their end is told; mitmproxy ends its TLS without a word, which could be an attack."""
        for kind, host in (("chunked", HOST), ("chunked", PLAIN), ("unsized", PLAIN)):
            with self.subTest(kind=kind, host=host):
                self.middle.spoil({"kind": kind, "host": host})
                self.served(name=f"{'http://' if host == PLAIN else ''}{host}/suite/small:1", out=self.home / host / kind)
        self.middle.spoil({"kind": "unsized"})
        self.refused(5, HOST, "broke off", "an answer without a length")

    def test_a_captive_portal(self):
        """200 and a page of HTML, whatever is asked for."""
        page = "<html><head><title>Welcome to the hotel</title></head><body>Please log in</body></html>"
        for what, path in (("everything", ""), ("the blobs", BLOBS)):
            with self.subTest(what):
                self.middle.spoil(answer(200, path, body=page, **{"Content-Type": "text/html; charset=utf-8"}))
                self.refused(5, f"{HOST} answered with a web page instead of the {'blob' if path else 'manifest'}", "login page",
                             out=self.home / ("blobs" if path else "all"))

    def test_a_login_page_that_redirects(self):
        self.middle.spoil(answer(302, "", Location="https://login.corp.example/"))
        self.refused(5, "login.corp.example")


class Redirects(Middle):
    def test_to_places_where_nothing_may_be_fetched(self):
        cases = (("file:///etc/passwd", "file:"), ("ftp://cdn.corp.example/x", "ftp:"),
                 ("https://127.0.0.1:6443/x", "private network"), ("https://10.1.2.3/x", "private network"),
                 ("https://169.254.169.254/latest/meta-data", "private network"), ("https://[::1]:6443/x", "private network"),
                 ("https://localhost/x", "private network"), ("https://0x7f000001/x", "private network"),
                 (f"http://{PLAIN}PATH", "not encrypted"))
        for what, path in (("manifest", MANIFESTS), ("blob", BLOBS)):
            for number, (location, word) in enumerate(cases):
                with self.subTest(what=what, location=location):
                    self.middle.spoil(answer(307, path, Location=location))
                    self.refused(5, HOST, "redirects to", word, out=self.home / f"{what}{number}")
                    self.assertEqual({request["host"] for request in self.middle.requests()}, {HOST})

    def test_in_a_circle(self):
        self.middle.spoil(answer(307, BLOBS, Location=f"https://{STORE}PATH"),
                          answer(307, BLOBS, host=STORE, Location=f"https://{HOST}PATH"))
        self.refused(5, "redirect")
        self.assertLess(len(self.middle.requests()), 200, "an end to following")

    def test_a_store_gets_no_login(self):
        """The login is one for that registry; its blobs lie at the store."""
        self.middle.spoil(answer(307, BLOBS, host=LOCKED, Location=f"https://{STORE}PATH"))
        self.served("-u", USER, "--password-stdin", "--debug", name=f"{LOCKED}/suite/small:1", stdin=PASSWORD.encode())
        self.assertTrue(self.asked(STORE))
        self.assertTrue(any("authorization" in request["headers"] for request in self.asked(LOCKED)))
        for request in self.middle.requests():
            if request["host"] != LOCKED:
                self.assertNotIn("authorization", request["headers"], request)
            self.assertNotIn("proxy-authorization", request["headers"], "that is for the proxy")
        self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")

    def test_a_challenge_that_sends_the_login_elsewhere_in_the_clear(self):
        self.middle.spoil({"kind": "header", "host": LOCKED, "name": "WWW-Authenticate",
                           "value": f'Bearer realm="http://{PLAIN}/token",service="x"'})
        self.refused(3, "plain http", name=f"{LOCKED}/suite/small:1", arguments=("-u", USER, "--password-stdin"),
                     stdin=PASSWORD.encode())
        self.assertEqual(self.asked(PLAIN), [])
        self.assertTrue(self.asked(LOCKED))
        self.assertFalse([request for request in self.middle.requests() if "authorization" in request["headers"]])


if __name__ == "__main__":
    unittest.main()
