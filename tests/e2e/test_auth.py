"""Bearer tokens: anonymous, user, expiry in mid-pull, Harbor's robot accounts, and secrets that stay secret."""
import base64
import json
import os
import pathlib

from room import case, front, registry, token

ROBOT = "robot$proj+bot"
SECRET = "Rob0t-Secret-9x"
USERS = {"bob": "b0b-pass:word", ROBOT: SECRET, "proj-only": "other"}


class Tokens(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.open.client.image("suite/small", "1")
        cls.medium = cls.open.client.image("suite/medium", "1")

    def start_registry(self, **settings):
        """A token server of its own host, and a registry that sends its clients there."""
        self.authority = token.Authority(USERS, public=lambda name: name.startswith(("library/", "suite/", "public/")),
                                         **settings)
        self.tokens = self.enterContext(front.Front(None, [self.authority.answers("/token")], address="127.0.0.2"))
        return self.enterContext(registry.Registry(self.gallery.storage, name="token-registry",
                                                   token=(self.authority, self.tokens.url + "/token")))

    def test_anonymous_pull_of_a_public_image(self):
        server = self.start_registry()
        self.assert_image(self.pull("suite/small:1", "-r", server.url, "--debug"), self.truth)
        self.assertTrue(self.authority.asked)
        for request in self.authority.asked:
            self.assertEqual(request["user"], "")
            self.assertEqual(request["service"], ["e2e registry"])
            self.assertIn("repository:suite/small:pull", request["scopes"])
        self.assertLessEqual(len(self.authority.asked), 2, "one token serves the whole pull")
        self.assert_secret(self.result, *self.authority.issued)

    def test_answers_with_access_token_and_without_expiry(self):
        server = self.start_registry(field="access_token", announced=None)
        self.assert_image(self.pull("suite/small:1", "-r", server.url), self.truth)

    def test_user_and_password(self):
        server = self.start_registry()
        result = self.ferry("team/private:1", "-r", server.url)
        self.assert_failed(result, 3, "team/private")
        found = self.pull("team/private:1", "-r", server.url, "-u", "bob", "--password-stdin", "--debug",
                          stdin=USERS["bob"].encode())
        self.assert_image(found, self.truth)
        self.assert_secret(self.result, USERS["bob"], f"bob:{USERS['bob']}", *self.authority.issued)
        for request in self.tokens.requests:
            self.assertNotIn("b0b", request.target, "a password never stands in a URL")

    def test_wrong_password(self):
        server = self.start_registry()
        result = self.ferry("team/private:1", "-r", server.url, "-u", "bob", "--password-stdin", "--debug",
                            stdin=b"guessed-Wrong")
        self.assert_failed(result, 3)
        self.assert_no_archive()
        self.assert_secret(result, "guessed-Wrong", "bob:guessed-Wrong")

    def test_credentials_of_docker_login(self):
        server = self.start_registry()
        folder = self.home / "docker"
        folder.mkdir()
        entry = base64.b64encode(f"bob:{USERS['bob']}".encode()).decode()
        pathlib.Path(folder, "config.json").write_text(json.dumps({"auths": {server.host: {"auth": entry}}}))
        os.chmod(folder / "config.json", 0o600)
        found = self.pull("team/private:1", "-r", server.url, env={"DOCKER_CONFIG": str(folder)})
        self.assert_image(found, self.truth)
        self.assertEqual({request["user"] for request in self.authority.asked}, {"bob"})

    def test_password_goes_to_no_other_registry(self):
        server = self.start_registry()
        other = self.enterContext(front.Front(self.open.host))
        result = self.ferry("suite/small:1", f"{other.host}/suite/repeat:1", "-r", server.url, "-u", "bob",
                            "--password-stdin", stdin=USERS["bob"].encode())
        self.assertEqual(result.code, 0, result)
        for request in other.requests:
            self.assertIsNone(request.headers["Authorization"])

    def test_token_that_ends_in_mid_pull(self):
        """Tokens of two seconds, told as five minutes; every blob comes late, so that each is met by an old token."""
        server = self.start_registry(lifetime=2)
        slow = self.enterContext(front.Front(server.host, [front.Slow(wait=0.8)]))
        found = self.pull("suite/medium:1", "-r", slow.url, "-j", "1")
        self.assert_image(found, self.medium)
        self.assertGreater(len(self.authority.issued), 1)
        self.assertIn(401, [request.status for request in slow.blobs()])

    def test_token_that_is_revoked_between_two_pieces_of_a_blob(self):
        server = self.start_registry()
        challenge = (f'Bearer realm="{self.tokens.url}/token",service="e2e registry",'
                     'scope="repository:suite/medium:pull",error="invalid_token"')
        revoke = token.Revoke(2, challenge)
        cut = front.Short(3, 1 << 20)
        faulty = self.enterContext(front.Front(server.host, [revoke, cut]))
        found = self.pull("suite/medium:1", "-r", faulty.url, "-j", "2")
        self.assert_image(found, self.medium)
        self.assertGreater(revoke.refused, 0)
        self.assertEqual(cut.left, 0)
        ranges = [r.headers["Range"] for r in faulty.blobs() if r.headers["Range"] and r.status == 206]
        self.assertTrue(any(not text.startswith("bytes=0-") for text in ranges), "a cut blob resumes where it ended")


class Harbor(case.Case):
    """A Harbor: registry and /service/token on one host and port; a project with a robot account."""

    def setUp(self):
        super().setUp()
        self.authority = token.Authority(USERS, public=lambda name: name.startswith("public/"),
                                         grants=lambda user, name: user == ROBOT and name.startswith("proj/"),
                                         service="harbor-registry")
        self.harbor = self.enterContext(front.Front(None, [self.authority.answers("/service/token")]))
        inner = self.enterContext(registry.Registry(self.gallery.storage, name="harbor",
                                                    token=(self.authority, self.harbor.url + "/service/token")))
        self.harbor.upstream = inner.host
        open_registry = self.enterContext(registry.Registry(self.gallery.storage))
        self.truth = open_registry.client.image("proj/tool", "1")

    def test_robot_account_pulls_its_project(self):
        for more in ((), ("--backend", "harbor")):
            with self.subTest(arguments=more):
                found = self.pull("proj/tool:1", "-r", self.harbor.url, "-u", ROBOT, "--password-stdin", "--debug",
                                  *more, stdin=SECRET.encode(), out=self.home / f"out{len(more)}")
                self.assert_image(found, self.truth)
                self.assert_secret(self.result, SECRET, f"{ROBOT}:{SECRET}", *self.authority.issued)
        self.assertEqual({request["user"] for request in self.authority.asked}, {ROBOT})

    def test_project_named_in_the_reference(self):
        name = f"{self.harbor.host}/proj/tool:1"
        found = self.pull(name, "-u", ROBOT, "--password-stdin", stdin=SECRET.encode())
        self.assert_image(found, self.truth)
        self.assertEqual(found.tags, [name])

    def test_others_are_refused(self):
        for arguments, stdin in (((), b""), (("-u", "bob", "--password-stdin"), USERS["bob"].encode()),
                                 (("-u", ROBOT, "--password-stdin"), b"not-the-Secret"),
                                 (("-u", "robot$other+bot", "--password-stdin"), SECRET.encode())):
            with self.subTest(arguments=arguments):
                result = self.ferry("proj/tool:1", "-r", self.harbor.url, *arguments, stdin=stdin)
                self.assert_failed(result, 3)
                self.assert_no_archive()
                self.assert_secret(result, *filter(None, [stdin.decode()]))

    def test_public_project_needs_nobody(self):
        found = self.pull("public/tool:1", "-r", self.harbor.url)
        self.assert_image(found, self.truth)
