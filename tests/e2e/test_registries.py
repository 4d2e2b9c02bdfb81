"""Registries by their documented behaviour, under their real names: what each does differently, a pull has to stand."""
import base64
import json

from room import case, front, image, internet, process, registry, sites

USERS = {"bob": "b0b-pass:word"}


class Registries(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.open.client.image("suite/small", "1")

    def net(self, places: dict) -> internet.Internet:
        return self.enterContext(internet.Internet(places, upstream=self.open.host))

    def pull_from(self, net, name: str, *arguments, **more):
        found = self.pull(name, *net.options, *arguments, **more)
        self.assert_image(found, self.truth)
        self.assertEqual(net.strays, [], "hosts that nobody named")
        return found

    def login(self, **auths) -> dict:
        """The environment with a config.json of docker's; `auths` is {host: entry}."""
        folder = self.home / "docker"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(auths))
        return {"DOCKER_CONFIG": str(folder)}

    def test_registry_without_any_login(self):
        """mcr.microsoft.com: no challenge, so no token is asked for."""
        net = self.net({"mcr.microsoft.com": []})
        self.pull_from(net, "mcr.microsoft.com/suite/small:1")
        self.assertTrue(all(not request.headers["Authorization"] for request in net["mcr.microsoft.com"].requests))

    def test_ghcr_names_a_template_as_scope(self):
        tokens = sites.Tokens("/token")
        gate = sites.Gate('Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"',
                          tokens.accept)
        net = self.net({"ghcr.io": [tokens, gate]})
        self.pull_from(net, "ghcr.io/suite/small:1")
        self.assertEqual([asked["query"]["scope"] for asked in tokens.asked], [["repository:suite/small:pull"]])
        self.assertEqual(tokens.asked[0]["query"]["service"], ["ghcr.io"])

    def test_quay_keeps_its_token_service_below_v2(self):
        tokens = sites.Tokens("/v2/auth")
        gate = sites.Gate('Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:suite/small:pull"',
                          tokens.accept)
        net = self.net({"quay.io": [tokens, gate]})
        self.pull_from(net, "quay.io/suite/small:1")

    def test_gitlab_has_its_token_service_on_another_host(self):
        tokens = sites.Tokens("/jwt/auth", USERS, anonymous=False)
        gate = sites.Gate('Bearer realm="https://gitlab.com/jwt/auth",service="container_registry"', tokens.accept)
        net = self.net({"registry.gitlab.com": [gate], "gitlab.com": [tokens]})
        self.pull_from(net, "registry.gitlab.com/suite/small:1", "-u", "bob", "--password-stdin",
                       stdin=USERS["bob"].encode())
        self.assertEqual(tokens.asked[0]["authorization"], sites.basic("bob", USERS["bob"]))
        for request in net["registry.gitlab.com"].requests:
            self.assertNotIn("Basic", request.headers.get("Authorization", ""), "the password goes to the realm alone")

    def test_acr_takes_an_identity_token_and_answers_with_access_token(self):
        tokens = sites.Tokens("/oauth2/token", anonymous=False, field="access_token", expires_in=None, refresh="acr-refresh")
        gate = sites.Gate('Bearer realm="https://corp.azurecr.io/oauth2/token",service="corp.azurecr.io",'
                          'scope="repository:suite/small:pull"', tokens.accept)
        net = self.net({"corp.azurecr.io": [tokens, gate]})
        user = base64.b64encode(b"00000000-0000-0000-0000-000000000000:").decode()
        env = self.login(auths={"corp.azurecr.io": {"auth": user, "identitytoken": "acr-refresh"}})
        self.pull_from(net, "corp.azurecr.io/suite/small:1", "--debug", env=env)
        self.assertEqual({asked["method"] for asked in tokens.asked}, {"POST"})
        self.assertIn(b"grant_type=refresh_token", tokens.asked[0]["body"])
        self.assertIn(b"scope=repository%3Asuite%2Fsmall%3Apull", tokens.asked[0]["body"])
        self.assert_secret(self.result, *tokens.issued)
        self.assertNotIn("acr-refresh", self.result.stderr + self.result.log)

    def test_a_service_without_post_is_asked_by_get(self):
        tokens = sites.Tokens("/token", {"bob": "pw-pw-pw"}, anonymous=False)
        gate = sites.Gate('Bearer realm="https://reg.example.com/token",service="x"', tokens.accept)
        net = self.net({"reg.example.com": [tokens, gate]})
        entry = {"auth": base64.b64encode(b"bob:pw-pw-pw").decode(), "identitytoken": "none-of-yours"}
        self.pull_from(net, "reg.example.com/suite/small:1", env=self.login(auths={"reg.example.com": entry}))
        self.assertEqual([asked["method"] for asked in tokens.asked], ["POST", "GET"])

    def test_token_without_expiry_is_asked_for_once(self):
        tokens = sites.Tokens("/token", expires_in=None)
        net = self.net({"reg.example.com": [tokens, sites.Gate('Bearer realm="https://reg.example.com/token"',
                                                               tokens.accept)]})
        self.pull_from(net, "reg.example.com/suite/small:1")
        self.assertEqual(len(tokens.asked), 1)
        self.assertNotIn("service", tokens.asked[0]["query"], "what the challenge does not name is not made up")

    def test_several_challenges_in_two_fields_or_in_one(self):
        tokens = sites.Tokens("/token")
        bearer = 'Bearer realm="https://reg.example.com/token",service="x"'
        for challenges in (["Negotiate", 'Basic realm="x"', bearer], ['Basic realm="x", ' + bearer],
                           ["Negotiate oYG2MIG, NTLM, " + bearer]):
            with self.subTest(challenges=challenges):
                net = self.net({"reg.example.com": [tokens, sites.Gate(challenges, tokens.accept)]})
                self.pull_from(net, "reg.example.com/suite/small:1", out=self.home / str(len(challenges)))

    def test_ecr_takes_basic_alone(self):
        host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
        right = sites.basic("AWS", "ecr-password-of-12-hours")
        gate = sites.Gate(f'Basic realm="https://{host}/",service="ecr.amazonaws.com"', lambda shown: shown == right)
        net = self.net({host: [gate]})
        self.pull_from(net, f"{host}/suite/small:1", "-u", "AWS", "--password-stdin", stdin=b"ecr-password-of-12-hours")
        result = self.ferry(f"{host}/suite/small:1", *net.options, "--name", "no.tar")
        self.assert_failed(result, 3, host, "-u")

    def test_nexus_on_a_port_of_plain_http(self):
        right = sites.basic("admin", "nexus-pass")
        gate = sites.Gate('BASIC realm="Sonatype Nexus Repository Manager"', lambda shown: shown == right)
        net = self.net({"nexus.corp:8082": [gate]})
        found = self.pull_from(net, "http://nexus.corp:8082/suite/small:1", env={"FERRY_USERNAME": "admin",
                                                                                 "FERRY_PASSWORD": "nexus-pass"})
        self.assertEqual(found.tags, ["nexus.corp:8082/suite/small:1"])

    def test_nexus_with_the_bearer_realm(self):
        tokens = sites.Tokens("/v2/token")
        gate = sites.Gate('Bearer realm="http://nexus.corp:8082/v2/token",service="http://nexus.corp:8082/v2/token"',
                          tokens.accept)
        net = self.net({"nexus.corp:8082": [tokens, gate]})
        self.pull_from(net, "suite/small:1", "-r", "http://nexus.corp:8082")

    def test_artifactory_with_its_path_and_its_store(self):
        """A repository path before the name, the token below /artifactory, blobs on S3, no Content-Type."""
        tokens = sites.Tokens("/artifactory/api/docker/null/v2/token", {"bob": USERS["bob"]}, anonymous=False)
        gate = sites.Gate('Bearer realm="https://artifactory.corp/artifactory/api/docker/null/v2/token",'
                          'service="artifactory.corp",scope="repository:docker-local/suite/small:pull"', tokens.accept)

        class NoType(front.Fault):
            def alter(self, request, answer):
                answer.headers = [(k, v) for k, v in answer.headers if k.lower() != "content-type"]

        store = "https://s3.eu-west-1.amazonaws.com"
        net = self.net({"artifactory.corp": [tokens, gate, sites.Rename("docker-local"), front.Redirect(store, 302), NoType()],
                        "s3.eu-west-1.amazonaws.com": [sites.OneAuthentication()]})
        self.pull_from(net, "artifactory.corp/docker-local/suite/small:1", "-u", "bob", "--password-stdin",
                       stdin=USERS["bob"].encode())
        self.assertTrue(net["s3.eu-west-1.amazonaws.com"].blobs())

    def test_registry_k8s_io_sends_manifests_elsewhere_too(self):
        class Away(front.Fault):
            def before(self, request):
                return front.Answer(307, [("Location", "https://us-west2-docker.pkg.dev" + request.target)])

        net = self.net({"registry.k8s.io": [Away()], "us-west2-docker.pkg.dev": []})
        found = self.pull_from(net, "registry.k8s.io/suite/small:1")
        self.assertEqual(found.tags, ["registry.k8s.io/suite/small:1"])

    def test_token_services_that_do_not_work(self):
        cases = (("without a realm", 'Bearer service="x"', None, 5, "realm"),
                 ("a page", 'Bearer realm="https://reg.example.com/token"',
                  front.Answer(200, [("Content-Type", "text/html")], b"<html>login</html>"), 5, "https://reg.example.com/token"),
                 ("forbidden", 'Bearer realm="https://reg.example.com/token"',
                  front.Answer(403, [sites.JSON], sites.error("DENIED", "no such project")), 3, "no such project"),
                 ("limited", 'Bearer realm="https://reg.example.com/token"',
                  front.Answer(429, [("Retry-After", "3600")], b"slow down"), 9, "reg.example.com"),
                 ("broken", 'Bearer realm="https://reg.example.com/token"', front.Answer(500, [], b""), 5, "500"))
        for what, challenge, answer, code, word in cases:
            with self.subTest(what):
                faults = [sites.Path("/token", answer)] if answer else []
                net = self.net({"reg.example.com": faults + [sites.Gate(challenge, lambda shown: False)]})
                result = self.ferry("reg.example.com/suite/small:1", *net.options, "--retries", "0")
                self.assert_failed(result, code, word)
                self.assert_no_archive()

    def test_a_token_that_is_too_narrow_is_widened_once(self):
        tokens = sites.Tokens("/token")
        realm = 'Bearer realm="https://reg.example.com/token",service="x"'

        class Wider(front.Fault):
            """The first token is too narrow, whatever it was asked for."""
            def before(self, request):
                shown = request.headers.get("Authorization", "")
                if request.path.startswith("/v2/") and len(tokens.asked) == 1 and tokens.accept(shown):
                    return front.Answer(401, [("WWW-Authenticate", realm + ',error="insufficient_scope",'
                                               'scope="repository:suite/base:pull"')], b"")
                return None

        net = self.net({"reg.example.com": [tokens, Wider(), sites.Gate(realm, tokens.accept)]})
        self.pull_from(net, "reg.example.com/suite/small:1")
        self.assertEqual([asked["query"]["scope"] for asked in tokens.asked],
                         [["repository:suite/small:pull"], ["repository:suite/base:pull", "repository:suite/small:pull"]])

    def test_no_password_for_a_realm_of_plain_http(self):
        tokens = sites.Tokens("/token", USERS)
        gate = sites.Gate('Bearer realm="http://reg.example.com:80/token",service="x"', tokens.accept)
        net = self.net({"reg.example.com": [gate], "reg.example.com:80": [tokens]})
        result = self.ferry("reg.example.com/suite/small:1", *net.options, "-u", "bob", "--password-stdin",
                            stdin=USERS["bob"].encode())
        self.assert_failed(result, 3, "plain http")
        self.assertEqual(tokens.asked, [])

    def test_a_pull_that_outlives_its_token_fetches_no_byte_twice(self):
        """Tokens of three seconds; the blob takes five and breaks when its token is over."""
        medium = self.open.client.image("suite/medium", "1")
        digest = max(medium.manifest["layers"], key=lambda layer: layer["size"])["digest"]
        tokens = sites.Tokens("/token", lifetime=3, expires_in=3)

        class SlowAndCut(front.Fault):
            done = False

            def alter(self, request, answer):
                if request.blob == digest and not self.done:
                    self.done, answer.rate, answer.cut = True, len(answer.body) // 5, len(answer.body) * 4 // 5

        gate = sites.Gate('Bearer realm="https://reg.example.com/token",service="x"', tokens.accept)
        net = self.net({"reg.example.com": [tokens, gate, SlowAndCut()]})
        found = self.pull("reg.example.com/suite/medium:1", *net.options, "-j", "1", "-f", "docker")
        self.assert_image(found, medium)
        self.assertGreater(len(tokens.issued), 1, "the first token was over")
        self.assertGreater(gate.refused, 1)
        served = {}
        for request in net["reg.example.com"].blobs():
            if request.status in (200, 206):
                served[request.blob] = served.get(request.blob, 0) + request.sent
        sizes = {layer["digest"]: layer["size"] for layer in [*medium.manifest["layers"], medium.manifest["config"]]}
        self.assertEqual(served, sizes, "each byte of each blob once")

    def test_workers_that_meet_a_challenge_together_ask_for_one_token(self):
        tokens = sites.Tokens("/token")
        net = self.net({"reg.example.com": [tokens, sites.Gate('Bearer realm="https://reg.example.com/token"', tokens.accept)]})
        self.pull("reg.example.com/suite/many:60", *net.options, "-j", "8")
        self.assertEqual(len(tokens.asked), 1)

    def test_an_ipv6_address_is_reached_and_needs_a_name_for_the_archive(self):
        server = self.enterContext(front.Front(self.open.host, address="::1"))
        result = self.ferry(f"{server.host}/suite/small:1")
        self.assert_failed(result, 2, "IPv6", "--tag")
        found = self.pull(f"{server.host}/suite/small:1", "--tag", "small:1")
        self.assert_image(found, self.truth)
        self.assertEqual(found.tags, ["small:1"])

    def test_plain_http_on_this_machine_and_where_it_is_asked_for(self):
        port = self.open.port
        for name in (f"localhost:{port}", f"127.0.0.1:{port}", f"http://127.0.0.1:{port}"):
            with self.subTest(name):
                self.assert_image(self.pull(f"{name}/suite/small:1", out=self.home / name.replace("/", "_")), self.truth)
        net = self.net({"reg.corp:5000": []})
        result = self.ferry("reg.corp:5000/suite/small:1", *net.options, "--retries", "0")
        self.assert_failed(result, 5, "reg.corp:5000")
        self.pull_from(net, "reg.corp:5000/suite/small:1", "--insecure")

    def test_tls_asked_of_a_port_of_plain_http(self):
        result = self.ferry(f"https://127.0.0.1:{self.open.port}/suite/small:1", "--retries", "0")
        self.assert_failed(result, 5, f"127.0.0.1:{self.open.port}", "http")

    def test_paths_reach_the_registry_as_the_specification_writes_them(self):
        net = self.net({"reg.example.com": []})
        self.pull_from(net, "reg.example.com/suite/small:1")
        targets = [request.target for request in net["reg.example.com"].requests]
        self.assertIn("/v2/suite/small/manifests/1", targets)
        self.assertIn(f"/v2/suite/small/blobs/{self.truth.config_digest}", targets, "the colon is not escaped")

    # ---- a vanity host: a registry under a name of one's own, which only redirects to the true one

    def vanity(self, ping: str, *more, image_of: str = "suite/small", login: bool = False):
        """vanity.example in front of true.example; `ping` says what becomes of /v2/ itself."""
        tokens = sites.Tokens("/token", {"bob": "b0b-pass"} if login else None, anonymous=not login)
        gate = sites.Gate(f'Bearer realm="https://true.example/token",service="true",scope="repository:{image_of}:pull"',
                          tokens.accept)

        def away(request):
            if request.path == "/v2/" and ping == "open":
                return front.Answer(200, [sites.JSON], b"{}")
            if ping == "challenges" and (request.path == "/v2/" or request.path.endswith("/tags/list")):
                return front.Answer(401, [("WWW-Authenticate", 'Bearer realm="https://true.example/token",service="true"')], b"")
            return front.Answer(307, [("Location", "https://true.example" + request.target)], b"moved")
        net = self.net({"vanity.example": [*more, sites.Path("/v2/", away, prefix=True)], "true.example": [tokens, gate]})
        return net, tokens

    def test_a_vanity_host_leads_to_another_registry_and_its_token_service(self):
        for ping in ("redirected", "open"):
            with self.subTest(ping):
                net, tokens = self.vanity(ping)
                found = self.pull("vanity.example/suite/small:1", *net.options, "--debug", out=self.home / ping)
                self.assert_image(found, self.truth)
                self.assertEqual(net.strays, [])
                self.assertEqual(len(tokens.asked), 1, "one token serves manifest, config and layers")
                self.assertEqual(tokens.asked[0]["query"]["scope"], ["repository:suite/small:pull"])
                self.assertEqual({request.headers["Authorization"] for request in net["vanity.example"].requests}, {None})
                self.assert_secret(self.result, *tokens.issued)
                for command in ("inspect", "tags"):
                    name = "vanity.example/suite/small" + (":1" if command == "inspect" else "")
                    result = self.ferry(command, name, *net.options, out="")
                    self.assertEqual(result.code, 0, result)

    def test_several_connections_and_ranges_come_from_behind_a_vanity_host(self):
        net, tokens = self.vanity("redirected", image_of="suite/medium")
        truth = self.open.client.image("suite/medium", "1")
        self.assert_image(self.pull("vanity.example/suite/medium:1", *net.options, "-j", "8"), truth)
        net["true.example"].faults.append(front.Short(3))
        self.assert_image(self.pull("vanity.example/suite/medium:1", *net.options, "-j", "4", out=self.home / "cut"), truth)
        self.assertTrue([request for request in net["true.example"].blobs() if request.headers["Range"]], "resumed")
        self.assertLessEqual(len(tokens.asked), 2, "one a run")

    def test_a_vanity_host_serves_as_a_mirror(self):
        net, tokens = self.vanity("redirected")
        found = self.pull("true.example/suite/small:1", *net.options, "--mirror", "vanity.example")
        self.assert_image(found, self.truth)
        self.assertTrue(net["vanity.example"].requests)

    def test_no_login_goes_where_a_vanity_host_leads(self):
        """Neither the user's for the vanity host, nor the one that is kept for the other: that would let any registry ask
        for any other's."""
        right = sites.basic("bob", "b0b-pass")
        env = self.login(auths={"true.example": {"auth": base64.b64encode(b"bob:b0b-pass").decode()},
                                "vanity.example": {"auth": base64.b64encode(b"bob:b0b-pass").decode()}})
        net, tokens = self.vanity("redirected", sites.Gate('Basic realm="mine"', lambda shown: shown == right), login=True)
        result = self.ferry("vanity.example/suite/small:1", *net.options, "--debug", env=env)
        self.assert_failed(result, 3, "true.example, where vanity.example sends us", "shown to no other")
        self.assertTrue(tokens.asked)
        for request in net["true.example"].requests:
            self.assertNotIn("Basic", request.headers.get("Authorization", ""))
            self.assertNotIn(b"b0b-pass", request.body)
        self.assertNotIn("b0b-pass", result.stderr + result.log)
        self.assertNotIn(right, result.stderr + result.log)

    def test_no_secret_follows_the_redirect_of_a_token_service(self):
        """Whatever it is in and whatever status sends it: all that the foreign host saw is looked through."""
        logins = {"password": {"auth": base64.b64encode(b"bob:b0b-Passw0rd").decode()},
                  "refresh token": {"auth": base64.b64encode(b"<token>:").decode(), "identitytoken": "R3fresh-Secret"}}
        secrets = ["b0b-Passw0rd", base64.b64encode(b"bob:b0b-Passw0rd").decode(), "R3fresh-Secret", "R3alm-Secret"]
        for what, entry in logins.items():
            for status in (301, 302, 303, 307, 308):
                with self.subTest(what, status=status):
                    away = sites.Path("/token", front.Answer(status, [("Location", "https://evil.example/t")], b"moved"))
                    gate = sites.Gate('Bearer realm="https://reg.example/token?sig=R3alm-Secret",service="x"', lambda shown: False)
                    evil = sites.Path("/", front.Answer(200, [sites.JSON], b'{"token":"of-evil"}'), prefix=True)
                    net = self.net({"reg.example": [away, gate], "evil.example": [evil]})
                    result = self.ferry("reg.example/suite/small:1", *net.options, "--debug", "--retries", "0",
                                        env=self.login(auths={"reg.example": entry}))
                    self.assertIn(result.code, (3, 5), result)
                    if what == "refresh token" and status >= 307:
                        self.assert_failed(result, 5, "reg.example redirects a form", "evil.example")
                        self.assertEqual(net["evil.example"].requests, [])
                    for request in net["evil.example"].requests:
                        seen = f"{request.method} {request.target}\n{request.headers}\n".encode() + request.body
                        for secret in secrets:
                            self.assertNotIn(secret.encode(), seen)
                    for secret in secrets:
                        self.assertNotIn(secret, result.stderr + result.log)

    def test_a_hostile_redirect_is_reported_with_the_server_that_sent_it(self):
        for location in ("ftp://reg.example/x", "https://[", "https://a b.example/", "https://bob@reg.example/x", "",
                         "https://%31%36%39.254.169.254/x", "https://reg.example:99999/", "https://a.example/" + "x" * 65536):
            away = front.Answer(302, [("Location", location)], b"moved")
            gate = sites.Gate('Bearer realm="https://reg.example/token"', lambda shown: False)
            for who, faults in {"the registry": [sites.Path("/v2/", away, prefix=True)],
                                "its token service": [sites.Path("/token", away), gate]}.items():
                with self.subTest(location[:40], who=who):
                    net = self.net({"reg.example": faults})
                    result = self.ferry("reg.example/suite/small:1", *net.options, "--retries", "0")
                    self.assert_failed(result, 5, "reg.example")
                    self.assertEqual(net.strays, [])

    def test_a_token_service_within_the_private_network_is_not_asked_for_a_public_registry(self):
        for realm in ("http://169.254.169.254/latest/meta-data/iam", "https://127.0.0.1:6379/x", "https://sso.corp/token",
                      "http://2852039166/x", "https://[::ffff:a9fe:a9fe]/x"):
            with self.subTest(realm):
                net = self.net({"reg.example": [sites.Gate(f'Bearer realm="{realm}"', lambda shown: False)],
                                "sso.corp": [sites.Path("/token", front.Answer(200, [sites.JSON], b'{"token":"x"}'))]})
                result = self.ferry("reg.example/suite/small:1", *net.options, "--retries", "0")
                self.assert_failed(result, 5, "reg.example", "private network", "--private-redirects")
                self.assertEqual(net.strays, [])
                self.assertEqual(net["sso.corp"].requests, [])



