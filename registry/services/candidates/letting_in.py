"""The tools and the names that accepting makes: weighed in memory one by one, then written at one go."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.domain.identity import slug
from registry.services.entries.keys import page_key, product_key
from registry.services.entries.ownership import alias_kind
from registry.services.people.acting import Actor, event_of, record_all
from registry.services.tools.ways import Way, Ways
from registry.store import tools
from registry.store.columns import id_of
from registry.store.engine import reserve_ids, write_all
from registry.store.tables import Alias, AliasKind, Candidate, Tool, ToolTag

TO_DO = (
    "Where both are one, accept this candidate into that tool; else correct it here, or change first what leads to "
    "the other one on that tool’s page."
)
BESIDE = (
    "Where both are one, accept this candidate into that tool; where they are two that share a host, accept it as "
    "another one beside it."
)


class OnAnothersHost(RuleBroken):
    """The candidate lives on a page of a host that is another tool's; it may be let in beside that one knowingly."""


class LettingIn:
    """Whose names and addresses are whose, for candidates that become tools, or ways to say the tool `into`.

    `beside` where they may live on the hosts of other tools.
    """

    def __init__(
        self, session: Session, found: Sequence[Candidate], *, into: Tool | None, beside: bool = False
    ) -> None:
        self._session, self._into, self._beside = session, into, beside
        self._ways = {id_of(each): _ways(each) for each in found}
        every = [way for ways in self._ways.values() for way in ways]
        pages = [page for each in found if (page := _page(each)) is not None]
        self._known = Ways(session, [*every, *pages])
        self._tool_ids = iter(reserve_ids(session, Tool, len(found)) if into is None else ())
        self._alias_ids = iter(reserve_ids(session, Alias, len(every)))
        self._slugs = tools.slugs_among(session, {_slug(each) for each in found}) if into is None else set()
        self._tools: dict[int, dict[str, Any]] = {}
        self._aliases: list[dict[str, Any]] = []
        self._tags: list[dict[str, Any]] = []

    def let_in(
        self, candidate: Candidate, *, category: str, tags: Sequence[str], now: datetime
    ) -> tuple[int, str, list[int]]:
        """The tool's id and slug, and the ids of the names that are new.

        Raises RuleBroken where another tool has, or people find by it, the candidate's address, or, unless it goes
        `into` one, its name.
        """
        tool_id = next(self._tool_ids) if self._into is None else id_of(self._into)
        new = self._free(candidate, tool_id)
        if self._into is None:
            called = self._free_slug(_slug(candidate))
            self._tools[tool_id] = {
                "id": tool_id,
                "slug": called,
                "name": candidate.name,
                "category": (category.strip() or candidate.category)[:80],
                "homepage": candidate.homepage,
                "description": candidate.tagline,
                "created_at": now,
            }
            self._tags += [{"tool_id": tool_id, "tag": each} for each in tags]
        else:
            called = self._into.slug
        made: list[dict[str, Any]] = [
            {"id": next(self._alias_ids), "tool_id": tool_id, "kind": kind, "text": text, "key": key}
            for kind, text, key in new
        ]
        for way in new:
            self._known.take(way, tool_id)
        self._aliases += made
        return tool_id, called, [each["id"] for each in made]

    def write(self, *, by: Actor, now: datetime) -> None:
        write_all(self._session, Tool, list(self._tools.values()))
        write_all(self._session, Alias, self._aliases)
        write_all(self._session, ToolTag, self._tags)
        told = [
            event_of(
                "tool.made",
                ("tool", each["id"]),
                by=by,
                now=now,
                after={"slug": each["slug"], "name": each["name"], **self._given(each)},
            )
            for each in self._tools.values()
        ]
        record_all(self._session, told)

    def _given(self, tool: Mapping[str, Any]) -> dict[str, Any]:
        tags = [each["tag"] for each in self._tags if each["tool_id"] == tool["id"]]
        return {name: value for name, value in (("category", tool["category"]), ("tags", tags)) if value}

    def _free(self, candidate: Candidate, tool_id: int) -> list[Way]:
        """Those of its ways that nobody has; beside another tool its very page in place of that one's host."""
        page, found = _page(candidate), dict[Way, None]()
        for way in self._ways[id_of(candidate)]:
            clash = self._known.clash(way, tool_id)
            is_host = way[0] is AliasKind.DOMAIN and page is not None
            shares = clash is not None and not clash.led_away and (clash.above or is_host)
            if shares and self._beside:
                way = page if page is not None and is_host else way
                clash = self._known.clash(way, tool_id, beside=True)
            kind, text, key = way
            if clash is None:
                if self._known.owner(kind, key) is None:
                    found[way] = None
            elif self._into is None and shares and not self._beside:
                raise OnAnothersHost(clash.told(text, self._named(clash.other), BESIDE))
            elif self._into is None or kind is not AliasKind.NAME:
                raise RuleBroken(clash.told(text, self._named(clash.other), TO_DO))
        return list(found)

    def _named(self, tool_id: int) -> str:
        made = self._tools.get(tool_id)
        return str(made["name"]) if made else tools.get_by_id(self._session, tool_id).name

    def _free_slug(self, wanted: str) -> str:
        if wanted in self._slugs:
            self._slugs |= tools.slugs_from(self._session, wanted)
        number, free = 1, wanted
        while free in self._slugs:
            number += 1
            free = f"{wanted}-{number}"
        self._slugs.add(free)
        return free


def _slug(candidate: Candidate) -> str:
    return slug(candidate.name) or f"tool-{candidate.id}"


def _ways(candidate: Candidate) -> list[Way]:
    """Its name and its strong keys, as ways to say a tool."""
    home = product_key(candidate.homepage, candidate.name)
    keys = dict.fromkeys(key for key in (candidate.identity, home) if key)
    return [
        (AliasKind.NAME, candidate.name, candidate.name_key),
        *((alias_kind(key), key, key) for key in keys),
    ]


def _page(candidate: Candidate) -> Way | None:
    """The page on which it lives, as a way to say it; None where its home page is the front page of a host."""
    key = page_key(candidate.homepage)
    return (AliasKind.PATH, key, key) if key else None
