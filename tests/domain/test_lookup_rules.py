import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from registry.domain.answer import Question
from registry.domain.errors import InvalidInput, NoSuchEdition
from registry.domain.lookup import EXIT_CODES, AnswerCode, exit_code, unknown
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind, Ruling
from registry.translation import catalogue
from tests.domain.verdict_builders import SIGN_IN, THE_HOUSE, ZURICH, a_mark, a_ruling, ask, dated, on

END = date(2026, 6, 30)
REVOKED = a_mark(MarkKind.REVOKED, on("2026-01-20"), replacement="Loom")
SUSPENDED = a_mark(MarkKind.SUSPENDED, on("2026-01-20"))
GRADUATED = a_mark(MarkKind.GRADUATED, on("2026-01-20"))
SUNSET = a_mark(MarkKind.SUNSET, on("2026-01-20"), effective_on=date(2026, 5, 1), replacement="Loom")
IN_SPANISH = replace(THE_HOUSE, language=catalogue("es"))
NAMES = {
    "data_class": "kind of data",
    "account": "kind of account",
    "audience": "group of people",
    "office": "office",
}
ALL_SAID = {"data_class": "public", "account": "work", "audience": "teachers", "office": "North"}


def texts(found: Any) -> list[str]:
    return [each.text for each in found.conditions]


# --- What holds


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        ("approved", "yes"),
        ("approved_with_conditions", "yes_if"),
        ("pilot", "pilot"),
        ("rejected", "no"),
        ("prohibited", "no"),
    ],
)
@pytest.mark.parametrize("day", ["2026-02-01", "2026-06-15"])
def test_active_and_review_due_answer_by_outcome(outcome: str, code: str, day: str):
    assert ask(a_ruling(outcome, valid_until=END), at=on(day)).code == code


@pytest.mark.parametrize(("outcome", "code"), [("approved", "yes"), ("pilot", "pilot")])
def test_an_announced_sunset_answers_by_outcome_with_date_and_replacement(outcome: str, code: str):
    found = ask(a_ruling(outcome, marks=[SUNSET]))
    assert (found.code, found.replacement) == (code, "Loom")
    assert "retired on 1 May 2026. Use Loom instead." in found.sentence


@pytest.mark.parametrize("outcome", ["approved", "approved_with_conditions"])
def test_in_grace_the_first_condition_is_to_have_used_it_before(outcome: str):
    found = ask(a_ruling(outcome, valid_until=END), at=on("2026-07-10"))
    assert found.code is AnswerCode.YES_IF
    assert texts(found)[0].startswith("Only if you used it before its approval ended on 30 June 2026")


def test_graduated_is_a_plain_yes_without_conditions():
    found = ask(a_ruling("approved_with_conditions", valid_until=END, marks=[GRADUATED]), at=on("2030-01-01"))
    assert (found.code, found.conditions) == (AnswerCode.YES, ())


def test_a_reached_sunset_and_a_revoked_approval_are_a_no_with_the_replacement():
    for found in (ask(a_ruling(marks=[SUNSET]), at=on("2026-05-01")), ask(a_ruling(marks=[REVOKED]))):
        assert (found.code, found.replacement) == (AnswerCode.NO, "Loom")
        assert "Use Loom instead." in found.sentence


def test_lapsed_and_suspended_have_codes_of_their_own():
    assert ask(a_ruling(valid_until=END), at=on("2026-07-31")).code is AnswerCode.LAPSED
    assert ask(a_ruling(marks=[SUSPENDED])).code is AnswerCode.SUSPENDED


@pytest.mark.parametrize(
    ("ruling", "told"),
    [
        (
            a_ruling(valid_until=END),
            ("will have ended on 30 June 2026 unless", "ended on 30 June 2026 and was not"),
        ),
        (a_ruling(marks=[SUNSET]), ("will have been retired on 1 May 2026", "was retired on 1 May 2026")),
    ],
)
def test_what_ends_before_a_day_to_come_is_told_as_to_come(ruling: Ruling, told: tuple[str, str]):
    ahead, past = told
    assert ahead in ask(ruling, at=on("2026-12-01"), now=on("2026-02-01")).sentence
    assert past in ask(ruling, at=on("2026-12-01"), now=on("2026-12-01")).sentence
    assert past in ask(ruling, at=on("2026-12-01"), now=on("2027-02-01")).sentence