class NotImages(case.Case):
    """What registries hold besides images: each gets a clear sentence, or works."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.open.client.image("suite/small", "1")
        folder = process.run_dir() / "artifacts"
        cls.store = image.Store(folder / "blobs")
        cls.own = cls.serve(registry.Registry(folder / "registry", name="artifacts", readonly=False))

    def push(self, tag: str, manifest: dict) -> str:
        descriptor = self.store.put(json.dumps(manifest).encode(), image.OCI_MANIFEST)
        self.own.client.push(self.store, "team/thing", tag, descriptor)
        return f"{self.own.host}/team/thing:{tag}"

    def refuse(self, name: str, *words):
        result = self.ferry(name)
        self.assert_failed(result, 4, *words)
        self.assert_no_archive()
        return result

    def test_schema_1_is_named(self):
        old = {"schemaVersion": 1, "name": "team/old", "tag": "1", "architecture": "amd64",
               "fsLayers": [{"blobSum": "sha256:" + "a" * 64}], "history": [{"v1Compatibility": "{}"}], "signatures": []}
        server = self.enterContext(front.Front(None, [sites.Path("/v2/team/old/manifests/1", front.Answer(
            200, [("Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws")], json.dumps(old).encode()))]))
        self.refuse(f"{server.url}/team/old:1", "schema 1", "manifest.v1")
        self.assertFalse(server.blobs())

    def test_a_helm_chart_is_named(self):
        name = self.push("chart", {
            "schemaVersion": 2, "mediaType": image.OCI_MANIFEST,
            "config": self.store.put(b'{"name":"chart","version":"1.0.0"}', "application/vnd.cncf.helm.config.v1+json"),
            "layers": [self.store.put(b"a chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")]})
        self.refuse(name, "application/vnd.cncf.helm.config.v1+json", "no container image")

    def test_a_signature_is_named(self):
        """cosign keeps a signature under the config type of an image: what is in it tells."""
        signature = self.store.put(b'{"critical":{}}', "application/vnd.dev.cosign.simplesigning.v1+json")
        config = self.store.put(json.dumps({"architecture": "", "os": "", "config": {}, "rootfs": {
            "type": "layers", "diff_ids": [signature["digest"]]}}).encode(), image.OCI_CONFIG)
        name = self.push("sha256-" + "a" * 64 + ".sig", {"schemaVersion": 2, "mediaType": image.OCI_MANIFEST,
                                                        "config": config, "layers": [signature]})
        self.refuse(name, "application/vnd.dev.cosign.simplesigning.v1+json", "no container image")

    def test_an_artifact_with_an_empty_config_is_named(self):
        empty = self.store.put(b"{}", "application/vnd.oci.empty.v1+json")
        name = self.push("sbom", {"schemaVersion": 2, "mediaType": image.OCI_MANIFEST, "config": empty,
                                  "artifactType": "application/spdx+json", "layers": [empty]})
        self.refuse(name, "application/spdx+json", "no container image")

    def test_foreign_layers_come_from_their_url(self):
        manifest = json.loads(json.dumps(self.truth.manifest))
        foreign = manifest["layers"][1]
        foreign["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        foreign["urls"] = ["https://layers.example.com/base.tar.gz"]
        data = self.open.client.blob("suite/small", foreign["digest"])
        text = json.dumps(manifest).encode()
        right = sites.basic("bob", "pass-of-bob")
        places = {
            "reg.example.com": [
                sites.Gate('Basic realm="x"', lambda shown: shown == right),
                sites.Path("/v2/suite/small/manifests/1", front.Answer(200, [("Content-Type", image.DOCKER_MANIFEST)], text)),
                sites.Path(f"/v2/suite/small/blobs/{foreign['digest']}",
                           front.Answer(404, [sites.JSON], sites.error("BLOB_UNKNOWN", "blob unknown to registry")))],
            "layers.example.com": [sites.Path("/base.tar.gz", lambda request: front.Answer(200, [], data))]}
        net = self.enterContext(internet.Internet(places, upstream=self.open.host))
        found = self.pull("reg.example.com/suite/small:1", *net.options, env={"FERRY_USERNAME": "bob",
                                                                             "FERRY_PASSWORD": "pass-of-bob"})
        self.assert_image(found, self.truth)
        self.assertEqual({request.headers["Authorization"] for request in net["layers.example.com"].requests}, {None})
        places["layers.example.com"] = [sites.Path("/base.tar.gz", front.Answer(403, [], b"no"))]
        net = self.enterContext(internet.Internet(places, upstream=self.open.host))
        result = self.ferry("reg.example.com/suite/small:1", *net.options, "--retries", "0", "--name", "x.tar",
                            env={"FERRY_USERNAME": "bob", "FERRY_PASSWORD": "pass-of-bob"})
        self.assertNotEqual(result.code, 0)
        self.assertIn("foreign layer", result.stderr)
        self.assertIn("layers.example.com", result.stderr)


if __name__ == "__main__":
    import unittest
    unittest.main()
