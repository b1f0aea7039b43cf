"""Adopting another registry's verdict: stricter in everything, milder in nothing, on the record as unscored; and what
happens when that registry changes its mind."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.lookup import House
from registry.domain.outcome import Outcome
from registry.domain.triggers import Cause
from registry.domain.verdict import Scope
from registry.services.decisions import adoption, taking_back
from registry.services.decisions.adoption import Adopting
from registry.services.evaluations import scoring
from registry.services.rubrics import rubric_files
from registry.services.verdicts import watching
from registry.store import evaluations, verdicts
from registry.store.tables import OutsideVerdict, Reopening
from tests.builders import TERMS, UTC_ZONE, a_condition, a_tool, a_verdict, an_evaluation, scored, the_cast
from tests.outside import a_registry, a_statement, an_item, tell

DAY = timedelta(days=1)
HOUSE = House(data_classes=TERMS.data_classes, account_types=TERMS.account_types, audiences=TERMS.audiences)


@pytest.fixture
def cast(session, now):
    rubric_files.take_in(session, None, now=now)
    return the_cast(session, now)


@pytest.fixture
def tool(session, now):
    return a_tool(session, now=now)


@pytest.fixture
def harbour(session, now):
    return a_registry(session, now=now)


def told(session, harbour, now, *, at=None, **said) -> OutsideVerdict:
    tell(session, harbour, an_item(a_statement(**said), at or now - DAY), now=now)
    session.flush()
    return session.exec(select(OutsideVerdict)).one()


def as_theirs(session, row, now, **changed) -> Adopting:
    found = adoption.model(session, row.id, now=now, terms=TERMS)
    decision = adoption.filled(found, HOUSE, today=now.date())
    return Adopting(
        decision=replace(decision, **changed),
        revision=row.revision,
        no_effect=True,
        independent=True,
    )


def adopt(session, row, cast, now, *, by="amir", **changed):
    return adoption.adopt(
        session, row.id, as_theirs(session, row, now, **changed), TERMS, by=cast[by], now=now
    )


def refused(session, row, cast, now, **changed) -> dict[str, str]:
    with pytest.raises(InvalidInput) as fault:
        adopt(session, row, cast, now, **changed)
    return fault.value.faults


def test_it_is_filled_in_as_theirs_and_published_as_ours_unscored(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    verdict = adopt(session, row, cast, now)
    assert verdict.outcome is Outcome.APPROVED_WITH_CONDITIONS
    assert (verdict.data_ceiling, verdict.accounts) == ("internal", ["organisation"])
    assert verdict.valid_until == date(2027, 6, 30)
    assert "Harbour City Registry decided" in verdict.rationale
    assert "https://registry.harbour.example/verdicts/1" in verdict.rationale
    assert verdict.notes == ["Adopted from verdict 1 of Harbour City Registry; nothing was scored here."]
    assert verdict.recommended is None
    assert verdict.assessment["adopted"]["said"] == row.said
    assert verdict.published_at == now + timedelta(seconds=TERMS.undo_s)
    assert [each.text for each in verdicts.as_rulings(session, [verdict], now=now)[0].verdict.conditions] == [
        "Turn off training on what is typed.",
        "Enter no names.",
    ]


def test_local_conditions_come_on_top(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    own = a_condition("Ask the works council first.")
    theirs = as_theirs(session, row, now).decision.conditions
    verdict = adopt(session, row, cast, now, conditions=(*theirs, own))
    assert len(verdict.notes) == 1


def test_leaving_out_one_of_their_conditions_needs_a_reason_that_the_verdict_keeps(
    session, tool, harbour, cast, now
):
    row = told(session, harbour, now)
    kept = as_theirs(session, row, now).decision.conditions[:1]
    assert "Enter no names." in refused(session, row, cast, now, conditions=kept)["step_reason"]
    verdict = adopt(session, row, cast, now, conditions=kept, step_reason="Our contract covers names.")
    assert "Our contract covers names." in verdict.notes[1]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"outcome": Outcome.APPROVED, "conditions": ()}, "outcome"),
        ({"scope": Scope(accounts=frozenset({"organisation"}))}, "data_ceiling"),
        ({"scope": Scope(data_ceiling="sensitive", accounts=frozenset({"organisation"}))}, "data_ceiling"),
        ({"scope": Scope(data_ceiling="internal")}, "accounts"),
        ({"scope": Scope(data_ceiling="internal", accounts=frozenset({"private"}))}, "accounts"),
        ({"valid_until": date(2027, 7, 1)}, "valid_until"),
        ({"outcome": Outcome.PILOT}, "pilot_owner"),
        ({"outcome": Outcome.REJECTED}, "reason_code"),
        ({"rationale": " "}, "rationale"),
    ],
)
def test_nothing_gets_milder_than_theirs_and_each_outcome_needs_what_it_always_needs(
    session, tool, harbour, cast, now, changed, field
):
    row = told(session, harbour, now)
    assert field in refused(session, row, cast, now, **changed)


def test_a_stricter_outcome_and_a_narrower_scope_are_ours_to_choose(session, tool, harbour, cast, now):
    row = told(session, harbour, now, outcome="approved", conditions=[])
    scope = Scope(data_ceiling="public", accounts=frozenset({"organisation"}))
    verdict = adopt(
        session,
        row,
        cast,
        now,
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        scope=scope,
        conditions=(a_condition(),),
    )
    assert verdict.outcome is Outcome.APPROVED_WITH_CONDITIONS


def test_it_stands_a_year_at_most(session, tool, harbour, cast, now):
    row = told(session, harbour, now, outcome="approved", conditions=[], ends_on="", valid_until="2040-01-01")
    assert adopt(session, row, cast, now).valid_until == date(2027, 11, 3)


def test_only_an_approver_in_person_adopts(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    for by in ("rosa", "ada", "emil"):
        with pytest.raises(NotAllowed):
            adopt(session, row, cast, now, by=by)
    token = replace(cast["amir"], scopes=frozenset({"read", "triage"}))
    with pytest.raises(NotAllowed, match="never a token"):
        adopt(session, row, cast | {"amir": token}, now)


def test_who_declared_an_interest_does_not_adopt(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    evaluation = an_evaluation(session, tool, owner=cast["rosa"], now=now)
    scoring.declare(
        session, evaluation.id, interested=True, statement="I own shares.", by=cast["amir"], now=now
    )
    with pytest.raises(NotAllowed):
        adopt(session, row, cast, now)
    assert adopt(session, row, cast, now, by="ana").evaluation_id == evaluation.id


def test_our_own_scores_are_not_overridden(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    evaluation = an_evaluation(session, tool, owner=cast["rosa"], reviewers=(cast["rosa"],), now=now)
    scored(session, evaluation, cast["rosa"], now=now)
    with pytest.raises(RuleBroken, match="has scores already"):
        adopt(session, row, cast, now)


def test_a_scored_verdict_of_ours_is_not_overridden(session, tool, harbour, cast, now):
    a_verdict(session, tool, cast, now=now - 9 * DAY)
    row = told(session, harbour, now)
    with pytest.raises(RuleBroken, match="was scored here"):
        adopt(session, row, cast, now)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"validity": "revoked"}, "does not stand there"),
        ({"validity": "suspended"}, "does not stand there"),
        ({"valid_until": "2026-01-31", "ends_on": "2026-01-31"}, "does not stand there"),
        (
            {"adopted_from": {"registry": "Hill Registry", "uid": "hill-1"}},
            "Adopt the verdict of Hill Registry",
        ),
        ({"about": {"name": "Other", "homepage": "", "identifiers": []}}, "which of our tools"),
    ],
)
def test_what_cannot_be_adopted_says_why(session, tool, harbour, cast, now, said, why):
    row = told(session, harbour, now, **said)
    with pytest.raises(RuleBroken, match=why):
        adoption.model(session, row.id, now=now, terms=TERMS)


def test_our_own_verdict_does_not_come_back_to_us(session, tool, harbour, cast, now):
    mine = a_verdict(session, tool, cast, now=now - 9 * DAY)
    row = told(session, harbour, now, adopted_from={"registry": "Us", "uid": mine.uid})
    with pytest.raises(RuleBroken, match="own verdict"):
        adoption.model(session, row.id, now=now, terms=TERMS)


def test_who_read_an_older_word_of_theirs_is_told_that_there_is_a_newer_one(
    session, tool, harbour, cast, now
):
    row = told(session, harbour, now)
    read = as_theirs(session, row, now)
    told(session, harbour, now, at=now, rationale="We looked again.")
    with pytest.raises(StaleVersion):
        adoption.adopt(session, row.id, read, TERMS, by=cast["amir"], now=now)


def test_adopting_twice_decides_once(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    adopt(session, row, cast, now)
    with pytest.raises(RuleBroken, match="You have just decided"):
        adopt(session, row, cast, now)
    with pytest.raises(RuleBroken, match="Amir has decided"):
        adopt(session, row, cast, now, by="ana")


def test_what_was_opened_for_it_ends_when_it_is_taken_back(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    verdict = adopt(session, row, cast, now)
    taking_back.undo(session, verdict.number, by=cast["amir"], now=now + DAY / 1000)
    assert evaluations.get(session, verdict.evaluation_id).state == "withdrawn"


def reopened(session, now) -> list[tuple[Cause, str]]:
    watching.watch(session, zone=UTC_ZONE, now=now)
    session.flush()
    return [(each.cause, each.text) for each in session.exec(select(Reopening).order_by(Reopening.id))]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            {"validity": "revoked", "reason": "It leaks."},
            "Registry: It is now “withdrawn” there: It leaks.",
        ),
        ({"validity": "suspended"}, "Harbour City Registry: It is now “suspended” there."),
        ({"outcome": "rejected"}, "The outcome was approved with conditions and is rejected now."),
        ({"conditions": [{"text": "Enter no names."}]}, "A condition fell away: “Turn off training"),
        ({"valid_until": "2026-12-31", "ends_on": "2026-12-31"}, "It stands until 31 December 2026 now."),
    ],
)
def test_when_they_change_their_mind_our_case_is_opened_again_once(
    session, tool, harbour, cast, now, said, text
):
    row = told(session, harbour, now)
    adopt(session, row, cast, now)
    later = now + DAY
    assert reopened(session, later) == []
    told(session, harbour, later, at=later, **said)
    [(cause, why)] = reopened(session, later)
    assert cause is Cause.ADOPTED
    assert text in why
    assert len(reopened(session, later + DAY)) == 1


def test_other_words_alone_open_nothing(session, tool, harbour, cast, now):
    row = told(session, harbour, now)
    adopt(session, row, cast, now)
    told(session, harbour, now + DAY, at=now + DAY, rationale="Said more clearly.", validity="review_due")
    assert reopened(session, now + DAY) == []


def test_that_theirs_came_to_its_end_is_told_though_they_say_nothing(session, tool, harbour, cast, now):
    row = told(session, harbour, now, valid_until="2026-12-31", ends_on="2026-12-31")
    adopt(session, row, cast, now, valid_until=date(2026, 12, 31))
    causes = reopened(session, now + 70 * DAY)
    assert (Cause.ADOPTED, "Harbour City Registry: It ended there on 31 December 2026.") in causes
