"""Whether an identity token is one that the provider made, for us, for this very sign-in, and just now.

OpenID Connect Core 1.0, 3.1.3.7 and 3.1.3.6; RFC 9700.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from registry.domain.errors import SignInRefused
from registry.domain.language import worded
from registry.domain.values import dataclass

LEEWAY_S = 60
OLDEST_S = 600
MOST_CHARACTERS = 50_000
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What the library raises of itself for keys and tokens that are nested too deeply, or name what it does not know."""
NOT_PROVEN = worded(
    "Your organisation's sign-in gave an answer that cannot be trusted. Try once more from the start."
)


@dataclass(frozen=True)
class Expected:
    issuer: str
    client_id: str
    nonce: str
    algorithms: Sequence[str]
    access_token: str
    now: datetime


class UnknownKey(Exception):
    """None of the keys at hand made the signature; there may be newer ones."""


def read(token: object, keys: Sequence[Mapping[str, Any]], expected: Expected) -> dict[str, Any]:
    """Its claims. Raises SignInRefused, its code says why; UnknownKey where no key fits what the token names."""
    from joserfc import jwk, jws
    from joserfc.errors import JoseError

    if not isinstance(token, str) or len(token) > MOST_CHARACTERS:
        raise _refused("no_token")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, *UNREADABLE) as exc:
        raise _refused("no_token") from exc
    algorithm = header.get("alg")
    # Asked before any key is touched: a public key must never be taken for a shared secret.
    if algorithm not in expected.algorithms:
        raise _refused("algorithm")
    named = [each for each in keys if _may_sign(each, header.get("kid"), str(algorithm))]
    if not named:
        raise UnknownKey
    for each in named:
        try:
            claims = _verified(token, jwk.import_key(dict(each)), str(algorithm))
        except (JoseError, *UNREADABLE) as exc:
            if len(named) == 1:
                raise _refused("signature") from exc
            continue
        check(claims, str(algorithm), expected)
        return claims
    raise _refused("signature")


def check(claims: Mapping[str, Any], algorithm: str, expected: Expected) -> None:
    """Raises SignInRefused for the first claim that does not fit."""
    if claims.get("iss") != expected.issuer:
        raise _refused("issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    azp = claims.get("azp")
    if expected.client_id not in audiences or (len(audiences) > 1 and azp is None):
        raise _refused("audience")
    if azp is not None and azp != expected.client_id:
        raise _refused("authorized_party")
    now = expected.now.timestamp()
    expires, issued, begins = (_moment(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        raise _refused("times")
    if expires <= now - LEEWAY_S or issued < now - OLDEST_S:
        raise _refused("expired")
    if issued > now + LEEWAY_S or (begins is not None and begins > now + LEEWAY_S):
        raise _refused("not_yet_valid")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise _refused("nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise _refused("subject")
    if "at_hash" in claims:
        _check_access_token(claims["at_hash"], algorithm, expected.access_token)


def _verified(token: str, key: Any, algorithm: str) -> dict[str, Any]:
    import warnings

    from joserfc import jwt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # EdDSA has a newer name, which providers do not use yet
        return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)


def _check_access_token(told: object, algorithm: str, access_token: str) -> None:
    from authlib.oidc.core.util import create_half_hash

    made = create_half_hash(access_token, algorithm)
    if not isinstance(told, str) or made is None or not hmac.compare_digest(told.encode(), made):
        raise _refused("at_hash")


def _may_sign(key: Mapping[str, Any], kid: object, algorithm: str) -> bool:
    kinds = {"R": "RSA", "P": "RSA", "E": "OKP" if algorithm == "EdDSA" else "EC"}
    return (
        key.get("kty") == kinds[algorithm[0]]
        and (kid is None or key.get("kid") == kid)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e11:
        raise _refused("times")
    return float(value)


def _refused(why: str) -> SignInRefused:
    return SignInRefused(NOT_PROVEN, why)
