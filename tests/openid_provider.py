"""A real OpenID provider on loopback, which checks what it is asked and lies where a test tells it to."""

import base64
import hashlib
import json
import secrets
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

CLIENT, SECRET = "registry", "a secret with / and : in it"
Claims = dict[str, Any]
KEYS = {
    "ES256": ECKey.generate_key("P-256", {"kid": "e1"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "r1"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "o1"}),
}
OTHER = ECKey.generate_key("P-256", {"kid": "e1"})


@dataclass
class Lies:
    """What it does otherwise than it should."""

    claims: Callable[[Claims], Claims] = lambda claims: claims
    token: Callable[["Provider", Claims], str] | None = None
    """Makes the identity token itself."""
    reply: Callable[[dict[str, Any]], Any] = lambda reply: reply
    """What the token endpoint says."""
    discovery: Callable[[dict[str, Any]], Any] = lambda found: found
    keys: Callable[[dict[str, Any]], Any] = lambda found: found
    userinfo: Callable[[Claims], Any] = lambda told: told
    back: Callable[[list[tuple[str, str]]], list[tuple[str, str]]] = lambda query: query
    """What stands in the address that people are sent back to."""
    raw: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    """Path -> status, headers and body, whatever was asked."""
    silent: frozenset[str] = frozenset()
    """Paths that never answer."""


@dataclass
class Provider:
    issuer: str = ""
    algorithm: str = "ES256"
    person: Claims = field(
        default_factory=lambda: {"sub": "u-1", "email": "Nora@example.org", "name": "Nora"}
    )
    lies: Lies = field(default_factory=Lies)
    now: Callable[[], float] = time.time
    asked: list[str] = field(default_factory=list)
    signing: dict[str, Any] = field(default_factory=lambda: dict(KEYS))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    ways: list[str] = field(default_factory=lambda: ["client_secret_basic"])

    def agree(self, address: str) -> list[tuple[str, str]]:
        """Somebody signed in here and agreed; what they are sent back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (
            CLIENT,
            "code",
            "S256",
        )
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return self.lies.back([("code", code), ("state", asked["state"]), ("iss", self.issuer)])

    def sign(self, claims: Claims, *, key: Any = None, algorithm: str = "", **header: Any) -> str:
        algorithm = algorithm or self.algorithm
        key = key or self.signing[algorithm]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            head = {"alg": algorithm, "kid": key.kid} | header
            head = {name: value for name, value in head.items() if value is not None}
            return jwt.encode(head, claims, key, algorithms=[algorithm])

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/logout",
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": self.ways,
        }

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        if self.ways == ["client_secret_basic"]:
            user, _, password = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            given = (user, password)
            right = (CLIENT, "a%20secret%20with%20%2F%20and%20%3A%20in%20it")
        else:
            given, right = (form.get("client_id"), form.get("client_secret")), (CLIENT, SECRET)
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if given != right or asked is None or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        assert form["redirect_uri"] == asked["redirect_uri"]
        now, access = int(self.now()), secrets.token_urlsafe(16)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "at_hash": create_half_hash(access, self.algorithm).decode(),
            **self.person,
        }
        claims = self.lies.claims(claims)
        token = self.lies.token(self, claims) if self.lies.token else self.sign(claims)
        return 200, self.lies.reply({"access_token": access, "token_type": "Bearer", "id_token": token})

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            return 200, self.lies.discovery(self.described())
        if path == "/keys":
            keys = [each.as_dict(private=False) for each in self.signing.values()]
            return 200, self.lies.keys({"keys": keys})
        if path == "/token":
            return self.exchange(form, authorization)
        if path == "/userinfo":
            assert authorization.startswith("Bearer ")
            return 200, self.lies.userinfo(dict(self.person))
        return 404, {}


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            if path in provider.lies.silent:
                provider.ended.wait(30)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, headers, sent = provider.lies.raw.get(path) or (0, {}, b"")
            if not status:
                status, found = provider.answer(path, form, self.headers.get("Authorization", ""))
                headers, sent = {"Content-Type": "application/json"}, json.dumps(found).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            with suppress(OSError):  # it had heard enough
                self.wfile.write(sent)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        provider.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
