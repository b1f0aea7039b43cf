"""What the rubric asks, how ratings rank and count, and which rubric files are refused."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.domain.errors import RubricInvalid, UnknownCriterion
from registry.domain.rubric import DEGREES, Rating, Side, badness, counted, evidence_required, parse_rubric
from tests.builders_domain import FITS, KNOCK_OUTS, RISKS, rubric_file, the_rubric


def refusal(body: bytes) -> str:
    with pytest.raises(RubricInvalid) as caught:
        parse_rubric(body)
    return caught.value.sentence


def edited(old: str, new: str) -> bytes:
    text = rubric_file().decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def test_the_first_rubric_asks_twelve_risks_eight_fits_and_ten_knock_outs():
    rubric = the_rubric()
    assert (rubric.name, rubric.version) == ("technology", 1)
    assert tuple(each.id for each in rubric.risks) == RISKS
    assert tuple(each.id for each in rubric.fits) == FITS
    assert tuple(each.id for each in rubric.knock_outs) == KNOCK_OUTS


def test_weights_of_risks_and_of_fits_sum_to_100_each():
    assert [each.weight for each in the_rubric().risks] == [14, 16, 12, 10, 10, 7, 6, 7, 6, 4, 5, 3]
    assert [each.weight for each in the_rubric().fits] == [25, 15, 10, 12, 12, 10, 8, 8]


def test_every_criterion_says_in_words_what_0_to_4_mean():
    for each in the_rubric().criteria:
        assert list(each.anchors) == [0, 1, 2, 3, 4]
        assert len(set(each.anchors.values())) == 5


def test_every_risk_has_ordinary_guidance_and_areas_and_says_where_evidence_is_found():
    assert all(each.ordinary_guidance and each.areas and each.evidence for each in the_rubric().risks)


def test_privacy_security_and_accessibility_are_areas_for_the_third_tier():
    assert {"privacy", "security", "accessibility"} <= set().union(
        *(each.areas for each in the_rubric().risks)
    )


def test_only_artificial_intelligence_may_not_apply():
    assert [each.id for each in the_rubric().criteria if each.may_not_apply] == ["R12"]


def test_only_a_ban_by_law_or_policy_forbids():
    assert [each.id for each in the_rubric().knock_outs if each.forbids] == ["K1"]


def test_a_ban_and_private_accounts_are_a_quick_no():
    assert [each.id for each in the_rubric().knock_outs if each.quick_no] == ["K1", "K9"]


def test_a_case_that_nobody_will_own_reopens_after_180_days():
    assert {
        each.id: each.reopens_after_days for each in the_rubric().knock_outs if each.reopens_after_days
    } == {"K10": 180}


def test_evidence_is_required_for_0_3_and_4():
    assert [each.value for each in Rating if evidence_required(each)] == ["0", "3", "4"]


def test_an_unknown_risk_counts_as_3_and_ranks_between_3_and_4():
    assert counted(Side.RISK, Rating.UNKNOWN) == 3
    assert sorted([*DEGREES, Rating.UNKNOWN], key=lambda each: badness(Side.RISK, each)) == [
        *DEGREES[:4],
        Rating.UNKNOWN,
        Rating.FOUR,
    ]


def test_an_unknown_fit_counts_as_1_and_is_a_little_worse_than_1():
    assert counted(Side.FIT, Rating.UNKNOWN) == 1
    assert sorted([*DEGREES, Rating.UNKNOWN], key=lambda each: -badness(Side.FIT, each))[:3] == [
        Rating.ZERO,
        Rating.UNKNOWN,
        Rating.ONE,
    ]


def test_what_does_not_apply_counts_as_no_risk():
    assert counted(Side.RISK, Rating.NOT_APPLICABLE) == 0


def test_the_content_hash_is_that_of_the_bytes():
    assert the_rubric().content_hash == hashlib.sha256(rubric_file()).hexdigest()
    assert parse_rubric(rubric_file() + b"\n").content_hash != the_rubric().content_hash


def test_a_criterion_and_a_knock_out_are_found_by_id():
    assert the_rubric().criterion("R2").name == "Security"
    assert the_rubric().knock_out("K5").name == "Records cannot be got out"


@pytest.mark.parametrize("find", [the_rubric().criterion, the_rubric().knock_out])
def test_an_unknown_id_is_refused_and_the_known_ones_are_named(find):
    with pytest.raises(UnknownCriterion, match=r"has no .* X9; it has [RK]1"):
        find("X9")


@pytest.mark.parametrize(
    ("written", "shown"), [("-3", "-3"), ("0", "0"), ("1.5", "1.5"), ("true", "true"), ('"16"', '"16"')]
)
def test_a_weight_is_a_whole_number_of_1_or_more(written, shown):
    said = refusal(edited("weight = 16", f"weight = {written}"))
    assert said == f"criteria.R2.weight: must be a whole number of 1 or more, is {shown}."


def test_risk_weights_that_do_not_sum_to_100_are_refused():
    assert refusal(edited("weight = 16", "weight = 17")) == (
        "criteria: the weights of the risks must sum to 100, sum to 101."
    )


def test_fit_weights_that_do_not_sum_to_100_are_refused():
    assert "weights of the fits must sum to 100, sum to 76" in refusal(edited("weight = 25", "weight = 1"))


@pytest.mark.parametrize(
    ("old", "new", "begins"),
    [
        ('title = "T', 'titel = "T', "title: is missing"),
        ("version = 1\ntitle", "version = 1\nowner = 1\ntitle", "owner: is not a key here; known are"),
        ("weight = 16", "wieght = 16", "criteria.R2.weight: is missing"),
        ("weight = 16", "weight = 16\nscale = 5", "criteria.R2.scale: is not a key here"),
        ("anchors.3 = ", "anchors.5 = ", "criteria.R1.anchors.3: is missing"),
        ("anchors.4 = ", 'anchors.5 = ""\nanchors.4 = ', "criteria.R1.anchors.5: is not a key here"),
        ('side = "risk"', 'side = "luck"', 'criteria.R1.side: must be one of risk, fit, is "luck"'),
        ('name = "Privacy"', 'name = "  "', "criteria.R1.name: must be text"),
        ('areas = ["privacy"]', 'areas = "privacy"', "criteria.R1.areas: must be a list of texts"),
        (
            "may_not_apply = true",
            'may_not_apply = "yes"',
            "criteria.R12.may_not_apply: must be true or false",
        ),
        (
            "[criteria.F1]",
            "[criteria.F1]\nmay_not_apply = true",
            "criteria.F1.may_not_apply: is not a key here",
        ),
        ("[criteria.R2]", "[criteria.R1]", "The file cannot be read: "),
        ("[knock_outs.K1]", "[knock_outs.R1]", "knock_outs.R1: is the id of a criterion too"),
        ("[knock_outs.K1]", "[knock_outs.risk_band]", "knock_outs.risk_band: an id is a letter"),
        (
            "reopens_after_days = 180",
            "reopens_after_days = 0",
            "knock_outs.K10.reopens_after_days: must be a whole",
        ),
    ],
)
def test_a_fault_is_told_by_table_and_key(old, new, begins):
    assert refusal(edited(old, new)).startswith(begins)


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"name = ", b"criteria = 3", b"version = " + b"9" * 5000, b"a=" + b"[" * 9000]
)
def test_what_is_no_rubric_at_all_is_refused_with_a_sentence(body):
    assert refusal(body).endswith(".")


MENDED = [b"", b"x", b"[[criteria]]", b"[criteria.R1]", b"criteria = []", b"weight = 1e9", b"version = true"]


@settings(max_examples=60)
@given(st.data())
def test_a_file_with_any_line_changed_is_read_or_refused_with_a_sentence(data):
    lines = rubric_file().split(b"\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    line, key = lines[at], lines[at].split(b"=")[0]
    lines[at] = data.draw(st.sampled_from([*MENDED, line[:-1], line + line, key + b"= []", key + b"= {}"]))
    try:
        title = parse_rubric(b"\n".join(lines)).title
    except RubricInvalid as refused:
        title = refused.sentence
    assert title
