"""The last look before a verdict goes out: every answer given, and just what employees and followers will see."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from markupsafe import Markup
from sqlmodel import Session

from registry.domain.language import day_text, said, worded
from registry.domain.lookup import House as Organisation
from registry.domain.lookup import Question
from registry.domain.outcome import MEANINGS
from registry.domain.validity import validity
from registry.domain.values import dataclass
from registry.publish.formats import FORMATS
from registry.publish.notice import Channel, Notice
from registry.publish.text import as_html
from registry.services.answers import lookup
from registry.services.people.house import house as house_of
from registry.services.verdicts.entries import Entries
from registry.services.verdicts.naming import Naming, naming
from registry.settings import Settings
from registry.store import notice_pages, tables, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Tool
from registry.web import question
from registry.web.cards import answer_card
from registry.web.pages.decision_form import carried
from registry.web.shapes import AnswerCard
from registry.web.typed import Typed
from registry.web.verdict_parts import scope_rows
from registry.web.words import words


@dataclass(frozen=True)
class Said:
    """One answer of the form; `anchor` is where it is changed."""

    label: str
    values: Sequence[str]
    anchor: str


@dataclass(frozen=True)
class Entry:
    """The verdict's entry as a feed of this format carries it, byte for byte."""

    name: str
    body: str


@dataclass(frozen=True)
class PreviewPage:
    back: str
    """Where the form is sent, to publish or to change it."""
    tool_name: str
    number: int
    answer: AnswerCard
    clashes: Sequence[str]
    """Where a condition says less than the scope allows."""
    notice: Notice
    content: Markup
    """The notice's whole text."""
    entries: Sequence[Entry]
    said: Sequence[Said]
    starts_at: datetime
    undo_minutes: int
    hidden: Sequence[tuple[str, str]]


def preview(
    session: Session,
    settings: Settings,
    typed: Typed,
    publish: Callable[[], tables.Verdict],
    *,
    title: str,
    back: str,
    clashes: Sequence[str] = (),
) -> PreviewPage:
    """Publishes within a savepoint, reads what everybody would once the undo window is over, and takes it all back."""
    attempt = session.begin_nested()
    try:
        return _seen(session, settings, typed, publish(), title=title, back=back, clashes=clashes)
    finally:
        attempt.rollback()


def _seen(
    session: Session,
    settings: Settings,
    typed: Typed,
    row: tables.Verdict,
    *,
    title: str,
    back: str,
    clashes: Sequence[str],
) -> PreviewPage:
    house, tool = house_of(session, settings), tools.get_by_id(session, row.tool_id)
    at = row.starts_at
    found = notice_pages.of_verdict(session, id_of(row))
    called = naming(session, settings.base_url)
    [notice] = Entries().of(session, found, house, called, base_url=settings.base_url, author=settings.name)
    return PreviewPage(
        back=back,
        tool_name=title,
        number=row.number,
        answer=card_of(session, tool, settings, row.edition, at=at),
        clashes=clashes,
        notice=notice,
        content=Markup(as_html(notice.blocks)),  # noqa: S704 - as_html escapes every text
        entries=_entries(notice, called, settings),
        said=_said(session, row, house),
        starts_at=at,
        undo_minutes=-(-settings.undo_s // 60),
        hidden=carried(typed),
    )


def _entries(notice: Notice, called: Naming, settings: Settings) -> list[Entry]:
    found = []
    for ending, each in FORMATS.items():
        url = f"{settings.base_url}/feeds/verdicts.{ending}"
        channel = Channel(
            id=called.feed("feeds/verdicts"),
            title=said(worded("{registry}: verdicts", registry=settings.name), settings.words),
            description="This one entry, as the feed will carry it.",
            home_url=f"{settings.base_url}/verdicts",
            url=url,
            author=settings.name,
            updated_at=notice.updated_at,
            about_url=f"{settings.base_url}/feeds",
            language=settings.language,
        )
        found.append(Entry(each.name, each.render(channel, [notice]).decode()))
    return found


def card_of(session: Session, tool: Tool, settings: Settings, edition: str, *, at: datetime) -> AnswerCard:
    """The answer for this edition as who says nothing more will read it, as things stand in this session; without the
    review, which is not there yet, and the form to ask anew."""
    house = house_of(session, settings)
    said = Question(at=at, edition=edition or None)
    found = lookup.check_tools(session, [tool], said, house, now=at)[0]
    asked, offices = question.Typed(q=tool.name, edition=edition), question.office_options(session)
    card = answer_card(found, tool, asked, house, base_url=settings.base_url, offices=offices)
    return replace(card, review_url="", narrow=None)


def _said(session: Session, row: tables.Verdict, house: Organisation) -> list[Said]:
    named = tools.by_slugs(session, row.alternatives)
    conditions = verdicts.conditions(session, [id_of(row)]).get(id_of(row), [])
    ruling = verdicts.as_rulings(session, [row])[0]
    ends_on = validity(ruling, at=row.starts_at, zone=house.zone).ends_on
    step = row.recommended is not None and row.recommended is not row.outcome
    recommended = MEANINGS[row.recommended].label if row.recommended else ""
    found = [
        Said("Outcome", [MEANINGS[row.outcome].label], "f-outcome"),
        *([Said(f"Why not “{recommended}”", [row.step_reason], "f-step_reason")] if step else []),
        Said("Why", row.rationale.split("\n"), "f-rationale"),
        Said("Conditions", [each.text for each in conditions] or ["None"], "f-conditions"),
        *(Said(each.label, [str(each.value)], "f-scope") for each in scope_rows(row, house)),
        Said("Starts", [day_text(row.starts_at.astimezone(house.zone).date())], "f-starts_on"),
        Said(
            "Last day",
            [day_text(ends_on) if ends_on else "No end: a no has none"],
            "f-valid_until",
        ),
        *([Said("Reason of the no", [words(row.reason_code)], "f-reason_code")] if row.reason_code else []),
        *([Said("Forbidden by", [row.citation], "f-citation")] if row.citation else []),
        *(Said(f"Pilot: {words(key).lower()}", [told], f"f-pilot_{key}") for key, told in row.pilot.items()),
        Said(
            "Use instead",
            [named[each].name if each in named else each for each in row.alternatives] or ["Nothing named"],
            "f-alternatives",
        ),
        Said(
            "Replaces",
            [f"Verdict {number}" for number in sorted(verdicts.superseded_numbers(session, [id_of(row)]))]
            or ["No other verdict"],
            "f-supersedes",
        ),
        Said("Internal note", [row.internal_note or "None"], "f-internal_note"),
        *(Said("On the record", [note], "") for note in row.notes),
    ]
    return [each for each in found if any(each.values)]
