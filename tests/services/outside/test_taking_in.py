"""What another registry says last is what it says; what it said before is kept; our own verdicts are none of it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from registry.domain.outcome import Outcome
from registry.domain.outside import PlacedBy, Said, changes, read_outside, summary
from registry.domain.validity import ValidityState
from registry.services.entries import holding
from registry.services.outside import placing, taking_in
from registry.services.outside.evidence import on_tool
from registry.services.sources import sources
from registry.store import outside
from registry.store.engine import snapshot, transaction
from registry.store.tables import AliasKind, Candidate, OutsideVerdict
from tests.builders import a_tool, a_verdict, the_cast
from tests.outside import a_registry, a_statement, an_item, read, tell
from tests.visiting import ADA, Visited

DAY = timedelta(days=1)


@pytest.fixture
def harbour(session, now):
    return a_registry(session, now=now)


def every(session) -> list[OutsideVerdict]:
    session.flush()
    return list(session.exec(select(OutsideVerdict).order_by(OutsideVerdict.id)))


def only(session) -> OutsideVerdict:
    [row] = every(session)
    return row


def test_the_same_feed_again_changes_nothing(session, harbour, now):
    items = [an_item(a_statement(2, "Inkwell"), now - DAY), an_item(a_statement(1), now - 2 * DAY)]
    assert tell(session, harbour, *items, now=now).new == 2
    again = tell(session, harbour, *items, now=now + DAY)
    assert (again.new, again.changed) == (0, 0)
    assert [row.revision for row in every(session)] == [1, 1]


def test_what_is_said_last_is_shown_and_what_was_said_before_is_kept(session, harbour, now):
    tell(session, harbour, an_item(a_statement(), now - 3 * DAY), now=now - 2 * DAY)
    told = tell(
        session,
        harbour,
        an_item(a_statement(validity="revoked", reason="It leaks."), now - DAY),
        an_item(a_statement(), now - 3 * DAY),
        now=now,
    )
    row = only(session)
    assert told.changed == 1
    assert row.state is ValidityState.REVOKED
    [before] = outside.revisions(session, row.id)
    assert before.said["validity"] == "active"
    assert changes(read_outside(before.said), read_outside(row.said)) == [
        "It is now “withdrawn” there: It leaks."
    ]


def test_a_history_read_at_once_ends_where_the_newest_entry_is(session, harbour, now):
    events = [("suspended", 1), ("active", 2), ("review_due", 9)]
    items = [an_item(a_statement(validity=state), now - days * DAY) for state, days in events]
    tell(session, harbour, *items, now=now)
    assert only(session).state is ValidityState.SUSPENDED
    assert len(outside.revisions(session, only(session).id)) == 2


def test_an_older_page_read_later_takes_nothing_back(session, harbour, now):
    tell(session, harbour, an_item(a_statement(validity="revoked"), now - DAY), now=now)
    tell(session, harbour, an_item(a_statement(), now - 9 * DAY), now=now)
    assert only(session).state is ValidityState.REVOKED


def test_a_date_ahead_does_not_stand_in_the_way_of_what_comes_next(session, harbour, now):
    tell(session, harbour, an_item(a_statement(), now + 3000 * DAY), now=now)
    tell(session, harbour, an_item(a_statement(validity="revoked"), now + DAY), now=now + 2 * DAY)
    assert only(session).state is ValidityState.REVOKED


def test_two_entries_of_one_moment_do_not_take_turns(session, harbour, now):
    items = [
        an_item(a_statement(validity="suspended"), now - DAY, "a"),
        an_item(a_statement(), now - DAY, "b"),
    ]
    for visit in range(3):
        tell(session, harbour, *items, now=now + visit * DAY)
    assert only(session).state is ValidityState.SUSPENDED
    assert only(session).revision == 1


def test_two_registries_may_use_the_same_number(session, harbour, now):
    other = a_registry(session, now=now, name="Valley Registry")
    for source in (harbour, other):
        tell(session, source, an_item(a_statement(uid=""), now - DAY), now=now)
    assert [row.key for row in every(session)] == ["1", "1"]


def test_a_successor_ends_what_it_names_though_that_one_s_own_entry_says_nothing(session, harbour, now):
    tell(session, harbour, an_item(a_statement(1), now - 5 * DAY), now=now - 4 * DAY)
    newer = a_statement(2, outcome="rejected", conditions=[], supersedes=[1])
    tell(session, harbour, an_item(newer, now - DAY), an_item(a_statement(1), now - 5 * DAY), now=now)
    first, second = every(session)
    assert first.state is ValidityState.SUPERSEDED
    assert second.outcome is Outcome.REJECTED
    assert "verdict 2" in first.said["reason"]


def test_a_successor_ends_nothing_on_another_tool(session, harbour, now):
    tell(session, harbour, an_item(a_statement(1), now - 5 * DAY), now=now - 4 * DAY)
    newer = a_statement(2, "Inkwell", supersedes=[1])
    tell(session, harbour, an_item(newer, now - DAY), now=now)
    assert [row.state for row in every(session)] == [ValidityState.ACTIVE] * 2


def test_a_name_with_signs_that_nobody_sees_is_placed_by_a_person(session, harbour, now):
    a_tool(session, "Quillmark", now=now)
    hidden = {"name": "Quill\u200bmark", "homepage": "", "identifiers": ["Quill&#8203;mark"]}
    tell(session, harbour, an_item(a_statement(1, about=hidden), now - DAY), now=now)
    tell(session, harbour, an_item(a_statement(2, about={"homepage": ""}), now - DAY), now=now)
    first, second = every(session)
    assert (first.tool_id, first.tool_name) == (None, "Quill\ufffdmark")
    assert second.placed_by is PlacedBy.NAME


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://registry.harbour.example/verdicts/1", True),
        ("https://ours.example/verdicts/1", False),
        ("https://registry.harbour.example:8443/verdicts/1", False),
    ],
)
def test_an_address_on_another_host_is_no_link_of_theirs(session, harbour, now, url, shown):
    tool = a_tool(session, "Quillmark", now=now)
    tell(session, harbour, an_item(a_statement(url=url), now - DAY), now=now)
    placing.place_by_hand(session, only(session).id, tool.slug, by=the_cast(session, now)["ada"], now=now)
    [piece] = on_tool(session, tool.id, today=now.date(), now=now).pieces
    assert piece.outside.url == (url if shown else "")


def test_our_own_verdicts_are_left_out_whoever_tells_them(session, harbour, now):
    mine = a_verdict(session, a_tool(session, now=now), the_cast(session, now), now=now - DAY)
    told = tell(session, harbour, an_item(a_statement(uid=mine.uid), now), now=now)
    assert told.ours == 1
    assert every(session) == []
    assert "own verdicts" in told.note


def test_an_outcome_that_nobody_knows_is_left_out_and_told(session, harbour, now):
    told = tell(session, harbour, an_item(a_statement(outcome="blessed"), now), now=now)
    assert told.unknown == 1
    assert every(session) == []
    assert "not known here" in told.note


def test_what_comes_with_a_flood_is_not_shown_until_it_is_let_in(session, harbour, now):
    tool = a_tool(session, now=now)
    tell(session, harbour, an_item(a_statement(), now), held=True, now=now)
    assert outside.of_tools(session, [tool.id]) == {}
    taking_in.let_in(session, harbour.id)
    session.flush()
    assert len(outside.of_tools(session, [tool.id])[tool.id]) == 1


def test_a_registry_that_changes_its_mind_for_ever_keeps_its_last_word_and_a_bounded_history(
    session, harbour, now
):
    for turn in range(60):
        state = "suspended" if turn % 2 else "active"
        at = now + turn * DAY
        tell(session, harbour, an_item(a_statement(validity=state), at), now=at)
    row = only(session)
    assert row.state is ValidityState.SUSPENDED
    assert row.revision == 60
    assert len(outside.revisions(session, row.id)) <= taking_in.MOST_REVISIONS


@pytest.mark.parametrize(
    ("about", "placed"),
    [
        ({"name": "QuillMark", "homepage": "", "identifiers": []}, PlacedBy.NAME),
        ({"name": "QM", "homepage": "https://www.quillmark.example/en", "identifiers": []}, PlacedBy.DOMAIN),
        ({"name": "QM", "homepage": "", "identifiers": ["pkg:pypi/quillmark@2.1"]}, PlacedBy.PURL),
        ({"name": "Quillmark", "homepage": "https://another.example/", "identifiers": []}, None),
        ({"name": "Quilmark", "homepage": "", "identifiers": []}, None),
        ({"name": "Quillmark", "homepage": "", "identifiers": ["https://inkwell.example/"]}, PlacedBy.DOMAIN),
        (
            {
                "name": "Q",
                "homepage": "https://quillmark.example/",
                "identifiers": ["https://inkwell.example/"],
            },
            None,
        ),
    ],
)
def test_a_tool_is_known_by_its_strong_keys_or_a_name_that_nothing_speaks_against(
    session, harbour, now, about, placed
):
    aliases = {"quillmark.example": AliasKind.DOMAIN, "pkg:pypi/quillmark": AliasKind.PURL}
    a_tool(session, now=now, aliases=aliases)
    a_tool(session, "Inkwell", now=now, aliases={"inkwell.example": AliasKind.DOMAIN})
    tell(session, harbour, an_item(a_statement(about=about), now), now=now)
    assert only(session).placed_by is placed


def test_what_nobody_placed_is_held_against_the_names_that_come_later(session, harbour, now):
    tell(session, harbour, an_item(a_statement(), now), now=now)
    assert only(session).tool_id is None
    tool = a_tool(session, now=now)
    up_to = placing.news(session)
    assert up_to is not None
    assert placing.place_waiting(session, up_to) == 1
    assert only(session).tool_id == tool.id
    assert placing.news(session) is None


def test_others_are_counted_once_each_by_the_strictest_that_stands(now):
    today = now.date()

    def said(registry, ours=False, **told):
        parts = {"said_at": "", "conditions": [], **told}
        [stated] = [each.stated for each in _read(parts)]
        return Said(registry, read_outside(stated), ours)

    assert summary([], today) == ""
    assert summary([said("Harbour")], today) == (
        "One other organisation, Harbour, approved it with conditions."
    )
    several = [
        said("Harbour", outcome="approved"),
        said("Harbour", outcome="rejected"),
        said("Valley", outcome="approved"),
        said("Hill", outcome="approved", validity="revoked"),
        said("Dale", outcome="approved", valid_until="2020-01-01", ends_on="2020-01-01"),
        said("Echo", outcome="approved", ours=True),
    ]
    assert summary(several, today) == (
        "Two other organisations have decided on it: one approved it, one rejected it."
    )


def _read(parts):
    return read(an_item(a_statement(**parts))).entries


def test_what_a_removed_source_told_is_shown_no_more_until_it_comes_back(session, harbour, now):
    tool = a_tool(session, now=now)
    tell(session, harbour, an_item(a_statement(), now), now=now)
    ada = the_cast(session, now)["ada"]
    sources.remove(session, harbour.id, by=ada, now=now)
    session.flush()
    assert outside.of_tools(session, [tool.id]) == {}
    assert outside.count(session, outside.Wanted()) == 0
    sources.add_source(session, url=harbour.url, by=ada, now=now)
    session.flush()
    assert len(outside.of_tools(session, [tool.id])) == 1
    assert harbour.kind == "verdicts"


def visit(engine, source: Visited, at, *items):
    """One visit by all that a visit goes through."""
    return source.brings(at, read(*items).entries, body=str(at))


@pytest.mark.both_databases
def test_a_visit_recognises_another_registry_and_a_flood_waits_for_a_person(engine, now):
    source = Visited(engine, "https://harbour.example/feeds/verdicts.json", now)
    visit(engine, source, now, an_item(a_statement(), now - DAY))
    assert source.row().kind == "verdicts"
    many = [an_item(a_statement(number, f"Tool {number}"), now + DAY) for number in range(100, 200)]
    visit(engine, source, now + 2 * DAY, *many)
    with snapshot(engine) as session:
        assert outside.count(session, outside.Wanted()) == 1
        assert session.exec(select(Candidate)).all() == []
    with transaction(engine) as session:
        holding.let_in(session, source.id, by=ADA, now=now + 3 * DAY)
    with snapshot(engine) as session:
        assert outside.count(session, outside.Wanted()) == 101
        assert session.exec(select(Candidate)).all() == []
