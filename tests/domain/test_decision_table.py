"""What the nine rows recommend, and which tables and office columns are refused."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.decision_table import (
    CELLS,
    FitBand,
    Mitigation,
    RiskBand,
    parse_decision_table,
    with_outcomes,
)
from registry.domain.errors import RubricInvalid
from registry.domain.outcome import STRICTNESS, Outcome
from tests.builders_domain import decision_table_file, the_decision_table

A, C, P, R, X = Outcome
EXPECTED = {
    "forbidden": {"strong": (X, X, X), "adequate": (X, X, X), "weak": (X, X, X)},
    "extreme": {"strong": (R, R, R), "adequate": (R, R, R), "weak": (R, R, R)},
    "high": {"strong": (P, R, R), "adequate": (R, R, R), "weak": (R, R, R)},
    "moderate": {"strong": (C, P, R), "adequate": (C, R, R), "weak": (R, R, R)},
    "low": {"strong": (A, A, A), "adequate": (A, A, A), "weak": (C, C, C)},
}


def refusal(body: bytes) -> str:
    with pytest.raises(RubricInvalid) as caught:
        parse_decision_table(body)
    return caught.value.sentence


def edited(old: str, new: str) -> bytes:
    text = decision_table_file().decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.mark.parametrize(("risk", "fit"), list(product(RiskBand, FitBand)))
def test_the_outcome_of_each_cell_for_full_partial_and_no_mitigation(risk, fit):
    found = tuple(the_decision_table().row_for(risk, fit, each).outcome for each in Mitigation)
    assert found == EXPECTED[risk][fit]


def test_each_of_the_45_cells_is_answered_by_the_first_row_from_the_top_that_matches():
    assert len(set(CELLS)) == 45
    for cell in CELLS:
        found = the_decision_table().row_for(*cell)
        assert found.matches(*cell)
        assert not any(row.matches(*cell) for row in the_decision_table().rows[: found.number - 1])


def test_each_of_the_nine_rows_is_the_first_for_some_cell():
    assert {the_decision_table().row_for(*cell).number for cell in CELLS} == set(range(1, 10))


def test_low_risk_and_weak_fit_come_with_no_support_and_no_spending():
    row = the_decision_table().row_for(RiskBand.LOW, FitBand.WEAK, Mitigation.FULL)
    assert row.outcome is Outcome.APPROVED_WITH_CONDITIONS
    assert len(row.preset_conditions) == 2
    assert "support" in row.preset_conditions[0]
    assert "money" in row.preset_conditions[1]


def test_every_row_has_a_note():
    assert all(row.note for row in the_decision_table().rows)


def test_a_table_that_leaves_a_cell_open_is_refused_naming_the_cell():
    assert refusal(
        edited(
            'risk = "low"\nfit = "weak"\nmitigation = "any"',
            'risk = "low"\nfit = "weak"\nmitigation = "full"',
        )
    ) == ("rows: none matches (risk low, fit weak, mitigation partial); each combination needs a row.")


def test_a_table_that_is_kinder_to_more_risk_is_refused_naming_the_two_cells():
    said = refusal(edited('outcome = "pilot"', 'outcome = "approved"'))
    assert said == (
        "rows: (risk high, fit strong, mitigation full) is worse than (risk moderate, fit strong, mitigation full), "
        "yet row 3 gives it approved where row 5 gives approved_with_conditions."
    )


def test_a_table_that_is_kinder_to_less_fit_is_refused():
    careful = edited('outcome = "approved"', 'outcome = "approved_with_conditions"').decode()
    weak = 'fit = "weak"\nmitigation = "any"\noutcome = "approved'
    said = refusal(careful.replace(f"{weak}_with_conditions", weak).encode())
    assert said.startswith(
        "rows: (risk low, fit weak, mitigation full) is worse than (risk low, fit adequate,"
    )


def test_a_table_that_is_kinder_to_less_mitigation_is_refused():
    said = refusal(edited('fit = "strong"\nmitigation = "partial"', 'fit = "strong"\nmitigation = ["none"]'))
    assert "mitigation none) is worse than (risk moderate, fit strong, mitigation partial)" in said


def test_a_table_that_is_kinder_to_a_4_than_to_a_bare_3_is_refused():
    """A 4 needs no cover, so that a bare 3 which becomes a 4 goes from no mitigation to full."""
    kinder = edited(
        'risk = "extreme"\nfit = "any"\nmitigation = "any"\noutcome = "rejected"',
        'risk = "extreme"\nfit = "strong"\nmitigation = "full"\noutcome = "pilot"\n\n'
        '[[rows]]\nrisk = "extreme"\nfit = "any"\nmitigation = "any"\noutcome = "rejected"',
    )
    assert "(risk extreme, fit strong, mitigation full) is worse than" in refusal(kinder)


@pytest.mark.parametrize(
    ("old", "new", "begins"),
    [
        (
            'risk = "extreme"',
            'risk = "grave"',
            'rows.2.risk: must be one of forbidden, extreme, high, moderate, low, is "grave"',
        ),
        ('fit = ["strong", "adequate"]', "fit = []", "rows.5.fit: must name at least one value"),
        ('outcome = "pilot"', 'outcome = "maybe"', "rows.3.outcome: must be one of approved,"),
        ('outcome = "pilot"', 'outcome = "pilot"\nwho = "Amir"', "rows.3.who: is not a key here"),
        ('outcome = "prohibited"\n', "", "rows.1.outcome: is missing"),
        ("version = 1", "version = 0", "version: must be a whole number of 1 or more, is 0"),
    ],
)
def test_a_fault_is_told_by_row_and_key(old, new, begins):
    assert refusal(edited(old, new)).startswith(begins)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b'name = "x"\nversion = 1\nrows = []', b'name = "x"\nversion = 1\nrows = [3]']
)
def test_what_is_no_table_at_all_is_refused_with_a_sentence(body):
    assert refusal(body).endswith(".")


def test_an_office_may_be_stricter_in_its_own_outcome_column():
    strict = with_outcomes(the_decision_table(), {3: Outcome.REJECTED, 6: Outcome.REJECTED})
    assert strict.row_for(RiskBand.HIGH, FitBand.STRONG, Mitigation.FULL).outcome is Outcome.REJECTED
    assert strict.row_for(RiskBand.LOW, FitBand.STRONG, Mitigation.FULL).outcome is Outcome.APPROVED


def test_an_office_changes_outcomes_and_never_inputs():
    ours, office = the_decision_table(), with_outcomes(the_decision_table(), {3: Outcome.REJECTED})
    assert [(each.risks, each.fits, each.mitigations) for each in office.rows] == [
        (each.risks, each.fits, each.mitigations) for each in ours.rows
    ]


def test_an_office_column_for_a_row_that_does_not_exist_is_refused():
    with pytest.raises(RubricInvalid, match=r"rows\.10: there is no such row; the table has 9 rows\."):
        with_outcomes(the_decision_table(), {10: Outcome.REJECTED})


def test_an_office_column_that_is_kinder_to_something_worse_is_refused():
    with pytest.raises(RubricInvalid, match=r"risk extreme.* is worse than"):
        with_outcomes(the_decision_table(), {2: Outcome.PILOT})


@given(st.dictionaries(st.integers(1, 9), st.sampled_from(Outcome)))
def test_an_office_column_is_either_refused_or_never_kinder_to_something_worse(column):
    try:
        table = with_outcomes(the_decision_table(), column)
    except RubricInvalid:
        return
    strictness = {cell: STRICTNESS[table.row_for(*cell).outcome] for cell in CELLS}
    for risk, fit, mitigation in CELLS:
        here = strictness[risk, fit, mitigation]
        assert all(
            strictness[other, fit, mitigation] >= here
            for other in list(RiskBand)[: list(RiskBand).index(risk)]
        )
        assert all(
            strictness[risk, other, mitigation] >= here for other in list(FitBand)[list(FitBand).index(fit) :]
        )
        assert all(
            strictness[risk, fit, other] >= here
            for other in list(Mitigation)[list(Mitigation).index(mitigation) :]
        )
