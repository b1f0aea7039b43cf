"""A tool for each thing that an answer can be, decided the whole way; one has the longest words that fit."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.domain.verdict import Scope
from registry.services.people.acting import Actor
from registry.services.verdicts.verdict_life import mark
from registry.store.tables import Verdict
from tests.builders import (
    UTC_ZONE,
    a_condition,
    a_tool,
    a_verdict,
    an_evaluation,
    the_cast,
    the_offices,
)

LONG_WORD = "Unbreakable" * 10
LONG_TEXT = "It keeps what is typed for ever and shows it to whoever asks for it. " * 25

ASKED = {
    "yes": "/check?q=plainly",
    "yes if": "/check?q=iffy",
    "pilot": "/check?q=tryout",
    "no": "/check?q=refused",
    "prohibited": "/check?q=banned",
    "lapsed": "/check?q=expired",
    "grace": "/check?q=gracious",
    "suspended": "/check?q=halted",
    "under review": "/check?q=examined",
    "not reviewed": "/check?q=untouched",
    "graduated": "/check?q=ordinary",
    "ending soon": "/check?q=fading",
    "withdrawn": "/check?q=revoked",
    "starts later": "/check?q=upcoming",
    "beyond its limits": "/check?q=bounded&data_class=regulated",
    "it depends": "/check?q=bounded",
    "several editions": "/check?q=manifold",
    "decided elsewhere": "/check?q=fieldwork&office=hq",
    "not known": "/check?q=nothing+of+the+kind",
    "did you mean": "/check?q=plainlyy",
    "unknown office": "/check?q=plainly&office=moon",
    "no day": "/check?q=plainly&on=soon",
    "long words": f"/check?q={LONG_WORD}",
    "long words, unknown": f"/check?q={'x' * 400}",
    "a tool of long words": f"/tools/{LONG_WORD.lower()}",
    "a verdict of long words": "/verdicts/1",
    "a list of answers": "/check/list",
    "a frame": "/embed?q=iffy",
    "not found": "/tools/none-of-these",
}
"""What a page shows, and its address."""


def prepare(session: Session, now: datetime) -> None:
    cast = the_cast(session, now - timedelta(days=2000))
    the_offices(session)
    day = now.date()

    def decided(name: str, outcome: Outcome = Outcome.APPROVED, *, days: int = 40, **more: object) -> Verdict:
        at = now - timedelta(days=days)
        return a_verdict(session, a_tool(session, name, now=at), cast, now=at, outcome=outcome, **more)  # type: ignore[arg-type]

    def befell(verdict: Verdict, kind: MarkKind, **more: object) -> None:
        at = now - timedelta(days=2)
        mark(session, verdict.number, kind, reason="A leak.", zone=UTC_ZONE, by=cast["ana"], now=at, **more)  # type: ignore[arg-type]

    _decide_at_length(session, cast, now)
    decided("Plainly")
    decided(
        "Iffy",
        Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(a_condition("Tell everyone on the call.", "R5"), a_condition("Delete it after a month.")),
        alternatives=("plainly",),
    )
    decided("Tryout", Outcome.PILOT)
    decided("Refused", Outcome.REJECTED, alternatives=("plainly",))
    decided("Banned", Outcome.PROHIBITED)
    decided("Expired", days=1500)
    decided("Gracious", valid_until=day - timedelta(days=10))
    befell(decided("Halted"), MarkKind.SUSPENDED)
    befell(decided("Ordinary"), MarkKind.GRADUATED)
    befell(decided("Fading"), MarkKind.SUNSET, effective_on=day + timedelta(days=100), replacement="Plainly")
    befell(decided("Revoked"), MarkKind.REVOKED)
    decided("Upcoming", starts_on=day + timedelta(days=20))
    decided("Bounded", scope=Scope(data_ceiling="internal", accounts=frozenset({"organisation"})))
    decided("Fieldwork", scope=Scope(offices=frozenset({"field"})))
    at = now - timedelta(days=40)
    manifold = a_tool(session, "Manifold", now=at)
    a_verdict(session, manifold, cast, now=at, scope=Scope(edition="Business"))
    a_verdict(
        session, manifold, cast, now=at, outcome=Outcome.REJECTED, scope=Scope(edition="Free"),
        alternatives=("plainly",),
    )  # fmt: skip
    a_tool(session, "Untouched", now=at)
    an_evaluation(
        session, a_tool(session, "Examined", now=at), owner=cast["rosa"], reviewers=(cast["rosa"],), now=at
    )


def _decide_at_length(session: Session, cast: Mapping[str, Actor], now: datetime) -> None:
    at = now - timedelta(days=60)
    tool = a_tool(session, LONG_WORD, now=at, vendor=LONG_WORD, category=LONG_WORD[:60])
    a_verdict(
        session, tool, cast, now=at, outcome=Outcome.APPROVED_WITH_CONDITIONS,
        conditions=(a_condition(f"Never {LONG_WORD}. {LONG_TEXT[:300]}", "R5"), *(
            a_condition(f"{number}. {LONG_TEXT[:200]}") for number in range(12)
        )),
    )  # fmt: skip
