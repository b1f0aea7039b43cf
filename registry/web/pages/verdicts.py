"""One verdict as a memo: what was decided, why, on what conditions, and what has become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.domain.lookup import House as Organisation
from registry.domain.values import dataclass
from registry.domain.verdict import decider
from registry.services.answers import lookup
from registry.services.answers.shown import Shown
from registry.services.decisions import second_reading
from registry.services.decisions.second_reading import Standing
from registry.services.log import proving
from registry.services.people.acting import Actor
from registry.services.verdicts import publishing
from registry.services.verdicts.publishing import Published
from registry.services.verdicts.verdict_life import SUSPENDERS
from registry.store import dossier, profiles, rulings, tables, tools, verdicts
from registry.store.columns import id_of
from registry.store.dossier import Happened
from registry.store.rulings import Recorded
from registry.web.deps import INSIDERS, CurrentUser, House, Known, Now, Number, Read
from registry.web.feeds import feed_links
from registry.web.render import render
from registry.web.routing import page_router
from registry.web.scores import Assessed, assessed
from registry.web.shapes import (
    ConditionItem,
    Event,
    Link,
    Row,
)
from registry.web.verdict_parts import (
    alternative_links,
    condition_items,
    happenings,
    quick_no_rows,
    scope_rows,
    state_sentence,
)
from registry.web.words import small_words, words

router = page_router("/verdicts")


@dataclass(frozen=True)
class VerdictPage:
    number: int
    tool_name: str
    tool_url: str
    outcome: str
    state: str
    state_sentence: str
    waits_until: datetime | None
    """Until then its decider can take it back, and nobody else sees it; None once it is out."""
    facts: Sequence[Row]
    scope: Sequence[Row]
    rationale: Sequence[str]
    conditions: Sequence[ConditionItem]
    alternatives: Sequence[Link]
    pilot: Sequence[Row]
    notes: Sequence[str]
    assessed: Assessed | None
    quick_no: Sequence[Row]
    """The one answer that a quick no rests on; empty for any other verdict."""
    reading: Standing | None
    """Of its second reading, for insiders."""
    step: str
    """What was recommended and why it was decided otherwise; empty where it was followed."""
    supersedes: Sequence[int]
    superseded_by: Sequence[int]
    history: Sequence[Event]
    formats: Sequence[Link]
    acts_url: str
    """Where to suspend it, announce its end or tick off its conditions; empty for who may do none of it."""


@router.get("/{number}")
def show_verdict(
    request: Request, number: Number, known: Known, read: Read, settings: House, user: CurrentUser, now: Now
) -> Response:
    row = rulings.recorded(read, number)
    waits = row is not None and now < row.published_at
    if row is None or (waits and (user is None or user.id != row.decided_by_id)):
        raise NotFound(
            worded("There is no verdict number {number}. See the list of verdicts.", number=number)
        )
    organisation = lookup.organisation(read, settings, known)
    tool = profiles.by_ids(read, [row.tool_id])
    each = publishing.published_of(read, [row], tool, organisation, now=now)
    page = replace(
        verdict_pages(read, each, organisation, now=now)[0],
        waits_until=row.published_at if waits else None,
        reading=second_reading.standing(read, row) if _is_insider(user) else None,
        acts_url=f"/verdicts/{number}/acts" if _may_act(user) and not waits else "",
    )
    shown = Shown(frozenset({row.tool_id}))
    return render(request, "verdicts/show.html", page, indexed=not waits, lasting=shown)


def verdict_pages(
    read: Session, found: Sequence[Published], organisation: Organisation, *, now: datetime
) -> list[VerdictPage]:
    """What everybody may read of each, in their order; four queries."""
    ids = [id_of(each.row) for each in found]
    befell: dict[int, list[Happened]] = {}
    for event in dossier.befell(read, ids):
        befell.setdefault(event.subject_id, []).append(event)
    successors = verdicts.successors(read, ids, now=now)
    named = {slug for each in found for slug in (*each.row.alternatives, each.validity.replacement) if slug}
    known = tools.by_slugs(read, named)
    logged = proving.numbers_of(read, [id_of(each.row) for each in found if each.row.published_at <= now])
    return [
        _page(
            each,
            organisation,
            befell.get(row_id, ()),
            successors.get(row_id, ()),
            known,
            logged.get(row_id),
            now,
        )
        for row_id, each in zip(ids, found, strict=True)
    ]


def _page(
    each: Published,
    organisation: Organisation,
    befell: Sequence[Happened],
    superseded_by: Sequence[int],
    known: Mapping[str, tables.Tool],
    logged: int | None,
    now: datetime,
) -> VerdictPage:
    row, today = each.row, now.astimezone(organisation.zone).date()
    return VerdictPage(
        number=row.number,
        tool_name=each.tool.name,
        tool_url=f"/tools/{each.tool.slug}",
        outcome=row.outcome.value,
        state=each.validity.state.value,
        state_sentence=state_sentence(each),
        waits_until=None,
        facts=[*_facts(row, each, _instead(each.validity.replacement, known)), *_logged(row, logged)],
        scope=scope_rows(row, organisation),
        rationale=[part for part in row.rationale.splitlines() if part.strip()],
        conditions=condition_items(each, today),
        alternatives=alternative_links(row, known),
        pilot=_pilot(each),
        notes=row.notes,
        assessed=assessed(row.assessment),
        quick_no=quick_no_rows(row),
        reading=None,
        step=_step(row),
        supersedes=each.ruling.verdict.supersedes,
        superseded_by=superseded_by,
        history=happenings(befell, {id_of(row): row}),
        formats=[Link(link.format, link.url) for link in feed_links("", f"/tools/{each.tool.slug}/verdicts")],
        acts_url="",
    )


def _may_act(user: Actor | None) -> bool:
    return user is not None and bool(user.roles & SUSPENDERS)


def _is_insider(user: Actor | None) -> bool:
    return user is not None and bool(user.roles & INSIDERS)


def _facts(row: tables.Verdict | Recorded, each: Published, instead: Link | str) -> list[Row]:
    ends = each.validity.ends_on or row.valid_until
    facts = [
        Row(worded("Decided"), row.decided_at),
        Row(worded("Decided by"), decider(row.decided_by, row.decided_for)),
        Row(worded("Holds from"), row.starts_at),
        Row(worded("Until"), ends or worded("Somebody decides anew")),
        *([Row(worded("Reason"), _reason(row))] if row.reason_code else []),
        *([Row(worded("Forbidden by"), row.citation)] if row.citation else []),
        *([Row(worded("Use instead"), instead)] if instead else []),
        *([Row(worded("Reference"), row.reference)] if row.reference else []),
    ]
    return [*facts, *([Row(worded("Origin"), worded("Imported; not scored here"))] if row.imported else [])]


def _pilot(each: Published) -> list[Row]:
    """What was agreed on, and what came of it as far as somebody told."""
    agreed = [Row(words(name), value) for name, value in each.row.pilot.items() if value]
    result = publishing.pilot_result(each.ruling)
    if result is None:
        return agreed
    reached = {
        "yes": worded("Reached"),
        "partly": worded("Reached in part"),
        "no": worded("Not reached"),
    }[result["reached"]]
    found = [
        (worded("Found by its measure"), "measure"),
        (worded("By its exit rule"), "exit_rule"),
        (worded("What we learnt"), "note"),
    ]
    return [*agreed, Row(worded("Result"), reached), *(Row(label, result[name]) for label, name in found)]


def _instead(replacement: str, known: Mapping[str, tables.Tool]) -> Link | str:
    """A tool of ours as a link, else the words."""
    tool = known.get(replacement)
    return Link(tool.name, f"/tools/{tool.slug}") if tool else replacement


def _reason(row: tables.Verdict | Recorded) -> str:
    """A knock-out by its name, as it was when it was answered; every other reason by its own words."""
    asked = {each["id"]: each["name"] for each in row.assessment.get("knock_outs", [])}
    named = asked.get(row.reason_code)
    return worded(named[:1].upper() + named[1:]) if named else words(row.reason_code)


def _logged(row: tables.Verdict | Recorded, number: int | None) -> list[Row]:
    if number is None:
        return []
    label = worded("number {number}", number=number)
    return [Row(worded("In the log"), Link(label, f"/verdicts/{row.number}/proof"))]


def _step(row: tables.Verdict | Recorded) -> str:
    if row.recommended is None or not row.step_reason:
        return ""
    outcome = small_words(row.recommended.value)
    return worded("The rubric recommended “{outcome}”. {reason}", outcome=outcome, reason=row.step_reason)
