"""Docker Hub as it is documented: names, token service, store, quota, tags and search, each on its own host."""
import base64
import json

from room import case, front, internet, registry, sites

QUOTA = sites.error("TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit. "
                    "https://www.docker.com/increase-rate-limit")
ALIASES = ("debian", "library/debian", "docker.io/debian", "docker.io/library/debian", "index.docker.io/debian",
           "index.docker.io/library/debian", "registry-1.docker.io/library/debian", "registry-1.docker.io/debian")


def tag(name: str, *platforms: str, size: int = 1000, pushed: str = "2024-03-05T10:20:30.123456Z") -> dict:
    images = []
    for platform in platforms:
        os, architecture, *variant = platform.split("/")
        images.append({"os": os, "architecture": architecture, "variant": variant[0] if variant else None, "size": size,
                       "digest": "sha256:" + "c" * 64, "status": "active"})
    return {"name": name, "full_size": size, "last_updated": pushed, "digest": "sha256:" + "d" * 64, "images": images}


class HubApi(front.Fault):
    """hub.docker.com: tags of public repositories and the search, in pages."""

    def __init__(self, repositories: dict, hits: list):
        self.repositories, self.hits = repositories, hits

    def before(self, request):
        page, size = int(request.query.get("page", ["1"])[0]), int(request.query.get("page_size", ["10"])[0])
        assert size <= 100, "Hub refuses more"
        if request.path == "/v2/search/repositories/":
            words = request.query["query"][0]
            items = [hit for hit in self.hits if words in hit["repo_name"]]
        else:
            items = self.repositories.get(request.path)
            if items is None:
                return front.Answer(404, [sites.JSON], b'{"message":"object not found"}')
        part = items[(page - 1) * size:page * size]
        more = f"https://hub.docker.com{request.path}?page={page + 1}" if page * size < len(items) else None
        return front.Answer(200, [sites.JSON], json.dumps({"count": len(items), "next": more, "previous": None,
                                                           "results": part}).encode())