def test_a_scheduled_verdict_is_as_if_it_were_not_there_and_the_sentence_adds_from_when():
    found = ask(a_ruling(starts_at=on("2026-03-01")))
    assert (found.code, found.verdict) == (AnswerCode.NOT_REVIEWED, None)
    assert "From 1 March 2026" in found.sentence
    assert "Nobody has reviewed" not in found.sentence
    standing = ask([a_ruling("rejected"), a_ruling(number=2, starts_at=on("2026-03-01"))])
    assert standing.code is AnswerCode.NO
    assert "From 1 March 2026 a new decision holds: approved." in standing.sentence


def test_a_superseded_verdict_and_a_revoked_rejection_are_as_if_they_were_not_there():
    assert ask(a_ruling(superseded_at=on("2026-01-20"))).code is AnswerCode.NOT_REVIEWED
    assert ask(a_ruling("rejected", marks=[REVOKED])).code is AnswerCode.NOT_REVIEWED
    assert ask([a_ruling("prohibited", marks=[REVOKED]), a_ruling(number=2)]).code is AnswerCode.YES


def test_without_a_verdict_it_is_under_review_or_not_reviewed_with_the_default_rule_of_the_office():
    assert ask([]).code is AnswerCode.NOT_REVIEWED
    assert "Public data only." in ask([]).sentence
    assert "Nothing before the South desk agrees." in ask([], office="South").sentence
    reviewed = ask([], office="North", under_review_since=date(2026, 1, 3), expected_on=date(2026, 2, 9))
    assert reviewed.code is AnswerCode.UNDER_REVIEW
    for part in ("since 3 January 2026", "expected by 9 February 2026", "Public data only."):
        assert part in reviewed.sentence


def test_nothing_certain_found_is_an_unknown_tool_with_the_default_rule():
    found = unknown("quilll", Question(at=on("2026-06-01"), office="South"), THE_HOUSE)
    assert found.code is AnswerCode.UNKNOWN_TOOL
    assert "quilll" in found.sentence
    assert "Nothing before the South desk agrees." in found.sentence


def test_a_verdict_always_beats_an_open_evaluation():
    assert ask(a_ruling("rejected"), under_review_since=date(2026, 1, 20)).code is AnswerCode.NO
    assert (
        ask(a_ruling(valid_until=date(2025, 1, 1)), under_review_since=date(2026, 1, 20)).code
        is AnswerCode.LAPSED
    )


def test_an_earlier_date_is_answered_as_it_was_then():
    rulings = [a_ruling(superseded_at=on("2026-03-01")), a_ruling("rejected", 2, starts_at=on("2026-03-01"))]
    rulings[1] = replace(rulings[1], verdict=replace(rulings[1].verdict, decided_at=on("2026-03-01")))
    assert ask(rulings, at=on("2026-02-20")).code is AnswerCode.YES
    assert "new decision" not in ask(rulings, at=on("2026-02-20")).sentence
    assert ask(rulings, at=on("2026-03-01")).code is AnswerCode.NO
    assert ask([], at=on("2026-01-02"), under_review_since=date(2026, 1, 3)).code is AnswerCode.NOT_REVIEWED


def test_days_are_those_of_the_organisation():
    just_over = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert ask(a_ruling(valid_until=END), at=just_over).code is AnswerCode.YES
    assert (
        ask(a_ruling(valid_until=END), at=just_over, house=replace(THE_HOUSE, zone=ZURICH)).code
        is AnswerCode.YES_IF
    )


# --- Rule 1: offices


