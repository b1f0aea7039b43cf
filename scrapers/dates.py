"""Moments as feeds write them, odd ones among them, read as UTC."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""No feed is older; an earlier date stands for a missing one."""

ODD_FORMATS = (
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S %Z",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d",
    "%Y-%m",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y",
    "%B %d, %Y %I:%M %p",
    "%B %d, %Y %H:%M:%S",
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y %H:%M:%S",
    "%d %B %Y",
    "%d %b %Y",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %Y %H:%M:%S",
)
ZONES: dict[str, float] = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
}
ZONES |= {"GMT": 0, "UTC": 0, "Z": 0, "UT": 0, "WET": 0, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2}
ZONES |= {"EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11}
MONTHS = {
    **dict.fromkeys(
        ("januar", "jänner", "janvier", "enero", "gennaio", "janeiro", "januari", "janv"), "January"
    ),
    **dict.fromkeys(
        ("februar", "février", "fevrier", "febrero", "febbraio", "fevereiro", "févr"), "February"
    ),
    **dict.fromkeys(("märz", "maerz", "mars", "marzo", "março", "maart", "mrz", "mär"), "March"),
    **dict.fromkeys(("avril", "abril", "aprile", "avr"), "April"),
    **dict.fromkeys(("mai", "mayo", "maggio", "maio", "mei"), "May"),
    **dict.fromkeys(("juni", "juin", "junio", "giugno", "junho"), "June"),
    **dict.fromkeys(("juli", "juillet", "julio", "luglio", "julho", "juil"), "July"),
    **dict.fromkeys(("août", "aout", "agosto", "augustus"), "August"),
    **dict.fromkeys(("septembre", "septiembre", "settembre", "setembro", "sept"), "September"),
    **dict.fromkeys(("oktober", "octobre", "octubre", "ottobre", "outubro", "okt"), "October"),
    **dict.fromkeys(("novembre", "noviembre", "novembro"), "November"),
    **dict.fromkeys(
        ("dezember", "décembre", "decembre", "diciembre", "dicembre", "dezembro", "dez", "déc"), "December"
    ),
}


@lru_cache(maxsize=512)
def read_date(text: str) -> datetime | None:
    """The moment that a text names, in UTC (also without a zone); None where unreadable or before 1995."""
    text = " ".join(text.split())[:100]
    if not text:
        return None
    for read in (_iso, _mail, _odd):
        found = read(text)
        if found is not None:
            return sane(found)
    return None


def sane(moment: datetime) -> datetime | None:
    """The moment in UTC; None where it lies before 1995 or has no place in UTC."""
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if moment >= EARLIEST else None


def _try(read: Callable[[], datetime]) -> datetime | None:
    try:
        return read()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _iso(text: str) -> datetime | None:
    return _try(lambda: datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$|Z$)", "", text)))


def _mail(text: str) -> datetime | None:
    return _try(lambda: parsedate_to_datetime(_with_offset(text)))


def _odd(text: str) -> datetime | None:
    if re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", text):
        seconds = float(text) / (1000 if len(text) == 13 else 1)
        return _try(lambda: datetime.fromtimestamp(seconds, UTC))
    english = _english(_with_offset(text))
    zone = re.search(r" [+-]\d{4}$", english)
    bare = english[: zone.start()] if zone else english
    for form in ODD_FORMATS:
        found = _try(lambda form=form: datetime.strptime(bare, form))  # type: ignore[misc]  # noqa: DTZ007
        if found is not None:
            return (
                datetime.strptime(f"{found:%Y-%m-%dT%H:%M:%S}{zone[0].strip()}", "%Y-%m-%dT%H:%M:%S%z")
                if zone
                else found
            )
    return None


def _with_offset(text: str) -> str:
    """`... CET` as `... +0100`, so that every reader below knows the zone."""
    found = re.search(r"\s*\(?\b([A-Z]{1,4})\)?$", text)
    if not found or found[1] not in ZONES or found[1] in ("AM", "PM"):
        return text
    hours = ZONES[found[1]]
    return (
        f"{text[: found.start()]} {'-' if hours < 0 else '+'}{abs(int(hours)):02d}{int(hours % 1 * 60):02d}"
    )


def _english(text: str) -> str:
    """A date without its weekday, ordinals and `at`, its month in English."""
    text = re.sub(r"^[^\W\d]{2,}\.?,\s*", "", text)
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text)
    text = re.sub(r"(?i)\s+(?:at|um|à)\s+|,?\s+-\s+|T(?=\d\d:)", " ", text)
    text = re.sub(r"(?<=\d)\.(?=\s+[^\W\d])", "", text)
    return re.sub(
        r"[^\W\d]+\.?", lambda word: MONTHS.get(word[0].lower().rstrip("."), word[0].rstrip(".")), text
    )
