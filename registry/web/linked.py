"""A tool and what was decided on it as linked data for search engines: schema.org's SoftwareApplication and Review."""

from collections.abc import Mapping, Sequence
from typing import Any

from registry.services.answers.lookup import LookUp
from registry.settings import Settings
from registry.store.profiles import Profile
from registry.store.tables import Tool
from registry.web.words import answer_heading


def software(
    found: LookUp, tool: Tool | Profile, tags: Sequence[str], settings: Settings
) -> Mapping[str, Any]:
    """Holds no rating in stars: a verdict is no number. Without a verdict the review is left out."""
    address, verdict = f"{settings.base_url}/tools/{tool.slug}", found.answer.verdict
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "@id": address,
        "name": tool.name,
        "url": tool.homepage or address,
        "description": tool.description,
        "applicationCategory": tool.category,
    }
    if tags:
        told["keywords"] = list(tags)
    if tool.vendor:
        told["publisher"] = {"@type": "Organization", "name": tool.vendor}
    if verdict is not None:
        told["review"] = {
            "@type": "Review",
            "@id": f"{settings.base_url}/verdicts/{verdict.number}",
            "name": answer_heading(found.answer.code.value, len(found.answer.conditions), settings.words),
            "abstract": found.answer.sentence,
            "reviewBody": verdict.rationale,
            "datePublished": verdict.decided_at.astimezone(settings.zone).date().isoformat(),
            "author": {"@type": "Organization", "name": settings.name},
        }
        if verdict.valid_until is not None:
            told["review"]["expires"] = verdict.valid_until.isoformat()
    return told