def test_a_verdict_counts_in_its_offices_and_elsewhere_it_is_evidence():
    ruling = a_ruling(offices=["North", "West"])
    assert ask(ruling, office="North").code is AnswerCode.YES
    elsewhere = ask(ruling, office="South")
    assert (elsewhere.code, elsewhere.verdict) == (AnswerCode.NOT_REVIEWED, None)
    assert elsewhere.elsewhere == (ruling.verdict,)
    assert ask(ruling, office="North").elsewhere == ()


def test_a_verdict_without_offices_counts_in_all():
    assert {ask(a_ruling(), office=office).code for office in THE_HOUSE.offices} == {AnswerCode.YES}


def test_what_no_longer_stands_elsewhere_is_no_evidence():
    assert ask(a_ruling(offices=["North"], valid_until=date(2025, 1, 1)), office="South").elsewhere == ()


# --- Rule 2: limits


@pytest.mark.parametrize(
    ("data_class", "code"), [("public", "yes"), ("internal", "yes"), ("sensitive", "no"), ("regulated", "no")]
)
def test_data_above_the_ceiling_is_a_no_that_names_the_limit(data_class: str, code: str):
    found = ask(a_ruling(data_ceiling="internal"), data_class=data_class)
    assert found.code == code
    assert (f"{data_class} data" in found.sentence and "data up to internal" in found.sentence) == (
        code == "no"
    )


def test_an_account_type_that_is_not_listed_is_a_no_that_names_the_limit():
    found = ask(a_ruling(accounts=["organisation", "work"]), account="private")
    assert found.code is AnswerCode.NO
    assert "private accounts" in found.sentence
    assert "organisation or work accounts" in found.sentence


def test_an_audience_that_is_not_listed_is_a_no_that_names_the_limit():
    found = ask(a_ruling(audience=["teachers"]), audience="engineers")
    assert found.code is AnswerCode.NO
    assert "use by engineers" in found.sentence


def test_another_standing_verdict_may_cover_what_is_beyond_the_limit():
    low, high = (
        a_ruling(data_ceiling="public"),
        a_ruling("approved_with_conditions", 2, data_ceiling="sensitive"),
    )
    found = ask([low, high], data_class="sensitive")
    assert (found.code, found.verdict) == (AnswerCode.YES_IF, high.verdict)


def test_a_verdict_that_no_longer_stands_does_not_lift_the_limit():
    low, high = a_ruling(data_ceiling="public"), a_ruling(number=2, valid_until=date(2025, 1, 1))
    found = ask([low, high], data_class="sensitive")
    assert (found.code, found.verdict) == (AnswerCode.NO, low.verdict)


def test_a_ceiling_that_the_house_no_longer_has_covers_nothing():
    assert ask(a_ruling(data_ceiling="secret"), data_class="public").code is AnswerCode.NO


# --- Rule 3: the strictest


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("approved", "approved_with_conditions", "yes_if"),
        ("approved_with_conditions", "pilot", "pilot"),
        ("pilot", "rejected", "no"),
        ("approved", "prohibited", "no"),
    ],
)
def test_of_several_verdicts_the_strictest_is_the_answer_whatever_their_order(
    first: str, second: str, code: str
):
    rulings = [a_ruling(first), a_ruling(second, 2)]
    for several in (rulings, rulings[::-1]):
        found = ask(several)
        assert (found.code, found.verdict) == (code, rulings[1].verdict)


def test_nothing_is_superseded_by_inference_so_a_lapsed_verdict_outlives_its_unnamed_successor():
    old, new = a_ruling(valid_until=date(2025, 1, 1)), a_ruling(number=2)
    assert ask([old, new]).code is AnswerCode.LAPSED
    assert ask([replace(old, superseded_at=on("2026-01-15")), new]).code is AnswerCode.YES


def test_two_conditional_approvals_of_the_same_use_bind_together():
    other = replace(SIGN_IN, text="Take the course first.")
    rulings = [
        a_ruling("approved_with_conditions"),
        a_ruling("approved_with_conditions", 2, conditions=(other,)),
    ]
    assert set(texts(ask(rulings))) == {SIGN_IN.text, other.text}


# --- Rule 4: what was not said


def test_what_was_not_said_and_changes_nothing_is_not_named():
    found = ask(a_ruling())
    assert (found.code, found.depends_on) == (AnswerCode.YES, ())


