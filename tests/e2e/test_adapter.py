"""An adapter for an enterprise's registry: sdk/examples/signed, built out of the tree against the installed SDK."""
import base64
import hashlib
import hmac
import json

from room import case, front, outside, registry, sites

KEY_ID, KEY, PASSWORD = "AKIDEXAMPLE", "wJalrXUtnFEMI-K7MDENG", "password-for-12-hours"
SOURCE = outside.ROOT / "sdk" / "examples" / "signed"


class SignedTokens(front.Fault):
    """Hands the password out to who signs date and body with the key."""

    def __init__(self, expires: int = 43200):
        self.expires, self.asked = expires, 0

    def before(self, request):
        if request.path != "/tokens":
            return None
        self.asked += 1
        right = hmac.new(KEY.encode(), f"{request.headers['X-Date']}\n".encode() + request.body, hashlib.sha256).hexdigest()
        if request.method != "POST" or request.headers["Authorization"] != f"HMAC-SHA256 Credential={KEY_ID},Signature={right}":
            return front.Answer(403, [sites.JSON], b'{"message":"The request signature does not match"}')
        assert json.loads(request.body)["scope"].startswith("repository:")
        token = base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()
        return front.Answer(200, [sites.JSON], json.dumps({"authorizationToken": token, "expiresIn": self.expires}).encode())


class Adapter(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = outside.build(SOURCE, "ferry-sig-")
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.open.client.image("suite/small", "1")

    def setUp(self):
        super().setUp()
        self.tokens = SignedTokens()
        self.gate = sites.Gate('Basic realm="corp"', lambda shown: shown == sites.basic("AWS", PASSWORD))
        self.server = self.enterContext(front.Front(self.open.host, [self.tokens, self.gate]))

    def settings(self, key: str = KEY):
        path = self.home / "ferry.properties"
        path.write_text(f"plugin.signed.registry = {self.server.host}\nplugin.signed.token_url = {self.server.url}/tokens\n"
                        f"plugin.signed.key_id = {KEY_ID}\nplugin.signed.secret_key = {key}\n")
        return ("--config", path, "--plugin-dir", self.folder / "build")

    def test_it_is_short(self):
        self.assertLessEqual(len((SOURCE / "signed.cpp").read_text().splitlines()), 100)

    def test_pull_with_a_signed_login(self):
        found = self.pull(f"{self.server.url}/suite/small:1", *self.settings(), "--debug")
        self.assert_image(found, self.truth)
        self.assertEqual(self.tokens.asked, 1, "one password serves the whole pull")
        self.assertIn("registry backend signed", self.result.log)
        for secret in (KEY, PASSWORD, base64.b64encode(f"AWS:{PASSWORD}".encode()).decode()):
            self.assertNotIn(secret, self.result.stderr + self.result.log)

    def test_a_password_for_one_request_is_asked_for_each_time(self):
        self.tokens.expires = 0
        self.assert_image(self.pull(f"{self.server.url}/suite/small:1", *self.settings()), self.truth)
        self.assertGreater(self.tokens.asked, 2)

    def test_a_wrong_key_is_told(self):
        result = self.ferry(f"{self.server.url}/suite/small:1", *self.settings("wrong-Key-of-mine"), "--debug")
        self.assert_failed(result, 3, "refuses the signature of AKIDEXAMPLE")
        self.assertNotIn("wrong-Key-of-mine", result.stderr + result.log)

    def test_other_registries_are_left_to_other_backends(self):
        self.assert_image(self.pull("suite/small:1", "-r", self.open.url, *self.settings()), self.truth)
        self.assertEqual(self.tokens.asked, 0)

    def test_tags_and_inspect_work_with_it(self):
        for command in (("tags", f"{self.server.url}/suite/small"), ("inspect", f"{self.server.url}/suite/small:1")):
            result = self.ferry(*command, *self.settings(), out="")
            self.assertEqual(result.code, 0, result)


if __name__ == "__main__":
    import unittest
    unittest.main()
