"""One tool's page with its answer, scores and history, and its badges for other pages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.evaluation import EvaluationState
from registry.domain.identity import name_key
from registry.domain.language import gettext_noop as _
from registry.domain.language import joined, worded, worded_n
from registry.domain.lookup import Answer, Question
from registry.domain.lookup import House as Organisation
from registry.domain.typed import clean
from registry.domain.validity import ValidityState
from registry.domain.values import dataclass
from registry.services.answers import lookup
from registry.services.answers.dossier import MOST_MENTIONS, Dossier, dossiers
from registry.services.answers.index import Index
from registry.services.answers.shown import ANY_TOOL, Shown
from registry.services.outside.evidence import Evidence
from registry.services.verdicts.publishing import Published
from registry.settings import Settings
from registry.store import profiles
from registry.store.columns import id_of
from registry.store.dossier import Announced, Called
from registry.store.profiles import Profile
from registry.store.tables import AliasKind, Tool
from registry.web import cards, linked
from registry.web.deps import INSIDERS, CurrentUser, House, Known, Now, Read, Slug
from registry.web.feeds import feed_links
from registry.web.links import outside_link
from registry.web.question import Typed, offices_of
from registry.web.render import render, render_document
from registry.web.rendering import FeedLink
from registry.web.reopened import Reopened, reopened_of
from registry.web.routing import page_router
from registry.web.scores import Assessed, assessed
from registry.web.shapes import AnswerCard, Event, Link, Row
from registry.web.succession import changes_of
from registry.web.tool_news import left_out, tool_news
from registry.web.understood import understood
from registry.web.verdict_parts import VerdictRow, as_row, happenings
from registry.web.words import Tone, mark, small_words, words

router = page_router("/tools")
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
    tool: Tool | Profile
    tags: Sequence[Link]
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
    left_out: Sequence[str]
    """Why an address of it that a source names leads elsewhere; for insiders alone."""
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

    @property
    def told(self) -> dict[str, object]:
        return {"schemaVersion": 1, "label": self.label, "message": self.message, "color": self.colour}


@router.get("/{slug}")
def show_tool(
    request: Request,
    slug: Slug,
    known: Known,
    read: Read,
    settings: House,
    user: CurrentUser,
    now: Now,
) -> Response:
    tool = profiles.get(read, slug)
    inside = user is not None and bool(user.roles & INSIDERS)

    def of_edition(query: QueryParams) -> tuple[ToolPage, Shown]:
        edition = clean(query.get("edition", ""))[:80]
        return _tool_page(read, tool, settings, now, edition=edition, inside=inside, index=known)

    page, shown = understood(request, of_edition)
    return render(request, "tools/show.html", page, feeds=tool_feeds(tool), indexed=True, lasting=shown)


def tool_feeds(tool: Tool | Profile) -> list[FeedLink]:
    return feed_links(worded("Verdicts on {tool}", tool=tool.name), f"/tools/{tool.slug}/verdicts")


@router.get("/{slug}/badge.svg")
def show_badge(request: Request, slug: Slug, known: Known, read: Read, settings: House, now: Now) -> Response:
    badge = _badge(read, slug, settings, now, index=known)
    return render_document(request, "tools/badge.svg", badge, "image/svg+xml")


@router.get("/{slug}/badge.json")
def show_badge_as_json(slug: Slug, known: Known, read: Read, settings: House, now: Now) -> Response:
    """The shape that common badge makers read."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return JSONResponse(_badge(read, slug, settings, now, index=known).told, headers=headers)


def _tool_page(
    read: Session,
    tool: Profile,
    settings: Settings,
    now: datetime,
    *,
    edition: str,
    inside: bool,
    index: Index | None,
) -> tuple[ToolPage, Shown]:
    organisation = lookup.organisation(read, settings, index)
    known = dossiers(read, [tool], organisation, now=now, edition=edition, index=index)[0]
    asked = Question(at=now)
    whole = lookup.answers(read, [tool], asked, organisation, now=now, index=index) if edition else {}
    page = tool_page(known, organisation, settings, edition=edition, whole=whole.get(id_of(tool)))
    # Verdicts of ours on any tool may be among what others say.
    shown = ANY_TOOL if known.evidence.pieces else known.found.shown
    if inside:
        again, elsewhere = reopened_of(read, id_of(tool)), left_out(known.news, known.aliases)
        page = replace(page, reopened=again, left_out=elsewhere)
    return page, shown


