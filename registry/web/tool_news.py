"""What announcements mean for a tool in use, in words for its page: releases, flaws, its end, other terms."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from registry.domain.language import worded
from registry.domain.proposal import Announcer, Signal
from registry.store.dossier import Announced, Called, Happened
from registry.web.links import outside_link
from registry.web.shapes import Event

OWN_WORDS = frozenset({Announcer.VENDOR_BLOG.value, Announcer.RELEASES.value})
"""Sources in which the maker itself speaks."""


def tool_news(told: Sequence[Happened], by_id: Mapping[int, Announced]) -> list[Event]:
    """Of what was told, that which matters to those who use the tool; each with its day and its link."""
    found = []
    for each in told:
        title = _title(each.after)
        if title:
            entry = by_id.get(int(each.after.get("entry") or 0))
            link = outside_link(str(each.after.get("link") or ""))
            on: datetime = (entry.published_at or entry.seen_at) if entry else each.at
            found.append(Event(on, title, _text(each.after), link.url if link else ""))
    return found


def left_out(told: Sequence[Happened], aliases: Sequence[Called]) -> list[str]:
    """Of what was told, the addresses that lead to another tool and so not to this one, each once, and why."""
    known = {each.key for each in aliases}
    found = [each.after["left_out"] for each in told if "left_out" in each.after]
    return list({each["address"]: each["why"] for each in found if each["address"] not in known}.values())


def _title(after: Mapping[str, Any]) -> str:
    version, own = str(after.get("version") or ""), after.get("announcer") in OWN_WORDS
    said = str(after.get("title") or "").partition(" - ")[2] or str(after.get("title") or "")
    match after.get("signal"):
        case Signal.RELEASE.value:
            if not version:
                return worded("A new version was released")
            return worded("Version {version} was released", version=version)
        case Signal.EXPLOITED.value:
            return worded("Known to be exploited: {title}", title=said)
        case Signal.VULNERABLE.value:
            return worded("A flaw was reported: {title}", title=said)
        case Signal.END_OF_LIFE.value:
            return worded("Its maker announced its end") if own else worded("Its end was reported")
        case Signal.TERMS.value:
            return worded("Its terms changed") if own else worded("A change of its terms was reported")
        case Signal.OWNER.value:
            return worded("It has another owner") if own else worded("A change of its owner was reported")
    return ""


def _text(after: Mapping[str, Any]) -> str:
    """The headline, where the title does not hold it already."""
    if after.get("signal") in (Signal.END_OF_LIFE.value, Signal.TERMS.value, Signal.OWNER.value):
        return str(after.get("title") or "")
    return worded("A new main version.") if after.get("major") else ""
