"""ferry inspect, tags and search against a real docker-registry: what they show, as text, as JSON and byte by byte."""
import hashlib
import json
import re

from room import case, front, registry, sites


class Look(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.index_digest, cls.index = cls.registry.client.manifest("library/debian", "bookworm")
        cls.debian = {name: cls.registry.client.image("library/debian", "bookworm", name)
                      for name in ("linux/amd64", "linux/arm64/v8", "linux/arm/v7")}

    def look(self, *arguments, **more):
        result = self.ferry(*arguments, "-r", self.registry.url, out="", **more)
        self.assertEqual([p for p in self.home.rglob("*") if p.is_file()], [], "these commands leave no file")
        return result

    def test_inspect_shows_platforms_sizes_digests_dates_and_the_config(self):
        result = self.look("inspect", "debian:bookworm")
        self.assertEqual(result.code, 0, result)
        text = result.stdout.decode()
        self.assertIn(f"digest {self.index_digest}", text)
        for name, truth in self.debian.items():
            self.assertRegex(text, re.compile(rf"^{re.escape(name)}  {truth.digest}  [\d.]+ [KM]iB, {len(truth.layers)} layers, "
                                              r"created 2023-11-14 22:13 UTC$", re.M))
        amd = self.debian["linux/amd64"]
        self.assertIn(f"config {amd.config_digest}", text)
        self.assertIn('Entrypoint: ["/usr/bin/env"]', text)
        self.assertIn("Env: LANG=C.UTF-8", text)
        self.assertIn("WorkingDir: /opt/app", text)
        self.assertIn("Label: maintainer=test <test@example.com>", text)
        for digest in amd.layers:
            self.assertIn(f"layer {digest}", text)

    def test_inspect_of_one_platform_shows_its_config(self):
        arm = self.debian["linux/arm/v7"]
        for wanted in ("arm/v7", "armhf", "linux/arm/v7"):
            text = self.look("inspect", "debian:bookworm", "-a", wanted).stdout.decode()
            self.assertIn(f"config {arm.config_digest}", text)
        result = self.look("inspect", "debian:bookworm", "-a", "s390x")
        self.assert_failed(result, 4, "there are: linux/amd64, linux/arm64/v8, linux/arm/v7", "-a amd64, -a arm64, -a arm/v7")

    def test_inspect_json(self):
        result = self.look("inspect", "debian:bookworm", "--json")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(len(result.stdout.splitlines()), 1)
        found = json.loads(result.stdout)
        self.assertEqual(found["digest"], self.index_digest)
        self.assertEqual(found["host"], self.registry.host)
        self.assertEqual(found["mediaType"], self.index["mediaType"])
        self.assertEqual(found["pullLimit"], {"limit": None, "remaining": None, "windowSeconds": None})
        self.assertEqual([one["platform"] for one in found["platforms"]], list(self.debian))
        for one in found["platforms"]:
            truth = self.debian[one["platform"]]
            self.assertEqual(one["digest"], truth.digest)
            self.assertEqual(one["config"], truth.config)
            self.assertEqual(one["configDigest"], truth.config_digest)
            self.assertEqual(one["size"], sum(layer["size"] for layer in truth.manifest["layers"]))
            self.assertEqual([layer["digest"] for layer in one["layers"]], truth.layers)
            self.assertEqual(one["created"], "2023-11-14T22:13:20Z")

    def test_inspect_raw_is_what_the_registry_sent(self):
        raw = self.look("inspect", "debian:bookworm", "--raw").stdout
        self.assertEqual("sha256:" + hashlib.sha256(raw).hexdigest(), self.index_digest)
        amd = self.debian["linux/amd64"]
        raw = self.look("inspect", f"debian@{amd.digest}", "--raw").stdout
        self.assertEqual("sha256:" + hashlib.sha256(raw).hexdigest(), amd.digest)

    def test_inspect_of_a_single_image_and_of_a_nested_index(self):
        small = self.registry.client.image("suite/small", "1")
        self.assertIn(f"linux/amd64  {small.digest}", self.look("inspect", "suite/small:1").stdout.decode())
        platforms = [one["platform"] for one in json.loads(self.look("inspect", "suite/nested:1", "--json").stdout)["platforms"]]
        self.assertEqual(sorted(platforms), ["linux/amd64", "linux/arm/v7", "linux/arm64"])

    def test_inspect_lists_no_attestation(self):
        text = self.look("inspect", "suite/attested:1").stdout.decode()
        self.assertNotIn("unknown", text)

    def test_inspect_fetches_no_layer(self):
        seen = self.enterContext(front.Front(self.registry.host))
        result = self.ferry("inspect", f"{seen.url}/library/debian:bookworm", "-a", "all", out="")
        self.assertEqual(result.code, 0, result)
        asked = {request.blob for request in seen.blobs()}
        self.assertEqual(asked, {truth.config_digest for truth in self.debian.values()})

    def test_inspect_failures(self):
        self.assert_failed(self.look("inspect", "suite/nothing:1"), 4, "suite/nothing")
        self.assert_failed(self.look("inspect", "suite/small:none"), 4, "suite/small")
        self.assert_failed(self.look("inspect"), 2, "no image")
        self.assert_failed(self.look("inspect", "suite/small:1", "--raw", "--json"), 2)
        self.assert_failed(self.look("inspect", "suite/small:1", "-a", "a/b/c/d"), 2)

    def test_tags(self):
        self.assertEqual(self.look("tags", "debian").stdout, b"bookworm\nlatest\n")
        one = self.look("tags", "debian:latest", "--limit", "1")
        self.assertIn(one.stdout, (b"bookworm\n", b"latest\n"), "a tag in the name is no matter")
        self.assertIn("--limit 0", one.stderr)
        self.assertEqual([json.loads(line)["tag"] for line in self.look("tags", "debian", "--json").stdout.splitlines()],
                         ["bookworm", "latest"])
        self.assert_failed(self.look("tags", "suite/nothing"), 4, "suite/nothing")

    def test_pages_of_a_real_registry_are_followed(self):
        """docker-registry 2.8 gives its catalog in pages, with a relative Link; the front asks for small ones."""
        class Small(front.Fault):
            def before(self, request):
                if request.path.endswith(("/tags/list", "/_catalog")):
                    request.target = re.sub(r"n=\d+", "n=1", request.target)
                return None

        class Forward(front.Front):
            def _forward(self, request):
                if request.path.endswith(("/tags/list", "/_catalog")):
                    answer, body = registry.Client(f"http://{self.upstream}").request("GET", request.target)
                    return front.Answer(200, [(k, v) for k, v in answer.getheaders() if k.lower() in ("link", "content-type")], body)
                return super()._forward(request)

        server = self.enterContext(Forward(self.registry.host, [Small()]))
        result = self.ferry("tags", f"{server.url}/library/debian", out="")
        self.assertEqual(result.stdout, b"bookworm\nlatest\n", result)
        result = self.ferry("search", "-r", server.url, "suite/", "--limit", "0", out="")
        self.assertGreater(len([r for r in server.requests if r.path == "/v2/_catalog"]), 10)
        self.assertEqual(sorted(result.stdout.decode().split()), ["suite/attested", "suite/empty", "suite/exotic", "suite/kinds",
                                                                 "suite/many", "suite/medium", "suite/nested", "suite/repeat",
                                                                 "suite/small", "suite/zero"], result)

    def test_a_registry_that_lists_nothing_says_so(self):
        closed = sites.Gate([], lambda shown: False, 404, sites.error("UNSUPPORTED", "disabled"))
        server = self.enterContext(front.Front(self.registry.host, [closed]))
        self.assert_failed(self.ferry("search", "-r", server.url, "debian", out=""), 4, server.host, "no list of its repositories")
        self.assert_failed(self.ferry("tags", f"{server.url}/suite/small", out=""), 4, "the tags of", "suite/small")

    def test_the_catalog_is_asked_for_with_its_own_scope(self):
        tokens = sites.Tokens("/token", {"admin": "pass-of-admin"}, anonymous=False)
        server = front.Front(self.registry.host)
        server.faults += [tokens, sites.Gate(f'Bearer realm="{server.url}/token",service="x"', tokens.accept)]
        self.enterContext(server)
        result = self.ferry("search", "-r", server.url, "library", "-u", "admin", "--password-stdin", stdin=b"pass-of-admin", out="")
        self.assertEqual(result.stdout, b"library/debian\n", result)
        self.assertEqual(tokens.asked[0]["query"]["scope"], ["registry:catalog:*"])

    def test_options_and_settings_are_those_of_a_pull(self):
        settings = self.home / "config" / "ferry"
        settings.mkdir(parents=True)
        (settings / "ferry.properties").write_text(f"registry = {self.registry.url}\noutput = ./elsewhere\nworkers = 3\n")
        result = self.ferry("tags", "debian", out="")
        self.assertEqual(result.stdout, b"bookworm\nlatest\n", result)
        (settings / "ferry.properties").write_text("registry_ = x\n")
        self.assert_failed(self.ferry("tags", "debian", out=""), 2, "registry_")
        for command in ("inspect", "tags", "search"):
            text = self.ferry(command, "--help", out="").stdout.decode()
            for option in ("--registry", "--backend", "--transport", "--mirror", "--proxy", "--ca-cert", "--username",
                           "--password-stdin", "--insecure", "--config", "--opt"):
                self.assertIn(option, text, command)


if __name__ == "__main__":
    import unittest
    unittest.main()
