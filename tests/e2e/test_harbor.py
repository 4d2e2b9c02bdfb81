"""Harbor: a real docker-registry with token authentication, behind its own token service and API.

The API is written from Harbor's published swagger (api/v2.0): projects, repositories, artifacts with tags, search; pages of
at most 100; names with slashes encoded twice; errors as {"errors": [{"code", "message"}]}."""
import json
import urllib.parse

from room import case, front, internet, registry, sites, token

ROBOT, SECRET = "robot$proj+bot", "Rob0t-Secret-9x"
USERS = {ROBOT: SECRET, "bob": "b0b-Harbor-pass", "pull-only": "Pull-Only-pass"}


def artifact(digest: str, tags: list, *platforms: str) -> dict:
    split = [platform.split("/") for platform in platforms]
    found = {"type": "IMAGE", "digest": digest, "size": 4711, "push_time": "2024-03-05T10:20:30.000Z",
             "tags": [{"name": name, "push_time": "2024-03-05T10:20:30.000Z"} for name in tags] or None, "references": None,
             "extra_attrs": {"os": split[0][0], "architecture": split[0][1], "created": "2024-01-01T00:00:00Z"}}
    if len(platforms) > 1:
        found["extra_attrs"] = None
        found["references"] = [{"child_digest": digest, "platform": dict(zip(("os", "architecture", "variant"), words))}
                               for words in split]
    return found


class HarborApi(front.Fault):
    """`projects`: {name: {repository: [artifacts]}}. `readers` may list them; `public` projects are for everybody."""

    def __init__(self, projects: dict, readers, public=()):
        self.projects, self.readers, self.public, self.asked = projects, readers, public, []

    def before(self, request):
        if not request.path.startswith("/api/v2.0/"):
            return None
        self.asked.append(request.target)
        shown = request.headers.get("Authorization", "")
        if shown and shown not in [sites.basic(*user) for user in USERS.items()]:
            return self.error(401, "UNAUTHORIZED", "unauthorized")
        reader = shown in [sites.basic(name, USERS[name]) for name in self.readers]
        parts = request.path.removeprefix("/api/v2.0/").split("/")
        visible = {name: held for name, held in self.projects.items() if reader or name in self.public}
        if parts == ["projects"]:
            return self.page(request, [{"project_id": n, "name": name, "repo_count": len(held)}
                                       for n, (name, held) in enumerate(visible.items())])
        if parts == ["search"]:
            words = request.query["q"][0]
            hits = [self.repository(project, name, held[name], "repository_name") for project, held in visible.items()
                    for name in held if words in f"{project}/{name}"]
            return self.answer({"project": [{"name": name, "repo_count": len(held)} for name, held in visible.items()
                                            if words in name], "repository": hits, "chart": []})
        if parts[0] == "projects" and len(parts) >= 3:
            project = urllib.parse.unquote(parts[1])
            if project not in self.projects:
                return self.error(404, "NOT_FOUND", f"project {project} not found")
            if project not in visible:
                return self.error(403 if shown else 401, "FORBIDDEN" if shown else "UNAUTHORIZED", "forbidden")
            held = visible[project]
            if len(parts) == 3:
                words = request.query.get("q", ["name=~"])[0].removeprefix("name=~")
                return self.page(request, [self.repository(project, name, held[name], "name") for name in held
                                           if words in name])
            # a router decodes a path once; what is left must be decoded a second time
            name = urllib.parse.unquote(urllib.parse.unquote(parts[3]))
            if "/" in urllib.parse.unquote(parts[3]) or name not in held:
                return self.error(404, "NOT_FOUND", f"repository {name} not found")
            return self.page(request, held[name])
        return self.error(404, "NOT_FOUND", "path not found")

    @staticmethod
    def repository(project, name, artifacts, key):
        return {key: f"{project}/{name}", "project_name": project, "artifact_count": len(artifacts), "pull_count": 12}

    @staticmethod
    def answer(document, fields=()):
        return front.Answer(200, [sites.JSON, *fields], json.dumps(document).encode())

    @staticmethod
    def error(status, code, message):
        return front.Answer(status, [sites.JSON], sites.error(code, message))

    def page(self, request, items):
        page, size = int(request.query.get("page", ["1"])[0]), int(request.query.get("page_size", ["10"])[0])
        if size > 100:
            return self.error(422, "UNPROCESSABLE_ENTITY", "page_size in query should be less than or equal to 100")
        return self.answer(items[(page - 1) * size:page * size], [("X-Total-Count", str(len(items)))])


