"""Which notices a verdict's history has: one for each thing that matters, in order, whatever the clock did."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.condition import Condition
from registry.domain.language import ENGLISH, Language, said
from registry.domain.notice import Act, ConditionAct, ConditionActKind, History, NoticeKind, Told, notices_of
from registry.domain.notice_words import SENTENCES, TITLES, facts_of, words, words_of
from registry.domain.outcome import Outcome
from registry.domain.validity import Mark, MarkKind, ValidityState
from registry.domain.verdict import Verdict

AT = datetime(2026, 11, 3, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)
K = NoticeKind


def a_history(
    *acts: tuple[timedelta, Mark | ConditionAct], outcome: Outcome = Outcome.APPROVED, **told: Any
) -> History:
    of_verdict = {"valid_until": date(2027, 5, 1), "starts_at": AT} | {
        name: told.pop(name) for name in ("valid_until", "starts_at", "conditions") if name in told
    }
    verdict = Verdict(
        number=12, tool="quillmark", outcome=outcome, decided_by="Amir", decided_at=AT, **of_verdict
    )
    return History(
        verdict,
        AT,
        tuple(Act(nth, AT + after, what) for nth, (after, what) in enumerate(acts, start=1)),
        **told,
    )


def a_mark(kind: MarkKind, **told: Any) -> Mark:
    return Mark(kind, AT, "Ada", told.pop("reason", "A leak was reported."), **told)


def noted(kind: ConditionActKind, **told: Any) -> ConditionAct:
    return ConditionAct(kind, 1, "Amir", **told)


def kinds(history: History, until: datetime, zone: str = "UTC") -> Sequence[NoticeKind]:
    return [each.kind for each in notices_of(history, until=until, zone=ZoneInfo(zone))]


DATED = Condition("Export the notes monthly.", due_on=date(2027, 1, 31))


def test_a_verdict_is_told_with_its_publication_and_that_a_review_is_due_is_the_offices_business() -> None:
    assert kinds(a_history(), AT + 170 * DAY) == [K.PUBLISHED]


def test_it_ends_after_its_last_day_and_lapses_after_the_days_of_grace() -> None:
    history = a_history()
    assert kinds(history, datetime(2027, 5, 1, 23, 59, tzinfo=UTC)) == [K.PUBLISHED]
    assert kinds(history, datetime(2027, 5, 2, tzinfo=UTC)) == [K.PUBLISHED, K.ENDED]
    assert kinds(history, datetime(2027, 5, 31, 23, 59, tzinfo=UTC)) == [K.PUBLISHED, K.ENDED]
    assert kinds(history, datetime(2027, 6, 1, tzinfo=UTC)) == [K.PUBLISHED, K.ENDED, K.LAPSED]


def test_a_day_is_one_of_the_organisations_time_zone() -> None:
    moment = datetime(2027, 5, 1, 22, 30, tzinfo=UTC)
    assert kinds(a_history(), moment, "Europe/Berlin") == [K.PUBLISHED, K.ENDED]
    assert kinds(a_history(), moment, "America/Lima") == [K.PUBLISHED]
    ended = notices_of(a_history(), until=moment, zone=ZoneInfo("Europe/Berlin"))[1]
    assert ended.at == datetime(2027, 5, 1, 22, 0, tzinfo=UTC)


def test_a_pilot_has_no_grace() -> None:
    assert kinds(a_history(outcome=Outcome.PILOT), AT + 400 * DAY) == [K.PUBLISHED, K.LAPSED]


def test_a_no_never_ends() -> None:
    assert kinds(a_history(outcome=Outcome.REJECTED), AT + 4000 * DAY) == [K.PUBLISHED]


def test_a_later_start_is_told_twice_when_it_is_published_and_when_it_holds() -> None:
    published, started = notices_of(a_history(starts_at=AT + 9 * DAY), until=AT + 9 * DAY, zone=UTC)
    assert (published.kind, published.after.state) == (K.PUBLISHED, ValidityState.SCHEDULED)
    assert (started.kind, started.before and started.before.state) == (K.STARTED, ValidityState.SCHEDULED)
    assert "from 12 November 2026" in words_of(published, "Quillmark", zone=UTC).sentence


def test_it_is_replaced_when_its_successor_starts_and_tells_by_which() -> None:
    history = a_history(superseded_at=AT + 9 * DAY, superseded_by=14)
    assert kinds(history, AT + 9 * DAY - timedelta(seconds=1)) == [K.PUBLISHED]
    [_, told] = notices_of(history, until=AT + 900 * DAY, zone=UTC)
    assert (told.kind, told.successor) == (K.SUPERSEDED, 14)
    assert words_of(told, "Quillmark", zone=UTC).title == "Quillmark: Approved – replaced by verdict 14"


def test_what_was_withdrawn_before_is_not_replaced() -> None:
    history = a_history((2 * DAY, a_mark(MarkKind.REVOKED)), superseded_at=AT + 9 * DAY, superseded_by=14)
    assert kinds(history, AT + 900 * DAY) == [K.PUBLISHED, K.REVOKED]


def test_a_suspension_is_told_and_put_right_when_it_is_confirmed() -> None:
    history = a_history(
        (DAY, a_mark(MarkKind.SUSPENDED)),
        (2 * DAY, a_mark(MarkKind.SUSPENSION_CONFIRMED, reason="")),
        (3 * DAY, a_mark(MarkKind.SUSPENSION_LIFTED, reason="It was mended.")),
        (4 * DAY, a_mark(MarkKind.SUSPENDED)),
    )
    told = notices_of(history, until=AT + 5 * DAY, zone=UTC)
    assert [(each.kind, each.key, each.revision) for each in told] == [
        (K.PUBLISHED, "published", 1),
        (K.SUSPENDED, "suspended:1", 1),
        (K.SUSPENDED, "suspended:1", 2),
        (K.LIFTED, "lifted:3", 1),
        (K.SUSPENDED, "suspended:4", 1),
    ]
    assert words_of(told[2], "Quillmark", zone=UTC).sentence.endswith("Ada has confirmed it.")
    change = words_of(told[1], "Quillmark", zone=UTC).change
    assert change == "Before: Stands. Now: Suspended."


def test_a_suspension_hides_the_end_and_lifting_it_shows_what_became_of_it() -> None:
    history = a_history(
        (DAY, a_mark(MarkKind.SUSPENDED)), (400 * DAY, a_mark(MarkKind.SUSPENSION_LIFTED, reason=""))
    )
    told = notices_of(history, until=AT + 500 * DAY, zone=UTC)
    assert [each.kind for each in told] == [K.PUBLISHED, K.SUSPENDED, K.LIFTED]
    assert told[-1].after.state is ValidityState.LAPSED


def test_an_announced_end_is_told_when_it_is_announced_moved_called_off_and_reached() -> None:
    first, later = date(2026, 12, 1), date(2026, 12, 24)
    history = a_history(
        (DAY, a_mark(MarkKind.SUNSET, effective_on=first, replacement="inkwell")),
        (2 * DAY, a_mark(MarkKind.SUNSET_CANCELLED)),
        (3 * DAY, a_mark(MarkKind.SUNSET, effective_on=later, replacement="inkwell")),
    )
    told = notices_of(history, until=AT + 900 * DAY, zone=UTC)
    assert [each.kind for each in told] == [
        *(K.PUBLISHED, K.SUNSET_ANNOUNCED, K.SUNSET_CANCELLED, K.SUNSET_ANNOUNCED, K.SUNSET_REACHED)
    ]
    assert (told[-1].at.date(), told[-1].replacement, told[-1].after.ends_on) == (later, "inkwell", later)
    assert words_of(told[-1], "Quillmark", zone=UTC).reason == "A leak was reported."


def test_a_graduation_noted_by_mistake_is_told_as_put_right() -> None:
    history = a_history((DAY, a_mark(MarkKind.GRADUATED)), (2 * DAY, a_mark(MarkKind.GRADUATION_CANCELLED)))
    assert kinds(history, AT + 3 * DAY) == [K.PUBLISHED, K.GRADUATED, K.GRADUATION_CANCELLED]


def test_what_graduated_never_lapses() -> None:
    assert kinds(a_history((DAY, a_mark(MarkKind.GRADUATED))), AT + 999 * DAY) == [K.PUBLISHED, K.GRADUATED]


def test_a_condition_that_is_not_met_is_told_and_so_is_the_end_that_it_brings() -> None:
    history = a_history(outcome=Outcome.APPROVED_WITH_CONDITIONS, conditions=(DATED,))
    told = notices_of(history, until=AT + 150 * DAY, zone=UTC)
    assert [each.kind for each in told] == [K.PUBLISHED, K.CONDITION_OVERDUE, K.ENDED, K.LAPSED]
    reason = words_of(told[2], "Quillmark", zone=UTC).reason
    assert reason == "Condition 1 was due by then and was not met: Export the notes monthly."


def test_a_condition_met_in_time_is_told_and_brings_no_end() -> None:
    met = noted(ConditionActKind.MET, met_on=date(2027, 1, 10), evidence="https://minutes.example/7")
    history = a_history((68 * DAY, met), outcome=Outcome.APPROVED_WITH_CONDITIONS, conditions=(DATED,))
    told = notices_of(history, until=AT + 100 * DAY, zone=UTC)
    assert [each.kind for each in told] == [K.PUBLISHED, K.CONDITION_MET]
    assert told[0].verdict.conditions[0].met_on is None
    assert told[1].verdict.conditions[0].evidence == "https://minutes.example/7"


def test_what_was_noted_wrongly_is_told_again_as_the_same_notice_and_taken_back_as_another() -> None:
    history = a_history(
        (DAY, noted(ConditionActKind.MET, met_on=date(2026, 11, 4), evidence="Wrong.")),
        (2 * DAY, noted(ConditionActKind.MET, met_on=date(2026, 11, 4), evidence="Right.")),
        (3 * DAY, noted(ConditionActKind.REOPENED, reason="It was another tool's.")),
        (4 * DAY, noted(ConditionActKind.WAIVED, reason="Moot.")),
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(DATED,),
    )
    told = notices_of(history, until=AT + 5 * DAY, zone=UTC)[1:]
    assert [(each.kind, each.key, each.revision) for each in told] == [
        (K.CONDITION_MET, "condition_met:1", 1),
        (K.CONDITION_MET, "condition_met:1", 2),
        (K.CONDITION_REOPENED, "condition_reopened:3", 1),
        (K.CONDITION_WAIVED, "condition_waived:4", 1),
    ]


def test_the_result_of_a_pilot_told_again_is_the_same_notice() -> None:
    result = a_mark(MarkKind.PILOT_RESULT, details={"reached": "partly", "measure": "M", "exit_rule": "E"})
    history = a_history((DAY, result), (2 * DAY, result), outcome=Outcome.PILOT)
    told = notices_of(history, until=AT + 3 * DAY, zone=UTC)[1:]
    assert [(each.key, each.revision) for each in told] == [("pilot_result:1", 1), ("pilot_result:1", 2)]


def test_when_the_clock_was_set_back_things_are_told_in_the_order_of_their_numbers() -> None:
    history = a_history((2 * DAY, a_mark(MarkKind.SUSPENDED)), (DAY, a_mark(MarkKind.SUSPENSION_LIFTED)))
    told = notices_of(history, until=AT + DAY, zone=UTC)
    assert [each.kind for each in told] == [K.PUBLISHED, K.SUSPENDED, K.LIFTED]
    assert [each.at for each in told] == sorted(each.at for each in told)
    assert told[-1].at == AT + DAY


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 300), st.booleans())
def test_what_was_told_stays_however_often_one_looks(
    first: int, second: int, after: int, suspended: bool
) -> None:
    acts = [(after * DAY, a_mark(MarkKind.SUSPENDED))] if suspended and after <= min(first, second) else []
    history = a_history(*acts, conditions=(DATED,), outcome=Outcome.APPROVED_WITH_CONDITIONS)
    early, late = sorted((first, second))
    before = notices_of(history, until=AT + early * DAY, zone=UTC)
    after_ = notices_of(history, until=AT + late * DAY, zone=UTC)
    assert after_[: len(before)] == before
    keys = [(each.key, each.revision) for each in after_]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_kind_has_its_words(kind: NoticeKind) -> None:
    assert TITLES[kind]
    assert SENTENCES[kind].endswith(".")


class Bracketing(Language):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"


EVERY_KIND = (
    a_history(
        (DAY, a_mark(MarkKind.SUSPENDED)),
        (2 * DAY, a_mark(MarkKind.SUSPENSION_CONFIRMED)),
        (3 * DAY, a_mark(MarkKind.SUSPENSION_LIFTED)),
        (4 * DAY, a_mark(MarkKind.SUNSET, effective_on=date(2026, 12, 24), replacement="inkwell")),
        (5 * DAY, a_mark(MarkKind.SUNSET_CANCELLED)),
        (6 * DAY, a_mark(MarkKind.GRADUATED)),
        (7 * DAY, a_mark(MarkKind.GRADUATION_CANCELLED)),
        (8 * DAY, a_mark(MarkKind.SUNSET, effective_on=date(2026, 12, 24))),
        starts_at=AT + DAY / 2,
    ),
    a_history(
        (DAY, noted(ConditionActKind.MET, met_on=date(2026, 11, 4))),
        (2 * DAY, noted(ConditionActKind.REOPENED, reason="A leak was reported.")),
        (3 * DAY, noted(ConditionActKind.WAIVED, reason="A leak was reported.")),
        (4 * DAY, noted(ConditionActKind.REOPENED, reason="A leak was reported.")),
        outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(DATED,),
    ),
    a_history(
        (DAY, a_mark(MarkKind.PILOT_RESULT, details={"reached": "partly"})),
        (2 * DAY, a_mark(MarkKind.REVOKED)),
        outcome=Outcome.PILOT,
    ),
    a_history(superseded_at=AT + 9 * DAY, superseded_by=14),
)
TYPED = r"Quillmark|Ada|Amir|A leak was reported\.|Export the notes monthly\.|\d+"


def every_notice() -> list[Told]:
    return [each for one in EVERY_KIND for each in notices_of(one, until=AT + 300 * DAY, zone=UTC)]


def test_what_is_kept_with_a_notice_of_any_kind_says_it_whole_in_another_language() -> None:
    assert {each.kind for each in every_notice()} == set(NoticeKind)
    for each in every_notice():
        kept = json.loads(json.dumps(facts_of(each, "Quillmark", zone=UTC)))
        told = words_of(each, "Quillmark", zone=UTC)
        assert words(each.kind, kept, told.reason if "missed" not in kept else "") == told
        for text in (told.title, told.sentence, told.change, told.reason):
            whole = re.sub(TYPED, "", said(text, Bracketing()))
            while "⟦" in whole:
                whole = re.sub("⟦[^⟦⟧]*⟧", "", whole)
            assert not whole, (each.kind, text)
            assert said(text, ENGLISH) == text
