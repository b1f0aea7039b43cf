"""May I use it? The first page, the answer to a question, and the ways a browser has to ask."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from functools import partial
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session
from starlette.background import BackgroundTask

from registry.domain import lookup as rules
from registry.domain.errors import InvalidInput, NoSuchEdition
from registry.domain.language import gettext_noop as _
from registry.domain.language import worded
from registry.domain.lookup import AnswerCode
from registry.domain.lookup import House as Organisation
from registry.domain.values import dataclass
from registry.services.answers import lookup, matching
from registry.services.answers.index import Index
from registry.services.answers.lookup import LookUp
from registry.services.answers.shown import Shown
from registry.services.answers.unanswered import count_unanswered
from registry.services.people.house import house
from registry.services.verdicts import publishing
from registry.services.verdicts.turn import midnight
from registry.settings import Settings
from registry.store import verdicts
from registry.store.columns import id_of
from registry.store.engine import plain_snapshot, snapshot
from registry.store.plain import Plain
from registry.store.profiles import Profile
from registry.store.tables import Tool
from registry.web import cards
from registry.web.asking import may_count
from registry.web.deps import Asked, House, Known, Now, Read
from registry.web.etag import conditional
from registry.web.feeds import feed_links
from registry.web.memory import keep
from registry.web.parts import parts_of
from registry.web.question import (
    QUESTION,
    Typed,
    TypedQuestion,
    as_question,
    choices,
    offices_of,
    require_known,
    untracked_of,
)
from registry.web.render import go, render, render_document
from registry.web.rendering import FeedLink
from registry.web.routing import page_router
from registry.web.shapes import AnswerCard, Choice, Link, Option, ToolLink
from registry.web.verdict_parts import VerdictRow, as_row
from registry.web.words import words

router = page_router()

MOST_LATEST = 5
MOST_QUERY = 200
"""Longer than any name or address by which a tool is known here; such a question is not worth counting."""
SITE = "encodeURIComponent(location.origin+location.pathname)"
UNANSWERED = frozenset({AnswerCode.UNKNOWN_TOOL, AnswerCode.NOT_REVIEWED})
THINGS = {
    "data_class": _("for what you enter"),
    "account": _("for the account"),
    "audience": _("for who uses it"),
    "office": _("for the office"),
}


@dataclass(frozen=True)
class Depends:
    """One thing the answer depends on: each value of it leads to its own answer."""

    label: str
    answers: Sequence[ToolLink]


@dataclass(frozen=True)
class SearchDescription:
    name: str
    base_url: str
    icon_url: str


@dataclass(frozen=True)
class LookupPage:
    typed: Typed
    choices: Sequence[Choice]
    """What may be said beside the name."""
    faults: Mapping[str, str] = field(default_factory=dict)
    examples: Sequence[str] = ()
    latest: Sequence[VerdictRow] = ()
    card: AnswerCard | None = None
    depends: Sequence[Depends] = ()
    elsewhere: Sequence[Link] = ()
    """Verdicts of other offices, as evidence."""
    suggestions: Sequence[ToolLink] = ()
    """What may have been meant; beside an answer, other tools on the host that was asked for."""
    rule: str = ""
    """What holds where no tool is certainly meant, in a sentence."""
    request_url: str = ""
    search_url: str = ""
    """What a browser's own search keyword wants, with %s for the name."""
    bookmarklet: str = ""
    """Asks about the site that is open, less what its address says of the person."""

    @property
    def refined(self) -> bool:
        """Whether more than the name was said, so that the form stays open."""
        return bool(self.typed.said(but=("q", "edition"))) or bool(set(self.faults) - {"q"})


@router.get("/")
def show_home(request: Request, read: Read, settings: House, now: Now) -> Response:
    page, shown = _home(read, settings, now)
    feeds = feed_links(worded("All verdicts"))
    return render(request, "lookup/home.html", page, feeds=feeds, indexed=True, lasting=shown)


@router.get("/check")
def check(request: Request, typed: TypedQuestion, known: Known, settings: House, now: Now) -> Response:
    given, engine = untracked_of(request), parts_of(request).engine
    if not typed.q and {name for name, _ in given} <= set(QUESTION):
        with snapshot(engine) as session:
            page, _shown = _home(session, settings, now, typed)
        return render(request, "lookup/home.html", page, feeds=feed_links(worded("All verdicts")))
    with plain_snapshot(engine) as read:
        organisation = lookup.organisation(read, settings, known)
        offices = offices_of(organisation)
        try:
            require_known(given, QUESTION)
            question = as_question(typed, organisation, now=now)
            found = lookup.check(read, typed.q, question, organisation, now=now, index=known)
        except InvalidInput as refused:
            editions = refused.editions if isinstance(refused, NoSuchEdition) else ()
            asked = tuple(choices(typed, organisation, offices, editions).values())
            page = LookupPage(typed, asked, faults=refused.faults or {"q": refused.sentence})
            return render(request, "lookup/show.html", page, status=422)
        page = _answered(read, found, typed, organisation, offices, settings, now, known)
    unanswered = found.answer.code in UNANSWERED
    lasting = None if unanswered else found.shown
    reply = render(request, "lookup/show.html", page, feeds=_feeds_of(found), lasting=lasting)
    if unanswered and _is_worth_counting(request, typed) and may_count(request, now):
        reply.background = BackgroundTask(
            parts_of(request).note, partial(count_unanswered, query=typed.q, now=now)
        )
    return reply


