"""How far a person's roles reach: to all offices, or to those that they were given for."""

from collections.abc import Collection

from registry.domain.language import worded

__all__ = ["beyond_reach"]


def beyond_reach(held: Collection[str], offices: Collection[str], *, of: str = "") -> str:
    """Why somebody may not decide for these offices; empty where they may.

    `held` are the codes that a person's roles are for, `offices` those that a verdict is for; in both none means all.
    `of` is the name of the approver whose role it is, where they decide as a deputy.
    Source: docs/operating.md, "Roles".
    """
    if not held:
        return ""
    own = ", ".join(sorted(held))
    if not offices and of:
        return worded(
            "This is for all offices, and {of}, for whom you decide, is for {own} alone. "
            "Ask somebody whose role is for all.",
            of=of,
            own=own,
        )
    if not offices:
        return worded(
            "This is for all offices, and your role is for {own} alone. Ask somebody whose role is for all.",
            own=own,
        )
    strange = sorted(set(offices) - set(held))
    if not strange:
        return ""
    if of:
        return worded(
            "{of}, for whom you decide, is for {own}, and not for {strange}. Ask somebody whose role is for it.",
            of=of,
            own=own,
            strange=", ".join(strange),
        )
    return worded(
        "Your role is for {own}, and not for {strange}. Ask somebody whose role is for it.",
        own=own,
        strange=", ".join(strange),
    )
