"""The machine-readable verdict that an entry of another registry's feed carries, in one shape whatever came.

What is of the wrong kind is left out, what is too long is cut; what it means is not decided here.
"""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

from scrapers.dates import read_date
from scrapers.links import absolute_url
from scrapers.text import as_markup, plain_text, shorten

MOST_CONDITIONS = 30
MOST_NAMES = 30
MAX_ADDRESS = 2_000
MAX_CODE = 40
MAX_ID = 200
MAX_LINE = 200
MAX_SENTENCE = 500
MAX_TEXT = 4_000
MOST_NUMBER = 999_999_999
HIDDEN = "\ufffd"
JOINERS = "\u200c\u200d"

Stated = dict[str, Any]


def read_stated(raw: object, *, base: str, said_at: datetime | None) -> Stated | None:
    """What another registry says of one of its verdicts, in JSON's own types; None where it says no outcome.

    Always has every key: texts are plain and "" where nothing is said, dates are `YYYY-MM-DD`, moments ISO 8601 in UTC,
    addresses absolute and of the web. `id` is the verdict's own for ever, else its number, else its address.
    """
    told = raw if isinstance(raw, dict) else {}
    outcome = _code(told.get("outcome"))
    url = _address(told.get("url"), base)
    number = _number(told.get("number"))
    identity = _line(told.get("uid"), MAX_ID) or number or url[:MAX_ID]
    tool = _tool(_object(told.get("tool")), base)
    if not outcome or not identity or not tool["name"]:
        return None
    conditions = [found for each in _list(told.get("conditions")) if (found := _condition(each))]
    return {
        "id": identity,
        "number": number,
        "url": url,
        "tool": tool,
        "outcome": outcome,
        "validity": _code(told.get("validity")),
        "ends_on": _day(told.get("ends_on")),
        "replacement": _line(told.get("replacement")),
        "scope": _scope(_object(told.get("scope"))),
        "conditions": conditions[:MOST_CONDITIONS],
        "more_conditions": max(0, len(conditions) - MOST_CONDITIONS),
        "rationale": _line(told.get("rationale"), MAX_TEXT),
        "reason": _line(told.get("reason"), MAX_SENTENCE),
        "reason_code": _code(told.get("reason_code")),
        "citation": _line(told.get("citation"), MAX_SENTENCE),
        "alternatives": _lines(told.get("alternatives")),
        "decided_by": _line(told.get("decided_by")),
        "decided_at": _moment(told.get("decided_at")),
        "valid_from": _moment(told.get("valid_from")),
        "valid_until": _day(told.get("valid_until")),
        "supersedes": _numbers(told.get("supersedes")),
        "imported": told.get("imported") in (True, "true"),
        "adopted_from": _adopted(told.get("adopted_from"), base),
        "said_at": said_at.astimezone(UTC).isoformat() if said_at else "",
    }


def _tool(told: Mapping[str, Any], base: str) -> Stated:
    return {
        "name": _line(_hidden_shown(told.get("name")), 120),
        "url": _address(told.get("url"), base),
        "homepage": _address(told.get("homepage"), base),
        "vendor": _line(told.get("vendor"), 120),
        "identifiers": _lines([_hidden_shown(each) for each in _list(told.get("identifiers"))]),
    }


def _scope(told: Mapping[str, Any]) -> Stated:
    return {
        "edition": _line(told.get("edition"), 80),
        "versions": _line(told.get("versions")),
        "deployment": _line(told.get("deployment")),
        "data_ceiling": _line(told.get("data_ceiling"), MAX_CODE),
        **{name: _lines(told.get(name)) for name in ("offices", "accounts", "audience")},
    }


def _condition(told: object) -> Stated | None:
    if isinstance(told, str):
        told = {"text": told}
    if not isinstance(told, dict) or not (text := _line(told.get("text"), MAX_SENTENCE)):
        return None
    return {
        "text": text,
        **{name: _code(told.get(name)) for name in ("kind", "who", "check")},
        "standing": told.get("standing") not in (False, "false"),
        **{name: _day(told.get(name)) for name in ("due_on", "met_on")},
        "waived_reason": _line(told.get("waived_reason"), MAX_SENTENCE),
    }


def _adopted(told: object, base: str) -> Stated | None:
    """Of a verdict that was itself taken over: whose it was."""
    if not isinstance(told, dict):
        return None
    return {
        "id": _line(told.get("uid"), MAX_ID),
        "registry": _line(told.get("registry"), 120),
        "number": _line(told.get("number"), MAX_CODE),
        "url": _address(told.get("url"), base),
    }


def _line(value: object, most: int = MAX_LINE) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return shorten(plain_text(as_markup(value)), most) if isinstance(value, str) else ""


def _number(value: object) -> str:
    """The number of a verdict, or what stands for one; "" for what no list of verdicts comes to."""
    text = _line(value, MAX_CODE)
    digits = text.removeprefix("-").replace(".", "")
    if not digits.isdecimal():
        return text
    return text if text.isdecimal() and 1 <= int(text) <= MOST_NUMBER else ""


def _numbers(value: object) -> list[str]:
    every = (_number(each) for each in _list(value)[:MOST_NAMES])
    return list(dict.fromkeys(each for each in every if each))


def _hidden_shown(value: object) -> object:
    """A name in which signs that nobody sees are the sign for what is not known; joiners of other scripts stay."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return value
    text = unescape(value)
    hidden = [
        unicodedata.category(char) == "Cf" and not (char in JOINERS and before > "\x7f")
        for before, char in zip(" " + text, text, strict=False)
    ]
    return (
        "".join(HIDDEN if each else char for each, char in zip(hidden, text, strict=True))
        if any(hidden)
        else value
    )


def _lines(value: object) -> list[str]:
    every = (_line(each) for each in _list(value)[:MOST_NAMES])
    return list(dict.fromkeys(each for each in every if each))


def _code(value: object) -> str:
    """A word of a table, such as `approved_with_conditions`; "" for anything else."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return word if len(word) <= MAX_CODE and word.replace("_", "").isalnum() and word.isascii() else ""


def _address(value: object, base: str) -> str:
    found = absolute_url(base, value) if isinstance(value, str) and len(value) <= MAX_ADDRESS else ""
    return found if len(found) <= MAX_ADDRESS else ""


def _day(value: object) -> str:
    try:
        return date.fromisoformat(value[:10]).isoformat() if isinstance(value, str) else ""
    except ValueError:
        return ""


def _moment(value: object) -> str:
    found = read_date(value) if isinstance(value, str) and len(value) <= MAX_CODE else None
    return found.astimezone(UTC).isoformat() if found else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
