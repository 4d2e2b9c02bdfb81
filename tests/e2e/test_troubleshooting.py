"""Each line of the manual's troubleshooting table happens here, and is answered with its remedy in both languages."""
import os
import subprocess
import sys

from room import case, front, image, nginx, oddities, pki, registry, squid


class Troubleshooting(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.small = cls.registry.client.image("suite/small", "1")

    def both(self, code, english, chinese, *arguments, more=(), **options):
        """Fails alike in both languages; each says its words, and `more` stands in both, in the log, too."""
        for lang, words in (("en", english), ("zh", chinese)):
            with self.subTest(lang=lang):
                result = self.ferry(*arguments, "--lang", lang, out=self.home / lang, **options)
                self.assertEqual(result.code, code, result)
                for word in (*words, *more):
                    self.assertIn(word, result.stderr, result)
                if code:
                    self.assertIn("ferry: error: " if lang == "en" else "ferry: 错误：", result.stderr)
                    self.assertIn("[ERROR]", result.log)
                    self.assert_no_archive(self.home / lang)

    def test_slow_download(self):
        with front.Front(self.registry.host, [front.Slow(rate=100 << 10)]) as slow:
            for lang, words in (("en", ("is slow", "-j 4", "--mirror", "proxy")), ("zh", ("下载速度慢", "-j 4", "--mirror", "代理"))):
                with self.subTest(lang=lang):
                    child = self.start("suite/medium:1", "-r", slow.url, "-j", "1", "--lang", lang, "--force")
                    said = b""
                    while words[0].encode() not in said:
                        line = child.stderr.readline()
                        self.assertTrue(line, f"ferry ended and never said that it is slow: {said.decode()}")
                        said += line
                    for word in words:
                        self.assertIn(word, said.decode())
                    child.terminate()
                    child.wait(60)
                    child.stdout.close()
                    child.stderr.close()

    def test_certificate_failure(self):
        for certificate, english, chinese in ((pki.self_signed("self"), "is self-signed", "是自签名的"),
                                              (pki.issued("own"), "by an unknown authority", "的颁发机构未知")):
            with registry.Registry(self.gallery.storage, certificate=certificate) as tls:
                self.both(5, (f"cannot trust {tls.host}: its certificate", english, "if you trust"),
                          (f"无法信任 {tls.host}：其证书", chinese, "如果您信任", "测试时可用"), "suite/small:1", "-r", tls.host,
                          more=(tls.host, "--ca-cert", "REQUESTS_CA_BUNDLE", f"--insecure={tls.host.split(':')[0]}"))

    def test_not_loadable(self):
        shop = oddities.Shop()
        gzip_type = image.OCI_LAYER + "+gzip"
        def layers(make, *types, packed=None):
            return [oddities.Layer(make.tar(), packed, {"mediaType": media_type}) for media_type in types]
        with front.Front(faults=[shop]) as odd:
            for code, english, chinese, more, change in (
                    (4, "is a WebAssembly module", "WebAssembly 模块", ("application/wasm",), lambda m: {"layers": layers(m, gzip_type, "application/wasm")}),
                    (4, "is encrypted", "已加密", (gzip_type + "+encrypted",), lambda m: {"layers": layers(m, gzip_type + "+encrypted")}),
                    (4, "has 126 layers", "有 126 层", ("125",), lambda m: {"layers": layers(m, *[gzip_type] * 126)}),
                    (6, "Labels.a is not a string", "Labels.a 不是字符串", (), lambda m: {"settings": {"Labels": {"a": 1}}}),
                    (6, "not a tar", "不是 tar", ("sha256:",), lambda m: {"layers": [oddities.Layer(b"words" * 200)]})):
                make = oddities.Maker(shop, english)
                make.image(family=oddities.OCI, **change(make))
                name = f"{odd.host}/{make.repository}:1"
                for form in ("synology", "docker"):
                    odd.requests.clear()
                    self.both(code, (english,), (chinese,), name, "-f", form, more=(*more, "-f oci"))
                    if english != "not a tar":
                        config = odd.blobs()[0].blob
                        self.assertEqual({request.blob for request in odd.blobs()}, {config}, "told before the download")
                self.pull(name, "-f", "oci", out=self.home / "oci")

    def test_proxy_refusal(self):
        port = self.registry.port
        with squid.Squid(rules=[f"acl closed port {port}", "http_access deny closed"]) as strict:
            for name, english, chinese in ((f"http://registry.test:{port}", "refused to ask", "拒绝访问"),
                                           (f"registry.test:{port}", "refused the tunnel to", "拒绝")):
                self.both(5, (english, "operator"), (chinese, "管理员"), "suite/small:1", "-r", name, "--proxy", strict.url,
                          more=(f"127.0.0.1:{strict.port}", f"registry.test:{port}", "403", "NO_PROXY"))
        with squid.Squid({"alice": "right-Pa55"}) as locked:
            self.both(5, ("wants a user name and password",), ("用户名和密码",), "suite/small:1", "-r",
                      f"http://registry.test:{port}", "--proxy", locked.url, more=("407", f"127.0.0.1:{locked.port}"))

    def test_client_certificate(self):
        server, people = pki.Authority("server"), pki.Authority("people")
        stranger = pki.Authority("strangers").client("mallory")
        with nginx.Nginx(self.registry.host, server.server("registry"), client_ca=people.certificate) as strict:
            trust = ("suite/small:1", "-r", strict.host, "--ca-cert", server.certificate)
            self.both(5, ("wants a client certificate",), ("要求客户端证书",), *trust,
                      more=(strict.host, "--client-cert", "--client-key", "certs.d"))
            self.both(5, ("refused the client certificate",), ("拒绝了客户端证书",), *trust, "--client-cert",
                      stranger.certificate, "--client-key", stranger.key, more=(strict.host, "--client-cert", "certs.d"))

    def test_docker_hub_out_of_reach(self):
        """On a machine without a network; who typed no registry did not misspell it."""
        for lang, words in (("en", ("cannot resolve registry-1.docker.io", "this machine's network")), ("zh", ("无法解析 registry-1.docker.io", "请检查本机网络"))):
            with self.subTest(lang=lang):
                done = subprocess.run(["unshare", "-n", self.binary, "nginx", "--retries", "0", "--lang", lang, "-o", self.home / lang],
                                      env=self.environment(), cwd=self.home, capture_output=True, text=True, timeout=120)
                self.assertEqual(done.returncode, 5, done)
                for word in (*words, "--proxy URL", "--mirror HOST"):
                    self.assertIn(word, done.stderr)
        done = subprocess.run(["unshare", "-n", self.binary, "registry.example/app", "--retries", "0", "-o", self.home / "typed"],
                              env=self.environment(), cwd=self.home, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 5, done)
        self.assertNotIn("Docker Hub", done.stderr)
        self.assertIn("cannot resolve registry.example", done.stderr)

    def test_platform_not_found(self):
        self.both(4, ("has no image for linux/s390x",), ("没有适用于 linux/s390x 的",), "suite/small:1", "-r", self.registry.url,
                  "-a", "s390x", more=("suite/small:1", "-a", "amd64"))

    def test_checksum_failure(self):
        with front.Front(self.registry.host, [front.Flip(self.small.layers[0])]) as bad:
            self.both(6, ("is not what its digest promises", "try again", "mirror", "disk"),
                      ("与其摘要不符", "重试", "加速站", "磁盘"), "suite/small:1", "-r", bad.url, "--retries", "1",
                      more=(self.small.layers[0], bad.host))

    def test_authentication_failure(self):
        with registry.Registry(self.gallery.storage, users={"alice": "right-Pa55"}) as locked:
            self.both(3, ("wants a login",), ("需要登录",), "suite/small:1", "-r", locked.url, more=(locked.host, "-u", "--password-stdin"))
            self.both(3, ("does not accept this login", "user name", "password"), ("不接受用此登录访问", "请检查用户名和密码"),
                      "suite/small:1", "-r", locked.url, "-u", "alice", "--password-stdin", stdin=b"wr0ng-Pa55",
                      more=(locked.host, "suite/small"))

    def test_disk_full(self):
        if os.geteuid() != 0:
            raise RuntimeError("a small file system has to be mounted: run as root")
        for lang, words in (("en", ("the archive needs", "left", "free some space", "-o DIR")), ("zh", ("镜像包", "剩余", "清理", "-o"))):
            with self.subTest(lang=lang):
                out = self.home / lang
                out.mkdir()
                done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "ferry-e2e", out], capture_output=True)
                if done.returncode:
                    print(f"\n[skip] this kernel forbids mounting: {done.stderr.decode()}", file=sys.stderr)
                    self.skipTest(f"mount tmpfs: {done.stderr.decode()}")
                self.addCleanup(subprocess.run, ["umount", out], check=True)
                result = self.ferry("suite/medium:1", "-r", self.registry.url, "--lang", lang, out=out)
                self.assertEqual(result.code, 7, result)
                for word in (*words, str(out)):
                    self.assertIn(word, result.stderr, result)
