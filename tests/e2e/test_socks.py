"""SOCKS5 by the servers that Debian has: who resolves names, user and password, rules that refuse, bytes counted there."""
import re
import sys

from room import case, nginx, process, registry, socks

USER, PASSWORD, GUESS = "sockuser", "S0cks-Secret", "Gue55ed-Secret"


class Socks(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.serve_two_ways("socks")

    def refused(self, *words: str, out: str, proxy: str, registry_name: str = "", secrets=()):
        result = self.ferry("suite/small:1", "-r", registry_name or self.plain.url, "--proxy", proxy, "--retries", "0",
                            "--debug", out=self.home / out)
        self.assert_failed(result, 5, *words)
        self.assert_no_archive(self.home / out)
        self.assert_secret(result, *secrets)
        return result

    def test_names_are_resolved_by_the_server_for_socks5h(self):
        """registry.test is a name in the server's world alone."""
        if not process.may_mount():
            print("\n[skip] this kernel forbids mounting: the server can have no /etc/hosts of its own", file=sys.stderr)
            self.skipTest("no mount namespace")
        server = self.enterContext(socks.Microsocks(names=("registry.test",)))
        plain, tls = f"registry.test:{self.plain.port}", f"registry.test:{self.tls.port}"
        trust = ("--ca-cert", self.certificate.ca)
        ways = ((("-r", f"http://{plain}"), {"ALL_PROXY": f"socks5h://{server.host}"}, plain),
                (("-r", f"http://{plain}"), {"all_proxy": f"socks5h://{server.host}"}, plain),
                (("-r", f"http://{plain}", "--proxy", f"socks5h://{server.host}"), {}, plain),
                (("-r", tls, *trust), {"ALL_PROXY": f"socks5h://{server.host}"}, tls),
                (("-r", tls, *trust), {"HTTPS_PROXY": f"socks5h://{server.host}"}, tls))
        for number, (arguments, env, target) in enumerate(ways):
            with self.subTest(arguments=arguments, env=env):
                before = len(server.targets())
                found = self.pull("suite/small:1", *arguments, env=env, out=self.home / str(number))
                self.assert_image(found, self.truth)
                self.assertEqual(set(server.targets()[before:]), {target})
        self.refused("registry.test", out="here", proxy=f"socks5://{server.host}", registry_name=f"http://{plain}")
        self.refused("nowhere.test", server.host, out="nowhere", proxy=f"socks5h://{server.host}",
                     registry_name="http://nowhere.test:5000")

    def test_names_are_resolved_here_for_socks5(self):
        server = self.enterContext(socks.Microsocks())
        found = self.pull("suite/small:1", "-r", f"http://localhost:{self.plain.port}", "--proxy", f"socks5://{server.host}")
        self.assert_image(found, self.truth)
        self.assertEqual(set(server.targets()), {self.plain.host}, "an address came, no name")

    def test_the_certificate_is_checked_behind_it(self):
        server = self.enterContext(socks.Microsocks())
        self.refused("cannot trust", "--ca-cert", out="tls", proxy=f"socks5h://{server.host}", registry_name=self.tls.host)

    def test_user_and_password(self):
        server = self.enterContext(socks.Microsocks(user=(USER, PASSWORD)))
        for scheme in ("socks5", "socks5h"):
            with self.subTest(scheme):
                found = self.pull("suite/small:1", "-r", self.plain.url, "--debug", out=self.home / scheme,
                                  env={"ALL_PROXY": f"{scheme}://{USER}:{PASSWORD}@{server.host}"})
                self.assert_image(found, self.truth)
                self.assert_secret(self.result, PASSWORD, f"{USER}:{PASSWORD}")
                before = len(server.targets())
                self.refused(f"the SOCKS proxy {server.host}", "did not accept", out=scheme + "-wrong",
                             proxy=f"{scheme}://{USER}:{GUESS}@{server.host}", secrets=(GUESS,))
                self.refused(f"the SOCKS proxy {server.host}", "wants a user name and password",
                             f"socks5h://USER:PASSWORD@{server.host}", out=scheme + "-none",
                             proxy=f"{scheme}://{server.host}")
                self.assertEqual(len(server.targets()), before, "nobody was let through")

    def test_a_port_where_nobody_listens(self):
        server = self.enterContext(socks.Microsocks())
        port = process.free_port()
        self.refused(f"the SOCKS proxy {server.host}", f"127.0.0.1:{port}", "refused", out="nobody",
                     proxy=f"socks5h://{server.host}", registry_name=f"http://127.0.0.1:{port}")

    def test_rules_that_do_not_allow_the_target(self):
        server = self.enterContext(socks.Dante(blocked=(self.plain.port,)))
        self.refused(f"the SOCKS proxy {server.host}", self.plain.host, "its rules do not allow that", out="blocked",
                     proxy=f"socks5h://{server.host}")
        found = self.pull("suite/small:1", "-r", self.tls.host, "--ca-cert", self.certificate.ca,
                          "--proxy", f"socks5h://{server.host}")
        self.assert_image(found, self.truth)

    def test_every_byte_of_an_image_is_counted_by_the_server(self):
        server = self.enterContext(socks.Dante())
        truth = self.plain.client.image("suite/medium", "1")
        found = self.pull("suite/medium:1", "-r", self.plain.url, "-j", "4", env={"ALL_PROXY": f"socks5://{server.host}"})
        self.assert_image(found, truth)
        size = sum(layer["size"] for layer in truth.manifest["layers"])
        # "...]: N -> CLIENT -> N, N -> TARGET -> RECEIVED: ...", written when a connection ends
        counted = lambda: sum(int(found.group(1)) for line in server.log()
                              if (found := re.search(r"pass\(\d+\): tcp/connect \]: .* -> (\d+): ", line)))
        self.wait_until(lambda: counted() >= size, 20, f"{size} bytes in dante's log")

    def test_a_web_server_is_told_from_a_socks_server(self):
        web = self.enterContext(nginx.Nginx(self.plain.host, self.certificate))
        self.refused(f"the proxy {web.host} does not speak SOCKS5", "http://", out="web", proxy=f"socks5h://{web.host}")


if __name__ == "__main__":
    import unittest
    unittest.main()
