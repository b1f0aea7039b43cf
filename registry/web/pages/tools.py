"""One tool's page with its answer, scores and history, and its badges for other pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from registry.domain.evaluation import EvaluationState
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, small, worded, worded_n
from registry.domain.lookup import Answer, Question
from registry.domain.lookup import House as Organisation
from registry.domain.validity import ValidityState
from registry.services.answers import lookup
from registry.services.outside.evidence import Evidence, on_tool
from registry.services.people.house import house
from registry.services.verdicts import publishing
from registry.services.verdicts.publishing import Published
from registry.settings import Settings
from registry.store import entries, evaluations, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import AliasKind, Entry, Tool
from registry.web import cards, linked
from registry.web.deps import INSIDERS, Asked, CurrentUser, House, Now, Read, Slug
from registry.web.feeds import feed_links
from registry.web.links import outside_link
from registry.web.question import Typed, office_options
from registry.web.render import render, render_document
from registry.web.reopened import Reopened, reopened_of
from registry.web.routing import page_router
from registry.web.scores import Assessed, assessed
from registry.web.shapes import AnswerCard, Event, Link, Row
from registry.web.succession import changes_of
from registry.web.tool_news import told_of, tool_news
from registry.web.verdict_parts import VerdictRow, as_row, happenings
from registry.web.words import Tone, mark, words

router = page_router("/tools")
MOST_MENTIONS = 20
RELEASES = ("Version ", "A new version ")
"""How news begins that asks for nobody's attention."""
ALIAS_LABELS = {
    AliasKind.NAME: worded("Names"),
    AliasKind.DOMAIN: worded("Web addresses"),
    AliasKind.PATH: worded("Pages on shared hosts"),
    AliasKind.PURL: worded("Packages"),
    AliasKind.EXE: worded("Programs"),
}
COLOURS = {Tone.YES: "#1a6b3c", Tone.IF: "#7a5200", Tone.TRIAL: "#5b3f9e", Tone.NO: "#a3201d"}
GREY = "#4a5560"
SIGN_WIDTH = 7
"""Pixels that a letter of the badge takes at most, at 11 pixels' height."""


@dataclass(frozen=True)
class Mentioned:
    title: str
    url: str
    kind: str
    at: datetime
    since: bool
    """Came after the newest verdict."""


@dataclass(frozen=True)
class ToolPage:
    tool: Tool
    homepage: Link | None
    card: AnswerCard
    short: Sequence[str]
    assessed: Assessed | None
    assessed_in: int | None
    """Number of the verdict that the scores are of."""
    verdicts: Sequence[VerdictRow]
    mentions: Sequence[Mentioned]
    fresh: str
    """What came since the newest verdict, and what of it is flagged; empty where nothing was decided."""
    editions: Sequence[tuple[Link, str, bool]]
    """Each with its answer and whether it is shown; empty where there is one alone."""
    reopened: Sequence[Reopened]
    """Why its cases are under way again; for insiders alone."""
    history: Sequence[Event]
    identifiers: Sequence[Row]
    formats: Sequence[Link]
    evidence: Evidence
    """What other registries decided on it."""
    badge_url: str
    cite: str
    linked: Mapping[str, Any]
    """The tool and the newest verdict that stands, for search engines: schema.org in JSON-LD."""


@dataclass(frozen=True)
class BadgePage:
    label: str
    message: str
    colour: str
    left: int
    right: int

    @property
    def width(self) -> int:
        return self.left + self.right


@router.get("/{slug}")
def show_tool(
    request: Request,
    slug: Slug,
    read: Read,
    settings: House,
    user: CurrentUser,
    now: Now,
    edition: Asked = "",
) -> Response:
    tool = tools.get(read, slug)
    inside = user is not None and bool(user.roles & INSIDERS)
    page = _tool_page(read, tool, settings, now, edition=edition[:80], inside=inside)
    feeds = feed_links(worded("Verdicts on {tool}", tool=tool.name), f"/tools/{slug}/verdicts")
    return render(request, "tools/show.html", page, feeds=feeds, indexed=True)


