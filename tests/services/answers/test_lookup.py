"""May I use it? A confident answer for a certain match alone, suggestions for everything else."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from registry.domain import lookup as rules
from registry.domain.condition import Condition
from registry.domain.evaluation import EvaluationState
from registry.domain.language import day_text
from registry.domain.lookup import AnswerCode, House, Question, exit_code
from registry.domain.outcome import Outcome
from registry.domain.verdict import Scope
from registry.services.answers import answer_object, lookup
from registry.services.answers.matching import read_index
from registry.services.answers.unanswered import count_unanswered
from registry.services.people.acting import Actor
from registry.store import verdicts
from registry.store.columns import id_of
from registry.store.tables import AliasKind, Tool, Unanswered
from tests.builders import TERMS, UTC_ZONE, a_condition, a_tool, a_verdict, an_evaluation, the_cast

HOUSE = House(
    data_classes=TERMS.data_classes,
    account_types=TERMS.account_types,
    audiences=TERMS.audiences,
    offices=TERMS.offices,
    zone=UTC_ZONE,
    default_rules={"": "Do not use it for work until we have looked at it."},
    contact="ask@office.example",
)
AT_ONCE = replace(TERMS, undo_s=0)


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def quillmark(session: Session, now: datetime) -> Tool:
    aliases = {
        "QM Writer": AliasKind.NAME,
        "quillmark.example": AliasKind.DOMAIN,
        "suite.example/quillmark": AliasKind.PATH,
        "pkg:pypi/quillmark": AliasKind.PURL,
    }
    return a_tool(session, "Quillmark", now=now, vendor="Inkhouse", aliases=aliases)


def ask(session: Session, query: str, now: datetime, **given: str) -> lookup.LookUp:
    return lookup.check(session, query, Question(at=now, **given), HOUSE, now=now)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("Quillmark", "name"),
        ("  quill-mark ", "name"),
        ("QUÏLLMARK", "name"),
        ("qm writer", "alias"),
        ("quillmark.example", "domain"),
        ("https://app.quillmark.example/signup?utm_source=x", "domain"),
        ("http://www.quillmark.example:8080/", "domain"),
        ("https://suite.example/quillmark/pricing", "path"),
        ("pkg:pypi/quillmark@2.1", "purl"),
    ],
)
def test_a_certain_match(session: Session, quillmark: Tool, now: datetime, query: str, kind: str) -> None:
    found = ask(session, query, now)
    assert found.match is not None
    assert (found.match.kind, found.match.tool.slug) == (kind, "quillmark")


@pytest.mark.parametrize(
    "query",
    [
        "Quilmark",
        "https://quillmark.example.evil.example/",
        "https://quillmark-example.example/",
        "https://evil.example/?u=https://quillmark.example/",
        "https://quillmark.example@evil.example/",
        "https://user@quillmark.example/",
        "https://suite.example/",
        "https://suite.example/quillmarket",
        "https://inkhouse.example/",
        "pkg:npm/quillmark",
        "",
        "   ",
        "%%%",
    ],
)
def test_no_certain_match(session: Session, quillmark: Tool, now: datetime, query: str) -> None:
    found = ask(session, query, now)
    assert found.match is None
    assert found.answer.code is AnswerCode.UNKNOWN_TOOL


@pytest.mark.parametrize("kept", [True, False], ids=["in memory", "in the store"])
def test_the_host_of_several_tools_names_them_all_the_strictest_first(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime, *, kept: bool
) -> None:
    for name, outcome in (("Pen", Outcome.APPROVED), ("Ink", Outcome.REJECTED)):
        page = {f"quillmark.example/{name.lower()}": AliasKind.PATH}
        a_verdict(
            session,
            a_tool(session, name, now=now, aliases=page),
            cast,
            now=now,
            terms=AT_ONCE,
            outcome=outcome,
        )
    a_verdict(session, quillmark, cast, now=now, terms=AT_ONCE)
    index = read_index(session) if kept else None

    def asked(query: str) -> lookup.LookUp:
        return lookup.check(session, query, Question(at=now), HOUSE, now=now, index=index)

    alone = asked("https://www.quillmark.example/")
    assert (alone.tool and alone.tool.name, alone.answer.code, alone.answer.depends_on) == (
        "Quillmark", AnswerCode.YES, ("tool",)
    )  # fmt: skip
    assert [(each.tool.name, each.code) for each in alone.suggestions] == [
        ("Ink", AnswerCode.NO), ("Pen", AnswerCode.YES)
    ]  # fmt: skip
    assert exit_code(alone.answer) != 0
    assert asked("quillmark.example/ink/x").tool.name == "Ink"  # type: ignore[union-attr]
    for query in ("quillmark.example/other", "quillmark"):
        assert (asked(query).answer.depends_on, asked(query).suggestions) == ((), ())
    nobodys = asked("suite.example")
    assert (nobodys.match, nobodys.suggestions[0].tool.name) == (None, "Quillmark")


def test_a_typo_is_a_question_back_with_the_right_tool_first(
    session: Session, quillmark: Tool, now: datetime
) -> None:
    a_tool(session, "Quarry", now=now)
    found = ask(session, "quilmrak", now)
    assert found.match is None
    assert found.suggestions[0].tool.slug == "quillmark"


def test_a_vendor_gives_its_tools_as_suggestions(session: Session, quillmark: Tool, now: datetime) -> None:
    assert [each.tool.slug for each in ask(session, "Inkhouse", now).suggestions] == ["quillmark"]


@pytest.mark.both_databases
def test_an_approval_answers_yes_once_the_undo_window_is_over(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    assert ask(session, "quillmark", now).answer.code is AnswerCode.NOT_REVIEWED
    a_verdict(session, quillmark, cast, now=now)
    assert ask(session, "quillmark", now + timedelta(seconds=299)).answer.code is AnswerCode.UNDER_REVIEW
    assert ask(session, "quillmark", now + timedelta(seconds=300)).answer.code is AnswerCode.YES


def test_a_no_stands_for_every_day_until_its_successor_has_gone_out(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    no = a_verdict(session, quillmark, cast, now=now, outcome=Outcome.REJECTED, terms=AT_ONCE)
    later = now + timedelta(hours=1)
    a_verdict(session, quillmark, cast, now=later, supersedes=(no.number,))
    tomorrow = Question(at=later + timedelta(days=1))

    def told(seconds: int) -> tuple[AnswerCode, AnswerCode]:
        asked_at = later + timedelta(seconds=seconds)
        known = verdicts.rulings(session, [id_of(quillmark)], now=asked_at)[id_of(quillmark)]
        found = lookup.check(session, "quillmark", tomorrow, HOUSE, now=asked_at)
        return found.answer.code, rules.answer("Quillmark", known, tomorrow, HOUSE).code

    assert told(299) == (AnswerCode.NO, AnswerCode.NO)
    assert told(300) == (AnswerCode.YES, AnswerCode.YES)


@pytest.mark.both_databases
def test_expiry_changes_the_answer_by_itself(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    verdict = a_verdict(session, quillmark, cast, now=now, terms=AT_ONCE)
    assert verdict.valid_until is not None
    last = datetime.combine(verdict.valid_until, now.timetz())
    codes = [ask(session, "quillmark", last + timedelta(days=days)).answer.code for days in (0, 1, 30, 31)]
    assert codes == [AnswerCode.YES, AnswerCode.YES_IF, AnswerCode.YES_IF, AnswerCode.LAPSED]


def test_the_day_that_is_expected_is_what_the_like_took_lately(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    for number, took in enumerate((30, 40, 50, 60, 70)):
        one = an_evaluation(
            session,
            a_tool(session, f"Like {number}", now=now),
            owner=cast["rosa"],
            now=now - timedelta(days=90),
        )
        one.state, one.closed_at = EvaluationState.DECIDED, one.opened_at + timedelta(days=took)
    an_evaluation(session, quillmark, owner=cast["rosa"], now=now)
    session.flush()
    sentence = ask(session, "quillmark", now).answer.sentence
    assert f"a decision is expected by {day_text((now + timedelta(days=50)).date())}" in sentence


def test_an_open_evaluation_answers_under_review(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    an_evaluation(session, quillmark, owner=cast["rosa"], now=now)
    assert ask(session, "quillmark", now).answer.code is AnswerCode.UNDER_REVIEW


def test_data_above_the_ceiling_is_a_no_and_what_would_be_a_yes_is_named(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    a_verdict(session, quillmark, cast, now=now, terms=AT_ONCE, scope=Scope(data_ceiling="public"))
    inkwell = a_tool(session, "Inkwell", now=now)
    a_verdict(session, inkwell, cast, now=now, terms=AT_ONCE)
    assert ask(session, "quillmark", now, data_class="public").answer.code is AnswerCode.YES
    refused = ask(session, "quillmark", now, data_class="sensitive")
    assert refused.answer.code is AnswerCode.NO
    assert [each.tool.slug for each in refused.alternatives] == ["inkwell"]
    assert ask(session, "quillmark", now).answer.depends_on == ("data_class",)


def test_an_alternative_is_called_by_its_name_and_offered_where_it_would_be_a_yes(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    inkwell = a_tool(session, "Inkwell Pro", now=now, category="Elsewhere")
    a_verdict(session, inkwell, cast, now=now, terms=AT_ONCE)
    a_verdict(
        session,
        quillmark,
        cast,
        now=now,
        terms=AT_ONCE,
        outcome=Outcome.REJECTED,
        alternatives=("inkwell-pro",),
    )
    found = ask(session, "quillmark", now)
    assert found.answer.code is AnswerCode.NO
    assert "Inkwell Pro" in found.answer.sentence
    assert [each.tool.slug for each in found.alternatives] == ["inkwell-pro"]


def test_a_yes_with_conditions_offers_what_its_verdict_names_and_nothing_else(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    for name in ("Inkwell", "Unnamed"):
        a_verdict(session, a_tool(session, name, now=now), cast, now=now, terms=AT_ONCE)
    conditional = Outcome.APPROVED_WITH_CONDITIONS
    a_verdict(
        session, quillmark, cast, now=now, terms=AT_ONCE, outcome=conditional, alternatives=("inkwell",)
    )
    assert [each.tool.slug for each in ask(session, "quillmark", now).alternatives] == ["inkwell"]


def test_the_told_answer_has_the_promised_shape(
    session: Session, cast: Mapping[str, Actor], quillmark: Tool, now: datetime
) -> None:
    conditions: tuple[Condition, ...] = (a_condition("Enter only public information.", "R5"),)
    a_verdict(
        session,
        quillmark,
        cast,
        now=now,
        terms=AT_ONCE,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=conditions,
    )
    told = answer_object.told(ask(session, "quillmark", now), base_url="https://r.example")
    assert list(told) == [
        "query", "match", "answer", "depends_on", "sentence", "conditions", "alternatives", "guidance",
        "verdict", "editions", "suggestions", "evidence",
    ]  # fmt: skip
    assert told["match"] == {
        "kind": "name",
        "tool": {"slug": "quillmark", "name": "Quillmark", "url": "https://r.example/tools/quillmark"},
    }
    assert told["answer"] == "yes_if"
    assert told["conditions"][0]["text"] == "Enter only public information."
    assert told["verdict"]["url"] == "https://r.example/verdicts/1"


def test_what_nobody_could_answer_is_counted_without_a_name(session: Session, now: datetime) -> None:
    for query in ("Zylograph", "zylo graph", "Other"):
        count_unanswered(session, query, now=now)
        session.flush()
    counted = {row.key: row.times for row in session.exec(select(Unanswered))}
    assert counted == {"zylograph": 2, "other": 1}


def test_a_list_of_answers_takes_a_fixed_number_of_queries(
    session: Session, engine: Engine, cast: Mapping[str, Actor], now: datetime
) -> None:
    few = [a_tool(session, f"Tool {number}", now=now) for number in range(3)]
    for tool in few:
        a_verdict(session, tool, cast, now=now, terms=AT_ONCE)
    many = few + [a_tool(session, f"Other {number}", now=now) for number in range(20)]
    session.flush()
    assert _queries(
        engine, lambda: lookup.answers(session, many, Question(at=now), HOUSE, now=now)
    ) == _queries(engine, lambda: lookup.answers(session, few[:1], Question(at=now), HOUSE, now=now))


def _queries(engine: Engine, act: object) -> int:
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    act()  # type: ignore[operator]
    return len(seen)


@pytest.mark.parametrize("query", ["a." * 27, "a." * 1000 + "/", "x" * 2000 + ".", "a.b:" * 500])
def test_no_query_however_odd_keeps_the_site_busy(session: Session, query: str, now: datetime) -> None:
    begun = perf_counter()
    assert ask(session, query, now).match is None
    assert perf_counter() - begun < 1