@pytest.mark.parametrize(
    ("scope", "name", "limit"),
    [
        ({"data_ceiling": "internal"}, "data_class", "Only with data up to internal."),
        ({"data_ceiling": "public"}, "data_class", "Only with public data."),
        ({"accounts": ["organisation"]}, "account", "Only with these accounts: organisation."),
        ({"audience": ["teachers"]}, "audience", "Only for: teachers."),
        ({"offices": ["North", "West"]}, "office", "Only in the office: North or West."),
    ],
)
def test_a_yes_that_depends_becomes_a_yes_if_with_the_limit_as_first_condition(
    scope: dict[str, Any], name: str, limit: str
):
    found = ask(a_ruling("approved", **scope))
    assert (found.code, found.depends_on, texts(found)) == (AnswerCode.YES_IF, (name,), [limit])
    conditional = ask(a_ruling("approved_with_conditions", **scope))
    assert (conditional.code, texts(conditional)) == (AnswerCode.YES_IF, [limit, SIGN_IN.text])
    assert ask(a_ruling("pilot", **scope)).code is AnswerCode.PILOT


@pytest.mark.parametrize(
    ("scope", "limit"),
    [
        ({"accounts": ["organisation"]}, "Only with accounts managed by us."),
        ({"offices": ["North"]}, "Only in the office: Northern Office."),
    ],
)
def test_limits_are_told_in_the_words_of_the_house(scope: dict[str, Any], limit: str):
    house = replace(THE_HOUSE, phrases={"organisation": "accounts managed by us", "North": "Northern Office"})
    assert texts(ask(a_ruling("approved", **scope), house=house)) == [limit]


def test_several_dimensions_are_all_named():
    found = ask(a_ruling(data_ceiling="internal", accounts=["work"]), office="North")
    assert found.depends_on == ("data_class", "account")
    assert texts(found) == ["Only with data up to internal.", "Only with these accounts: work."]
    assert ask(a_ruling(data_ceiling="internal", accounts=["work"]), account="work").depends_on == (
        "data_class",
    )
    assert ask(a_ruling(data_ceiling="internal", accounts=["work"]), account="private").depends_on == ()


def test_the_limits_together_permit_nothing_that_one_of_the_verdicts_forbids():
    rulings = [
        a_ruling(data_ceiling="internal", accounts=["organisation"]),
        a_ruling(number=2, data_ceiling="public"),
    ]
    found = ask(rulings)
    assert texts(found) == ["Only with data up to internal.", "Only with these accounts: organisation."]
    assert found.depends_on == ("data_class", "account")
    assert ask(rulings, data_class="internal", account="work").code is AnswerCode.NO


def test_a_limit_that_permits_every_value_is_not_told():
    rulings = [
        a_ruling("pilot", data_ceiling="public"),
        a_ruling(number=2, accounts=["work"], offices=["North"]),
    ]
    found = ask(rulings, office="North", account="work")
    assert (found.code, found.depends_on) == (AnswerCode.YES_IF, ("data_class",))
    assert texts(found) == ["Only with this kind of data: internal, sensitive or regulated."]


def test_a_no_for_every_value_is_a_plain_no():
    found = ask([a_ruling("rejected"), a_ruling(number=2, data_ceiling="internal")])
    assert (found.code, found.depends_on) == (AnswerCode.NO, ())


def test_the_same_code_with_other_conditions_is_another_answer():
    other = replace(SIGN_IN, text="Take the course first.")
    north = a_ruling("approved_with_conditions", offices=["North"])
    rest = a_ruling("approved_with_conditions", 2, offices=["South", "West"], conditions=(other,))
    assert ask([north, rest]).depends_on == ("office",)


def test_grace_stays_the_first_condition_before_the_limits():
    found = ask(a_ruling(valid_until=END, data_ceiling="internal"), at=on("2026-07-10"))
    assert [text[:9] for text in texts(found)] == ["Only if y", "Only with"]


# --- Rule 5: editions


