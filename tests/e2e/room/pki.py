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


def issued(name: str, names: str = NAMES) -> Certificate:
    """A server certificate signed by a CA made for the purpose."""
    folder = process.run_dir()
    ca_key, ca = folder / f"{name}-ca.key", folder / f"{name}-ca.crt"
    key, request, crt, extensions = (folder / f"{name}.{kind}" for kind in ("key", "csr", "crt", "ext"))
    openssl("req", "-x509", *CURVE, "-days", "30", "-subj", f"/CN={name} test CA",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", ca_key, "-out", ca)
    openssl("req", *CURVE, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "30",
            "-extfile", extensions, "-out", crt)
    return Certificate(crt, key, ca)
