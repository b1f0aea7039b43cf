"""Codes in the address of a list: read one way everywhere, and on a page what nobody knows is left out and told."""

from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from typing import TypeVar

from fastapi import Request
from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded
from registry.store.paging import NoMark
from registry.web.words import words

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
NOT_UNDERSTOOD = "not_understood"
"""Under this name a request keeps the sentences about its address, for `render` to put above the page."""
MARKS = ("after", "before", "cursor", "from", "page")
"""Parameters by which one list or another names a page of it."""


class NotKnown(InvalidInput):
    """A value of an address that none of ours is; `in_words` says it as the page names those that are."""

    def __init__(self, name: str, value: str, known: Collection[str], labels: Collection[str] = ()) -> None:
        asked = {"name": name.replace("_", " "), "value": value if len(value) <= 40 else value[:40] + "…"}
        said = labels or (words(each.removeprefix("-")) for each in known if each)
        told = _("There is no {name} “{value}”. Choose among: {known}.")
        sentence = worded(told, **asked, known=", ".join(filter(None, known)))
        super().__init__(sentence, {name: sentence})
        in_words = asked | ({"name": "choice"} if labels else {})
        self.in_words = worded(told, **in_words, known=joined("; ", dict.fromkeys(said)))


def codes(enum: type[E], values: Iterable[str], name: str, labels: Collection[str] = ()) -> tuple[E, ...]:
    """The members that are named, in the enum's order; empty values are passed over. Raises InvalidInput."""
    said = [code(value, tuple(enum), name, labels) for value in values]
    return tuple(each for each in enum if each in said)


def code(value: str, known: Collection[str], name: str, labels: Collection[str] = ()) -> str:
    """The value as it is, where it is empty or known. Raises InvalidInput, naming what may stand there.

    `labels` where a page calls them otherwise than words.py does.
    """
    if value and value not in known:
        raise NotKnown(name, value, known, labels)
    return value


def understood(request: Request, read: Callable[[QueryParams], T], *, marks: Collection[str] = ()) -> T:
    """What `read` makes of the page's address, less the parameters it refused; why is told at the top of the page.

    `marks` are those of MARKS by which this list names a page of it: another list's are refused too.
    """
    query = request.query_params
    others = [name for name in MARKS if name not in marks and query.get(name)]
    strange_ones = [NoMark(query[name]).sentence for name in others]
    query = without(query, others)
    while True:
        try:
            found = read(query)
        except InvalidInput as refused:
            if isinstance(refused, NoMark):
                strange = {name: refused.sentence for name in marks if query.get(name)}
            else:
                strange = {name: why for name, why in refused.faults.items() if name in query}
            if not strange:
                raise
            strange_ones += (
                [refused.in_words] if isinstance(refused, NotKnown) else dict.fromkeys(strange.values())
            )
            query = without(query, strange)
        else:
            setattr(request.state, NOT_UNDERSTOOD, strange_ones)
            return found


def without(query: QueryParams, names: Collection[str]) -> QueryParams:
    return QueryParams([(name, value) for name, value in query.multi_items() if name not in names])
