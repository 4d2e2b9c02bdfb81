"""Mirrors: of one registry or of all, their order, their health, their logins, and the names that stay."""
import base64
import json
import socket
import threading

from room import case, front, internet, registry, sites


class Dead:
    """A host that hangs up on everybody; it counts them."""

    def __init__(self):
        self.count = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class Mirrors(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.open.client.image("suite/small", "1")

    def front(self, *faults):
        return self.enterContext(front.Front(self.open.host, faults))

    def settings(self, text: str):
        path = self.home / "ferry.properties"
        path.write_text(text)
        return ("--config", path)

    def test_lists_by_registry_in_order_and_the_name_stays(self):
        first, second, home = self.front(front.Burst(404, 1000)), self.front(), self.front()
        other = self.front()
        config = self.settings(f"mirrors.{home.host} = {first.url}, {second.url}\nmirrors.elsewhere.example = {other.url}\n")
        found = self.pull(f"{home.host}/suite/small:1", *config)
        self.assert_image(found, self.truth)
        self.assertEqual(found.tags, [f"{home.host}/suite/small:1"])
        self.assertTrue(first.requests and second.requests)
        self.assertEqual(other.requests, [], "the mirror of another registry")
        self.assertEqual([request.target for request in home.blobs()], [], "the second mirror had all of it")
        self.assertEqual(first.requests[0].status, 404, "the first is asked first")

    def test_mirrors_are_told_the_registry(self):
        mirror, home = self.front(), self.front()
        self.pull(f"{home.url}/suite/small:1", "--mirror", f"{home.host}={mirror.url}")
        for request in mirror.requests:
            if request.path != "/v2/":
                self.assertEqual(request.query["ns"], [home.host])
        self.assertFalse([request for request in home.requests if "ns" in request.query])

    def test_a_mapping_puts_a_project_before_the_name(self):
        mirror, home = self.front(sites.Rename("cache/hub")), self.front()
        found = self.pull(f"{home.host}/suite/small:1", "--mirror", f"{home.host}={mirror.url}/cache/hub")
        self.assert_image(found, self.truth)
        self.assertEqual(found.tags, [f"{home.host}/suite/small:1"])
        self.assertEqual(home.blobs(), [])

    def test_a_dead_mirror_is_not_asked_again_by_any_image_or_layer(self):
        dead = self.enterContext(Dead())
        home = self.front()
        result = self.ferry(f"{home.url}/suite/small:1", f"{home.url}/suite/many:60", f"{home.url}/suite/repeat:1",
                            "--mirror", dead.host, "-j", "4")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(len(result.paths), 3)
        self.assertLessEqual(dead.count, 2, "once for https and once for http, by nobody after that")

    def test_a_dead_mirror_behind_a_proxy_is_not_asked_again_either(self):
        net = self.enterContext(internet.Internet({"reg.example.com": []}, upstream=self.open.host))
        result = self.ferry("reg.example.com/suite/small:1", "reg.example.com/suite/many:60", *net.options, "--mirror",
                            "dead.example.com")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(net.strays, ["dead.example.com:443"])

    def test_a_stale_mirror_gives_way_to_the_registry(self):
        """The mirror has the manifest and not the layers."""
        class NoLayers(front.Fault):
            def before(self, request):
                return front.Answer(404, [sites.JSON], sites.error("BLOB_UNKNOWN", "unknown")) if request.blob else None

        mirror, home = self.front(NoLayers()), self.front()
        self.assert_image(self.pull(f"{home.url}/suite/small:1", "--mirror", mirror.url), self.truth)
        self.assertTrue(home.blobs())

    def test_the_registry_is_asked_where_a_mirrors_answer_is_of_no_use(self):
        """As dockerd does it: also what cannot be read, is for another platform, or wants a login that nobody has."""
        other = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
            {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:" + "a" * 64, "size": 100,
             "platform": {"os": "linux", "architecture": "s390x"}}]}).encode()
        for what, answer in {
                "an error under 200": front.Answer(200, [sites.JSON], sites.error("DENIED", "denied")),
                "a text": front.Answer(200, [("Content-Type", "text/plain")], b"a cache of yours"),
                "nothing": front.Answer(200, [], b""),
                "another platform": front.Answer(200, [("Content-Type", "application/vnd.oci.image.index.v1+json")], other),
                "Negotiate": front.Answer(401, [("WWW-Authenticate", "Negotiate")], b"")}.items():
            for place in ("/v2/suite/small/manifests/1", "/v2/suite/small/"):
                with self.subTest(what, place=place):
                    mirror, home = self.front(sites.Path(place, answer, prefix=True)), self.front()
                    found = self.pull(f"{home.url}/suite/small:1", "--mirror", mirror.url,
                                      out=self.home / f"{what}-{place.count('/')}")
                    self.assert_image(found, self.truth)
                    self.assertTrue([request for request in mirror.requests if place in request.path])

    def test_blobs_that_a_mirror_refuses_in_a_way_of_its_own_come_from_the_registry(self):
        class Negotiating(front.Fault):
            def before(self, request):
                return front.Answer(401, [("WWW-Authenticate", "Negotiate")], b"") if request.blob else None

        mirror, home = self.front(Negotiating()), self.front()
        self.assert_image(self.pull(f"{home.url}/suite/small:1", "--mirror", mirror.url), self.truth)
        self.assertTrue(home.blobs())

    def test_the_message_shown_is_that_of_the_registry_and_not_of_a_mirror(self):
        mirror, home = self.front(front.Burst(404, 1000)), self.front()
        result = self.ferry(f"{home.url}/suite/absent:1", "--mirror", mirror.url, "--retries", "0")
        self.assert_failed(result, 4, home.host, f"mirrors asked before: {mirror.host}")

    def test_a_mirror_sees_its_own_login_and_never_the_registrys(self):
        home_tokens = sites.Tokens("/token", {"home-user": "home-Secret"}, anonymous=False)
        home = self.front()
        home.faults += [home_tokens, sites.Gate(f'Bearer realm="{home.url}/token"', home_tokens.accept)]
        right = sites.basic("mirror-user", "mirror-Secret")
        mirror = self.front(sites.Gate('Basic realm="mirror"', lambda shown: shown == right))
        folder = self.home / "docker"
        folder.mkdir()
        entry = base64.b64encode(b"mirror-user:mirror-Secret").decode()
        (folder / "config.json").write_text(json.dumps({"auths": {mirror.host: {"auth": entry}}}))
        found = self.pull(f"{home.url}/suite/small:1", "--mirror", mirror.url, "--debug",
                          env={"DOCKER_CONFIG": str(folder), "FERRY_USERNAME": "home-user", "FERRY_PASSWORD": "home-Secret"})
        self.assert_image(found, self.truth)
        self.assertTrue(mirror.blobs())
        shown = {request.headers["Authorization"] for request in mirror.requests}
        self.assertEqual(shown - {None}, {right})
        self.assertEqual([asked for asked in home_tokens.asked if "mirror" in asked["authorization"]], [])

    def test_without_a_login_of_its_own_a_mirror_sees_none(self):
        home = self.front(sites.Gate('Basic realm="home"', lambda shown: shown == sites.basic("home-user", "home-Secret")))
        mirror = self.front(sites.Gate('Basic realm="mirror"', lambda shown: False))
        found = self.pull(f"{home.url}/suite/small:1", "--mirror", mirror.url,
                          env={"FERRY_USERNAME": "home-user", "FERRY_PASSWORD": "home-Secret"})
        self.assert_image(found, self.truth)
        self.assertEqual({request.headers["Authorization"] for request in mirror.requests}, {None})

    def test_a_mirror_that_cannot_be_meant_is_a_usage_error(self):
        for mirror in ("docker.io=", "ftp://x", "a.example?x=1", "x=y=z"):
            with self.subTest(mirror):
                self.assert_failed(self.ferry("suite/small:1", "-r", self.open.url, "--mirror", mirror), 2, "mirror")


if __name__ == "__main__":
    import unittest
    unittest.main()