def tool_page(
    known: Dossier,
    organisation: Organisation,
    settings: Settings,
    *,
    edition: str = "",
    whole: Answer | None = None,
) -> ToolPage:
    """What everybody may read of it; `whole` is the answer to who names no edition, where it is another one."""
    tool, found, decided = known.tool, known.found, known.verdicts
    chosen = ("", name_key(edition))
    scored = _scored([each for each in decided if not edition or name_key(each.row.edition) in chosen])
    newest = decided[0].row.decided_at if decided else None
    mentions = _newest([*known.mentions, *known.told_by.values()])
    told = [_mentioned(each, newest) for each in mentions]
    news = tool_news(known.news, known.told_by)
    address = f"{settings.base_url}/tools/{tool.slug}"
    return ToolPage(
        tool=tool,
        tags=[Link(each, f"/tools?{urlencode({'tag': each})}") for each in known.tags],
        homepage=outside_link(tool.homepage),
        card=cards.answer_card(
            found,
            tool,
            Typed(q=tool.name, edition=edition),
            organisation,
            base_url=settings.base_url,
            offices=offices_of(organisation),
        ),
        short=_in_short(tool, scored, len(decided)),
        assessed=assessed(scored.row.assessment) if scored else None,
        assessed_in=scored.row.number if scored else None,
        verdicts=[as_row(each, organisation) for each in decided],
        mentions=told,
        fresh=_fresh(told, news, newest) if newest else "",
        editions=_editions(tool, whole or found.answer, edition),
        reopened=(),
        left_out=(),
        history=_history(known, mentions, news, organisation),
        identifiers=_identifiers(known.aliases),
        formats=[*cards.follow(tool), Link("JSON", f"/api/v1/tools/{tool.slug}")],
        evidence=known.evidence,
        badge_url=f"{address}/badge.svg",
        cite=f"{settings.name}: {tool.name}. {address}",
        linked=linked.software(found, tool, known.tags, settings),
    )


def _scored(known: Sequence[Published]) -> Published | None:
    """The newest verdict that stands and was scored, else the newest that was scored at all."""
    gone = (ValidityState.REVOKED, ValidityState.SUPERSEDED, ValidityState.SCHEDULED)
    every = [each for each in known if each.row.assessment.get("criteria")]
    return next((each for each in every if each.validity.state not in gone), every[0] if every else None)


def _in_short(tool: Tool | Profile, scored: Published | None, decided: int) -> list[str]:
    told = [tool.description] if tool.description else []
    if scored is not None:
        weighed = scored.row.assessment
        risk, fit = words(weighed["risk"]), small_words(weighed["fit"])
        sentence = _("{risk}, {fit}, as scored for verdict {number}.")
        told.append(worded(sentence, risk=risk, fit=fit, number=scored.row.number))
    if decided > 1:
        told.append(worded("Decided {n} times so far.", n=decided))
    return told


def _history(
    known: Dossier, mentions: Sequence[Announced], news: Sequence[Event], organisation: Organisation
) -> list[Event]:
    rows = {id_of(each.row): each.row for each in known.verdicts}
    decided = {each.row.number: each.ruling.verdict for each in known.verdicts}
    changed = {each.row.number: changes_of(each.ruling, decided, organisation) for each in known.verdicts}
    told = [*happenings(known.befell, rows, changed), *news]
    told_of = {row.evaluation_id for row in rows.values()}
    for each in known.evaluations:
        if each.closed_at == each.opened_at and each.id not in told_of:
            continue  # it was opened for an answer at once, which nobody heard
        began, ended = _review_titles(each.edition)
        told.append(Event(each.opened_at, began))
        if each.state is EvaluationState.WITHDRAWN and each.closed_at:
            told.append(Event(each.closed_at, ended))
    if mentions:
        first = min(mentions, key=_announced)
        link = outside_link(first.link)
        told.append(
            Event(
                first.published_at or first.seen_at,
                worded("Announced"),
                first.title,
                link.url if link else "",
            )
        )
    told.append(Event(known.tool.created_at, worded("Listed here")))
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


def _editions(tool: Tool | Profile, whole: Answer, chosen: str) -> list[tuple[Link, str, bool]]:
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
                name_key(each.name) == name_key(chosen),
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


def _newest(found: Sequence[Announced]) -> list[Announced]:
    """Each entry once, the newest first."""
    once = {each.id: each for each in found}.values()
    return sorted(once, key=_announced, reverse=True)[:MOST_MENTIONS]


def _announced(entry: Announced) -> tuple[datetime, int]:
    return entry.published_at or entry.seen_at, entry.id


def _mentioned(entry: Announced, newest: datetime | None) -> Mentioned:
    link, at = outside_link(entry.link), entry.published_at or entry.seen_at
    return Mentioned(
        entry.title or (link.label if link else worded("Without a title")),
        link.url if link else "",
        entry.kind.value,
        at,
        newest is not None and at > newest,
    )


def _identifiers(aliases: Sequence[Called]) -> list[Row]:
    by_kind: dict[AliasKind, list[str]] = {}
    for alias in aliases:
        by_kind.setdefault(alias.kind, []).append(alias.text)
    return [Row(ALIAS_LABELS[kind], ", ".join(by_kind[kind])) for kind in AliasKind if kind in by_kind]


def _badge(read: Session, slug: str, settings: Settings, now: datetime, *, index: Index | None) -> BadgePage:
    tool = profiles.get(read, slug)
    answers = lookup.answers(
        read, [tool], Question(at=now), lookup.organisation(read, settings, index), now=now, index=index
    )
    return badge_of(answers[id_of(tool)], settings)


def badge_of(answer: Answer, settings: Settings) -> BadgePage:
    its, say = mark(answer.code.value), settings.words.gettext
    label, message = say("May I use it?"), say(its.label)
    return BadgePage(label, message, COLOURS.get(its.tone, GREY), _width(label), _width(message))


def _width(text: str) -> int:
    return len(text) * SIGN_WIDTH + 12
