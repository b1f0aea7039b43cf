"""Moments as feeds write them, odd ones among them, read as UTC."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""No feed is older; an earlier date stands for a missing one."""

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
ZONES |= {"NZST": 12, "NZDT": 13, "SGT": 8, "HKT": 8, "BRT": -3, "ART": -3, "AKST": -9, "HST": -10, "WIB": 7}
ZONES |= {"EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11}
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen janeiro januari styczeń stycznia"
            " ocak tammikuuta tammikuu январь января янв január ianuarie siječnja leden ledna січня",
            "feb february februar février fevrier févr febrero febbraio fevereiro fev februari lutego şubat helmikuuta"
            " февраль февраля фев február februarie veljače února лютого",
            "mar march märz maerz mrz mär mars marzo março maart mrt marca mart maaliskuuta март марта március martie"
            " ožujka března березня",
            "apr april avril avr abril abr aprile kwietnia nisan huhtikuuta апрель апреля április aprilie travnja dubna"
            " квітня",
            "may mai mayo maggio mag maio mei maj maja mayıs toukokuuta май мая május svibnja května травня",
            "jun june juni juin junio giugno giu junho czerwca haziran kesäkuuta июнь июня июн június iunie lipnja"
            " června червня",
            "jul july juli juillet juil julio luglio lug julho lipca temmuz heinäkuuta июль июля июл július iulie"
            " srpnja července липня",
            "aug august août aout agosto ago augustus augusti sierpnia ağustos elokuuta август августа авг augusztus"
            " kolovoza srpna серпня",
            "sep september sept septembre septiembre settembre set setembro września eylül syyskuuta сентябрь"
            " сентября сен szeptember septembrie rujna září вересня",
            "oct october oktober okt octobre octubre ottobre ott outubro out października ekim lokakuuta октябрь"
            " октября окт október octombrie října жовтня",
            "nov november novembre noviembre novembro listopada kasım marraskuuta ноябрь ноября ноя noiembrie"
            " studenoga листопада",
            "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro desember grudnia aralık"
            " joulukuuta декабрь декабря дек decembrie prosinca prosince грудня",
        ),
        1,
    )
    for word in words.split()
}
"""The names of the months that feeds were seen to write, in small letters."""


@lru_cache(maxsize=512)
def read_date(text: str) -> datetime | None:
    """The moment that a text names, in UTC (also without a zone); None where unreadable or before 1995."""
    text = " ".join(text.split())[:100]
    if not text:
        return None
    for read in (_iso, _mail, _unix, _anyhow):
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
    return _try(lambda: datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$|Z$)", "", text.upper())))


def _mail(text: str) -> datetime | None:
    if HALF_DAY.search(text):  # the library reads over it
        return None
    return _try(lambda: parsedate_to_datetime(_with_offset(text)))


def _unix(text: str) -> datetime | None:
    """Seconds since 1970, or milliseconds."""
    if not re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", text):
        return None
    seconds = float(text) / (1000 if len(text) == 13 else 1)
    return _try(lambda: datetime.fromtimestamp(seconds, UTC))


HALF_DAY = re.compile(r"\d\s*[ap]\.?m\b", re.IGNORECASE)
OFFSET = re.compile(r"(?<=\d[:.]\d\d)\s*(?:GMT|UTC|UT)?\s*([+-])(\d\d?)(?::?(\d\d))?$")


def _with_offset(text: str) -> str:
    """`... CET` and `... GMT+1` as `... +0100`, so that every reader below knows the zone."""
    if given := OFFSET.search(text):
        return f"{text[: given.start()]} {given[1]}{given[2]:>02}{given[3] or '00'}"
    found = re.search(r"\s*\(?\b([A-Z]{1,4})\)?$", text)
    if not found or found[1] not in ZONES or found[1] in ("AM", "PM"):
        return text
    hours = ZONES[found[1]]
    return (
        f"{text[: found.start()]} {'-' if hours < 0 else '+'}{abs(int(hours)):02d}{int(hours % 1 * 60):02d}"
    )


ASIAN_DAY = re.compile(r"(\d{4})\s*[年년]\s*(\d\d?)\s*[月월]\s*(\d\d?)\s*[日일]?")
ASIAN_TIME = re.compile(r"(\d\d?)\s*[時时点시]\s*(\d\d?)\s*[分분]?(?:\s*(\d\d?)\s*[秒초])?")
NOON = {"오전": "am", "上午": "am", "午前": "am", "오후": "pm", "下午": "pm", "午後": "pm"}
DAYS = (
    re.compile(r"\b(?P<year>\d{4})[-/.](?P<month>\d\d?)[-/.](?P<day>\d\d?)(?!\d)"),
    re.compile(r"^(?P<year>\d{4})-(?P<month>\d\d)$"),
    re.compile(r"\b(?P<day>1[3-9]|2\d|3[01])[/.-](?P<month>\d\d?)[/.-](?P<year>\d{4})\b"),
    re.compile(r"\b(?P<month>\d\d?)/(?P<day>\d\d?)/(?P<year>\d{4})\b"),
    re.compile(r"\b(?P<day>\d\d?)[.-](?P<month>\d\d?)[.-](?P<year>\d{4})\b"),
    re.compile(
        r"\b(?P<day>\d\d?)[^\W\d]{0,2}[\s./-]+(?:de\s+)?(?P<name>[^\W\d]+)[\s.,/-]+(?:de\s+)?(?P<year>\d{4})\b"
    ),
    re.compile(r"\b(?P<name>[^\W\d]+)[\s.]+(?P<day>\d\d?)[^\W\d]{0,2}[\s,]+(?P<year>\d{4})\b"),
)
CLOCK = re.compile(r"(?:\b(am|pm)\s*)?(?<!\d)(\d\d?):(\d\d?)(?::(\d\d?))?(?:\.\d+)?(?:\s*([ap])\.?m\b)?")


def _anyhow(text: str) -> datetime | None:
    """A day, and a time where there is one, picked out of whatever stands around them."""
    text = ASIAN_DAY.sub(r"\1-\2-\3 ", ASIAN_TIME.sub(lambda at: f"{at[1]}:{at[2]}:{at[3] or 0}", text))
    for word, noon in NOON.items():
        text = text.replace(word, f" {noon} ")
    text = _with_offset(text.strip())
    offset = re.search(r"(?<=\d)Z$| [+-]\d{4}$", text, re.IGNORECASE)
    text = text[: offset.start()] if offset else text
    day = next((found for form in DAYS if (found := form.search(text.lower()))), None)
    if day is None:
        return None
    parts = day.groupdict()
    month = int(parts["month"]) if parts.get("month") else MONTHS.get(parts.get("name") or "", 0)
    return _try(
        lambda: (
            datetime.strptime(
                f"{int(parts['year']):04d}-{month:02d}-{int(parts.get('day') or 1):02d} {offset[0] if offset else 'Z'}",
                "%Y-%m-%d %z",
            )
            + _clock(text[: day.start()] + " " + text[day.end() :])
        )
    )


def _clock(text: str) -> timedelta:
    """The time of day in a text, none as midnight. Raises ValueError for one that no clock shows."""
    at = CLOCK.search(text.lower())
    if at is None:
        return timedelta()
    hours, minutes, seconds = int(at[2]), int(at[3]), int(at[4] or 0)
    if hours > 24 or minutes > 59 or seconds > 60:
        raise ValueError("no time of day")
    noon = at[1] or (at[5] and at[5] + "m")
    if noon:
        hours = hours % 12 + 12 * (noon == "pm")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
