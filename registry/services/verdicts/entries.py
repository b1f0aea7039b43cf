"""Stored notices as the entries of a feed: whole texts, categories, and the verdict as machines read it."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from registry.domain import wording
from registry.domain.condition import Condition
from registry.domain.language import ENGLISH, WRITTEN_IN, Language, joined, said, worded
from registry.domain.language import gettext_noop as _
from registry.domain.lookup import House
from registry.domain.notice import NoticeKind
from registry.domain.notice_words import KIND_LABELS, Words, words
from registry.domain.outcome import MEANINGS
from registry.domain.validity import STATE_LABELS, Mark, MarkKind, Ruling, Validity, ValidityState
from registry.domain.verdict import NONE_KNOWN
from registry.publish.notice import Block, Category, Link, Numbered, Paragraph
from registry.publish.notice import Notice as Entry
from registry.services.people.house import ACCOUNT_PHRASES
from registry.services.verdicts.naming import Naming
from registry.services.verdicts.publishing import Published, as_json
from registry.store import notice_pages, tags, tools
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.notice_pages import Found, Line
from registry.store.rulings import as_verdict
from registry.store.tables import Notice, Tool

MOST_KEPT = 1_000
"""Entries: some kilobytes each."""
RESULT: tuple[str, ...] = ("reached", "measure", "exit_rule")
"""What is told of a pilot's result beside its note."""
_GONE = frozenset(
    {ValidityState.REVOKED, ValidityState.SUPERSEDED, ValidityState.SUNSET_REACHED, ValidityState.LAPSED}
)


