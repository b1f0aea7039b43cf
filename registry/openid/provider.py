"""One provider: its description and keys, kept for a while; the way to it, and who comes back.

Authorisation code with PKCE, state and nonce (OpenID Connect Core 1.0; RFC 7636, 9207, 9700).
"""

import base64
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from registry.domain.errors import SignInRefused
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.openid.id_token import NOT_PROVEN, Expected, UnknownKey, read
from registry.openid.replies import UNREACHABLE, Wire
from registry.settings import Settings

KEPT = timedelta(hours=1)
"""How long its description and keys are believed without asking again."""
ASK_AGAIN = timedelta(minutes=1)
"""Keys are asked for at most this often, however many tokens name unknown ones."""
MOST_GROUPS = 2000
MOST_KEYS = 100
CALLBACK = "/login/oidc/callback"


@dataclass(frozen=True)
class Description:
    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    """Empty where it offers none; so is `userinfo`."""
    names_itself: bool
    """Whether it promises `iss` in its replies (RFC 9207)."""
    by_form: bool
    """Whether it wants the client's secret in the form, and not in a header."""


@dataclass(frozen=True)
class Told:
    """Who came back. `email` is empty where it told none, or one that it does not stand for."""

    issuer: str
    subject: str
    email: str
    name: str
    groups: Sequence[str]


class Provider:
    """What one process knows of the provider; threads may share it."""

    def __init__(self, settings: Settings, wire: Wire) -> None:
        self._settings = settings
        self._wire = wire
        self._lock = threading.Lock()
        self._described: tuple[datetime, Description] | None = None
        self._keys: tuple[datetime, Sequence[Mapping[str, Any]]] | None = None

    def description(self, now: datetime) -> Description:
        """Raises SignInRefused `discovery`."""
        with self._lock:
            if self._described is None or not timedelta(0) <= now - self._described[0] < KEPT:
                self._described = (now, self._ask_description())
            return self._described[1]

    def way_there(self, *, state: str, nonce: str, verifier: str, now: datetime) -> str:
        """The address to send somebody to. Raises SignInRefused."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        at = self.description(now).authorization
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._settings.base_url + CALLBACK,
            "scope": " ".join(self._settings.oidc_scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}"

    def require_itself(self, issuer: str | None, now: datetime) -> None:
        """Raises SignInRefused where the reply names another issuer, or none though it promised to."""
        if issuer != self._settings.oidc_issuer if issuer is not None else self.description(now).names_itself:
            raise SignInRefused(NOT_PROVEN, "other_issuer")

    def who(self, code: str, *, nonce: str, verifier: str, now: datetime) -> Told:
        """Exchange the code for who it is. Raises SignInRefused."""
        described, settings = self.description(now), self._settings
        given = self._exchange(described, code, verifier)
        access_token = given.get("access_token")
        if not isinstance(access_token, str) or str(given.get("token_type", "")).lower() != "bearer":
            raise SignInRefused(NOT_PROVEN, "token_reply")
        expected = Expected(
            settings.oidc_issuer,
            settings.oidc_client_id,
            nonce,
            settings.oidc_algorithms,
            access_token,
            now,
        )
        claims = self._read(given.get("id_token"), expected)
        if described.userinfo and self._lacks(claims):
            claims = self._details(described.userinfo, access_token, claims["sub"]) | claims
        return self._told(claims)

    def way_out(self, now: datetime) -> str:
        """Where one signs out at the provider; empty where it does not say. Raises SignInRefused."""
        at = self.description(now).end_session
        back = {
            "client_id": self._settings.oidc_client_id,
            "post_logout_redirect_uri": f"{self._settings.base_url}/",
        }
        return at and f"{at}{'&' if '?' in at else '?'}{urlencode(back)}"

    def _ask_description(self) -> Description:
        issuer = self._settings.oidc_issuer
        found = self._wire.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", "discovery")
        if found.get("issuer") != issuer:
            raise SignInRefused(UNREACHABLE, "discovery", "discovery: another issuer")
        needed = [found.get(f"{name}_endpoint") for name in ("authorization", "token")] + [
            found.get("jwks_uri")
        ]
        more = [found.get(f"{name}_endpoint") or "" for name in ("userinfo", "end_session")]
        if not all(map(self._wire.fits, [*needed, *filter(None, more)])):
            raise SignInRefused(UNREACHABLE, "discovery", "discovery: addresses")
        ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Description(
            authorization=str(needed[0]),
            token=str(needed[1]),
            keys=str(needed[2]),
            userinfo=str(more[0]),
            end_session=str(more[1]),
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
            by_form="client_secret_basic" not in ways,
        )

    def _exchange(self, described: Description, code: str, verifier: str) -> dict[str, Any]:
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.base_url + CALLBACK,
            "code_verifier": verifier,
        }
        secret, authorization = settings.provider_secret, ""
        if secret and not described.by_form:
            pair = f"{quote(settings.oidc_client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749 2.3.1
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": settings.oidc_client_id} | ({"client_secret": secret} if secret else {})
        return self._wire.post(described.token, form, "token", authorization=authorization)

    def _read(self, token: object, expected: Expected) -> dict[str, Any]:
        try:
            return read(token, self._known_keys(expected.now), expected)
        except UnknownKey:
            pass
        try:
            return read(token, self._known_keys(expected.now, newer=True), expected)
        except UnknownKey as exc:
            raise SignInRefused(NOT_PROVEN, "unknown_key") from exc

    def _known_keys(self, now: datetime, *, newer: bool = False) -> Sequence[Mapping[str, Any]]:
        at = self.description(now).keys
        with self._lock:
            life = ASK_AGAIN if newer else KEPT
            if self._keys is None or not timedelta(0) <= now - self._keys[0] < life:
                found = self._wire.get(at, "keys").get("keys")
                if not isinstance(found, list) or len(found) > MOST_KEYS:
                    raise SignInRefused(UNREACHABLE, "keys")
                self._keys = (now, [each for each in found if isinstance(each, dict)])
            return self._keys[1]

    def _lacks(self, claims: Mapping[str, Any]) -> bool:
        groups = self._settings.oidc_roles and self._groups(claims) is None
        return bool(groups) or "email" not in claims or "name" not in claims

    def _details(self, url: str, access_token: str, subject: str) -> dict[str, Any]:
        found = self._wire.post(url, {}, "details", authorization=f"Bearer {access_token}")
        if found.get("sub") != subject:  # OpenID Connect Core 1.0, 5.3.2
            raise SignInRefused(NOT_PROVEN, "other_subject")
        return found

    def _groups(self, claims: Mapping[str, Any]) -> object:
        """By the claim's name, or by its path such as `realm_access.roles`; None where there is none."""
        name = self._settings.oidc_groups_claim
        if name in claims:
            return claims[name]
        found: object = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def _told(self, claims: Mapping[str, Any]) -> Told:
        groups = self._groups(claims) if self._settings.oidc_roles else None
        groups = [] if groups is None else groups
        if (
            not isinstance(groups, list)
            or len(groups) > MOST_GROUPS
            or not all(isinstance(g, str) for g in groups)
        ):
            sentence = worded(
                "Your organisation's sign-in tells your groups in a way that is not understood. Tell an admin."
            )
            raise SignInRefused(sentence, "groups")
        email = claims.get("email") if claims.get("email_verified", True) in (True, "true") else ""
        name = claims.get("name")
        return Told(
            issuer=self._settings.oidc_issuer,
            subject=claims["sub"],
            email=email if isinstance(email, str) else "",
            name=name[:120] if isinstance(name, str) and name.isprintable() else "",
            groups=groups,
        )
