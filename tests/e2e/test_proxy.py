"""Pulls through squid: absolute-form for http, CONNECT for TLS; NO_PROXY; a proxy that wants a password.

registry.test is known to squid alone, so a pull from it went through squid or nowhere."""
import itertools

from room import case, front, process, registry, squid

USER, PASSWORD = "proxyuser", "Pr0xy-Secret"


class Proxy(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve_two_ways("proxied")
        cls.squid = cls.serve(squid.Squid())

    def setUp(self):
        super().setUp()
        self.number = itertools.count()

    def through(self, proxy, arguments, env=None, method="GET"):
        """Pulls, and returns the lines that squid logged for it."""
        before = len(proxy.log())
        found = self.pull("suite/small:1", *arguments, env=env, out=self.home / f"out{next(self.number)}")
        self.assert_image(found, self.truth)
        seen = lambda: [line for line in proxy.log()[before:] if f" {method} " in line]
        if method != "NONE":
            # squid logs a tunnel when it closes
            self.wait_until(seen, 20, f"a {method} line in squid's log")
        return seen()

    @property
    def plain_url(self):
        return f"http://registry.test:{self.plain.port}"

    @property
    def tls_host(self):
        return f"registry.test:{self.tls.port}"

    def test_http_registry_by_environment(self):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            for transport in ((), ("--transport", "auto"), ("--transport", "proxy")):
                with self.subTest(variable=name, transport=transport):
                    lines = self.through(self.squid, ("-r", self.plain_url, *transport), {name: self.squid.url})
                    target = f"{self.plain_url}/v2/suite/small/blobs/{self.truth.layers[0]}"
                    self.assertTrue(any(target in line for line in lines), lines)

    def test_tls_registry_by_environment(self):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            for transport in ((), ("--transport", "proxy")):
                with self.subTest(variable=name, transport=transport):
                    arguments = ("-r", self.tls_host, "--ca-cert", self.certificate.ca, *transport)
                    lines = self.through(self.squid, arguments, {name: self.squid.url}, "CONNECT")
                    self.assertTrue(all(f" {self.tls_host} " in line for line in lines), lines)

    def test_http_proxy_is_not_used_for_tls(self):
        result = self.ferry("suite/small:1", "-r", self.tls_host, "--ca-cert", self.certificate.ca, "--retries", "0",
                            env={"HTTP_PROXY": self.squid.url})
        self.assertEqual(result.code, 5, result)

    def test_proxy_option(self):
        lines = self.through(self.squid, ("-r", self.plain_url, "--proxy", self.squid.url))
        self.assertTrue(lines)

    def test_certificate_is_checked_behind_connect(self):
        result = self.ferry("suite/small:1", "-r", self.tls_host, env={"HTTPS_PROXY": self.squid.url})
        self.assert_failed(result, 5, "certificate", "--ca-cert")

    def test_direct_transport_ignores_the_environment(self):
        dead = f"http://127.0.0.1:{process.free_port()}"
        lines = self.through(self.squid, ("-r", self.plain.url, "--transport", "direct"),
                             {"HTTP_PROXY": dead, "http_proxy": dead}, "NONE")
        self.assertEqual(lines, [])

    def test_no_proxy(self):
        """The proxy is dead: requests through it fail; what NO_PROXY names is asked directly."""
        dead = f"http://127.0.0.1:{process.free_port()}"
        for others in ({}, {"NO_PROXY": f"127.0.0.1:{self.plain.port + 1},localhost,10.0.0.0/8"}):
            result = self.ferry("suite/small:1", "-r", self.plain.url, "--retries", "0", env={"HTTP_PROXY": dead, **others},
                                out=self.home / "asked")
            self.assert_failed(result, 5, dead.removeprefix("http://"), "proxy")
        for exempt in ("127.0.0.1", "127.0.0.0/8", "*", "example.com, 127.0.0.1", f"127.0.0.1:{self.plain.port}"):
            for name in ("NO_PROXY", "no_proxy"):
                with self.subTest(exempt=exempt, variable=name):
                    found = self.pull("suite/small:1", "-r", self.plain.url, env={"HTTP_PROXY": dead, name: exempt},
                                      out=self.home / f"out{next(self.number)}")
                    self.assert_image(found, self.truth)
        found = self.pull("suite/small:1", "-r", self.plain.url, "--proxy", dead, "--no-proxy", "127.0.0.1",
                          out=self.home / "option")
        self.assert_image(found, self.truth)

    def test_no_proxy_of_other_hosts_changes_nothing(self):
        lines = self.through(self.squid, ("-r", self.plain_url),
                             {"HTTP_PROXY": self.squid.url, "NO_PROXY": "other.test,egistry.test,10.0.0.0/8"})
        self.assertTrue(lines)

    def test_proxy_that_is_dead(self):
        dead = process.free_port()
        result = self.ferry("suite/small:1", "-r", self.plain_url, "--retries", "0",
                            env={"HTTP_PROXY": f"http://127.0.0.1:{dead}"})
        self.assert_failed(result, 5, f"127.0.0.1:{dead}", "proxy")
        self.assert_no_archive()

    def test_proxy_with_password(self):
        locked = self.enterContext(squid.Squid({USER: PASSWORD}))
        url = f"http://{USER}:{PASSWORD}@127.0.0.1:{locked.port}"
        lines = self.through(locked, ("-r", self.plain_url, "--debug"), {"HTTP_PROXY": url})
        self.assertTrue(any(f" {USER} " in line for line in lines), lines)
        self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")
        self.through(locked, ("-r", self.tls_host, "--ca-cert", self.certificate.ca, "--debug"), {"HTTPS_PROXY": url},
                     "CONNECT")
        self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")
        for wrong in (f"http://127.0.0.1:{locked.port}", f"http://{USER}:Gue55ed@127.0.0.1:{locked.port}"):
            for registry_name, more, variable in ((self.plain_url, (), "HTTP_PROXY"),
                                                  (self.tls_host, ("--ca-cert", self.certificate.ca), "HTTPS_PROXY")):
                with self.subTest(proxy=wrong, registry=registry_name):
                    result = self.ferry("suite/small:1", "-r", registry_name, *more, "--debug", env={variable: wrong},
                                        out=self.home / "refused")
                    self.assertIn(result.code, (3, 5), result)
                    self.assertIn("proxy", result.stderr.lower())
                    self.assert_no_archive(self.home / "refused")
                    self.assert_secret(result, "Gue55ed")

    def test_registry_credentials_pass_the_proxy_but_not_to_it(self):
        users = {"alice": "Al1ce-Secret"}
        with registry.Registry(self.gallery.storage, users=users) as locked:
            seen = self.enterContext(front.Front(locked.host))
            found = self.pull("suite/small:1", "-r", f"http://registry.test:{seen.port}", "-u", "alice",
                              "--password-stdin", stdin=users["alice"].encode(), env={"HTTP_PROXY": self.squid.url})
            self.assert_image(found, self.truth)
            self.assertTrue(seen.requests)
            self.assertTrue(all(request.headers["Proxy-Authorization"] is None for request in seen.requests))
