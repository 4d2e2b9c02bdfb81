"""Certificates of the test room, made with the openssl program."""
import dataclasses
import pathlib
import subprocess

from . import process

NAMES = "DNS:localhost,DNS:registry.test,IP:127.0.0.1,IP:127.0.0.2"
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclasses.dataclass
class Certificate:
    """PEM files of one server: `certificate`, `key`, and `ca` (the file a client must trust)."""
    certificate: pathlib.Path
    key: pathlib.Path
    ca: pathlib.Path


def openssl(*arguments, stdin: bytes = b"") -> bytes:
    done = subprocess.run([process.need("openssl", "openssl"), *map(str, arguments)], input=stdin, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def self_signed(name: str) -> Certificate:
    """A server certificate that signed itself: no client trusts it unasked."""
    folder = process.run_dir()
    key, crt = folder / f"{name}.key", folder / f"{name}.crt"
    openssl("req", "-x509", *CURVE, "-days", "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName={NAMES}",
            "-keyout", key, "-out", crt)
    return Certificate(crt, key, crt)


class Authority:
    """A CA made for the purpose: `certificate` is the file that a client has to trust."""

    def __init__(self, name: str):
        self.folder = process.run_dir() / f"ca-{name}"
        self.folder.mkdir(exist_ok=True)
        self.key, self.certificate = self.folder / "ca.key", self.folder / "ca.crt"
        openssl("req", "-x509", *CURVE, "-days", "3650", "-subj", f"/CN={name} test CA",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", self.key, "-out", self.certificate)

    def _issue(self, name: str, extensions: str, period: tuple | None) -> Certificate:
        key, request, crt, settings = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "crt", "cnf"))
        openssl("req", *CURVE, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        # `openssl x509` cannot date a certificate, `openssl ca` can.
        (self.folder / "index").write_text("")
        settings.write_text(f"[ca]\ndefault_ca = this\n[this]\nnew_certs_dir = {self.folder}\n"
                            f"database = {self.folder / 'index'}\nrand_serial = yes\ndefault_md = sha256\n"
                            f"policy = names\nx509_extensions = more\n[names]\ncommonName = supplied\n"
                            f"[more]\n{extensions}\n")
        openssl("ca", "-batch", "-notext", "-config", settings, "-cert", self.certificate, "-keyfile", self.key,
                "-in", request, "-out", crt, *(("-startdate", period[0], "-enddate", period[1]) if period else ("-days", "30")))
        return Certificate(crt, key, self.certificate)

    def server(self, name: str, names: str = NAMES, period: tuple | None = None) -> Certificate:
        """A server's certificate; `period` is when it is valid, as two times YYYYMMDDHHMMSSZ (else: from now, 30 days)."""
        return self._issue(name, f"subjectAltName={names}\nextendedKeyUsage=serverAuth", period)

    def client(self, name: str) -> Certificate:
        return self._issue(name, "extendedKeyUsage=clientAuth", None)


def issued(name: str, names: str = NAMES) -> Certificate:
    """A server certificate signed by a CA of its own."""
    return Authority(name).server(name, names)
