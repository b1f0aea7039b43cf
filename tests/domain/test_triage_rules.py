from datetime import date

import pytest

from registry.domain.errors import RuleBroken
from registry.domain.triage import MOVES, REASON_LABELS, CandidateStatus, DismissReason, is_due, move

TODAY = date(2026, 3, 10)
NEW, WATCH = CandidateStatus.NEW, CandidateStatus.WATCH


@pytest.mark.parametrize(
    ("act", "to"), [("accept", "accepted"), ("merge", "merged"), ("dismiss", "dismissed"), ("watch", "watch")]
)
def test_a_new_candidate_can_be_accepted_merged_dismissed_or_put_on_watch(act: str, to: str):
    assert move(NEW, act) == to


@pytest.mark.parametrize("act", ["accept", "merge", "dismiss", "watch"])
@pytest.mark.parametrize("status", sorted(set(CandidateStatus) - {NEW}))
def test_only_a_new_candidate_can_be_accepted_merged_dismissed_or_put_on_watch(
    status: CandidateStatus, act: str
):
    with pytest.raises(RuleBroken):
        move(status, act)


@pytest.mark.parametrize("status", [WATCH, CandidateStatus.DISMISSED])
def test_what_was_set_aside_can_be_reopened(status: CandidateStatus):
    assert move(status, "reopen") is NEW


@pytest.mark.parametrize("status", [NEW, CandidateStatus.ACCEPTED, CandidateStatus.MERGED])
def test_what_became_a_tool_or_was_never_closed_cannot_be_reopened(status: CandidateStatus):
    with pytest.raises(RuleBroken):
        move(status, "reopen")


def test_a_refused_move_says_what_to_do_next():
    with pytest.raises(RuleBroken, match="Reopen it first; then it can be accepted"):
        move(WATCH, "accept")
    with pytest.raises(RuleBroken, match="Choose one of: accept, merge, dismiss, watch, reopen"):
        move(NEW, "bury")


def test_a_watched_candidate_becomes_new_on_its_date_and_not_before():
    assert is_due(WATCH, TODAY, TODAY, 0, 0)
    assert not is_due(WATCH, date(2026, 3, 11), TODAY, 0, 0)


def test_enough_fresh_mentions_or_requests_bring_it_back_earlier():
    later = date(2026, 9, 1)
    assert not is_due(WATCH, later, TODAY, 2, 1)
    assert is_due(WATCH, later, TODAY, 3, 0)
    assert is_due(WATCH, later, TODAY, 0, 2)
    assert is_due(WATCH, None, TODAY, 3, 0)


@pytest.mark.parametrize("status", sorted(set(CandidateStatus) - {WATCH}))
def test_nothing_but_a_watched_candidate_comes_back_by_itself(status: CandidateStatus):
    assert not is_due(status, TODAY, TODAY, 99, 99)


def test_every_reason_and_every_status_can_be_told():
    assert set(REASON_LABELS) == set(DismissReason)
    assert {each.to for each in MOVES.values()} == set(CandidateStatus)
