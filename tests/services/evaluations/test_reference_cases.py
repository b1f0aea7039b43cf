"""Reference cases: made of a decided evaluation or by hand, scored once, hidden until then, and who is trained."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotAllowed, RuleBroken, StaleVersion
from registry.domain.lookup import House
from registry.services.decisions import quick_no
from registry.services.decisions.decider import permission
from registry.services.evaluations import calibration
from registry.services.evaluations.calibration import CaseDraft
from registry.services.people.acting import Actor
from registry.services.rubrics.rubric_files import take_in
from registry.store import reference_cases as store
from registry.store.columns import id_of
from registry.store.tables import ReferenceCase
from tests.builders import TERMS, UTC_ZONE, a_tool, a_verdict, an_evaluation, scored, the_cast

AGREED = {f"R{number}": ("2", "It is so.") for number in range(1, 6)} | {"K2": ("yes", "There is none.")}
DRAFT = CaseDraft("A chat for meetings", "It listens and writes minutes.", agreed=AGREED)
AS_AGREED = {item: (value, "") for item, (value, _) in AGREED.items()}


@pytest.fixture
def cast(session: Session, now: datetime) -> dict[str, Actor]:
    return the_cast(session, now)


@pytest.fixture
def case(session: Session, cast: Mapping[str, Actor], now: datetime) -> ReferenceCase:
    take_in(session, None, now=now)
    return calibration.make_case(session, DRAFT, by=cast["amir"], now=now)


def finish(
    session: Session,
    case: ReferenceCase,
    by: Actor,
    now: datetime,
    given: Mapping[str, tuple[str, str]] = AS_AGREED,
) -> None:
    calibration.save(session, id_of(case), given, version=0, by=by, now=now)
    calibration.hand_in(session, id_of(case), by=by, now=now)


@pytest.mark.both_databases
def test_what_was_agreed_is_hidden_until_ones_own_scores_are_in(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    rosa = cast["rosa"]
    calibration.save(session, id_of(case), {"R1": ("2", "")}, version=0, by=rosa, now=now)
    assert store.agreed(session, id_of(case), to=rosa.person_id) == {}
    assert calibration.result(session, id_of(case), by=rosa) is None
    calibration.save(session, id_of(case), AS_AGREED, version=1, by=rosa, now=now)
    calibration.hand_in(session, id_of(case), by=rosa, now=now)
    assert store.agreed(session, id_of(case), to=rosa.person_id)["R1"].reason == "It is so."
    assert store.agreed(session, id_of(case), to=cast["ravi"].person_id) == {}
    assert store.agreed(session, id_of(case), to=cast["ana"].person_id) == {}
    assert store.agreed(session, id_of(case), to=cast["amir"].person_id)


def test_a_case_is_scored_once_and_not_by_who_wrote_it(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    finish(session, case, cast["rosa"], now)
    with pytest.raises(RuleBroken, match="handed this case in"):
        calibration.save(session, id_of(case), AS_AGREED, version=2, by=cast["rosa"], now=now)
    again = calibration.hand_in(session, id_of(case), by=cast["rosa"], now=now)  # a double click
    assert again.near == 5
    both = replace(cast["amir"], roles=cast["amir"].roles | cast["rosa"].roles)
    with pytest.raises(NotAllowed, match="You wrote this case"):
        finish(session, case, both, now)


def test_what_is_not_finished_or_not_asked_is_named(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    rosa = cast["rosa"]
    with pytest.raises(InvalidInput) as refused:
        calibration.save(
            session, id_of(case), {"R9": ("1", ""), "R1": ("7", "")}, version=0, by=rosa, now=now
        )
    assert set(refused.value.faults) == {"R9", "R1"}
    calibration.save(session, id_of(case), {"R1": ("2", "")}, version=0, by=rosa, now=now)
    with pytest.raises(InvalidInput) as refused:
        calibration.hand_in(session, id_of(case), by=rosa, now=now)
    assert list(refused.value.faults) == ["K2", "R2", "R3", "R4", "R5"]
    with pytest.raises(StaleVersion):
        calibration.save(session, id_of(case), {}, version=0, by=rosa, now=now)


def test_a_case_out_of_a_decided_evaluation_names_nobody(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    tool = a_tool(session, now=now, vendor="Northlight")
    tool.description = "Quillmark by Northlight writes letters; Rosa likes quillmark."
    verdict = a_verdict(session, tool, cast, now=now)
    rubric, draft = calibration.drafted_from(session, verdict.evaluation_id or 0)
    assert draft.description == "The tool by the supplier writes letters; a reviewer likes the tool."
    assert set(draft.agreed) == set(rubric.ids)
    assert draft.agreed["R1"] == ("1", "Because of what Privacy shows.")
    reasons = {
        item: (value, reason or "Asked and answered.") for item, (value, reason) in draft.agreed.items()
    }
    kept = calibration.make_case(session, replace(draft, agreed=reasons), by=cast["ada"], now=now)
    assert store.items(session, id_of(kept)) == rubric.ids


def test_only_a_decided_evaluation_becomes_a_case(
    session: Session, cast: Mapping[str, Actor], now: datetime
) -> None:
    opened = an_evaluation(session, a_tool(session, now=now), owner=cast["rosa"], now=now)
    with pytest.raises(RuleBroken):
        calibration.drafted_from(session, id_of(opened))


def test_a_case_has_a_description_and_reasons_and_enough_to_compare(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    for draft, faults in (
        (replace(DRAFT, title=" ", description=""), {"title", "description"}),
        (replace(DRAFT, agreed=AGREED | {"R1": ("2", " ")}), {"R1"}),
        (replace(DRAFT, agreed=AGREED | {"R1": ("9", "So.")}), {"R1"}),
        (replace(DRAFT, agreed={"R1": ("1", "So.")}), {"agreed"}),
    ):
        with pytest.raises(InvalidInput) as refused:
            calibration.make_case(session, draft, by=cast["amir"], now=now)
        assert set(refused.value.faults) == faults
    with pytest.raises(NotAllowed):
        calibration.make_case(session, DRAFT, by=cast["rosa"], now=now)


def test_a_retired_case_is_begun_by_nobody_and_counts_for_who_finished_it(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    finish(session, case, cast["rosa"], now)
    calibration.retire(session, id_of(case), by=cast["ada"], now=now)
    with pytest.raises(RuleBroken, match="retired"):
        finish(session, case, cast["ravi"], now)
    assert calibration.is_trained(session, cast["rosa"].person_id, needed=1)


def test_who_missed_the_knock_out_is_not_trained_by_it(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    finish(session, case, cast["rosa"], now, AS_AGREED | {"K2": ("no", "")})
    assert not calibration.is_trained(session, cast["rosa"].person_id, needed=1)
    assert calibration.is_trained(session, cast["rosa"].person_id, needed=0)
    standing = next(each for each in store.standings(session) if each.name == "Rosa")
    assert (standing.finished, standing.passed) == (1, 0)


@pytest.mark.both_databases
def test_in_the_quick_lane_only_a_trained_reviewer_decides_alone(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    rosa = cast["rosa"]
    opened = an_evaluation(
        session, a_tool(session, now=now), owner=rosa, reviewers=(rosa,), tier=1, now=now, data_class="public"
    )
    scored(session, opened, rosa, now=now)
    assert permission(session, opened, solo=False, now=now, by=rosa).quick_lane
    with pytest.raises(NotAllowed, match="passed 1 reference case;"):
        permission(session, opened, solo=False, now=now, by=rosa, cases_needed=1)
    finish(session, case, rosa, now)
    assert permission(session, opened, solo=False, now=now, by=rosa, cases_needed=1).quick_lane


def test_a_quick_no_is_for_trained_reviewers_and_for_every_approver(
    session: Session, cast: Mapping[str, Actor], case: ReferenceCase, now: datetime
) -> None:
    rosa = cast["rosa"]
    with pytest.raises(NotAllowed, match="Score them under Reference cases, or ask an approver"):
        quick_no.require_giver(session, rosa, cases_needed=1)
    tool = a_tool(session, now=now)
    told = quick_no.QuickNo(
        ground="K9", evidence="Their terms, section 2.", alternatives=("none known",), independent=True
    )
    terms, house = (
        replace(TERMS, cases_needed=1),
        House(data_classes=TERMS.data_classes, account_types=TERMS.account_types, zone=UTC_ZONE),
    )
    with pytest.raises(NotAllowed, match="passed 1 reference case;"):
        quick_no.give(session, tool, told, terms, house, by=rosa, now=now)
    quick_no.require_giver(session, rosa, cases_needed=0)
    quick_no.require_giver(session, cast["ana"], cases_needed=1)
    finish(session, case, rosa, now)
    assert quick_no.give(session, tool, told, terms, house, by=rosa, now=now).decided_by == "Rosa"