def test_without_an_edition_the_strictest_is_the_answer_and_all_are_listed():
    found = ask([a_ruling(edition="Free"), a_ruling("rejected", 2, edition="Pro")], **ALL_SAID)
    assert (found.code, found.depends_on) == (AnswerCode.NO, ("edition",))
    assert [(each.name, each.code) for each in found.editions] == [("Pro", "no"), ("Free", "yes")]
    assert found.editions[0].verdict == found.verdict


def test_a_named_edition_is_answered_for_itself():
    rulings = [a_ruling(edition="Free"), a_ruling("rejected", 2, edition="Pro")]
    assert ask(rulings, edition="free").code is AnswerCode.YES
    assert ask(rulings, edition="PRO").code is AnswerCode.NO


def test_an_edition_that_nobody_decided_on_is_not_reviewed_and_the_others_are_listed():
    found = ask([a_ruling(edition="Free")], edition="Ultra")
    assert (found.code, found.verdict) == (AnswerCode.NOT_REVIEWED, None)
    assert [each.name for each in found.editions] == ["Free"]
    assert "the edition “Ultra” of" in found.sentence
    assert "Reviewed editions: Free." in found.sentence


def test_a_verdict_without_an_edition_covers_every_edition():
    rulings = [a_ruling(), a_ruling("pilot", 2, edition="Pro")]
    assert ask(rulings, edition="Pro").code is AnswerCode.PILOT
    assert ask(rulings, edition="Any other edition").code is AnswerCode.YES
    assert [(each.name, each.code) for each in ask(rulings).editions] == [
        ("Pro", "pilot"),
        ("any other edition", "yes"),
    ]


def test_where_editions_differ_one_that_nobody_named_is_no_slip_into_the_general_answer():
    rulings = [a_ruling(), a_ruling("rejected", 2, edition="Free"), a_ruling("pilot", 3, edition="Pro")]
    for house, others in ((THE_HOUSE, "any other edition"), (IN_SPANISH, "cualquier otra edición")):
        with pytest.raises(NoSuchEdition) as refused:
            ask(rulings, edition="Fre", house=house)
        assert refused.value.editions == ("Free", "Pro", others)
        assert re.search("[“«]Fre[”»]", refused.value.sentence)
        assert refused.value.sentence.endswith(f": Free, Pro, {others}.")
        assert set(refused.value.faults) == {"edition"}
        assert ask(rulings, edition=others, house=house).code is AnswerCode.YES


def test_an_edition_of_a_verdict_to_come_or_replaced_is_no_stranger():
    to_come = [a_ruling(), a_ruling("rejected", 2, edition="Pro", starts_at=on("2026-03-01"))]
    assert ask(to_come, edition="pro").code is AnswerCode.YES
    with pytest.raises(NoSuchEdition):
        ask(to_come, edition="Fre")
    once = [*to_come, a_ruling("rejected", 3, edition="Free", superseded_at=on("2026-01-20"))]
    assert ask(once, edition="free").code is AnswerCode.YES


def test_an_answer_that_tells_no_editions_apart_says_so_to_who_names_one():
    apart = "The same holds for every edition."
    assert ask(a_ruling(), edition="Ultra").sentence.endswith(apart)
    assert ask(a_ruling("rejected"), edition="Ultra").sentence.endswith(apart)
    assert apart not in ask(a_ruling()).sentence
    assert apart not in ask([], edition="Ultra").sentence
    elsewhere = [a_ruling(), a_ruling("rejected", 2, edition="Pro", offices=["South"])]
    assert ask(elsewhere, edition="Ultra", office="North").sentence.endswith(apart)


def test_editions_that_agree_make_one_answer_that_depends_on_nothing():
    found = ask([a_ruling(edition="Free"), a_ruling(number=2, edition="Pro")])
    assert (found.code, found.depends_on, len(found.editions)) == (AnswerCode.YES, (), 2)


def test_an_edition_decided_on_only_in_another_office_does_not_change_the_answer_of_this_one():
    found = ask(
        [a_ruling(edition="Free"), a_ruling("rejected", 2, edition="Pro", offices=["South"])], office="North"
    )
    assert (found.code, [each.name for each in found.editions]) == (AnswerCode.YES, ["Free"])


