"""Bearer tokens that docker-registry accepts: an issuer of JWTs signed by the openssl program, as a fault of a Front.

Plain: `Front(None, [authority.answers("/token")])` is a token server of its own host. Harbor: the same on
`/service/token` of a Front that stands before the registry itself."""
import base64
import json
import threading
import time
import uuid

from . import front, pki, process

LEEWAY = 60                            # docker-registry 2.8 accepts a token this many seconds after its end


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Authority:
    """Issues tokens for `service`.

    users: {name: password}; everybody may pull what `public(repository)` allows, a user what `grants(user,
    repository)` allows. `lifetime` is when the registry really stops taking a token (seconds), `announced` what
    `expires_in` says (None: the field is left out). `field` is the name of the token in the answer."""

    def __init__(self, users=None, public=lambda repository: False, grants=lambda user, repository: True,
                 lifetime: float = 300, announced: int | None = 300, service: str = "e2e registry",
                 field: str = "token"):
        self.users, self.public, self.grants = users or {}, public, grants
        self.lifetime, self.announced, self.service, self.field = lifetime, announced, service, field
        self.issuer = "e2e issuer"
        self.key = process.run_dir() / f"token-{uuid.uuid4().hex[:8]}.key"
        self.certificate = self.key.with_suffix(".crt")
        pki.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=e2e issuer",
                    "-keyout", self.key, "-out", self.certificate)
        self.chain = ["".join(self.certificate.read_text().splitlines()[1:-1])]
        self.asked, self.issued, self.lock = [], [], threading.Lock()

    def issue(self, subject: str, access: list) -> str:
        """A signed token: RS256, the certificate in x5c (2.8 verifies it against rootcertbundle)."""
        now = int(time.time())
        end = now + self.lifetime - LEEWAY
        header = {"typ": "JWT", "alg": "RS256", "x5c": self.chain}
        claims = {"iss": self.issuer, "sub": subject, "aud": self.service, "exp": int(end), "nbf": now - 3600,
                  "iat": now - 3600, "jti": uuid.uuid4().hex, "access": access}
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        signature = pki.openssl("dgst", "-sha256", "-sign", self.key, stdin=signed.encode())
        return f"{signed}.{_base64(signature)}"

    def _user(self, request) -> tuple:
        """(name, whether the credentials are right); an empty name is the anonymous one."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return "", True
        name, _, password = base64.b64decode(value).decode().partition(":")
        return name, name in self.users and self.users[name] == password

    def _access(self, user: str, scopes: list) -> list:
        access = []
        for scope in " ".join(scopes).split():
            kind, _, rest = scope.partition(":")
            repository, _, actions = rest.rpartition(":")
            if "pull" in actions.split(",") and (self.public(repository) or (user and self.grants(user, repository))):
                access.append({"type": kind, "name": repository, "actions": ["pull"]})
        return access

    def answers(self, path: str) -> front.Fault:
        """The token endpoint on `path`."""
        authority = self

        class Endpoint(front.Fault):
            def before(self, request):
                if request.path != path:
                    return None
                user, right = authority._user(request)
                scopes = request.query.get("scope", [])
                with authority.lock:
                    authority.asked.append({"user": user, "scopes": scopes, "service": request.query.get("service")})
                kind = [("Content-Type", "application/json")]
                if not right:
                    return front.Answer(401, kind, b'{"errors":[{"code":"UNAUTHORIZED","message":"unauthorized"}]}')
                token = authority.issue(user, authority._access(user, scopes))
                body = {authority.field: token}
                if authority.announced is not None:
                    body["expires_in"] = authority.announced
                with authority.lock:
                    authority.issued.append(token)
                return front.Answer(200, kind, json.dumps(body).encode())

        return Endpoint()


class Revoke(front.Fault):
    """A registry that forgets a token after `uses` requests for blobs: 401 with the challenge in mid-pull."""

    def __init__(self, uses: int, challenge: str):
        self.uses, self.challenge, self.seen, self.lock = uses, challenge, {}, threading.Lock()
        self.refused = 0

    def before(self, request):
        token = request.headers.get("Authorization", "")
        if not request.blob or not token:
            return None
        with self.lock:
            self.seen[token] = self.seen.get(token, 0) + 1
            if self.seen[token] <= self.uses:
                return None
            self.refused += 1
        return front.Answer(401, [("WWW-Authenticate", self.challenge), ("Content-Type", "application/json")],
                            b'{"errors":[{"code":"UNAUTHORIZED","message":"token expired"}]}')
