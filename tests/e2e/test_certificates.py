"""Certificates on real servers: nginx that wants one of the client, validity in time and name, versions of TLS, and the
places from which trust comes."""
import datetime
import shutil

from room import case, nginx, pki, registry


def stamp(days: int) -> str:
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days)).strftime("%Y%m%d%H%M%SZ")


class Certificates(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.registry.client.image("suite/small", "1")
        cls.authority = pki.Authority("corp")
        cls.certificate = cls.authority.server("registry")

    def nginx(self, certificate=None, **more) -> nginx.Nginx:
        return self.enterContext(nginx.Nginx(self.registry.host, certificate or self.certificate, **more))

    def served(self, server, *arguments, **more):
        found = self.pull("suite/small:1", "-r", server.host, *arguments, **more)
        self.assert_image(found, self.truth)

    def refused(self, code, name, *words, arguments=(), **more):
        result = self.ferry("suite/small:1", "-r", name, *arguments, **more)
        self.assert_failed(result, code, *words)
        self.assert_no_archive()
        return result


class OfTheClient(Certificates):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people, cls.strangers = pki.Authority("people"), pki.Authority("strangers")
        cls.alice, cls.mallory = cls.people.client("alice"), cls.strangers.client("mallory")

    def setUp(self):
        super().setUp()
        self.server = self.nginx(client_ca=self.people.certificate)
        self.trust = ("--ca-cert", str(self.certificate.ca))

    def assert_shown(self, name):
        lines = self.server.log()
        self.assertTrue(lines)
        self.assertTrue(all(line.endswith(f'"CN={name}"') for line in lines), lines)

    def test_from_the_options(self):
        self.served(self.server, *self.trust, "--client-cert", self.alice.certificate, "--client-key", self.alice.key)
        self.assert_shown("alice")

    def test_both_from_one_file(self):
        both = self.home / "alice.pem"
        both.write_text(self.alice.certificate.read_text() + self.alice.key.read_text())
        self.served(self.server, *self.trust, "--client-cert", both)
        self.assert_shown("alice")

    def test_from_the_folder_of_the_server(self):
        """As docker has it: ca.crt, client.cert, client.key; nothing else is told."""
        folder = self.home / "certs.d" / self.server.host
        folder.mkdir(parents=True)
        for source, name in ((self.certificate.ca, "ca.crt"), (self.alice.certificate, "client.cert"),
                             (self.alice.key, "client.key")):
            shutil.copy(source, folder / name)
        self.served(self.server, "--certs-dir", self.home / "certs.d")
        self.assert_shown("alice")

    def test_without_one_the_way_to_give_it_is_told(self):
        self.refused(5, self.server.host, self.server.host, "wants a client certificate", "--client-cert", "certs.d",
                     arguments=self.trust)
        self.assertEqual({line.split()[2] for line in self.server.log()}, {"400"})

    def test_one_of_another_authority_is_refused_by_name(self):
        self.refused(5, self.server.host, self.server.host, "refused the client certificate", "--client-cert",
                     arguments=(*self.trust, "--client-cert", self.mallory.certificate, "--client-key", self.mallory.key))

    def test_a_key_that_belongs_to_another_one(self):
        self.refused(2, self.server.host, str(self.mallory.key), str(self.alice.certificate), "CN=alice",
                     arguments=(*self.trust, "--client-cert", self.alice.certificate, "--client-key", self.mallory.key))
        self.assertEqual(self.server.log(), [])

    def test_the_folder_of_one_server_shows_nothing_to_another(self):
        other = self.nginx(client_ca=self.people.certificate)
        folder = self.home / "certs.d" / self.server.host
        folder.mkdir(parents=True)
        shutil.copy(self.alice.certificate, folder / "client.cert")
        shutil.copy(self.alice.key, folder / "client.key")
        self.refused(5, other.host, "wants a client certificate", arguments=(*self.trust, "--certs-dir", self.home / "certs.d"))
        self.assertEqual({line.rpartition(" ")[2] for line in other.log()}, {'"-"'})


class OfTheServer(Certificates):
    def test_what_is_wrong_with_it_is_named_with_the_remedy(self):
        clock = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
        cases = {
            "expired": (("over", pki.NAMES, (stamp(-20), stamp(-1))), ("CN=over", "expired on", clock, "clock", "renewed")),
            "not yet": (("early", pki.NAMES, (stamp(1), stamp(20))), ("CN=early", "is not valid before", clock, "clock")),
            "other host": (("other", "DNS:registry.corp.example,DNS:mirror.corp.example", None),
                           ("CN=other", "registry.corp.example", "not for 127.0.0.1", "use a name that it is for"))}
        for what, (certificate, words) in cases.items():
            with self.subTest(what):
                server = self.nginx(self.authority.server(*certificate))
                self.refused(5, server.host, f"cannot trust {server.host}", *words, "--insecure=127.0.0.1",
                             arguments=("--ca-cert", self.authority.certificate))
                self.assertFalse(any(" TLS" in line for line in server.log()), "nothing was asked of it within TLS")

    def test_an_unknown_issuer_is_named_with_the_remedy(self):
        server = self.nginx()
        self.refused(5, server.host, f"cannot trust {server.host}", "CN=registry", "unknown authority (CN=corp test CA)",
                     "--ca-cert FILE", "REQUESTS_CA_BUNDLE")

    def test_trust_comes_from_the_variables_that_curl_go_and_python_read(self):
        server = self.nginx()
        folder = self.home / "authorities"
        folder.mkdir()
        shutil.copy(self.authority.certificate, folder / "corp.crt")
        other = str(pki.Authority("other").certificate)
        for number, env in enumerate(({"SSL_CERT_DIR": str(folder)}, {"SSL_CERT_DIR": f"/nowhere:{folder}"},
                                      {"CURL_CA_BUNDLE": str(self.authority.certificate)},
                                      {"REQUESTS_CA_BUNDLE": str(folder)},
                                      {"REQUESTS_CA_BUNDLE": str(self.authority.certificate), "CURL_CA_BUNDLE": other},
                                      {"CURL_CA_BUNDLE": other, "SSL_CERT_FILE": str(self.authority.certificate)})):
            with self.subTest(env=env):
                self.served(server, env=env, out=self.home / str(number))
        for env in ({"CURL_CA_BUNDLE": other}, {"SSL_CERT_FILE": other},
                    {"REQUESTS_CA_BUNDLE": other, "CURL_CA_BUNDLE": str(self.authority.certificate)}):
            with self.subTest(env=env):
                self.refused(5, server.host, "unknown authority (CN=corp test CA)", env=env)
        self.refused(2, server.host, "/nowhere/ca.pem", "no such file", env={"CURL_CA_BUNDLE": "/nowhere/ca.pem"})

    def test_the_lowest_version_of_tls(self):
        trust = ("--ca-cert", self.authority.certificate)
        only12 = self.nginx(protocols="TLSv1.2")
        self.refused(5, only12.host, only12.host, "no TLS 1.3", "--min-tls", arguments=(*trust, "--min-tls", "1.3"))
        self.served(only12, *trust)
        self.assertEqual({line.split()[3] for line in only12.log() if " 200 " in line}, {"TLSv1.2"})
        both = self.nginx()
        self.served(both, *trust, "--min-tls", "1.3", "--force")
        self.assertEqual({line.split()[3] for line in both.log()}, {"TLSv1.3"})


class WrongPort(Certificates):
    """Plain http where TLS is spoken, and the other way round: said in words, with the way on."""

    def test_plain_http_to_a_port_of_tls(self):
        own = self.enterContext(registry.Registry(self.gallery.storage, certificate=self.certificate))
        for what, server in (("nginx", self.nginx()), ("go", own)):
            with self.subTest(what):
                self.refused(5, f"http://{server.host}", server.host, "TLS", "https://")

    def test_tls_to_a_port_of_plain_http(self):
        self.refused(5, f"https://{self.registry.host}", self.registry.host, "does not speak TLS on that port", "write http://",
                     arguments=("--retries", "0"))


if __name__ == "__main__":
    import unittest
    unittest.main()
