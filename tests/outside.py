"""Feeds of other registries, as they would write them."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from registry.domain.proposal import Announcer
from registry.services.outside import taking_in
from registry.services.outside.taking_in import Told
from registry.store.tables import Source
from scrapers.catalogue import parse_feed
from scrapers.entry import Parsed

HOME = "https://registry.harbour.example"


def a_statement(number: int = 1, tool: str = "Quillmark", **told: Any) -> dict[str, Any]:
    """One verdict of another registry in the machine-readable form that we publish ourselves."""
    about = {
        "slug": tool.lower(),
        "name": tool,
        "url": f"{HOME}/tools/{tool.lower()}",
        "homepage": f"https://{tool.lower()}.example/",
        "vendor": "",
        "identifiers": [tool],
    }
    return {
        "uid": f"harbour-{number}",
        "number": number,
        "url": f"{HOME}/verdicts/{number}",
        "tool": about | told.pop("about", {}),
        "outcome": "approved_with_conditions",
        "validity": "active",
        "ends_on": "2027-06-30",
        "scope": {"edition": "", "offices": [], "data_ceiling": "internal", "accounts": ["organisation"]},
        "conditions": [
            {"text": "Turn off training on what is typed.", "who": "office", "check": "evidence"},
            {"text": "Enter no names.", "who": "user", "check": "self_attested", "standing": True},
        ],
        "rationale": "It drafts well and keeps nothing.",
        "decided_by": "The Harbour board",
        "decided_at": "2026-06-30T09:00:00+00:00",
        "valid_from": "2026-06-30T09:05:00+00:00",
        "valid_until": "2027-06-30",
        "supersedes": [],
    } | told


def an_item(said: Any, at: datetime | None = None, identity: str = "") -> dict[str, Any]:
    number = said.get("number") if isinstance(said, dict) else 0
    moment = {"date_published": at.isoformat(), "date_modified": at.isoformat()} if at else {}
    return {
        "id": identity or f"tag:harbour.example,2026:{number}:{at}",
        "url": f"{HOME}/verdicts/{number}",
        "title": f"Verdict {number}",
        "content_text": f"Verdict {number} {at}",
        "_registry": said,
        **moment,
    }


def a_verdict_feed(*items: dict[str, Any], **head: Any) -> bytes:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Harbour City Registry: verdicts",
            "home_page_url": f"{HOME}/verdicts",
            "items": list(items),
            **head,
        }
    ).encode()


def read(*items: dict[str, Any], **head: Any) -> Parsed:
    return parse_feed(a_verdict_feed(*items, **head), url=f"{HOME}/feeds/verdicts.json", headers={})


def a_registry(session: Session, *, now: datetime, name: str = "Harbour City Registry") -> Source:
    source = Source(
        name=name,
        url=f"https://registry.{name.split()[0].lower()}.example/feeds/verdicts.json",
        kind="verdicts",
        announcer=Announcer.OTHER_REGISTRY,
        created_at=now - timedelta(days=400),
    )
    session.add(source)
    session.flush()
    return source


def tell(session: Session, source: Source, *items: dict[str, Any], now: datetime, held: bool = False) -> Told:
    """One visit that brings these items, the newest first."""
    return taking_in.take_in(session, source, read(*items).entries, held=held, now=now)