class Entries:
    """Makes entries, and keeps those it made: a notice never changes, and what else an entry tells is part of its key.

    Of one process, for all its threads.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._made: dict[Hashable, Entry] = {}

    def of(
        self,
        session: Session,
        lines: Sequence[Line],
        house: House,
        naming: Naming,
        *,
        base_url: str,
        author: str,
    ) -> list[Entry]:
        """In their order, in a fixed number of queries; `author` is whose word it is where a day brought it."""
        keys = keys_of(session, lines, house, naming, base_url=base_url, author=author)
        found = {number: entry for number, key in keys.items() if (entry := self._made.get(key)) is not None}
        missing = keys.keys() - found.keys()
        rows = notice_pages.whole(session, missing) if missing else []
        made = entries(session, rows, house, naming, base_url=base_url, author=author)
        for row, entry in zip(rows, made, strict=True):
            number = row[0].number or 0
            found[number] = entry
            self._keep(keys[number], entry)
        return [found[each.number] for each in lines]

    def _keep(self, key: Hashable, entry: Entry) -> None:
        if len(self._made) >= self._most:
            self._made.clear()
        self._made[key] = entry


def keys_of(
    session: Session, lines: Sequence[Line], house: House, naming: Naming, *, base_url: str, author: str
) -> dict[int, Hashable]:
    """Number of a notice -> all that its entry tells beside what was written once, when it came; plain values."""
    tool_ids = {each.tool_id for each in lines}
    known_as = notice_pages.identifiers(session, tool_ids)
    tagged = tags.of_tools(session, tool_ids)
    called = tools.names_by_slug(session, {slug for each in lines for slug in each.named})
    told = (naming, base_url, author, house.speaks, house.data_classes, *sorted(house.phrases.items()))
    return {
        each.number: (
            each,
            (*known_as.get(each.tool_id, ()),),
            tagged.get(each.tool_id, ()),
            tuple(called.get(slug) for slug in each.named),
            told,
        )
        for each in lines
    }


def entries(
    session: Session, found: Sequence[Found], house: House, naming: Naming, *, base_url: str, author: str
) -> list[Entry]:
    """In their order, in a fixed number of queries; `author` is whose word it is where a day brought it."""
    return list(_make(session, found, house, naming, base_url, author)) if found else []


def _make(
    session: Session, found: Sequence[Found], house: House, naming: Naming, base_url: str, author: str
) -> Iterator[Entry]:
    tool_ids = {id_of(tool) for *_, tool in found}
    known_as = notice_pages.identifiers(session, tool_ids)
    tagged = tags.of_tools(session, tool_ids)
    verdict_ids = {id_of(verdict) for _, verdict, _ in found}
    conditions = notice_pages.conditions(session, verdict_ids)
    superseded = notice_pages.superseded(session, verdict_ids)
    named = {
        slug for notice, verdict, _ in found for slug in (*verdict.alternatives, notice.replacement) if slug
    }
    others = tools.by_slugs(session, named)
    in_english = replace(
        house, language=ENGLISH, speaks=WRITTEN_IN, phrases={**house.phrases, **ACCOUNT_PHRASES}
    )
    for notice, row, tool in found:
        reader = house if notice.facts else in_english
        told_as = _words(notice, reader)
        kept = map(as_condition, conditions.get(id_of(row), []))
        was = as_verdict(row, kept, tool.slug, superseded.get(id_of(row), ()))
        was = replace(was, conditions=tuple(_as_of(was.conditions, notice.conditions)))
        ruling = Ruling(was, tuple(_results(notice)))
        state = Validity(notice.state, notice.ends_on, notice.replacement, False, None, notice.reason)
        published = Published(row, tool, ruling, state)
        of_it = tagged.get(id_of(tool), ())
        told = as_json(published, base_url=base_url) | {
            "uid": row.uid,
            "tool": _tool(tool, known_as.get(id_of(tool), ()), of_it, base_url),
            "reason": notice.reason,
            "event": _event(notice, said(told_as.sentence, reader.language), naming),
        }
        entry = Entry(
            id=naming.notice(notice.uid),
            url=f"{base_url}/verdicts/{row.number}",
            title=told_as.title,
            summary=told_as.sentence,
            blocks=list(_blocks(notice, told_as, published, others, reader, base_url)),
            author=notice.by or author,
            published_at=notice.published_at,
            updated_at=notice.updated_at,
            categories=list(_categories(notice, published, of_it, reader)),
            verdict=told,
            language=reader.speaks,
        )
        yield _spoken(entry, reader.language)


def _words(notice: Notice, reader: House) -> Words:
    """As they were written; for who reads another language made anew of the same facts."""
    if reader.language is ENGLISH:
        return Words(notice.title, notice.sentence, notice.change, notice.reason)
    return words(notice.kind, notice.facts, notice.reason)


def _spoken(entry: Entry, language: Language) -> Entry:
    def block(each: Block) -> Block:
        if isinstance(each, Link):
            return replace(each, text=said(each.text, language))
        if isinstance(each, Numbered):
            return Numbered(said(each.lead, language), [said(item, language) for item in each.items])
        return Paragraph(said(each.text, language), said(each.lead, language))

    return replace(
        entry,
        title=said(entry.title, language),
        summary=said(entry.summary, language),
        blocks=list(map(block, entry.blocks)),
        categories=[replace(each, label=said(each.label, language)) for each in entry.categories],
    )


def _as_of(conditions: Sequence[Condition], became: Sequence[Mapping[str, Any]]) -> Iterable[Condition]:
    for condition, then in zip(conditions, became, strict=True):
        met_on = date.fromisoformat(then["met_on"]) if then["met_on"] else None
        yield replace(
            condition, met_on=met_on, evidence=then["evidence"], waived_reason=then["waived_reason"]
        )


def _results(notice: Notice) -> Iterable[Mark]:
    if told := notice.pilot_result:
        details = {name: str(told.get(name, "")) for name in RESULT}
        at = datetime.fromisoformat(told["at"])
        yield Mark(MarkKind.PILOT_RESULT, at, told["by"], told["note"], details=details)


def _tool(tool: Tool, known_as: Sequence[str], tagged: Sequence[str], base_url: str) -> dict[str, Any]:
    return {
        "slug": tool.slug,
        "name": tool.name,
        "url": f"{base_url}/tools/{tool.slug}",
        "homepage": tool.homepage,
        "vendor": tool.vendor,
        "category": tool.category,
        "tags": list(tagged),
        "identifiers": list(known_as),
    }


def _event(notice: Notice, sentence: str, naming: Naming) -> dict[str, Any]:
    return {
        "id": naming.notice(notice.uid),
        "revision": notice.revision,
        "kind": notice.kind.value,
        "at": notice.at.isoformat(),
        "by": notice.by,
        "before": notice.state_before and notice.state_before.value,
        "after": notice.state.value,
        "condition": notice.position,
        "sentence": sentence,
    }


def _categories(notice: Notice, each: Published, tagged: Sequence[str], house: House) -> Iterable[Category]:
    outcome, state = each.row.outcome, notice.state
    yield Category("outcome", outcome.value, worded(MEANINGS[outcome].label))
    yield Category("event", notice.kind.value, worded(KIND_LABELS[notice.kind]))
    yield Category("validity", state.value, worded(STATE_LABELS[state]))
    if notice.category:
        yield Category("category", notice.category, notice.category)
    yield from (Category("tag", tag, tag) for tag in tagged)
    yield Category("tool", each.tool.slug, notice.tool_name)
    for code in each.row.offices:
        yield Category("office", code, house.phrases.get(code, code))


def _blocks(
    notice: Notice, told: Words, each: Published, others: Mapping[str, Tool], house: House, base_url: str
) -> Iterable[Block]:
    row, verdict = each.row, each.ruling.verdict
    yield Paragraph(told.sentence)
    if told.change:
        yield Paragraph(told.change)
    if told.reason:
        yield Paragraph(told.reason, worded("Why:"))
    if notice.kind is NoticeKind.PILOT_RESULT:
        yield from _pilot(notice.pilot_result)
    if row.rationale:
        yield Paragraph(
            row.rationale, "" if notice.kind is NoticeKind.PUBLISHED else worded("What was decided:")
        )
    if row.citation:
        yield Paragraph(row.citation, worded("The rule:"))
    for limit in wording.scope_limits(verdict, house):
        yield Paragraph(limit)
    if verdict.conditions:
        yield Numbered(worded("Conditions"), [_condition(condition) for condition in verdict.conditions])
    if verdict.pilot is not None:
        run = worded("Run by {owner}, with {size}.", owner=verdict.pilot.owner, size=verdict.pilot.size)
        yield Paragraph(run, worded("The pilot:"))
    named = [others[slug].name if slug in others else slug for slug in _instead(notice, row.alternatives)]
    if named:
        yield Paragraph(", ".join(named), worded("Use instead:"))
    yield Paragraph(_ending(notice, each))
    whole = worded("Verdict {number} with scores, evidence and history", number=row.number)
    yield Link(whole, f"{base_url}/verdicts/{row.number}")
    asked = worded("{tool}: may I use it?", tool=each.tool.name)
    yield Link(asked, f"{base_url}/tools/{each.tool.slug}")


def _pilot(told: Mapping[str, Any]) -> Iterable[Block]:
    for name, lead in (
        ("measure", _("What was found:")),
        ("exit_rule", _("What came of its exit rule:")),
        ("note", ""),
    ):
        if told.get(name):
            yield Paragraph(str(told[name]), worded(lead))


def _instead(notice: Notice, alternatives: Sequence[str]) -> Sequence[str]:
    if notice.replacement:
        return [notice.replacement]
    return [each for each in alternatives if each and each.casefold() != NONE_KNOWN]


def _condition(condition: Condition) -> str:
    text = condition.text if condition.text.endswith((".", "!", "?")) else f"{condition.text}."
    if condition.standing:
        return text
    if condition.waived_reason:
        return worded("{text} Waived: {reason}", text=text, reason=condition.waived_reason)
    if condition.met_on is not None:
        return worded("{text} Met on {day}.", text=text, day=condition.met_on)
    return worded("{text} Due by {day}.", text=text, day=condition.due_on) if condition.due_on else text


def _ending(notice: Notice, each: Published) -> str:
    decided = worded("Decided by {person}.", person=each.ruling.verdict.decider)
    if notice.ends_on is None:
        return decided
    until = _("Ended on {day}.") if notice.state in _GONE else _("Valid until {day}.")
    return joined(" ", [decided, worded(until, day=notice.ends_on)])
