"""Squid as a forward proxy for absolute-form requests and CONNECT, with an access log that a test can read.

`registry.test` is a name that only squid resolves (to 127.0.0.1): a pull from it proves that the proxy was used."""
import hashlib
import shutil
import subprocess

from . import process


REALM = "ferry-e2e"


class Squid(process.Server):
    """`users` ({name: password}) have to log in, by Basic or with `digest` by that. `rules` are lines of squid.conf before
    the one that lets everybody in, `hosts` more names for 127.0.0.1 that squid alone knows. With a `certificate` (of pki) its
    clients speak TLS to it."""

    def __init__(self, users: dict | None = None, digest: bool = False, rules=(), hosts=(), certificate=None):
        # squid gives up root for the user `proxy`, who may not be able to enter FERRY_TEST_DATA
        self.folder = process.short_dir("ferry-squid-")
        self.folder.chmod(0o755)
        shutil.chown(self.folder, "proxy", "proxy")
        self.access = self.folder / "access.log"
        (self.folder / "hosts").write_text(f"127.0.0.1 registry.test localhost {' '.join(hosts)}\n")
        lines = list(rules)
        if users:
            lines += self._digest(users) if digest else self._basic(users)
            lines += ["acl known proxy_auth REQUIRED", "http_access allow known", "http_access deny all"]
        else:
            lines += ["http_access allow all"]
        listen = "http_port 127.0.0.1:{}"
        if certificate:
            for source, name in ((certificate.certificate, "tls.crt"), (certificate.key, "tls.key")):
                shutil.chown(shutil.copy(source, self.folder / name), "proxy", "proxy")
            listen = f"https_port 127.0.0.1:{{}} tls-cert={self.folder / 'tls.crt'} tls-key={self.folder / 'tls.key'}"

        def command(port):
            settings = [listen.format(port), *lines, "cache deny all", "cache_mem 8 MB",
                        f"hosts_file {self.folder / 'hosts'}", f"pid_filename {self.folder / 'pid'}",
                        f"access_log stdio:{self.access}", "logfile_rotate 0", "buffered_logs off",
                        f"cache_log {self.folder / 'cache.log'}", f"coredump_dir {self.folder}",
                        "shutdown_lifetime 0 seconds", "pinger_enable off", "visible_hostname squid.test",
                        "cache_effective_user proxy", "maximum_object_size_in_memory 0", "dns_nameservers 127.0.0.1",
                        "dns_timeout 2 seconds"]
            config = self.folder / "squid.conf"
            config.write_text("\n".join(settings) + "\n")
            # the name keeps squids apart that run at once: their shared memory bears it
            return [process.need("squid", "squid"), "-N", "-n", f"ferry{port}", "-f", config]

        try:
            self.start("squid", command)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{(self.folder / 'cache.log').read_text()[-2000:]}") from error
        self.url = f"{'https' if certificate else 'http'}://{self.host}"

    def _basic(self, users: dict) -> list:
        passwords = self.folder / "passwd"
        passwords.write_text("")
        for user, password in users.items():
            subprocess.run([process.need("htpasswd", "apache2-utils"), "-im", passwords, user],
                           input=password.encode(), check=True, capture_output=True)
        return [f"auth_param basic program /usr/lib/squid/basic_ncsa_auth {passwords}"]

    def _digest(self, users: dict) -> list:
        """MD5 is the one algorithm that squid offers. A nonce ends after 20 uses: long pulls meet `stale`."""
        passwords = self.folder / "digests"
        passwords.write_text("".join(
            f"{user}:{REALM}:{hashlib.md5(f'{user}:{REALM}:{password}'.encode()).hexdigest()}\n"
            for user, password in users.items()))
        return [f"auth_param digest program /usr/lib/squid/digest_file_auth -c {passwords}",
                "auth_param digest children 2", f"auth_param digest realm {REALM}", "auth_param digest nonce_max_count 20"]

    def log(self) -> list:
        """The requests that went through: lines of the access log."""
        return self.access.read_text().splitlines() if self.access.exists() else []

    def stop(self):
        super().stop()
        if self.access.exists():
            shutil.copy(self.access, process.run_dir() / f"squid-{self.port}-access.log")
