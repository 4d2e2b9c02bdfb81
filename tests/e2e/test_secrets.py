"""Secrets stay where they belong: a whole pull with the debug log on, and every byte looked at that came out of it."""
import base64
import json
import os
import pathlib
import threading
import time
import urllib.parse

from room import case, front, internet, registry, sites

PASSWORD, HELPER_SECRET, REFRESH = "pa$$-W0rd:9%x", "helper-S3cret/+x", "refresh-T0ken-7"
FILE_SECRET = "file-S3cret-5"


def forms(secret: str, user: str) -> list:
    """The shapes in which a secret could get out."""
    pair = f"{user}:{secret}".encode()
    return [secret, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1], base64.b64encode(pair).decode(),
            base64.b64encode(secret.encode()).decode(), base64.urlsafe_b64encode(pair).decode()]


class Secrets(case.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.open = cls.serve(registry.Registry(cls.gallery.storage))
        cls.truth = cls.open.client.image("suite/small", "1")

    def helper(self, name: str, script: str) -> pathlib.Path:
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        path = folder / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return folder

    def config(self, **content) -> pathlib.Path:
        folder = self.home / "docker"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(content))
        return folder

    @staticmethod
    def watch_processes(stop: threading.Event, seen: set, parent: str):
        """The command lines of the program and of what it starts, as `ps` shows them to everybody."""
        while not stop.is_set():
            for entry in pathlib.Path("/proc").iterdir():
                if entry.name.isdigit():
                    try:
                        line = (entry / "cmdline").read_bytes()
                    except OSError:
                        continue
                    if parent.encode() in line or b"docker-credential" in line:
                        seen.add(line)
            time.sleep(0.005)

    def world(self):
        """Four registries with a login each, a store behind one, a mirror; who may see which secret is in `allowed`."""
        self.services = {
            "env.example.com": sites.Tokens("/token", {"env-user": PASSWORD}, anonymous=False),
            "helped.example.com": sites.Tokens("/token", {"helped": HELPER_SECRET}, anonymous=False),
            "refresh.example.com": sites.Tokens("/token", anonymous=False, refresh=REFRESH),
            "file.example.com": sites.Tokens("/token", {"filed": FILE_SECRET}, anonymous=False)}
        places = {}
        for host, tokens in self.services.items():
            places[host] = [tokens, sites.Gate(f'Bearer realm="https://{host}/token",service="{host}"', tokens.accept),
                            front.Redirect("https://store.example.com")]
        places["store.example.com"] = [sites.OneAuthentication()]
        places["mirror.example.com"] = [front.Burst(404, 10000)]
        self.net = self.enterContext(internet.Internet(places, upstream=self.open.host))
        helpers = self.helper("kept", f"""read server; case "$server" in helped.example.com)
            echo '{{"ServerURL":"'$server'","Username":"helped","Secret":"{HELPER_SECRET}"}}';;
            *) echo credentials not found in native keychain; exit 1;; esac""")
        refresh = {"auth": base64.b64encode(b"<token>:").decode(), "identitytoken": REFRESH}
        filed = {"auth": base64.b64encode(f"filed:{FILE_SECRET}".encode()).decode()}
        docker = self.config(credHelpers={"helped.example.com": "kept"},
                             auths={"refresh.example.com": refresh, "file.example.com": filed})
        return {"DOCKER_CONFIG": str(docker), "FERRY_USERNAME": "env-user", "FERRY_PASSWORD": PASSWORD,
                "PATH": f"{helpers}:{os.environ['PATH']}"}

    def secrets(self) -> dict:
        """{secret in each form: the hosts that may see it}."""
        found = {}
        for secret, user, host in ((PASSWORD, "env-user", "env.example.com"), (HELPER_SECRET, "helped", "helped.example.com"),
                                   (REFRESH, "<token>", "refresh.example.com"), (FILE_SECRET, "filed", "file.example.com")):
            for form in forms(secret, user):
                found[form] = {host}
        for host, tokens in self.services.items():
            for token in tokens.issued:
                found[token] = {host}
        return found

    def test_no_secret_gets_out_of_a_debug_run(self):
        env = self.world()
        seen, stop = set(), threading.Event()
        watcher = threading.Thread(target=self.watch_processes, args=(stop, seen, self.binary))
        watcher.start()
        results = []
        try:
            for arguments in (("env.example.com/suite/small:1",), ("helped.example.com/suite/small:1",),
                              ("refresh.example.com/suite/small:1",), ("file.example.com/suite/small:1",),
                              ("env.example.com/suite/nothing:1",)):
                host = arguments[0].split("/")[0]
                one = dict(env) if host == "env.example.com" else {k: v for k, v in env.items() if k != "FERRY_USERNAME"}
                results.append((host, self.ferry(*arguments, *self.net.options, "--mirror", "mirror.example.com", "--debug",
                                                 env=one, out=self.home / "out" / host)))
            for command in (("inspect", "env.example.com/suite/small:1"), ("tags", "env.example.com/suite/small")):
                results.append(("", self.ferry(*command, *self.net.options, "--debug", env=env, out="")))
        finally:
            stop.set()
            watcher.join()
        for host, result in results:
            self.assertEqual(result.code, 4 if "nothing" in str(result.arguments) else 0, result)
        self.assertTrue(seen, "the process list was looked at")
        secrets = self.secrets()
        self.assertGreaterEqual(len(secrets), 20)
        written = {"process list": b"\n".join(seen)}
        for number, (host, result) in enumerate(results):
            written[f"stdout {number}"], written[f"stderr {number}"] = result.stdout, result.stderr.encode()
        for path in (self.home / "out").rglob("*"):
            if path.is_file():
                written[str(path)] = path.read_bytes()
        self.assertTrue([name for name in written if name.endswith("docker_pull.log")])
        for secret in secrets:
            for place, data in written.items():
                self.assertNotIn(secret.encode(), data, f"a secret stands in {place}")
        for place, data in written.items():
            self.assertNotIn(b"X-Signature", data, f"a signed query stands in {place}")
        for site, server in self.net.sites.items():
            for request in server.requests:
                shown = f"{request.method} {request.target}\n{request.headers}\n".encode() + request.body
                for secret, hosts in secrets.items():
                    if site.removesuffix(":443") not in hosts:
                        self.assertNotIn(secret.encode(), shown, f"{site} was shown a secret of {hosts}")
        self.assertTrue(self.net["store.example.com"].requests, "a foreign host was asked")
        self.assertTrue(self.net["mirror.example.com"].requests)
        self.assertEqual(self.net.strays, [])

    def test_no_secret_gets_out_of_failures(self):
        env = self.world()
        for host, tokens in self.services.items():
            tokens.users, tokens.refresh = {}, "another"
        for host in self.services:
            one = dict(env) if host == "env.example.com" else {k: v for k, v in env.items() if k != "FERRY_USERNAME"}
            result = self.ferry(f"{host}/suite/small:1", *self.net.options, "--debug", env=one, out=self.home / "out" / host)
            self.assert_failed(result, 3, host)
            for secret in self.secrets():
                for data in (result.stdout.decode(), result.stderr, result.log):
                    self.assertNotIn(secret, data)

    def test_helpers_fail_in_words_that_help(self):
        self.world()
        path = self.helper("locked", "echo the keychain is locked; exit 1")
        docker = self.config(credsStore="locked")
        env = {"DOCKER_CONFIG": str(docker), "PATH": f"{path}:{os.environ['PATH']}"}
        self.assert_failed(self.ferry("file.example.com/suite/small:1", *self.net.options, env=env), 3,
                           "docker-credential-locked failed for file.example.com: the keychain is locked")
        docker = self.config(credsStore="desktop-that-is-not-here")
        found = self.pull("suite/small:1", "-r", self.open.url, env={"DOCKER_CONFIG": str(docker)})
        self.assert_image(found, self.truth)
        self.assertIn("docker-credential-desktop-that-is-not-here is not installed", self.result.stderr)

    def test_podmans_file_serves_as_well(self):
        env = self.world()
        file = self.home / "auth.json"
        file.write_text(json.dumps({"auths": {"file.example.com": {"auth": base64.b64encode(
            f"filed:{FILE_SECRET}".encode()).decode()}}}))
        found = self.pull("file.example.com/suite/small:1", *self.net.options,
                          env={"REGISTRY_AUTH_FILE": str(file), "PATH": env["PATH"]})
        self.assert_image(found, self.truth)

    def test_login_files_of_others_never_stop_a_public_pull(self):
        folder = self.home / "docker"
        folder.mkdir()
        file, host = folder / "config.json", self.open.host
        silent = {"empty": b"", "blank": b" \n", "bom": b"\xef\xbb\xbf{}", "nulls": b'{"auths":null,"credsStore":null}',
                  "another's entry": b'{"auths":{"other.example":{"auth":"YWI"}}}', "another's number": b'{"auths":{"other.example":5}}',
                  "another's helper": b'{"credHelpers":{"other.example":"not-here"}}',
                  "another's wrong helper": b'{"credHelpers":{"other.example":7}}'}
        loud = {"garbage": b"{not json", "list": b"[]", "auths": b'{"auths":[]}', "store": b'{"credsStore":7}',
                "own entry": json.dumps({"auths": {host: {"auth": "YWI"}}}).encode(),
                "own helper": json.dumps({"credHelpers": {host: "not-here"}}).encode(),
                "store is not there": b'{"credsStore":"not-here"}', "wrong name": b'{"credsStore":"../x"}'}
        for name, data in {**silent, **loud}.items():
            with self.subTest(name=name):
                file.write_bytes(data)
                found = self.pull("suite/small:1", "-r", self.open.url, env={"DOCKER_CONFIG": str(folder)})
                self.assert_image(found, self.truth)
                self.assertEqual("ferry: warning: " in self.result.stderr, name in loud, self.result)
        file.unlink()
        file.mkdir()
        self.pull("suite/small:1", "-r", self.open.url, env={"DOCKER_CONFIG": str(folder)})
        self.assertIn(f"cannot read the logins in {file}: Is a directory", self.result.stderr)
        podman = self.home / "auth.json"
        podman.write_text("{x")
        self.pull("suite/small:1", "-r", self.open.url, env={"REGISTRY_AUTH_FILE": str(podman)})
        self.assertIn(f"{podman} is not JSON", self.result.stderr)
        for command in (("tags", "suite/small"), ("inspect", "suite/small:1")):
            result = self.ferry(*command, "-r", self.open.url, env={"REGISTRY_AUTH_FILE": str(podman)}, out="")
            self.assertEqual(result.code, 0, result)
            self.assertIn(f"{podman} is not JSON", result.stderr)

    def test_a_login_that_cannot_be_used_is_named_where_one_is_wanted(self):
        with registry.Registry(self.gallery.storage, users={"alice": PASSWORD}) as locked:
            folder = self.config(auths={locked.host: {"auth": "YWI"}})
            result = self.ferry("suite/small:1", "-r", locked.url, env={"DOCKER_CONFIG": str(folder)})
            self.assert_failed(result, 3, f"  -> the login for {locked.host} in {folder}/config.json cannot be read")
            folder = self.config(credsStore="not-here")
            result = self.ferry("suite/small:1", "-r", locked.url, env={"DOCKER_CONFIG": str(folder)})
            self.assert_failed(result, 3, "  -> the credential helper docker-credential-not-here is not installed")

    def test_a_password_in_an_address_is_refused_and_not_shown(self):
        listed = self.home / "list.txt"
        listed.write_text("https://me:hunter2@host.example/app\nme:hunter2@host.example/app\n")
        for words in (("https://me:hunter2@host.example/app",), ("me:hunter2@host.example/app:1",), ("hunter2@host.example/app",),
                      ("nginx", "-r", "https://me:hunter2@host.example"), ("nginx", "-r", "me:hunter2@host.example"),
                      ("nginx", "--mirror", "https://me:hunter2@host.example"), ("nginx", "--mirror", "me:hunter2@host.example"),
                      ("nginx", "--mirror", "me:hunter2@a.example=host.example"),
                      ("nginx", "--mirror", "https://me:hun/ter2hunter2@host.example/x"), ("--from", listed),
                      ("nginx", "--proxy", "ftp://me:hunter2@host.example"), ("nginx", "--proxy", "me:hunter2://host.example"),
                      ("nginx", "--proxy", "http://me:hunter2/x@host.example"), ("nginx", "--proxy", "http://me:hunter2@host:port"),
                      ("nginx", "--tag", "https://me:hunter2@host.example/app", "-r", self.open.url),
                      ("nginx", "--insecure=https://me:hunter2@host.example")):
            for command in ((), ("inspect",), ("tags",)) if words[0] != "--from" and "--tag" not in words else ((),):
                with self.subTest(command=command, words=words):
                    result = self.ferry(*command, *words, "--debug", out="" if command else None)
                    self.assertNotEqual(result.code, 0, result)
                    for text in (result.stdout.decode(), result.stderr, result.log):
                        self.assertNotIn("hunter2", text, result)

    def test_password_without_a_user_is_not_a_login(self):
        found = self.pull("suite/small:1", "-r", self.open.url, env={"FERRY_PASSWORD": PASSWORD})
        self.assert_image(found, self.truth)


if __name__ == "__main__":
    import unittest
    unittest.main()