def test_editions_that_permit_different_accounts_permit_none_in_common():
    rulings = [
        a_ruling(edition="Free", accounts=["organisation"]),
        a_ruling(number=2, edition="Pro", accounts=["work"]),
    ]
    assert ask(rulings).code is AnswerCode.NO
    assert {each.code for each in ask(rulings).editions} == {AnswerCode.YES_IF}


def test_a_yes_for_one_edition_is_not_a_plain_yes_where_an_office_has_not_decided_on_the_others():
    found = ask([a_ruling(offices=["North"]), a_ruling(number=2, edition="Free")])
    assert [(each.name, each.code) for each in found.editions] == [
        ("any other edition", "yes_if"),
        ("Free", "yes"),
    ]
    assert (found.code, found.depends_on) == (AnswerCode.YES_IF, ("office", "edition"))
    assert texts(found) == ["Only in the office: North."]


# --- What is asked, and the checklist


@pytest.mark.parametrize("field", ["data_class", "account", "audience", "office"])
def test_a_value_that_the_house_does_not_have_is_refused_naming_the_allowed_ones(field: str):
    with pytest.raises(InvalidInput) as refused:
        ask(a_ruling(), **{field: "purple"})
    allowed = {"data_class": "public", "account": "organisation", "audience": "teachers", "office": "North"}[
        field
    ]
    assert allowed in refused.value.sentence
    assert f"We do not know the {NAMES[field]} “purple”." in refused.value.sentence
    assert set(refused.value.faults) == {field}


@pytest.mark.parametrize("said", [{"office": "East"}, {"data_class": "secret"}, {"account": "borrowed"}])
def test_what_is_not_ours_is_refused_for_an_unknown_tool_too(said):
    with pytest.raises(InvalidInput):
        unknown("quilll", Question(at=on("2026-06-01"), **said), THE_HOUSE)


def test_any_audience_may_be_asked_for_where_the_house_lists_none():
    house = replace(THE_HOUSE, audiences=())
    ruling = a_ruling(audience=["teachers"])
    assert ask(ruling, house=house, audience="teachers").code is AnswerCode.YES
    assert ask(ruling, house=house, audience="gardeners").code is AnswerCode.NO
    assert ask(ruling, house=house).depends_on == ("audience",)


def test_the_checklist_says_who_must_do_what_by_when_and_how_it_stands():
    met = dated("2026-05-01", met_on=date(2026, 2, 1))
    found = ask(a_ruling("approved_with_conditions", conditions=(SIGN_IN, met)))
    first, second = found.conditions
    assert (first.duty, first.check, first.due_on, first.state) == ("user", "self_attested", None, "standing")
    assert (second.duty, second.check, second.due_on, second.state) == (
        "office",
        "evidence",
        date(2026, 5, 1),
        "open",
    )
    later = ask(a_ruling("approved_with_conditions", conditions=(met,)), at=on("2026-02-01"))
    assert later.conditions[0].state == "met"


def test_a_no_has_no_checklist():
    assert ask(a_ruling("rejected", conditions=(SIGN_IN,))).conditions == ()


def test_the_answer_carries_the_verdict_and_until_when_it_stands():
    ruling = a_ruling(valid_until=END)
    found = ask(ruling)
    assert found.verdict == ruling.verdict
    assert found.validity is not None
    assert found.validity.ends_on == END


# --- The command's exit codes


def test_exit_codes_are_0_for_yes_10_for_if_11_for_no_12_for_undecided_13_for_unknown():
    assert {code.value: number for code, number in EXIT_CODES.items()} == {
        "yes": 0,
        "yes_if": 10,
        "pilot": 10,
        "no": 11,
        "lapsed": 12,
        "suspended": 12,
        "under_review": 12,
        "not_reviewed": 12,
        "unknown_tool": 13,
    }
    assert exit_code(ask(a_ruling())) == 0
    assert exit_code(unknown("quilll", Question(at=on("2026-06-01")), THE_HOUSE)) == 13