@router.get("/{slug}/badge.svg")
def show_badge(request: Request, slug: Slug, read: Read, settings: House, now: Now) -> Response:
    label, message, colour = _badge(read, slug, settings, now)
    page = BadgePage(label, message, colour, _width(label), _width(message))
    return render_document(request, "tools/badge.svg", page, "image/svg+xml")


@router.get("/{slug}/badge.json")
def show_badge_as_json(slug: Slug, read: Read, settings: House, now: Now) -> Response:
    """The shape that common badge makers read."""
    label, message, colour = _badge(read, slug, settings, now)
    told = {"schemaVersion": 1, "label": label, "message": message, "color": colour}
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return JSONResponse(told, headers=headers)


def _tool_page(
    read: Session, tool: Tool, settings: Settings, now: datetime, *, edition: str, inside: bool
) -> ToolPage:
    organisation = house(read, settings)
    typed = Typed(q=tool.name, edition=edition)
    found = lookup.check_tool(read, tool, Question(at=now, edition=edition or None), organisation, now=now)
    whole = lookup.answers(read, [tool], Question(at=now), organisation, now=now) if edition else {}
    offices = office_options(read)
    rows = verdicts.published(read, now=now, tool_ids=[id_of(tool)])
    known = publishing.published(read, rows, organisation, now=now)
    scored = _scored([each for each in known if not edition or each.row.edition in ("", edition)])
    newest = rows[0].decided_at if rows else None
    news, by_id = told_of(read, id_of(tool))
    mentions = _newest([*entries.mentions_of_tool(read, id_of(tool), limit=MOST_MENTIONS), *by_id.values()])
    told = [_mentioned(each, newest) for each in mentions]
    events_told = tool_news(news, by_id)
    address = f"{settings.base_url}/tools/{tool.slug}"
    return ToolPage(
        tool=tool,
        homepage=outside_link(tool.homepage),
        card=cards.answer_card(found, tool, typed, organisation, base_url=settings.base_url, offices=offices),
        short=_in_short(tool, scored, len(rows)),
        assessed=assessed(scored.row.assessment) if scored else None,
        assessed_in=scored.row.number if scored else None,
        verdicts=[as_row(each, organisation) for each in known],
        mentions=told,
        fresh=_fresh(told, events_told, newest) if newest else "",
        editions=_editions(tool, whole.get(id_of(tool), found.answer), edition),
        reopened=reopened_of(read, id_of(tool)) if inside else (),
        history=_history(read, tool, known, mentions, events_told, organisation),
        identifiers=_identifiers(read, tool),
        formats=[*cards.follow(tool), Link("JSON", f"/api/v1/tools/{tool.slug}")],
        evidence=on_tool(read, id_of(tool), today=now.astimezone(settings.zone).date(), now=now),
        badge_url=f"{address}/badge.svg",
        cite=f"{settings.name}: {tool.name}. {address}",
        linked=linked.software(found, tool, settings),
    )


def _scored(known: Sequence[Published]) -> Published | None:
    """The newest verdict that stands and was scored, else the newest that was scored at all."""
    gone = (ValidityState.REVOKED, ValidityState.SUPERSEDED, ValidityState.SCHEDULED)
    every = [each for each in known if each.row.assessment.get("criteria")]
    return next((each for each in every if each.validity.state not in gone), every[0] if every else None)


def _in_short(tool: Tool, scored: Published | None, decided: int) -> list[str]:
    told = [tool.description] if tool.description else []
    if scored is not None:
        weighed = scored.row.assessment
        risk, fit = words(weighed["risk"]), small(words(weighed["fit"]))
        sentence = _("{risk}, {fit}, as scored for verdict {number}.")
        told.append(worded(sentence, risk=risk, fit=fit, number=scored.row.number))
    if decided > 1:
        told.append(worded("Decided {n} times so far.", n=decided))
    return told