@router.get("/go/{host:path}")
def go_to_answer(host: str) -> Response:
    """A short way from an address bar: /go/app.example.com."""
    return go("/check?q=" + quote(host, safe=""))


@router.get("/opensearch.xml")
def describe_search(request: Request, settings: House) -> Response:
    page = SearchDescription(
        settings.name, settings.base_url, settings.base_url + parts_of(request).assets.icon_url
    )
    return render_document(request, "lookup/opensearch.xml", page, "application/opensearchdescription+xml")


@router.get("/suggest")
def suggest(request: Request, known: Known, settings: House, now: Now, q: Asked = "") -> Response:
    """Completions as OpenSearch wants them: what was typed, names, their answers in words, their addresses."""
    require_known(request.query_params.multi_items(), ("q",))
    with plain_snapshot(parts_of(request).engine) as read:
        found = matching.complete(read, q[:MOST_QUERY], known)
        organisation = lookup.organisation(read, settings, known)
        answers = lookup.answers(read, found, rules.Question(at=now), organisation, now=now, index=known)
        if known is not None:
            shown = Shown(frozenset(id_of(tool) for tool in found))
            keep(request, midnight(now, organisation.zone), shown)
    told = [
        q,
        [tool.name for tool in found],
        [words(answers[id_of(tool)].code.value) for tool in found],
        [settings.base_url + Typed(q=tool.name).url() for tool in found],
    ]
    return conditional(request, bytes(JSONResponse(told).body), "application/x-suggestions+json")


def _home(
    read: Session, settings: Settings, now: datetime, typed: Typed | None = None
) -> tuple[LookupPage, Shown]:
    organisation = house(read, settings)
    rows = verdicts.published(read, now=now, limit=MOST_LATEST)
    latest = publishing.published(read, rows, organisation, now=now)
    typed = typed or Typed()
    page = LookupPage(
        typed=typed,
        choices=tuple(choices(typed, organisation, offices_of(organisation)).values()),
        examples=_examples([each.tool for each in latest]),
        latest=[as_row(each, organisation) for each in latest],
        search_url=f"{settings.base_url}/check?q=%s",
        bookmarklet=f"javascript:location.href='{settings.base_url}/check?q='+{SITE}",
    )
    return page, Shown(frozenset(row.tool_id for row in rows), listed=True)


def _answered(
    read: Plain,
    found: LookUp,
    typed: Typed,
    organisation: Organisation,
    offices: Sequence[Option],
    settings: Settings,
    now: datetime,
    index: Index | None,
) -> LookupPage:
    answer, tool = found.answer, found.tool
    editions = [each.name for each in answer.editions]
    known = choices(typed, organisation, offices, editions)
    if tool is None:
        return LookupPage(
            typed=typed,
            choices=tuple(known.values()),
            suggestions=cards.tool_links(found.suggestions, typed),
            rule=answer.sentence,
            request_url=cards.request_url(typed.q),
        )
    unsaid = [name for name in answer.depends_on if name in THINGS]
    spread = lookup.by_value(read, tool, found.question, unsaid, organisation, now=now, index=index)
    names = {each.value: each.label for each in offices}
    depends = [
        Depends(
            THINGS[dimension],
            [
                ToolLink(names.get(value, words(value)), typed.url(**{dimension: value}), code.value)
                for value, code in values
            ],
        )
        for dimension, values in spread.items()
        if values
    ]
    return LookupPage(
        typed=typed,
        choices=tuple(known.values()),
        card=cards.answer_card(found, tool, typed, organisation, base_url=settings.base_url, offices=offices),
        depends=depends,
        suggestions=cards.tool_links(found.suggestions, typed),
        elsewhere=[
            Link(
                organisation.language.gettext("Verdict {number} for {offices}").format(
                    number=each.number, offices=", ".join(sorted(each.scope.offices))
                ),
                f"/verdicts/{each.number}",
            )
            for each in answer.elsewhere
        ],
    )


def _feeds_of(found: LookUp) -> Sequence[FeedLink]:
    tool = found.tool
    return (
        feed_links(worded("Verdicts on {tool}", tool=tool.name), f"/tools/{tool.slug}/verdicts")
        if tool
        else ()
    )


def _examples(found: Sequence[Tool | Profile]) -> list[str]:
    """A name as somebody would type it, and an address to paste."""
    different = list({tool.slug: tool for tool in found}.values())
    names = [tool.name.lower() for tool in different[:2]]
    address = next((tool.homepage for tool in different[2:] if urlsplit(tool.homepage).hostname), "")
    return [*names, *([address] if address else [])]


def _is_worth_counting(request: Request, typed: Typed) -> bool:
    """Not what a browser fetched ahead, nor what can be no name."""
    return "sec-purpose" not in request.headers and len(typed.q) <= MOST_QUERY