class Hub(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.open.client.image("library/debian", "bookworm")

    def hub(self, *faults, users=None, api=None):
        """Hub's hosts; `faults` come before the registry."""
        self.tokens = sites.Tokens("/token", users or {}, anonymous=True)
        gate = sites.Gate('Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
                          'scope="repository:library/debian:pull"', self.tokens.accept)
        store = front.Redirect("https://production.cloudflare.docker.com")
        self.net = self.enterContext(internet.Internet({
            "registry-1.docker.io": [*faults, gate, store], "auth.docker.io": [self.tokens],
            "hub.docker.com": [api or HubApi({}, [])],
            "production.cloudflare.docker.com": [sites.OneAuthentication()]}, upstream=self.open.host))
        return self.net

    def look(self, *arguments, **more):
        result = self.ferry(*arguments, *self.net.options, out="", **more)
        self.assertEqual(self.net.strays, [])
        return result

    def test_all_aliases_are_one_image(self):
        self.hub()
        for name in ALIASES:
            with self.subTest(name):
                result = self.ferry(f"{name}:bookworm", *self.net.options, "--dry-run", "--json")
                self.assertEqual(result.code, 0, result)
                plan = json.loads(result.stdout)
                self.assertEqual(plan["images"][0]["manifest"], self.truth.digest)
        self.assertEqual({asked["query"]["scope"][0] for asked in self.tokens.asked}, {"repository:library/debian:pull"})
        self.assertEqual({asked["query"]["service"][0] for asked in self.tokens.asked}, {"registry.docker.io"})
        self.assertEqual(self.net.strays, [], "index.docker.io and docker.io are names, not hosts to ask")

    def test_layers_come_from_the_store_by_the_same_proxy_without_the_token(self):
        self.hub()
        found = self.pull("debian:bookworm", *self.net.options)
        self.assert_image(found, self.truth)
        self.assertEqual(found.tags, ["debian:bookworm"])
        stored = self.net["production.cloudflare.docker.com"].requests
        self.assertGreaterEqual(len(stored), len(set(self.truth.layers)))
        self.assertEqual({request.headers["Authorization"] for request in stored}, {None})

    def test_a_link_that_expired_is_fetched_anew_from_the_registry(self):
        class Expired(front.Fault):
            """Every link serves once."""
            def __init__(self):
                self.seen = set()

            def before(self, request):
                if request.blob and request.target in self.seen:
                    return front.Answer(403, [], b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
                self.seen.add(request.target)
                return None

        class Numbered(front.Fault):
            count = 0

            def before(self, request):
                if not request.blob:
                    return None
                Numbered.count += 1
                return front.Answer(307, [("Location", f"https://production.cloudflare.docker.com{request.path}?"
                                                       f"Expires={Numbered.count}&Signature=sig-{Numbered.count}")])

        tokens = sites.Tokens("/token")
        gate = sites.Gate('Bearer realm="https://auth.docker.io/token",service="registry.docker.io"', tokens.accept)
        net = self.enterContext(internet.Internet({
            "registry-1.docker.io": [gate, Numbered()], "auth.docker.io": [tokens],
            "production.cloudflare.docker.com": [Expired(), front.Short(2, 10000)]}, upstream=self.open.host))
        self.assert_image(self.pull("debian:bookworm", *net.options, "--debug"), self.truth)
        self.assertGreater(Numbered.count, len(self.truth.layers))
        self.assertNotIn("sig-1", self.result.log + self.result.stderr)

    def test_login_of_docker_login_goes_to_the_token_service_alone(self):
        self.hub(users={"bob": "b0b-hub-secret"})
        folder = self.home / "docker"
        folder.mkdir()
        entry = base64.b64encode(b"bob:b0b-hub-secret").decode()
        (folder / "config.json").write_text(json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": entry}}}))
        self.assert_image(self.pull("debian:bookworm", *self.net.options, "--debug", env={"DOCKER_CONFIG": str(folder)}),
                          self.truth)
        self.assertEqual({asked["authorization"] for asked in self.tokens.asked}, {sites.basic("bob", "b0b-hub-secret")})
        for site, host in self.net.sites.items():
            for request in host.requests:
                if not site.startswith("auth."):
                    self.assertNotIn(entry, str(request.headers))

    def test_the_pull_limit_is_shown_by_inspect(self):
        self.hub(sites.Fields({"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "76;w=21600",
                               "Docker-RateLimit-Source": "192.0.2.1"}))
        result = self.look("inspect", "debian:bookworm")
        self.assertEqual(result.code, 0, result)
        self.assertIn("pull limit: 76 of 100 left, in any 6 hours", result.stdout.decode())
        manifests = [r for r in self.net["registry-1.docker.io"].requests if front.MANIFEST.match(r.path) and r.status == 200]
        self.assertEqual(len(manifests), 2, "the index and one platform: others would cost pulls")
        found = json.loads(self.look("inspect", "debian:bookworm", "--json").stdout)
        self.assertEqual(found["pullLimit"], {"limit": 100, "remaining": 76, "windowSeconds": 21600})

    def test_quota_that_is_used_up_ends_at_once_and_says_when_and_how_to_get_more(self):
        fields = [("RateLimit-Limit", "100;w=21600"), ("RateLimit-Remaining", "0;w=21600"), ("Retry-After", "5400"), sites.JSON]
        self.hub(front.Burst(429, 1000, lambda request: bool(front.MANIFEST.match(request.path)), fields))
        self.net["registry-1.docker.io"].faults[0].before = lambda request: (
            front.Answer(429, fields, QUOTA) if front.MANIFEST.match(request.path) else None)
        result = self.ferry("debian:bookworm", *self.net.options)
        self.assert_failed(result, 9, "pull limit for anonymous downloads", "renewed in 90 minutes", "-u NAME")
        asked = [r for r in self.net["registry-1.docker.io"].requests if front.MANIFEST.match(r.path)]
        self.assertEqual(len(asked), 1, "a quota is not hammered")

    def test_quota_with_a_reset_time_and_with_a_login(self):
        fields = [("X-RateLimit-Reset", "1709634030"), sites.JSON]
        self.hub(sites.Path("/v2/library/debian/manifests/", front.Answer(429, fields, QUOTA), prefix=True),
                 users={"bob": "b0b-hub-secret"})
        result = self.ferry("debian:bookworm", *self.net.options, "-u", "bob", "--password-stdin", stdin=b"b0b-hub-secret")
        self.assert_failed(result, 9, "pull limit for this account", "2024-03-05 10:20 UTC", "--mirror")
        self.assertNotIn("-u NAME", result.stderr)

    def test_abuse_protection_is_told_from_the_quota(self):
        self.hub(sites.Path("/v2/library/debian/manifests/", front.Answer(429, [], b"Too Many Requests"), prefix=True))
        result = self.ferry("debian:bookworm", *self.net.options, "--retries", "1", "--retry-delay", "0")
        self.assert_failed(result, 9, "abuse protection")
        self.assertNotIn("pull limit", result.stderr)
        asked = [r for r in self.net["registry-1.docker.io"].requests if front.MANIFEST.match(r.path)]
        self.assertEqual(len(asked), 2, "that one passes: it is asked again")

    def test_tags_with_platforms_and_dates_from_every_page(self):
        path = "/v2/namespaces/library/repositories/debian/tags"
        names = [tag(f"v{n}", "linux/amd64") for n in range(150)]
        names.insert(0, tag("latest", "linux/amd64", "linux/arm64/v8", "unknown/unknown", size=50 << 20))
        self.hub(api=HubApi({path: names}, []))
        result = self.look("tags", "debian")
        self.assertEqual(result.code, 0, result)
        lines = result.stdout.decode().splitlines()
        self.assertEqual(lines[0], "latest\t2024-03-05 10:20 UTC\t50.0 MiB\tlinux/amd64 linux/arm64/v8")
        self.assertEqual([line.split("\t")[0] for line in lines[1:]], [f"v{n}" for n in range(150)])
        self.assertEqual(self.tokens.asked, [], "no token, no pull")
        first = json.loads(self.look("tags", "docker.io/library/debian", "--json", "--limit", "1").stdout)
        self.assertEqual(first, {"tag": "latest", "digest": "sha256:" + "d" * 64, "platforms": ["linux/amd64", "linux/arm64/v8"],
                                 "size": 50 << 20, "updated": "2024-03-05T10:20:30Z"})

    def test_tags_of_a_private_repository_come_from_the_registry(self):
        self.hub(users={"bob": "b0b-hub-secret"})
        result = self.look("tags", "team/private", "-u", "bob", "--password-stdin", stdin=b"b0b-hub-secret")
        self.assertEqual(result.code, 0, result)
        self.assertEqual(result.stdout, b"1\n")
        for request in self.net["hub.docker.com"].requests:
            self.assertIsNone(request.headers["Authorization"], "the login is the registry's, not the web site's")

    def test_search(self):
        hits = [{"repo_name": "debian", "short_description": "An OS\x1b[31m", "star_count": 5000, "pull_count": 1000000,
                 "is_official": True, "is_automated": False}]
        hits += [{"repo_name": f"someone/debian-{n}", "short_description": "", "star_count": n, "pull_count": n,
                  "is_official": False} for n in range(120)]
        self.hub(api=HubApi({}, hits))
        result = self.look("search", "debian")
        self.assertEqual(result.code, 0, result)
        lines = result.stdout.decode().splitlines()
        self.assertEqual(lines[0], "debian\tofficial, 5000 stars, 1000000 pulls\tAn OS?[31m", "no control character gets out")
        self.assertEqual(len(lines), 25)
        self.assertIn("--limit 0", result.stderr)
        everything = self.look("search", "debian", "--limit", "0", "--json")
        found = [json.loads(line) for line in everything.stdout.splitlines()]
        self.assertEqual(len(found), 121)
        self.assertEqual(found[0]["official"], True)
        self.assertEqual(self.look("search").code, 2, "all of Hub is too much")


if __name__ == "__main__":
    import unittest
    unittest.main()