def _history(
    read: Session,
    tool: Tool,
    known: Sequence[Published],
    mentions: Sequence[Entry],
    news: Sequence[Event],
    organisation: Organisation,
) -> list[Event]:
    rows = {id_of(each.row): each.row for each in known}
    decided = {each.row.number: each.ruling.verdict for each in known}
    changed = {each.row.number: changes_of(each.ruling, decided, organisation) for each in known}
    told = [*(happenings(verdicts.events(read, rows), rows, changed) if rows else []), *news]
    told_of = {row.evaluation_id for row in rows.values()}
    for each in evaluations.of_tool(read, id_of(tool)):
        if each.closed_at == each.opened_at and each.id not in told_of:
            continue  # it was opened for an answer at once, which nobody heard
        began, ended = _review_titles(each.edition)
        told.append(Event(each.opened_at, began))
        if each.state is EvaluationState.WITHDRAWN and each.closed_at:
            told.append(Event(each.closed_at, ended))
    if mentions:
        first = min(mentions, key=lambda each: each.published_at or each.seen_at)
        link = outside_link(first.link)
        told.append(
            Event(
                first.published_at or first.seen_at,
                worded("Announced"),
                first.title,
                link.url if link else "",
            )
        )
    told.append(Event(tool.created_at, worded("Listed here")))
    return sorted(told, key=_when, reverse=True)


def _review_titles(edition: str) -> tuple[str, str]:
    """That it began, and that it ended without a verdict."""
    if not edition:
        return worded("Review began"), worded("Review ended without a verdict")
    return (
        worded("Review of the edition {edition} began", edition=edition),
        worded("Review of the edition {edition} ended without a verdict", edition=edition),
    )


def _when(event: Event) -> datetime:
    assert isinstance(event.on, datetime)
    return event.on


def _editions(tool: Tool, whole: Answer, chosen: str) -> list[tuple[Link, str, bool]]:
    """The answer to who names no edition, then that of each."""
    named = [each for each in whole.editions if each.name]
    if not named:
        return []
    address = f"/tools/{tool.slug}"
    return [
        (Link(worded("Every edition"), address), whole.code.value, not chosen),
        *(
            (
                Link(each.name, f"{address}?{urlencode({'edition': each.name})}"),
                each.code.value,
                each.name == chosen,
            )
            for each in named
        ),
    ]


def _fresh(told: Sequence[Mentioned], news: Sequence[Event], newest: datetime) -> str:
    """As "3 new items since the newest verdict, 1 of them flagged: Its terms changed"."""
    count = sum(each.since for each in told)
    if not count:
        return worded("None since the newest verdict.")
    flagged = [each.title for each in news if _when(each) > newest and not each.title.startswith(RELEASES)]
    said = worded_n("{n} new item since the newest verdict", "{n} new items since the newest verdict", count)
    if not flagged:
        return worded("{said}, none flagged.", said=said)
    titles = joined("; ", dict.fromkeys(flagged))
    return worded("{said}, {n} flagged: {titles}.", said=said, n=len(flagged), titles=titles)


def _newest(found: Sequence[Entry]) -> list[Entry]:
    """Each entry once, the newest first."""
    once = {each.id: each for each in found}.values()
    return sorted(once, key=lambda each: each.published_at or each.seen_at, reverse=True)[:MOST_MENTIONS]


def _mentioned(entry: Entry, newest: datetime | None) -> Mentioned:
    link, at = outside_link(entry.link), entry.published_at or entry.seen_at
    return Mentioned(
        entry.title or (link.label if link else worded("Without a title")),
        link.url if link else "",
        entry.kind.value,
        at,
        newest is not None and at > newest,
    )


def _identifiers(read: Session, tool: Tool) -> list[Row]:
    by_kind: dict[AliasKind, list[str]] = {}
    for alias in tools.aliases(read, id_of(tool)):
        by_kind.setdefault(alias.kind, []).append(alias.text)
    return [Row(ALIAS_LABELS[kind], ", ".join(by_kind[kind])) for kind in AliasKind if kind in by_kind]


def _badge(read: Session, slug: str, settings: Settings, now: datetime) -> tuple[str, str, str]:
    """Label, the answer in words, its colour."""
    tool = tools.get(read, slug)
    found = lookup.answers(read, [tool], Question(at=now), house(read, settings), now=now)[id_of(tool)]
    its = mark(found.code.value)
    say = settings.words.gettext
    return say("May I use it?"), say(its.label), COLOURS.get(its.tone, GREY)


def _width(text: str) -> int:
    return len(text) * SIGN_WIDTH + 12
