"""What the demo's office has prepared and not switched on: a next rubric, and an office with outcomes of its own."""

from datetime import datetime

from sqlmodel import Session

from registry.demo.ground import Ground
from registry.domain.outcome import Outcome
from registry.services.people import offices
from registry.services.rubrics import rubrics
from registry.store import offices as store
from registry.store import rubrics as files
from registry.store.tables import Role

ENERGY = """
[criteria.R13]
side = "risk"
name = "Energy"
question = "What does it draw, here and where it runs?"
weight = 3
areas = ["procurement"]
evidence = "What the supplier publishes about its data centres, or our own measurement."
ordinary_guidance = "Let it rest when nobody uses it."
anchors.0 = "Nothing that could be measured, or less than what it replaces."
anchors.1 = "Little, and published."
anchors.2 = "As much as its kind usually does."
anchors.3 = "Much, or nobody says how much; a limit on its use would hold it."
anchors.4 = "More than it can be worth."
"""
REWORDED = (
    ("version = 1", "version = 2"),
    ("Technology rubric, version 1", "Technology rubric, version 2"),
    ("weight = 14", "weight = 11"),
    ("weight = 25", "weight = 20"),
    ("weight = 8\nanchors", "weight = 13\nanchors"),
    ("Could it expose our data or accounts?", "Could it expose our data, our accounts or our network?"),
)
CAREFUL = {9: Outcome.REJECTED}
"""A field office has nobody to answer for a tool that brings little: low risk and weak fit are a no there."""


def prepare(session: Session, ground: Ground, *, now: datetime) -> None:
    """Nothing that was opened before is touched by it."""
    ada = next(each for each in ground.people.values() if Role.ADMIN in each.roles)
    text = files.in_force(session, "rubric").body
    for old, new in REWORDED:
        text = text.replace(old, new, 1)
    parsed = rubrics.parse(text.replace("[criteria.F1]", f"{ENERGY.lstrip()}\n[criteria.F1]", 1).encode())
    rubrics.store_file(session, parsed, origin="technology-2.toml", by=ada, now=now)
    field = store.get(session, "field")
    offices.change(
        session,
        field.code,
        name=field.name,
        default_rule=field.default_rule,
        outcomes=CAREFUL,
        version=field.version,
        by=ada,
        now=now,
    )
