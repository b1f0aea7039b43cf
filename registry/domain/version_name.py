"""A name and the version behind it, told apart in a title; which names exist is not its business."""

import re

VERSION = re.compile(
    r"(?:(?<=\s)|^)(?:version\s+|v\.?\s?)?"
    r"(?P<number>\d+(?:\.\d+){1,4}(?:[-+.]?(?:(?:a|b)\d+|(?:rc|alpha|beta|pre|dev|post)[-.]?\d*))?"
    r"|(?<=[vV])\d{1,4}|(?<=ersion )\d{1,4})(?=$|[\s,:;)!])",
    re.IGNORECASE,
)


def split_version(title: str) -> tuple[str, str]:
    """`("Plumbline", "2.0")` for "Plumbline 2.0" and "Plumbline v2.0"; version "" where there is none."""
    found = VERSION.search(title)
    if not found or not title[: found.start()].strip(" -–—:,("):
        return title.strip(), ""
    return title[: found.start()].strip(" -–—:,("), found["number"]
