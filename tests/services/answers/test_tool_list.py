"""The list of tools and its counts say of each tool what its answer is, whoever wrote and however time passed."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session

from registry.domain.lookup import AnswerCode, Question
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.services.answers import lookup, tool_list
from registry.services.answers.tool_list import ToolFilter
from registry.services.people.acting import Actor
from registry.services.people.house import house
from registry.services.tools.editing import edit
from registry.services.verdicts.shelving import Shelving
from registry.services.verdicts.verdict_life import mark
from registry.settings import Settings
from registry.store import tags, tools
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction
from registry.store.tables import Tool
from tests.builders import UTC_ZONE, a_tool, a_verdict, an_evaluation, the_cast
from tests.conftest import Beginning

DAY = timedelta(days=1)
SETTINGS = Settings()
TAGGED = {0: {"offline"}, 1: {"open"}, 2: {"offline", "open"}, 5: {"open"}, 6: {"offline"}}


@pytest.fixture
def shelving(engine: Engine) -> Iterator[Shelving]:
    made = Shelving(engine, SETTINGS)
    yield made
    made.close()


def seven_tools(session: Session, now: datetime) -> dict[str, Actor]:
    """Of three categories, some of them tagged: two decided, one under review, the others unseen."""
    before = now - 3 * DAY
    people = the_cast(session, before)
    made = [
        a_tool(
            session,
            f"Tool {at}",
            now=before,
            category=("", "Maps", "Notes")[at % 3],
            vendor=f"Vendor {at % 2}",
        )
        for at in range(7)
    ]
    for at, tagged in TAGGED.items():
        tags.put(session, id_of(made[at]), added=tagged, removed=())
    a_verdict(session, made[1], people, now=before)
    a_verdict(session, made[2], people, now=before, outcome=Outcome.REJECTED)
    an_evaluation(session, made[4], owner=people["rosa"], now=before)
    return people


@pytest.fixture
def beginning() -> Beginning:
    return seven_tools


@pytest.fixture
def cast(given: dict[str, Actor]) -> dict[str, Actor]:
    return given


def true_answers(engine: Engine, now: datetime) -> dict[str, tuple[str, AnswerCode]]:
    """Slug -> category and answer, asked one by one."""
    with snapshot(engine) as session:
        every = tools.every(session)
        answers = lookup.answers(session, every, Question(at=now), house(session, SETTINGS), now=now)
        return {tool.slug: (tool.category, answers[id_of(tool)].code) for tool in every}


def listed(
    engine: Engine, shelving: Shelving, now: datetime, wanted: ToolFilter = ToolFilter()
) -> dict[str, AnswerCode]:
    roll = shelving.roll(now)
    with snapshot(engine) as session:
        return {each.tool.slug: each.answer for each in tool_list.every(session, roll, wanted)}


@pytest.mark.both_databases
def test_each_tool_is_listed_with_its_answer_as_it_changes(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime
) -> None:
    def check(at: datetime) -> list[AnswerCode]:
        true = {slug: code for slug, (_, code) in true_answers(engine, at).items()}
        assert listed(engine, shelving, at) == true
        return list(true.values())

    assert Counter(check(now)) == {"yes": 1, "no": 1, "under_review": 1, "not_reviewed": 4}
    with transaction(engine) as session:
        mark(session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=cast["ana"], now=now)
        mark(session, 2, MarkKind.REVOKED, reason="A slip.", zone=UTC_ZONE, by=cast["ana"], now=now)
    assert Counter(check(now)) == {"suspended": 1, "under_review": 1, "not_reviewed": 5}
    with transaction(engine) as session:
        a_verdict(session, session.get_one(Tool, 6), cast, now=now)
    check(now)
    assert AnswerCode.YES in check(now + timedelta(minutes=6))
    assert AnswerCode.LAPSED in check(now + 3000 * DAY)
    check(now)
    with transaction(engine) as session:
        a_tool(session, "Eighth", now=now, category="Maps")
    assert len(check(now)) == 8


@pytest.mark.parametrize("most_kept", [2, 1_000])
def test_tools_that_hold_words_are_looked_for_again_where_one_has_another_name(
    engine: Engine,
    shelving: Shelving,
    cast: dict[str, Actor],
    now: datetime,
    most_kept: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tool_list, "MOST_FOUND", most_kept)
    counted: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *said: counted.append(said[2]))

    def total() -> int:
        counted.clear()
        roll = shelving.roll(now)
        with snapshot(engine) as session:
            found = tool_list.listing(session, roll, ToolFilter(text="vendor 1"), limit=9)
        assert {each.tool.vendor for each in found.tools} == {"Vendor 1"}
        assert len(found.tools) == found.total
        return found.total

    assert total() == 3
    with transaction(engine) as session:
        a_verdict(session, session.get_one(Tool, 7), cast, now=now - DAY)
    assert total() == 3
    assert not [each for each in counted if "GROUP BY tool.category" in each]
    with transaction(engine) as session:
        session.get_one(Tool, 7).vendor = "Vendor 1"
    assert total() == 4


@pytest.mark.parametrize("most_among", [1, 1_000])
@pytest.mark.parametrize("text", ["", "vendor 1", "TOOL", "nothing"])
@pytest.mark.parametrize("sort", ["tool", "-tool", "category", "-category"])
def test_page_after_page_and_the_counts_are_of_what_passes(
    engine: Engine,
    shelving: Shelving,
    cast: dict[str, Actor],
    now: datetime,
    sort: str,
    text: str,
    most_among: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tool_list, "MOST_AMONG", most_among)
    true = {
        slug: found
        for slug, found in true_answers(engine, now).items()
        if all(word in f"tool {slug[-1]} vendor {int(slug[-1]) % 2}" for word in text.lower().split())
    }
    roll = shelving.roll(now)
    bears = {slug: TAGGED.get(int(slug[-1]), set()) for slug in true}
    for nth, (codes, categories) in enumerate(
        product(((), ("yes",), ("not_reviewed", "no")), ((), ("Maps",), ("Maps", "Notes")))
    ):
        answers = frozenset(map(AnswerCode, codes))
        tagged = frozenset(((), ("open",), ("open", "offline"))[(nth + nth // 3) % 3])
        wanted = ToolFilter(answers, frozenset(categories), tagged, text)

        def passes(slug: str, *, but: str = "", wanted: ToolFilter = wanted) -> bool:
            category, code = true[slug]
            return (
                (but == "answer" or not wanted.answers or code in wanted.answers)
                and (but == "category" or not wanted.categories or category in wanted.categories)
                and (but == "tag" or not wanted.tags or bool(wanted.tags & bears[slug]))
            )

        passing = [slug for slug in true if passes(slug)]
        key = {"tool": lambda slug: slug, "category": lambda slug: (true[slug][0], slug)}[sort.strip("-")]
        expected = sorted(passing, key=key, reverse=sort.startswith("-"))
        with snapshot(engine) as session:
            assert [each.tool.slug for each in tool_list.every(session, roll, wanted, sort=sort)] == expected
            seen: list[str] = []
            while True:
                page = tool_list.listing(
                    session, roll, wanted, sort=sort, after=seen[-1] if seen else "", limit=2
                )
                assert page.total == len(passing)
                if seen:
                    earlier = tool_list.listing(
                        session, roll, wanted, sort=sort, before=page.tools[0].tool.slug, limit=2
                    )
                    assert [each.tool.slug for each in earlier.tools] == seen[-2:]
                seen += [each.tool.slug for each in page.tools]
                if not page.on:
                    break
        assert seen == expected
        counts = {
            "answer": Counter(true[slug][1].value for slug in true if passes(slug, but="answer")),
            "category": Counter(true[slug][0] for slug in true if passes(slug, but="category")),
            "tag": Counter(tag for slug in true if passes(slug, but="tag") for tag in bears[slug]),
        }
        del counts["category"][""]
        assert page.facets == counts


@pytest.mark.both_databases
def test_a_tag_is_counted_at_once_whoever_put_it_there(
    engine: Engine, shelving: Shelving, cast: dict[str, Actor], now: datetime
) -> None:
    def counted() -> dict[str, int]:
        roll = shelving.roll(now)
        with snapshot(engine) as session:
            facets = tool_list.listing(session, roll, ToolFilter(), limit=1).facets
        return dict(facets["tag"])

    assert counted() == {"offline": 3, "open": 3}
    with transaction(engine) as session:
        edit(session, "tool-3", with_tags=["Open", "new one"], by=cast["rosa"], now=now)
        edit(session, "tool-0", with_tags=[], by=cast["rosa"], now=now)
    assert counted() == {"new-one": 1, "offline": 2, "open": 4}
    assert {fact.number: fact.tags for fact in shelving.shelf(now).facts} == {
        1: ("open",),
        2: ("offline", "open"),
    }
