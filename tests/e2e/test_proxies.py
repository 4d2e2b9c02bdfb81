"""What company proxies do: Digest, rules that refuse, tinyproxy, and redirects that leave or enter the proxy's realm.

registry.test and cdn.test are names that squid alone knows: what comes from there went through it."""
from room import case, front, registry, squid, tinyproxy

USER, PASSWORD, GUESS = "proxyuser", "Pr0xy-Secret", "Gue55ed-Secret"


class Proxies(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve_two_ways("proxied")

    def ways(self, host: str):
        """(name, arguments, variable) of a pull by absolute form and of one through a tunnel."""
        yield "http", ("-r", f"http://{host}:{self.plain.port}"), "HTTP_PROXY"
        yield "tls", ("-r", f"{host}:{self.tls.port}", "--ca-cert", self.certificate.ca), "HTTPS_PROXY"

    def refused(self, code: int, *words: str, out: str, arguments, env, secrets=()):
        result = self.ferry("suite/small:1", *arguments, "--debug", env=env, out=self.home / out)
        self.assert_failed(result, code, *words)
        self.assert_no_archive(self.home / out)
        self.assert_secret(result, *secrets)
        return result


class Digest(Proxies):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.squid = cls.serve(squid.Squid({USER: PASSWORD}, digest=True))

    def url(self, login: str = "") -> str:
        return f"http://{login}{'@' if login else ''}127.0.0.1:{self.squid.port}"

    def test_the_right_password_is_shown_to_nobody(self):
        """60 layers by absolute form use up several nonces: `stale` is answered as well."""
        truth = self.plain.client.image("suite/many", "60")
        before = len(self.squid.log())
        found = self.pull("suite/many:60", "-r", f"http://registry.test:{self.plain.port}", "--debug",
                          env={"HTTP_PROXY": self.url(f"{USER}:{PASSWORD}")})
        self.assert_image(found, truth)
        lines = self.squid.log()[before:]
        self.assertGreaterEqual(sum(f" {USER} " in line and "/blobs/" in line for line in lines), 60, lines)
        self.assertGreater(sum("/407 " in line for line in lines), 1, "more than one nonce")
        self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")

    def test_tunnels_are_opened_with_it(self):
        _, arguments, variable = list(self.ways("registry.test"))[1]
        before = len(self.squid.log())
        found = self.pull("suite/small:1", *arguments, "--debug", env={variable: self.url(f"{USER}:{PASSWORD}")})
        self.assert_image(found, self.truth)
        opened = lambda: [line for line in self.squid.log()[before:] if " CONNECT " in line and f" {USER} " in line]
        self.wait_until(opened, 20, "a tunnel in squid's log")
        self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")

    def test_a_wrong_password_is_the_proxys_affair_and_not_the_registrys(self):
        for name, arguments, variable in self.ways("registry.test"):
            with self.subTest(name):
                before = len(self.squid.log())
                result = self.refused(5, f"the proxy 127.0.0.1:{self.squid.port} answered 407", "did not accept",
                                      out=name, arguments=arguments, secrets=(GUESS, f"{USER}:{GUESS}"),
                                      env={variable: self.url(f"{USER}:{GUESS}")})
                self.assertNotIn("--password-stdin", result.stderr, "that would be the registry's login")
                lines = self.squid.log()[before:]
                self.assertTrue(all("/407 " in line for line in lines), lines)
                self.assertEqual(len(lines), 2, "asked once without and once with an answer to the challenge")

    def test_no_password_is_asked_for_with_the_place_where_it_goes(self):
        for name, arguments, variable in self.ways("registry.test"):
            with self.subTest(name):
                self.refused(5, "answered 407", "wants a user name and password", "USER:PASSWORD@", out=name,
                             arguments=arguments, env={variable: self.url()})

    def test_a_registry_behind_it_that_wants_a_login_is_told_from_it(self):
        with registry.Registry(self.gallery.storage, users={"alice": "Al1ce-Secret"}) as locked:
            result = self.refused(3, f"registry.test:{locked.port}", "wants a login", "-u", out="locked",
                                  arguments=("-r", f"http://registry.test:{locked.port}"),
                                  env={"HTTP_PROXY": self.url(f"{USER}:{PASSWORD}")}, secrets=(PASSWORD,))
            self.assertNotIn("407", result.stderr)


class Secure(Proxies):
    """TLS to the proxy itself, so that nobody on the way sees its password."""

    def test_its_certificate_is_checked_and_its_login_shown_within(self):
        proxy = self.enterContext(squid.Squid({USER: PASSWORD}, certificate=self.certificate))
        trust = ("--ca-cert", self.certificate.ca)
        for name, arguments, variable in self.ways("registry.test"):
            with self.subTest(name):
                url = f"https://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}"
                found = self.pull("suite/small:1", *arguments, *(trust if name == "http" else ()), "--debug",
                                  env={variable: url}, out=self.home / name)
                self.assert_image(found, self.truth)
                self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")
        before = len(proxy.log())
        self.refused(5, f"cannot trust the proxy 127.0.0.1:{proxy.port}", "unknown authority (CN=proxied test CA)",
                     "--ca-cert", out="unknown", arguments=("-r", f"http://registry.test:{self.plain.port}"),
                     env={"HTTP_PROXY": url}, secrets=(PASSWORD,))
        self.assertFalse(any(f" {USER} " in line for line in proxy.log()[before:]))


class Rules(Proxies):
    """squid refuses by its rules, with a page of HTML."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.squid = cls.serve(squid.Squid(rules=[f"acl closed port {cls.plain.port} {cls.tls.port}",
                                                 "http_access deny closed"]))

    def test_it_is_the_proxy_that_refuses(self):
        for name, arguments, variable in self.ways("registry.test"):
            with self.subTest(name):
                before = len(self.squid.log())
                result = self.refused(5, f"the proxy 127.0.0.1:{self.squid.port}", "refused", "403", "operator", "NO_PROXY",
                                      out=name, arguments=arguments, env={variable: self.squid.url})
                self.assertNotIn("login", result.stderr, "the registry has not been asked")
                lines = self.squid.log()[before:]
                self.assertTrue(lines and all("TCP_DENIED/403" in line for line in lines), lines)
                self.assertEqual(len(lines), 1, "what rules forbid is not tried again")

    def test_a_host_that_the_proxy_does_not_reach(self):
        for name, arguments, variable in (("http", ("-r", "http://nowhere.test:5000"), "HTTP_PROXY"),
                                          ("tls", ("-r", "nowhere.test:5000"), "HTTPS_PROXY")):
            with self.subTest(name):
                self.refused(5, f"127.0.0.1:{self.squid.port}", "nowhere.test:5000", "seems not to reach that host", out=name,
                             arguments=(*arguments, "--retries", "0"), env={variable: self.squid.url})


class Tinyproxy(Proxies):
    def proxy(self, **more) -> tinyproxy.Tinyproxy:
        return self.enterContext(tinyproxy.Tinyproxy(**more))

    def seen(self, proxy) -> list:
        return [line for line in proxy.log() if "Request (file" in line]

    def test_absolute_form_and_tunnels(self):
        proxy = self.proxy()
        for name, arguments, variable in self.ways("localhost"):
            with self.subTest(name):
                found = self.pull("suite/small:1", *arguments, env={variable: proxy.url}, out=self.home / name)
                self.assert_image(found, self.truth)
        lines = self.seen(proxy)
        blob = f"GET http://localhost:{self.plain.port}/v2/suite/small/blobs/{self.truth.layers[0]} "
        self.assertTrue(any(blob in line for line in lines), lines)
        self.assertTrue(any(f"CONNECT localhost:{self.tls.port} " in line for line in lines), lines)

    def test_it_wants_a_login(self):
        proxy = self.proxy(user=(USER, PASSWORD))
        for name, arguments, variable in self.ways("localhost"):
            with self.subTest(name):
                found = self.pull("suite/small:1", *arguments, "--debug", out=self.home / name,
                                  env={variable: f"http://{USER}:{PASSWORD}@{proxy.host}"})
                self.assert_image(found, self.truth)
                self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")
                self.refused(5, f"the proxy {proxy.host}", "did not accept", out=name + "-wrong", arguments=arguments,
                             env={variable: f"http://{USER}:{GUESS}@{proxy.host}"}, secrets=(GUESS, f"{USER}:{GUESS}"))
                self.refused(5, f"the proxy {proxy.host}", "wants a user name and password", f"USER:PASSWORD@{proxy.host}",
                             out=name + "-none", arguments=arguments, env={variable: proxy.url})

    def test_ports_that_it_does_not_connect_to(self):
        proxy = self.proxy(connect_port=443)
        _, arguments, variable = list(self.ways("localhost"))[1]
        self.refused(5, f"the proxy {proxy.host} refused the tunnel to localhost:{self.tls.port}", "403", out="port",
                     arguments=arguments, env={variable: proxy.url})

    def test_hosts_that_it_filters(self):
        proxy = self.proxy(filtered=["^localhost$"])
        for name, arguments, variable in self.ways("localhost"):
            with self.subTest(name):
                self.refused(5, f"the proxy {proxy.host} refused", "403", "operator", out=name, arguments=arguments,
                             env={variable: proxy.url})
        found = self.pull("suite/small:1", "-r", self.plain.url, env={"HTTP_PROXY": proxy.url})
        self.assert_image(found, self.truth)


class Redirects(Proxies):
    """Each redirect is judged anew: where it leads decides, not where it came from."""

    def setUp(self):
        super().setUp()
        self.squid = self.enterContext(squid.Squid(hosts=("cdn.test",)))

    def redirecting_to(self, name: str, address: str) -> tuple:
        """A registry whose blobs lie at a store that is called `name`."""
        store = self.enterContext(front.Front(self.plain.host, address=address))
        server = self.enterContext(front.Front(self.plain.host, [front.Redirect(f"http://{name}:{store.port}")]))
        return server, store

    def assert_served(self, found, store):
        self.assert_image(found, self.truth)
        self.assertEqual({request.blob for request in store.blobs()}, {*self.truth.layers, self.truth.config_digest})

    def test_out_of_the_proxy_to_a_store_that_NO_PROXY_names(self):
        server, store = self.redirecting_to("127.0.0.2", "127.0.0.2")
        found = self.pull("suite/small:1", "-r", f"http://registry.test:{server.port}",
                          env={"HTTP_PROXY": self.squid.url, "NO_PROXY": "127.0.0.2"})
        self.assert_served(found, store)
        lines = self.squid.log()
        self.assertTrue(any(f"registry.test:{server.port}/v2/suite/small/blobs/" in line for line in lines), lines)
        self.assertFalse(any(str(store.port) in line for line in lines), lines)

    def test_into_the_proxy_from_a_registry_that_NO_PROXY_names(self):
        server, store = self.redirecting_to("cdn.test", "127.0.0.1")
        found = self.pull("suite/small:1", "-r", server.url, env={"HTTP_PROXY": self.squid.url, "NO_PROXY": "127.0.0.1"})
        self.assert_served(found, store)
        self.assertTrue(server.requests)
        lines = [line for line in self.squid.log() if " GET " in line]
        self.assertTrue(lines)
        self.assertTrue(all(f"GET http://cdn.test:{store.port}/" in line for line in lines), lines)


if __name__ == "__main__":
    import unittest
    unittest.main()