@pytest.mark.parametrize("outcome", Outcome)
def test_a_question_on_which_the_answer_depends_never_exits_0(outcome: Outcome):
    found = ask([a_ruling(outcome, data_ceiling="internal"), a_ruling(number=2, edition="Pro")])
    assert exit_code(found) != 0
    assert exit_code(replace(ask(a_ruling()), depends_on=("office",))) == 10


@pytest.mark.parametrize(
    "no", [a_ruling("rejected", data_ceiling="public"), a_ruling(data_ceiling="public", marks=[REVOKED])]
)
def test_a_no_for_some_data_is_a_no_for_more_sensitive_data_too(no: Ruling):
    rulings = [no, a_ruling(number=2, data_ceiling="internal")]
    for data_class in ("public", "internal", "sensitive"):
        assert ask(rulings, data_class=data_class).code is AnswerCode.NO


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("binding", "code"),
    [
        ({"marks": [SUSPENDED]}, "suspended"),
        ({"valid_until": date(2025, 1, 1)}, "lapsed"),
        ({"outcome": "rejected"}, "no"),
    ],
)
def test_what_forbids_some_data_forbids_more_sensitive_data_too_whatever_is_older(
    number: int, binding: dict[str, Any], code: str
):
    low = a_ruling(number=number, data_ceiling="public", **binding)
    rulings = [low, a_ruling(number=2, data_ceiling="internal")]
    for data_class in ("public", "internal"):
        found = ask(rulings, data_class=data_class)
        assert (found.code, found.verdict) == (code, low.verdict)
    assert ask(rulings, data_class="sensitive").code is AnswerCode.NO


@pytest.mark.parametrize("outcome", ["pilot", "approved_with_conditions"])
def test_what_permits_some_data_says_nothing_of_more_sensitive_data(outcome: str):
    rulings = [a_ruling(outcome, data_ceiling="public"), a_ruling(number=2, data_ceiling="internal")]
    assert ask(rulings, data_class="public").code in (AnswerCode.PILOT, AnswerCode.YES_IF)
    assert ask(rulings, data_class="internal").code is AnswerCode.YES
    assert texts(ask(rulings, data_class="internal")) == []


def test_what_forbids_for_other_accounts_or_has_no_rank_forbids_as_far_as_that_is_certain():
    stopped = a_ruling(data_ceiling="public", accounts=["private"], marks=[SUSPENDED])
    rulings = [stopped, a_ruling(number=2)]
    assert ask(rulings, data_class="internal", account="work").code is AnswerCode.YES
    assert ask(rulings, data_class="internal", account="private").code is AnswerCode.SUSPENDED
    unranked = [a_ruling(data_ceiling="secret", marks=[SUSPENDED]), a_ruling(number=2)]
    assert ask(unranked, data_class="public").code is AnswerCode.SUSPENDED


def test_of_verdicts_that_bind_together_all_conditions_hold():
    other = replace(SIGN_IN, text="Take the course first.")
    rulings = [
        a_ruling("approved_with_conditions", data_ceiling="public"),
        a_ruling("approved_with_conditions", 2, data_ceiling="internal", conditions=(other,)),
    ]
    found = ask(rulings, data_class="public")
    assert set(texts(found)) == {SIGN_IN.text, other.text}
    assert {scope.data_ceiling for scope in found.scopes} == {"public", "internal"}
    assert texts(ask(rulings, data_class="internal")) == [other.text]


def test_an_audience_is_the_same_however_it_is_written():
    ruling = a_ruling(audience=["Field Teams"])
    house = replace(THE_HOUSE, audiences=())
    for said in ("field teams", "FIELD-TEAMS", "Field Teams"):
        assert ask(ruling, house=house, audience=said).code is AnswerCode.YES
    assert ask(ruling, house=house, audience="office teams").code is AnswerCode.NO
    both = [ruling, a_ruling("pilot", 2, audience=["field teams"])]
    assert texts(ask(both, house=house))[0].casefold() == "only for: field teams."
