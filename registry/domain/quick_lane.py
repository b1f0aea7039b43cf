"""The quick lane: what one trained reviewer may decide alone, and which of these verdicts are read a second time."""

import hmac
from collections.abc import Collection, Mapping
from datetime import date

from registry.domain.language import gettext_noop as _
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.verdict import Scope

LIMITS: Mapping[str, str] = {
    "cost": "It costs nothing, or next to nothing.",
    "public_account": "Nobody speaks in public through an account of it.",
    "people": "It has no effect on people.",
}
"""What the reviewer confirms; that only public information goes in is the verdict's scope."""

ONE_IN = 10
CONFIRMED = _(
    "Confirmed: public information only, no or trivial cost, "
    "no account that speaks in public, no effect on people."
)


def beyond(
    outcome: Outcome,
    scope: Scope,
    confirmed: Collection[str],
    *,
    lowest_class: str,
    valid_until: date | None,
    latest: date | None,
) -> dict[str, str]:
    """Field -> what takes this verdict beyond the quick lane; a no is never beyond it.

    `lowest_class` is the class of data that is least worth protecting, `latest` the last day that it may stand.
    Source: docs/concepts.md, "The quick lane".
    """
    if not MEANINGS[outcome].may_use:
        return {}
    found = {}
    if scope.data_ceiling != lowest_class:
        found["data_ceiling"] = (
            f"In the quick lane the highest class is {lowest_class}. Ask an approver for more."
        )
    if missing := [told for key, told in LIMITS.items() if key not in confirmed]:
        found["within"] = f"Confirm each of these, or ask an approver: {' '.join(missing)}"
    if valid_until is not None and latest is not None and valid_until > latest:
        found["valid_until"] = (
            f"A verdict of the quick lane stands for 12 months, so until {latest.isoformat()}."
        )
    return found


def is_sampled(uid: str, secret: bytes) -> bool:
    """Whether a verdict is one of those read a second time: one in ten, certain for each, and not to be foretold.

    `uid` is drawn at random when the verdict is written, `secret` is the registry's own key.
    """
    digest = hmac.digest(secret, f"second reading:{uid}".encode(), "sha256")
    return int.from_bytes(digest[:8]) % ONE_IN == 0
