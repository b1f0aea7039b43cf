"""What a JSON body may not hold, refused for the whole API in one place: a name twice, of which only the last would
count, and half of a letter that JSON writes as two, which no database keeps.
"""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import Request

from registry.domain.errors import InvalidInput
from registry.domain.language import joined, worded

SENTENCE = worded(
    "This holds half of a letter (a lone surrogate, such as \\ud800). Write the whole letter, or leave it out."
)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def require_letters(request: Request) -> None:
    """Raises InvalidInput naming a field that is given twice, or each one that cannot be written as UTF-8."""
    if request.method in ("GET", "HEAD") or request.headers.get("content-type", "").startswith(FORMS):
        return
    try:
        faults = dict.fromkeys(
            _halved(json.loads(await request.body(), object_pairs_hook=_once), ""), SENTENCE
        )
    except ValueError:
        return  # no JSON: told where the body is read
    except RecursionError:
        raise InvalidInput(worded("What was sent is nested too deeply.")) from None
    if faults:
        raise InvalidInput(joined(" ", [worded("What was sent cannot be kept."), SENTENCE]), faults)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        left = [name for name, _ in pairs]
        name = next(each for each in left if left.count(each) > 1)
        shown = name.encode(errors="replace").decode()
        sentence = worded("“{name}” is given more than once. Give it once.", name=shown)
        raise InvalidInput(sentence, {shown: sentence})
    return found


def _halved(value: Any, name: str) -> Iterator[str]:
    """Where text is that cannot be written, as `conditions.0.text`."""
    if isinstance(value, str):
        if not _whole(value):
            yield name or "body"
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _halved(each, f"{name}.{number}".lstrip("."))
    elif isinstance(value, dict):
        for key, each in value.items():
            told = f"{name}.{key.encode(errors='replace').decode()}".lstrip(".")
            if not _whole(key):
                yield told
            yield from _halved(each, told)


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
