"""Moments said relative to the start of the demo, such as `-3d4h`; what is done with them is for others."""

import re
from datetime import date, datetime, timedelta

_OFFSET = re.compile(r"([+-])(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


def offset(text: str) -> timedelta:
    """`-3d4h`, `+14d` or `-20m` as a time span. Raises ValueError for anything else."""
    found = _OFFSET.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise ValueError(f"“{text}” is not an offset such as -3d4h")
    days, hours, minutes = (int(part or 0) for part in found.groups()[1:])
    span = timedelta(days=days, hours=hours, minutes=minutes)
    return -span if found[1] == "-" else span


def moment(now: datetime, text: str) -> datetime:
    """An offset from the hour in which `now` lies, so that one run has the same moments throughout."""
    return now.replace(minute=0, second=0, microsecond=0) + offset(text)


def day(now: datetime, text: str) -> date:
    """An offset in whole days from the day of `now`."""
    return now.date() + timedelta(days=offset(text).days)
