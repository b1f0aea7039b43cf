"""A verdict that was taken back, as the form that it came from: nothing of it has to be typed again."""

from datetime import tzinfo

from sqlmodel import Session

from registry.domain.quick_lane import CONFIRMED, LIMITS
from registry.domain.verdict import NONE_KNOWN
from registry.store import tools, verdicts
from registry.store.columns import id_of
from registry.store.conditions import as_condition
from registry.store.tables import Verdict
from registry.web.condition_form import as_form
from registry.web.typed import Typed


def taken_back(session: Session, row: Verdict, zone: tzinfo) -> Typed:
    """Under the names of the decision's form; the start only where a later day than the undo window's was chosen."""
    named = tools.by_slugs(session, row.alternatives)
    starts_on = row.starts_at.astimezone(zone).date().isoformat() if row.starts_at > row.published_at else ""
    single = {
        "outcome": row.outcome.value,
        "rationale": row.rationale,
        "reason_code": row.reason_code,
        "citation": row.citation,
        "other_alternatives": ", ".join(
            named[each].name if each in named and "," not in named[each].name else each
            for each in row.alternatives
            if each != NONE_KNOWN
        ),
        "step_reason": row.step_reason,
        "internal_note": row.internal_note,
        "valid_until": row.valid_until.isoformat() if row.valid_until else "",
        "starts_on": starts_on,
        "edition": row.edition,
        "versions": row.versions,
        "deployment": row.deployment,
        "data_ceiling": row.data_ceiling or "",
        **{f"pilot_{name}": told for name, told in row.pilot.items()},
    }
    several = {
        "accounts": row.accounts,
        "audience": row.audience,
        "offices": row.offices,
        "supersedes": map(str, verdicts.superseded_numbers(session, [id_of(row)])),
        "alternatives": [each for each in row.alternatives if each == NONE_KNOWN],
        "within": LIMITS if CONFIRMED in row.notes else (),
    }
    stored = verdicts.conditions(session, [id_of(row)]).get(id_of(row), [])
    conditions = {}
    for number, each in enumerate(stored, start=1):
        form = as_form(as_condition(each), f"c{number}.", "")
        for name in ("text", "kind", "duty", "check", "mitigates", "due_on", "wording"):
            conditions[f"{form.prefix}{name}"] = str(getattr(form, name))
        conditions[f"{form.prefix}lasts"] = "standing" if form.standing else "dated"
    values = {name: (value,) for name, value in (single | conditions).items()}
    return Typed(values | {name: tuple(each) for name, each in several.items()})
