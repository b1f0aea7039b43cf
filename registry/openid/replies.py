"""The provider's documents, fetched within limits: nothing is followed, nothing slow or large is waited for."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from registry.domain.errors import SignInRefused
from registry.domain.language import worded
from registry.settings import Settings
from scrapers.errors import FetchError
from scrapers.fetch import Fetcher

DEADLINE_S = 10
MAX_BYTES = 500_000
ANYWHERE = ("0.0.0.0/0", "::/0")
UNREACHABLE = worded("Your organisation's sign-in does not answer as it should. Try again in a few minutes.")


class Wire:
    """Asks the provider. Its own host is reached wherever it stands, since a setting names it; others as sources."""

    def __init__(self, settings: Settings, *, agent: str, deadline_s: float = DEADLINE_S) -> None:
        limits = {"deadline_s": deadline_s, "max_wire_bytes": MAX_BYTES, "max_body_bytes": MAX_BYTES}
        self._issuer = urlsplit(settings.oidc_issuer)
        self._own = Fetcher(agent=agent, allow_cidrs=ANYWHERE, host_pause_s=0, **limits)  # type: ignore[arg-type]
        self._other = Fetcher(
            agent=agent,
            allow_cidrs=settings.allow_private_cidrs,
            host_pause_s=0,
            **limits,  # type: ignore[arg-type]
        )

    def get(self, url: str, why: str) -> dict[str, Any]:
        """A JSON object. Raises SignInRefused `why` for all else, a redirect too."""
        try:
            fetched = self._to(url).get(url, accept="application/json", redirects=0)
        except FetchError as exc:
            raise SignInRefused(UNREACHABLE, why, f"{why}: {exc.code}") from exc
        return _object(fetched.body, why)

    def post(self, url: str, form: Mapping[str, str], why: str, *, authorization: str = "") -> dict[str, Any]:
        """The same for what is asked by a form."""
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if authorization:
            headers["Authorization"] = authorization
        try:
            reply = self._to(url).post(url, urlencode(form).encode(), headers=headers)
        except FetchError as exc:
            raise SignInRefused(UNREACHABLE, why, f"{why}: {exc.code}") from exc
        if reply.status != 200:
            raise SignInRefused(UNREACHABLE, why, f"{why}: {reply.status}")
        return _object(reply.body, why)

    def fits(self, url: object) -> bool:
        """Whether an address in the provider's own description may be used: as secure as the issuer's, and whole."""
        if not isinstance(url, str) or len(url) > 2000 or not url.isprintable():
            return False
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        secure = parts.scheme == "https" or parts.scheme == self._issuer.scheme == "http"
        return secure and bool(parts.hostname) and not parts.username and not parts.fragment

    def _to(self, url: str) -> Fetcher:
        return self._own if urlsplit(url).hostname == self._issuer.hostname else self._other


def _object(body: bytes, why: str) -> dict[str, Any]:
    try:
        found = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as exc:
        raise SignInRefused(UNREACHABLE, why, f"{why}: no JSON") from exc
    if not isinstance(found, dict):
        raise SignInRefused(UNREACHABLE, why, f"{why}: no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
