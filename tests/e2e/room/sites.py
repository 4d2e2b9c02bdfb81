"""Parts that registries of the world are made of, as faults of a Front: gates, token services, stores, quotas."""
import base64
import json
import threading
import time

from . import front

JSON = ("Content-Type", "application/json")


def error(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class Gate(front.Fault):
    """A registry that lets in who shows a right Authorization, and answers all others with its challenges."""

    def __init__(self, challenges, accept, status: int = 401, body: bytes = error("UNAUTHORIZED", "authentication required")):
        self.challenges = [challenges] if isinstance(challenges, str) else list(challenges)
        self.accept, self.status, self.body, self.refused = accept, status, body, 0

    def before(self, request):
        if not request.path.startswith("/v2/") or self.accept(request.headers.get("Authorization", "")):
            return None
        self.refused += 1
        return front.Answer(self.status, [("WWW-Authenticate", one) for one in self.challenges] + [JSON], self.body)


class Tokens(front.Fault):
    """A token service on `path`. `users` ({name: password}) may ask; so may anybody where `anonymous`. Tokens serve for
    `lifetime` seconds, whatever `expires_in` they are announced with (None: nothing is said)."""

    def __init__(self, path: str, users=None, anonymous: bool = True, field: str = "token", expires_in=300,
                 lifetime: float = 3600, refresh: str = ""):
        self.path, self.users, self.anonymous, self.field = path, users or {}, anonymous, field
        self.expires_in, self.lifetime, self.refresh = expires_in, lifetime, refresh
        self.asked, self.issued, self.lock = [], {}, threading.Lock()

    def accept(self, authorization: str) -> bool:
        with self.lock:
            return self.issued.get(authorization.removeprefix("Bearer "), 0) > time.monotonic()

    def before(self, request):
        if request.path != self.path:
            return None
        who = request.headers.get("Authorization", "")
        with self.lock:
            self.asked.append({"method": request.method, "query": request.query, "authorization": who,
                               "body": getattr(request, "body", b"")})
            allowed = who in {basic(*user) for user in self.users.items()} if who else self.anonymous
            if request.method == "POST":
                if not self.refresh:
                    return front.Answer(404, [JSON], b"{}")
                allowed = f"refresh_token={self.refresh}".encode() in request.body
            if not allowed:
                return front.Answer(401, [JSON], error("UNAUTHORIZED", "incorrect username or password"))
            token = f"token-{len(self.issued)}-" + base64.urlsafe_b64encode(time.time_ns().to_bytes(8, "big")).decode()
            self.issued[token] = time.monotonic() + self.lifetime
        answer = {self.field: token}
        if self.expires_in is not None:
            answer["expires_in"] = self.expires_in
        return front.Answer(200, [JSON], json.dumps(answer).encode())


class Rename(front.Fault):
    """A registry that knows the upstream's repositories under `prefix`, as proxy caches and virtual repositories do."""

    def __init__(self, prefix: str):
        self.prefix = f"/v2/{prefix}/"

    def before(self, request):
        if request.path.startswith("/v2/") and request.path != "/v2/":
            if not request.path.startswith(self.prefix):
                return front.Answer(404, [JSON], error("NAME_UNKNOWN", "repository name not known to registry"))
            request.target = request.target.replace(self.prefix, "/v2/", 1)
        return None


class ColdCache(front.Fault):
    """Harbor's proxy cache: a blob that it has not cached answers 404 to HEAD and ignores Range, the first time."""

    def __init__(self):
        self.warm, self.lock, self.ignored = set(), threading.Lock(), 0

    def before(self, request):
        if not request.blob:
            return None
        with self.lock:
            if request.blob in self.warm:
                return None
            if request.method == "HEAD":
                return front.Answer(404, [JSON], error("NOT_FOUND", "blob not cached"))
            self.warm.add(request.blob)
            if request.headers["Range"]:
                self.ignored += 1
                del request.headers["Range"]
        return None


class Fields(front.Fault):
    """More header fields on the answers that `match`."""

    def __init__(self, fields: dict, match=lambda request: bool(front.MANIFEST.match(request.path))):
        self.fields, self.match = fields, match

    def alter(self, request, answer):
        if self.match(request):
            answer.headers += list(self.fields.items())


class Path(front.Fault):
    """Answers one path (a prefix with `prefix`) to any client."""

    def __init__(self, path: str, answer, prefix: bool = False):
        self.path, self.answer, self.prefix = path, answer, prefix

    def before(self, request):
        fits = request.path.startswith(self.path) if self.prefix else request.path == self.path
        return (self.answer(request) if callable(self.answer) else self.answer) if fits else None


class OneAuthentication(front.Fault):
    """An object store: a request with a signature and an Authorization as well is an error (S3)."""

    def before(self, request):
        if request.headers["Authorization"]:
            return front.Answer(400, [], b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism "
                                         b"allowed</Message></Error>")
        return None
