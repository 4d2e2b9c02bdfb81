"""`ferry serve`: real clients pull from archives of every format, with the digests of the registry; and it keeps a
registry's rules for those who are wrong, slow, or not let in."""
import base64
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time

from room import case, engine, image, pki, process, registry, shelf

IMAGES = ["suite/kinds:1", "suite/small:1", "suite/repeat:1", "debian:bookworm"]


def config_seen_by_skopeo(where: str) -> str:
    """The config digest of what skopeo copies from a registry."""
    done = subprocess.run([process.need("skopeo", "skopeo"), "--insecure-policy", "inspect", "--tls-verify=false", "--raw",
                           f"docker://{where}"], capture_output=True, check=True, env=process.clean_environment())
    return json.loads(done.stdout)["config"]["digest"]


class Clients(case.Case):
    """The air-gap round trip: pull -> archive -> serve -> pull, with equal digests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))
        cls.docker = cls.serve(engine.Docker())
        cls.podman = cls.serve(engine.Podman())

    def truth(self, name):
        repository, tag = name.split(":")
        return self.registry.client.image(("library/" if "/" not in repository else "") + repository, tag)

    def shelf_of(self, form, images=IMAGES, *more) -> shelf.Shelf:
        folder = self.home / form
        result = self.ferry(*images, "-r", self.registry.url, "-f", form, *more, out=folder)
        self.assertEqual(result.code, 0, result)
        found = shelf.Shelf(folder)
        self.addCleanup(found.stop)
        return found

    def docker_pulls(self, server, name):
        known = self.docker.docker("images", "-aq", "--no-trunc").stdout.decode().split()
        if known:
            self.docker.docker("rmi", "-f", *dict.fromkeys(known))
        self.docker.docker("pull", f"{server.host}/{name}")
        pulled = self.docker.inspect(f"{server.host}/{name}")
        self.assertEqual(pulled["Id"], self.truth(name).config_digest, name)
        self.assertEqual(pulled["RootFS"]["Layers"], self.truth(name).diff_ids)
        return f"{server.host}/{name}"

    def test_docker_pulls_what_was_archived_in_every_format(self):
        for form in ("synology", "docker", "oci"):
            server = self.shelf_of(form, IMAGES if form != "oci" else IMAGES[1:])  # docker 20.10 reads no zstd
            for name in IMAGES if form != "oci" else IMAGES[1:]:
                with self.subTest(form=form, image=name):
                    self.docker_pulls(server, name)
        self.docker.prove(f"{server.host}/debian:bookworm", ["/bin/true"], ["usr/bin/true"])

    def test_podman_skopeo_and_ferry_pull_what_was_archived(self):
        for form in ("synology", "docker", "oci"):
            server = self.shelf_of(form)
            for name in IMAGES:
                with self.subTest(form=form, image=name):
                    truth = self.truth(name)
                    where = f"{server.host}/{name}"
                    self.assertEqual(config_seen_by_skopeo(where), truth.config_digest)
                    self.podman.podman("pull", "-q", "--tls-verify=false", where)
                    pulled = json.loads(self.podman.podman("image", "inspect", where))[0]
                    self.assertEqual("sha256:" + pulled["Id"], truth.config_digest)
                    self.assertEqual(pulled["RootFS"]["Layers"], truth.diff_ids)
                    self.podman.podman("rmi", "-f", where)
                    again = self.pull(name, "-r", server.url, out=self.home / "again" / form)
                    self.assert_image(again, truth)
                    if form == "oci":
                        digest, _ = self.registry.client.manifest(truth.repository, truth.digest)
                        self.assertEqual(server.client.manifest(name.split(":")[0], name.split(":")[1])[0], digest)

    def test_an_archive_of_an_archive_is_the_same_archive(self):
        for form in ("synology", "oci"):
            server = self.shelf_of(form, ["suite/repeat:1"])
            again = self.pull("suite/repeat:1", "-r", server.url, "-f", form, out=self.home / "again")
            first = next((self.home / form).glob("*.tar"))
            if form == "oci":
                self.assertEqual(again.path.read_bytes(), first.read_bytes())
            else:
                self.assertEqual(again.path.read_bytes(), first.read_bytes(), "synology archives do not depend on packing")
            again.path.unlink()

    def test_all_platforms_come_back_with_the_index_of_the_registry(self):
        server = self.shelf_of("oci", ["suite/attested:1", "suite/nested:1", "debian:bookworm"], "-a", "all")
        for repository, tag, listed in (("suite/attested", "1", 3), ("suite/nested", "1", 2), ("library/debian", "bookworm", 3)):
            digest, index = self.registry.client.manifest(repository, tag)
            self.assertEqual(server.client.manifest(repository, tag), (digest, index))
            self.assertEqual(len(index["manifests"]), listed)
            for child in index["manifests"]:
                served, manifest = server.client.manifest(repository, child["digest"])
                self.assertEqual(served, child["digest"])
                for blob in [manifest["config"], *manifest["layers"]] if "config" in manifest else []:
                    self.assertEqual(image.digest_of(server.client.blob(repository, blob["digest"])), blob["digest"])
        for platform, name in (("linux/arm64/v8", "arm64"), ("linux/arm/v7", "arm/v7")):
            truth = self.registry.client.image("library/debian", "bookworm", platform)
            self.assert_image(self.pull("debian:bookworm", "-r", server.url, "-a", name), truth)
        skopeo = process.need("skopeo", "skopeo")
        archive = self.home / "oci" / "debian_bookworm_all.tar"
        for where in (f"oci-archive:{archive}", f"docker://{server.host}/debian:bookworm"):
            copy = self.home / f"copy-{where[:4]}"
            subprocess.run([skopeo, "--insecure-policy", "copy", "-q", "--all", "--src-tls-verify=false", where, f"dir:{copy}"],
                           check=True, env=process.clean_environment())
            digest, _ = self.registry.client.manifest("library/debian", "bookworm")
            self.assertEqual(image.digest_of((copy / "manifest.json").read_bytes()), digest)
        loaded = self.podman.load(archive)
        self.assertEqual("sha256:" + loaded["Id"], self.truth("debian:bookworm").config_digest)

    def test_archives_of_docker_save_and_skopeo_are_served(self):
        folder = self.home / "foreign"
        folder.mkdir()
        truth = self.truth("suite/repeat:1")
        found = self.pull("suite/repeat:1", "-r", self.registry.url)
        self.docker.load(found.path)
        self.docker.docker("save", "-o", folder / "saved.tar", "suite/repeat:1")
        for kind, name in (("docker-archive", "by-skopeo"), ("oci-archive", "layout")):
            subprocess.run([process.need("skopeo", "skopeo"), "--insecure-policy", "copy", "-q", "--src-tls-verify=false",
                            f"docker://{self.registry.host}/suite/repeat:1", f"{kind}:{folder}/{name}.tar:" +
                            (f"example.com/{name}:2" if kind == "docker-archive" else "2")],
                           check=True, env=process.clean_environment())
        server = shelf.Shelf(folder)
        self.addCleanup(server.stop)
        for name in ("suite/repeat:1", "example.com/by-skopeo:2", "by-skopeo:2", "layout:2"):
            with self.subTest(image=name):
                self.docker.docker("pull", f"{server.host}/{name}")
                # skopeo writes a new config into its OCI layout, and that is what is served then
                expected = (engine.skopeo_inspect(folder / "layout.tar", "oci-archive")["config_digest"]
                            if name == "layout:2" else truth.config_digest)
                self.assertEqual(self.docker.inspect(f"{server.host}/{name}")["Id"], expected)
        self.assertEqual(json.loads(server.client.request("GET", "/v2/_catalog")[1]),
                         {"repositories": ["example.com/by-skopeo", "layout", "suite/repeat"]})

    def test_platforms_of_several_archives_become_one_index(self):
        folder = self.home / "both"
        for name in ("amd64", "arm64"):
            self.pull("debian:bookworm", "-r", self.registry.url, "-a", name, out=folder)
        server = shelf.Shelf(folder)
        self.addCleanup(server.stop)
        for platform in ("linux/amd64", "linux/arm64/v8"):
            truth = self.registry.client.image("library/debian", "bookworm", platform)
            self.assert_image(self.pull("debian:bookworm", "-r", server.url, "-a", platform), truth)
        self.docker_pulls(server, "debian:bookworm")


class Folder(case.Case):
    """What comes, goes and is not to be trusted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = cls.serve(registry.Registry(cls.gallery.storage))

    def setUp(self):
        super().setUp()
        self.folder = self.home / "shelf"
        self.folder.mkdir()

    def archive(self, name="suite/small:1", form="synology", *more):
        return self.pull(name, "-r", self.registry.url, "-f", form, "--force", *more, out=self.home / "made").path

    def open(self, *arguments, **more) -> shelf.Shelf:
        server = shelf.Shelf(self.folder, *arguments, **more)
        self.addCleanup(server.stop)
        return server

    def catalog(self, server):
        return json.loads(server.client.request("GET", "/v2/_catalog")[1])["repositories"]

    def test_archives_come_change_and_go_without_a_restart(self):
        server = self.open()
        self.assertEqual(self.catalog(server), [])
        shutil.copy(self.archive(), self.folder / "a.tar")
        self.assertEqual(self.catalog(server), ["suite/small"])
        os.replace(self.archive("suite/repeat:1"), self.folder / "a.tar")
        self.assertEqual(self.catalog(server), ["suite/repeat"])
        _, manifest = server.client.manifest("suite/repeat", "1")
        for layer in manifest["layers"]:
            self.assertEqual(image.digest_of(server.client.blob("suite/repeat", layer["digest"])), layer["digest"])
        (self.folder / "a.tar").unlink()
        self.assertEqual(self.catalog(server), [])
        server.client.request("GET", f"/v2/suite/repeat/blobs/{manifest['config']['digest']}", expect=(404,))

    def test_half_written_archives_are_not_offered(self):
        whole = self.archive("suite/small:1", "oci").read_bytes()
        (self.folder / "a.tar.part").write_bytes(whole)
        (self.folder / ".a.tar").write_bytes(whole)
        server = self.open()
        self.assertEqual(self.catalog(server), [])
        for size in (0, 100, 512, 2048, len(whole) - 1536):
            (self.folder / "a.tar").write_bytes(whole[:size])
            self.assertEqual(self.catalog(server), [], size)
        (self.folder / "a.tar").write_bytes(whole)
        self.assertEqual(self.catalog(server), ["suite/small"])

    def test_links_out_of_the_folder_are_not_followed(self):
        outside = self.archive()
        (self.folder / "out.tar").symlink_to(outside)
        (self.folder / "loop.tar").symlink_to("loop.tar")
        os.mkfifo(self.folder / "pipe.tar")
        server = self.open()
        self.assertEqual(self.catalog(server), [])
        (self.folder / "below").mkdir()
        shutil.copy(outside, self.folder / "below" / "x.tar")
        self.assertEqual(self.catalog(server), [], "folders below are not searched")
        (self.folder / "in.tar").symlink_to("below/x.tar")
        self.assertEqual(self.catalog(server), ["suite/small"])

    def test_a_damaged_archive_is_named_and_never_served(self):
        for form in ("synology", "docker", "oci"):
            path = self.folder / f"{form}.tar"
            shutil.copy(self.archive("suite/repeat:1", form), path)
            server = self.open()
            _, manifest = server.client.manifest("suite/repeat", "1")
            layer = manifest["layers"][1]["digest"]
            good = server.client.blob("suite/repeat", layer)
            data = path.read_bytes()
            at = data.index(good) + len(good) // 2
            with open(path, "r+b") as file:
                file.seek(at)
                file.write(bytes([data[at] ^ 1]))
            for method in ("HEAD", "GET"):
                _, said = server.client.request(method, f"/v2/suite/repeat/blobs/{layer}", expect=(404,))
            self.assertIn(b"NAME_UNKNOWN", said)
            self.assertEqual(self.catalog(server), [], "the whole archive is left out")
            self.assertIn(f"{form}.tar is damaged", server.said)
            shutil.copy(self.archive("suite/repeat:1", form), path)
            self.assertEqual(server.client.blob("suite/repeat", layer), good, "mended, it is back")
            server.stop()
            path.unlink()

    def test_what_is_not_an_archive_of_images_is_reported_once(self):
        (self.folder / "notes.tar").write_bytes(b"no tar at all" * 100)
        os.utime(self.folder / "notes.tar", (1, 1))
        server = self.open()
        for _ in range(3):
            self.assertEqual(self.catalog(server), [])
        self.assertEqual(server.said.count("notes.tar"), 1, server.said)

    def test_interrupt_ends_it_with_transfers_under_way(self):
        shutil.copy(self.archive("suite/medium:1", "oci"), self.folder / "m.tar")
        for number in (signal.SIGINT, signal.SIGTERM):
            server = self.open()
            _, manifest = server.client.manifest("suite/medium", "1")
            connection = http.client.HTTPConnection(server.host, timeout=60)
            biggest = max(manifest["layers"], key=lambda layer: layer["size"])["digest"]
            connection.request("GET", f"/v2/suite/medium/blobs/{biggest}")
            answer = connection.getresponse()
            self.assertEqual(len(answer.read(1000)), 1000)
            server.daemon.process.send_signal(number)
            self.assertEqual(server.daemon.process.wait(30), 0)
            connection.close()

    def test_usage(self):
        for arguments, word in ((["serve", self.home / "none"], "cannot read the folder"),
                                (["serve", self.folder, "--listen", "nowhere"], "is no address to listen on"),
                                (["serve", self.folder, "--tls-cert", "x.pem"], "belong together"),
                                (["serve", self.folder, "--listen", "127.0.0.1:0", "--tls-cert", "x.pem", "--tls-key", "y.pem"],
                                 "cannot be used"),
                                (["serve", self.folder, "--htpasswd", self.home / "none"], "cannot read the file of users"),
                                (["serve", self.folder, "-u", "me"], "no password for me"),
                                (["serve", self.folder, "--push"], "--push")):
            with self.subTest(arguments=arguments):
                done = subprocess.run([self.binary, *map(str, arguments)], cwd=self.home, env=self.environment(),
                                      stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
                self.assertIn(word, done.stderr.decode())
                self.assertEqual(done.stdout, b"")
                self.assertIn(done.returncode, (2, 7))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = subprocess.run([self.binary, "serve", str(self.folder), "-l", f"127.0.0.1:{taken.getsockname()[1]}"],
                                  cwd=self.home, env=self.environment(), capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 5, done)
            self.assertIn("cannot listen on", done.stderr.decode())

    # --- who may read ---

    def basic(self, user, password):
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}

    def test_basic_lets_in_those_with_the_password(self):
        shutil.copy(self.archive(), self.folder / "a.tar")
        users = self.home / "users"
        users.write_text("")
        for name, password in (("ann", "pass:word ü"), ("bob", "other")):
            subprocess.run([process.need("htpasswd", "apache2-utils"), "-iB", users, name], input=password.encode(), check=True,
                           capture_output=True)
        by_file = self.open("--htpasswd", users)
        by_name = self.open("-u", "ann", env={"FERRY_PASSWORD": "pass:word ü"})
        for server in (by_file, by_name):
            for headers in ({}, self.basic("ann", "wrong"), self.basic("eve", "pass:word ü"), {"Authorization": "Basic !"},
                            {"Authorization": "Bearer x"}, self.basic("ann", ""), {"Authorization": "Basic " + "A" * 7000}):
                answer, said = server.client.request("GET", "/v2/", headers=headers, expect=(401,))
                self.assertIn("Basic realm=", answer.headers["WWW-Authenticate"])
                self.assertEqual(json.loads(said)["errors"][0]["code"], "UNAUTHORIZED")
                server.client.request("GET", "/v2/suite/small/manifests/1", headers=headers, expect=(401,))
            for _ in range(2):
                server.client.request("GET", "/v2/suite/small/manifests/1", headers=self.basic("ann", "pass:word ü"))
            found = self.pull("suite/small:1", "-r", server.url, "-u", "ann", env={"FERRY_PASSWORD": "pass:word ü"})
            self.assert_image(found, self.registry.client.image("suite/small", "1"))
            self.assertNotIn("pass:word", server.said)
        by_file.client.request("GET", "/v2/", headers=self.basic("bob", "other"))

    def test_weak_hashes_are_refused_at_the_start(self):
        users = self.home / "users"
        subprocess.run([process.need("htpasswd", "apache2-utils"), "-icm", users, "ann"], input=b"x", check=True, capture_output=True)
        done = subprocess.run([self.binary, "serve", str(self.folder), "--htpasswd", str(users)], cwd=self.home,
                              env=self.environment(), capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("htpasswd -B", done.stderr.decode())

    def test_tls(self):
        shutil.copy(self.archive(), self.folder / "a.tar")
        certificate = pki.issued("serve")
        server = self.open("--tls-cert", certificate.certificate, "--tls-key", certificate.key)
        self.assertTrue(server.url.startswith("https://"))
        found = self.pull("suite/small:1", "-r", server.url, "--ca-cert", certificate.ca)
        self.assert_image(found, self.registry.client.image("suite/small", "1"))
        self.assert_failed(self.ferry("suite/small:1", "-r", server.url, out=self.home / "untrusted"), 5, "certificate")
        trust = ssl.create_default_context(cafile=str(certificate.ca))
        host, port = server.host.split(":")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            trust.minimum_version = trust.maximum_version = version
            connection = http.client.HTTPSConnection(host, int(port), context=trust, timeout=60)
            connection.request("GET", "/v2/")
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()

    def test_a_client_that_says_nothing_does_not_stand_in_the_way(self):
        shutil.copy(self.archive("suite/medium:1", "oci"), self.folder / "a.tar")
        server = self.open()
        host, port = server.host.split(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(40)]
        for number, one in enumerate(idle):
            one.sendall(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: "[:number])
        self.assert_image(self.pull("suite/medium:1", "-r", server.url, "-j", "4"), self.registry.client.image("suite/medium", "1"))
        for one in idle:
            one.close()