class Harbor(case.Case):
    REALM = "http://harbor.corp/service/token"     # what a Harbor says that does not know of the TLS before it

    def setUp(self):
        super().setUp()
        self.truth = self.open.client.image("proj/tool", "1")
        self.authority = token.Authority(USERS, public=lambda name: name.startswith(("public/", "library/")),
                                         grants=lambda user, name: name.startswith("proj/") and user in (ROBOT, "pull-only"),
                                         service="harbor-registry")
        self.inner = self.enterContext(registry.Registry(self.gallery.storage, name="harbor",
                                                         token=(self.authority, self.REALM)))
        many = {f"app-{n:03d}": [artifact("sha256:" + "b" * 64, ["1"], "linux/amd64")] for n in range(230)}
        self.api = HarborApi({"proj": {
            "tool": [artifact("sha256:" + "a" * 64, ["1", "latest"], "linux/amd64", "linux/arm64/v8"),
                     artifact("sha256:" + "b" * 64, ["old"], "linux/amd64"), artifact("sha256:" + "c" * 64, [], "linux/amd64")],
            "deep/name": [artifact("sha256:" + "d" * 64, ["x"], "linux/s390x")]}, "many": many, "public": {
                "tool": [artifact("sha256:" + "e" * 64, ["1"], "linux/amd64")]}}, readers=(ROBOT,), public=("public",))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))

    def harbor(self, *faults, host: str = "harbor.corp", **more):
        faults = [*faults, self.authority.answers("/service/token"), self.api]
        self.net = self.enterContext(internet.Internet({host: faults, **more}, upstream=self.inner.host))
        return host.removeprefix("https://")

    def login(self, user: str = ROBOT) -> dict:
        return {"FERRY_USERNAME": user, "FERRY_PASSWORD": USERS[user]}

    def look(self, *arguments, **more):
        return self.ferry(*arguments, *self.net.options, out="", **more)

    def lines(self, *arguments, **more) -> list:
        result = self.look(*arguments, **more)
        self.assertEqual(result.code, 0, result)
        return result.stdout.decode().splitlines()

    def test_robot_behind_tls_though_the_realm_says_http(self):
        host = self.harbor()
        found = self.pull(f"{host}/proj/tool:1", *self.net.options, "--debug", "-u", ROBOT, "--password-stdin",
                          stdin=SECRET.encode())
        self.assert_image(found, self.truth)
        self.assertEqual({asked["user"] for asked in self.authority.asked}, {ROBOT}, "verbatim, with its $ and +")
        self.assertEqual(self.net.strays, [], "the password never goes over plain http")
        self.assert_secret(self.result, SECRET, *self.authority.issued)

    def test_a_realm_on_a_port_where_nobody_listens_is_replaced_by_the_registrys_address(self):
        host = self.harbor(host="https://harbor.corp:8443")
        self.assert_image(self.pull(f"{host}/proj/tool:1", *self.net.options, env=self.login()), self.truth)
        self.assertEqual(self.net.strays, [])

    def test_harbor_by_another_name(self):
        """No "harbor" in the host: its token service tells."""
        type(self).REALM = "http://registry.corp/service/token"
        self.addCleanup(setattr, type(self), "REALM", "http://harbor.corp/service/token")
        self.setUp()
        host = self.harbor(host="registry.corp")
        self.assert_image(self.pull(f"{host}/proj/tool:1", *self.net.options, env=self.login()), self.truth)
        result = self.ferry(f"{host}/proj/tool:1", *self.net.options, "-u", "robot+bot", "--password-stdin",
                            stdin=b"wrong-Secret", out=self.home / "no")
        self.assert_failed(result, 3, "'robot$project+name'")

    def test_a_wrong_secret_hints_at_the_quoting(self):
        host = self.harbor()
        # what a shell makes of -u "robot$proj+bot"
        result = self.ferry(f"{host}/proj/tool:1", *self.net.options, "-u", "robot+bot", "--password-stdin",
                            stdin=SECRET.encode())
        self.assert_failed(result, 3, "harbor.corp", "single quotes", "'robot$project+name'")
        self.assert_secret(result, SECRET)

    def test_private_and_absent_projects_are_told_as_such(self):
        host = self.harbor()
        self.assert_failed(self.ferry(f"{host}/proj/tool:1", *self.net.options), 3, "proj", "-u NAME")
        self.assert_failed(self.ferry(f"{host}/public/nothing:1", *self.net.options), 4, "public/nothing", "PROJECT/NAME")

    def test_blocked_by_a_vulnerability_policy(self):
        message = ("current image with 3 vulnerabilities cannot be pulled due to configured policy in 'Prevent images with "
                   "vulnerability severity of \"High\" or higher from running.' To continue with pull, please contact your "
                   "project administrator to exempt matched vulnerabilities through configuring the CVE allowlist.")
        blocked = sites.Path("/v2/public/tool/manifests/1", front.Answer(412, [sites.JSON],
                                                                        sites.error("PROJECTPOLICYVIOLATION", message)))
        for host in ("harbor.corp", "registry.corp"):
            with self.subTest(host):
                self.harbor(blocked, host=host)
                result = self.ferry(f"{host}/public/tool:1", *self.net.options)
                self.assert_failed(result, 3, "policy of the project public on vulnerabilities", "3 vulnerabilities", "allowlist")
                self.assert_no_archive()

    def test_tags_with_platforms_and_dates(self):
        host = self.harbor()
        self.assertEqual(self.lines("tags", f"{host}/proj/tool", env=self.login()),
                         ["1\t2024-03-05 10:20 UTC\t4.6 KiB\tlinux/amd64 linux/arm64/v8",
                          "latest\t2024-03-05 10:20 UTC\t4.6 KiB\tlinux/amd64 linux/arm64/v8",
                          "old\t2024-03-05 10:20 UTC\t4.6 KiB\tlinux/amd64"])
        self.assertEqual(self.lines("tags", f"{host}/proj/deep/name", env=self.login()),
                         ["x\t2024-03-05 10:20 UTC\t4.6 KiB\tlinux/s390x"], "a name with a slash is encoded twice")
        self.assertTrue(any("deep%252Fname" in target for target in self.api.asked))
        self.assertEqual(self.lines("tags", f"{host}/public/tool"), ["1\t2024-03-05 10:20 UTC\t4.6 KiB\tlinux/amd64"])

    def test_tags_for_who_may_pull_and_not_list(self):
        host = self.harbor()
        self.assertEqual(self.lines("tags", f"{host}/proj/tool", env=self.login("pull-only")), ["1"])
        self.assert_failed(self.look("tags", f"{host}/proj/tool"), 3, "proj")

    def test_search_lists_projects_repositories_and_hits_page_by_page(self):
        host = self.harbor()
        found = self.lines("search", "-r", host, "tool", env=self.login())
        self.assertEqual([line.split("\t")[0] for line in found], ["proj/tool", "public/tool"])
        self.assertIn("3 artifacts", found[0])
        self.assertEqual([line.split("\t")[0] for line in self.lines("search", "-r", host, "tool")], ["public/tool"])
        whole = self.lines("search", "-r", host, "many/", "--limit", "0", env=self.login())
        self.assertEqual([line.split("\t")[0] for line in whole], [f"many/app-{n:03d}" for n in range(230)])
        self.assertEqual([line.split("\t")[0] for line in self.lines("search", "-r", host, "many/app-22", env=self.login())],
                         [f"many/app-{n}" for n in range(220, 230)])
        everything = self.lines("search", "-r", host, "--limit", "0", env=self.login())
        self.assertEqual(len(everything), 2 + 230 + 1)
        projects = self.lines("search", "-r", host, "man", "--limit", "1", env=self.login())
        self.assertEqual(projects[0].split("\t")[0], "many/")

    def test_errors_of_the_api_are_told_in_its_words(self):
        host = self.harbor()
        self.assert_failed(self.look("search", "-r", host, "nope/", env=self.login()), 4, host, "project nope not found")
        result = self.look("search", "-r", host, "tool", "-u", "bob", "--password-stdin", stdin=b"wrong-Password")
        self.assert_failed(result, 3, host, "does not accept this login")
        self.assert_secret(result, "wrong-Password")

    def test_proxy_cache_of_docker_hub_by_a_mapping(self):
        """docker.io=harbor.corp/dockerhub in the settings; the archive bears the name that was typed."""
        truth = self.open.client.image("library/debian", "bookworm")
        cold = sites.ColdCache()
        self.harbor(cold, sites.Rename("dockerhub"))
        self.net["harbor.corp"].upstream = self.open.host
        settings = self.home / "ferry.properties"
        settings.write_text("mirrors.docker.io = harbor.corp/dockerhub\nformat = docker\n")
        found = self.pull("debian:bookworm", *self.net.options, "--config", settings)
        self.assert_image(found, truth)
        self.assertEqual(found.tags, ["debian:bookworm"])
        self.assertEqual(self.net.strays, [], "Docker Hub itself is not asked")
        asked = self.net["harbor.corp"].requests
        self.assertTrue(all(request.query.get("ns") == ["docker.io"] for request in asked if request.path != "/v2/"))
        self.assertNotIn("HEAD", {request.method for request in asked}, "a cold cache answers 404 to HEAD")
        # the same for ranges: a pull that resumes in mid-blob meets a cache that has gone cold
        medium = self.open.client.image("suite/medium", "1")
        cold = sites.ColdCache()
        self.harbor(cold, sites.Rename("dockerhub"))
        self.net["harbor.corp"].upstream = self.open.host
        part = self.out / "medium.tar"
        first = self.start("docker.io/suite/medium:1", *self.net.options, "--config", settings, "-j", "1", "--name", part.name)
        self.wait_until(lambda: len(self.net["harbor.corp"].blobs()) >= 4, what="some layers")
        first.terminate()
        first.communicate(timeout=60)
        cold.warm.clear()
        found = self.pull("docker.io/suite/medium:1", *self.net.options, "--config", settings, "-j", "8", "--name", part.name)
        self.assert_image(found, medium)
        self.assertEqual(found.tags, ["docker.io/suite/medium:1"])

    def test_a_proxy_cache_asked_by_its_own_name(self):
        """PROJECT/nginx where the cache knows PROJECT/library/nginx."""
        self.harbor(sites.Rename("dockerhub"))
        self.net["harbor.corp"].upstream = self.open.host
        found = self.pull("harbor.corp/dockerhub/debian:bookworm", *self.net.options)
        self.assert_image(found, self.open.client.image("library/debian", "bookworm"))
        self.assertEqual(found.tags, ["harbor.corp/dockerhub/debian:bookworm"])


if __name__ == "__main__":
    import unittest
    unittest.main()
