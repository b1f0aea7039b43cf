"""All names from A to Z, for who reads a copy without scripts: pages that the site itself has no need of."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from registry.domain.errors import NotFound
from registry.domain.identity import name_key
from registry.domain.language import joined, worded
from registry.domain.values import dataclass
from registry.store.tables import AliasKind
from registry.web.copy.index import Key
from registry.web.render import render
from registry.web.shapes import Link
from registry.web.words import words

MOST_NAMES = 400
"""On one page; where more begin with a letter, they are parted by the next one."""
OTHER = "#"


@dataclass(frozen=True)
class Name:
    name: str
    url: str
    told: str
    """The answer in words; before it, of another name, which tool it is."""


@dataclass(frozen=True)
class NamesPage:
    title: str
    here: str
    beginnings: Sequence[Link]
    names: Sequence[Name] = ()


def make_router(keys: Sequence[Key], called: Mapping[str, str]) -> APIRouter:
    """`called` maps a slug to its tool's name."""
    router, groups = APIRouter(prefix="/a-z", include_in_schema=False), _groups(keys, called)
    beginnings = [
        Link(each.upper() if each != OTHER else worded("Other"), _url(each)) for each in sorted(groups)
    ]

    @router.get("")
    def show_beginnings(request: Request) -> Response:
        page = NamesPage(worded("All names from A to Z"), "/a-z", beginnings)
        return render(request, "copy/names.html", page, indexed=True)

    @router.get("/{beginning}")
    def show_names(request: Request, beginning: str) -> Response:
        found = groups.get(OTHER if beginning == "other" else beginning)
        if found is None:
            raise NotFound(worded("No name begins so. See all names from A to Z."))
        title = worded("Names with {letters}", letters=beginning.upper())
        if beginning == "other":
            title = worded("Other names")
        page = NamesPage(title, _url(OTHER if beginning == "other" else beginning), beginnings, found)
        return render(request, "copy/names.html", page, indexed=True)

    return router


def _url(beginning: str) -> str:
    return "/a-z/" + ("other" if beginning == OTHER else quote(beginning))


def _groups(keys: Sequence[Key], called: Mapping[str, str]) -> dict[str, list[Name]]:
    named = sorted((each.key, each.text, each) for each in keys if each.kind is AliasKind.NAME)
    groups: dict[str, list[tuple[str, Name]]] = {}
    for key, text, each in named:
        groups.setdefault(_beginning(key, 1), []).append((key, _name(each, text, called[each.slug])))
    parted: dict[str, list[Name]] = {}
    for beginning, found in groups.items():
        length = 2 if len(found) > MOST_NAMES and beginning != OTHER else 1
        for key, name in found:
            parted.setdefault(_beginning(key, length), []).append(name)
    return parted


def _beginning(key: str, length: int) -> str:
    start = key[:length]
    return start if start.isalnum() and start == start.casefold() else OTHER


def _name(each: Key, text: str, tool: str) -> Name:
    answer = words(each.code)
    told = answer if name_key(tool) == each.key else joined(": ", [tool, answer])
    return Name(text, f"/tools/{quote(each.slug)}", told)
