"""The past of the demo's office, acted again by the real services, each act at its own moment and in order of time."""

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import chain
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from registry.demo.content import Content, EvaluationRecord, RequestRecord, VerdictRecord
from registry.demo.ground import Ground
from registry.demo.scorecards import ScorecardRecord
from registry.domain.evaluation import EvaluationState
from registry.domain.quick_lane import LIMITS
from registry.domain.scorecard import TypedAnswer, TypedRating, TypedScorecard
from registry.domain.values import dataclass
from registry.services.answers import requests
from registry.services.answers.unanswered import count_unanswered
from registry.services.decisions.decision import Decision, Terms, decide
from registry.services.evaluations import evaluation as rounds
from registry.services.evaluations import moderation, scoring
from registry.services.people.acting import Actor, record
from registry.services.verdicts import content, duties, verdict_life
from registry.store import tables, verdicts
from registry.store.columns import id_of
from registry.store.conditions import rows_of

Act = tuple[datetime, Callable[[datetime], object]]
"""When, and what; the act is given its moment."""

HOUR = timedelta(hours=1)


@dataclass
class History:
    """Plays the past of `content` up to `now` in one transaction; `secret` is the registry's own key."""

    session: Session
    content: Content
    ground: Ground
    terms: Terms
    secret: bytes
    now: datetime
    rounds: dict[str, int] = field(default_factory=dict)
    """Key of an evaluation to its number."""

    def play(self) -> None:
        requested: Iterator[Act] = (
            (each.at, partial(self.request, each)) for each in self.content.requests if each.tool
        )
        acts: Iterator[Act] = chain(
            chain.from_iterable(self._evaluation(each) for each in self.content.evaluations),
            chain.from_iterable(self._verdict(each) for each in self.content.verdicts),
            requested,
            self._look_ups(),
        )
        for at, act in sorted(acts, key=lambda each: each[0]):
            act(at)

    def request(self, told: RequestRecord, at: datetime) -> requests.Requested:
        tool = self.ground.tools.get(told.tool)
        return requests.request_tool(
            self.session,
            name=tool.name if tool else told.name,
            homepage=tool.homepage if tool else told.url,
            purpose=told.purpose,
            data_class=told.data_class,
            needed_by=told.needed_by,
            contact=told.contact,
            by=self.ground.people[told.by] if told.by else Actor(None, "a colleague"),
            secret=self.secret,
            now=at,
        )

    def _evaluation(self, told: EvaluationRecord) -> Iterator[Act]:
        if told.requested_by:
            request = RequestRecord(
                by=told.requested_by,
                contact="",
                at=told.opened_at - HOUR,
                tool=told.tool,
                name="",
                url="",
                purpose=told.use.purpose,
                data_class=told.use.data_class,
                needed_by="",
            )
            yield request.at, partial(self.request, request)
        yield told.opened_at, partial(self._open, told)
        for each in told.interests:
            yield each.at, partial(self._declare, told, each.by, each.statement)
        last = max([card.submitted_at or told.opened_at for card in told.scorecards], default=told.opened_at)
        for card in told.scorecards:
            ended = card.submitted_at or min(last + 5 * HOUR, self.now - HOUR)
            yield max(told.opened_at, ended - HOUR), partial(self._draft, told, card)
            if card.submitted_at:
                yield ended, partial(self._submit, told, card)
        for proposal in told.proposed:
            yield last, partial(self._propose, told, proposal.by, proposal.condition)
        for done in told.moderations:
            yield done.at, partial(self._moderate, told, done.by, done.item, done.value, done.reason)
        if told.state is EvaluationState.WAITING and told.waiting_until is not None:
            yield last + HOUR, partial(self._wait, told, told.waiting_until)
        if told.closed_at is not None:
            yield told.closed_at, partial(self._withdraw, told)

    def _open(self, told: EvaluationRecord, at: datetime) -> None:
        owner, use = self.ground.people[told.owner], told.use
        row = rounds.open_evaluation(
            self.session,
            id_of(self.ground.tools[told.tool]),
            tier=told.tier,
            owner_id=owner.person_id,
            intended_use={
                "purpose": use.purpose,
                "data_class": use.data_class,
                "accounts": list(use.accounts),
                "audience": list(use.audience),
                "offices": list(use.offices),
                "versions": use.versions,
            },
            reviewers=[self.ground.people[each].person_id for each in told.reviewers],
            edition=told.edition,
            zone=self.terms.zone,
            by=owner,
            now=at,
        )
        self.rounds[told.key] = id_of(row)

    def _declare(self, told: EvaluationRecord, by: str, statement: str, at: datetime) -> None:
        actor, evaluation_id = self.ground.people[by], self.rounds[told.key]
        scoring.declare(self.session, evaluation_id, interested=True, statement=statement, by=actor, now=at)

    def _draft(self, told: EvaluationRecord, card: ScorecardRecord, at: datetime) -> None:
        by, evaluation_id = self.ground.people[card.by], self.rounds[told.key]
        scoring.declare(self.session, evaluation_id, interested=False, statement="", by=by, now=at)
        typed = TypedScorecard(
            ratings={
                key: TypedRating(line.rating, line.confidence, line.sentence, line.evidence)
                for key, line in card.ratings.items()
            },
            knock_outs={
                key: TypedAnswer(line.answer, line.sentence) for key, line in card.knock_outs.items()
            },
        )
        scoring.save_draft(self.session, evaluation_id, typed, version=0, by=by, now=at)

    def _submit(self, told: EvaluationRecord, card: ScorecardRecord, at: datetime) -> None:
        by = self.ground.people[card.by]
        scoring.submit(self.session, self.rounds[told.key], solo=self.terms.solo, by=by, now=at)

    def _propose(self, told: EvaluationRecord, by: str, condition: Any, at: datetime) -> None:
        actor = self.ground.people[by]
        rounds.propose_condition(self.session, self.rounds[told.key], condition, by=actor, now=at)

    def _moderate(
        self, told: EvaluationRecord, by: str, item: str, value: str, reason: str, at: datetime
    ) -> None:
        moderation.moderate(
            self.session,
            self.rounds[told.key],
            item,
            value=value,
            reason=reason,
            solo=self.terms.solo,
            by=self.ground.people[by],
            now=at,
        )

    def _wait(self, told: EvaluationRecord, until: date, at: datetime) -> None:
        rounds.wait(
            self.session,
            self.rounds[told.key],
            until=until,
            for_whom=told.waiting_for,
            today=at.date(),
            by=self.ground.people[told.owner],
            now=at,
        )

    def _withdraw(self, told: EvaluationRecord, at: datetime) -> None:
        by = self.ground.people[told.owner]
        rounds.withdraw(self.session, self.rounds[told.key], reason=told.withdrawn_reason, by=by, now=at)

    def _verdict(self, told: VerdictRecord) -> Iterator[Act]:
        yield told.decided_at, partial(self._import if told.imported else self._decide, told)
        by = self.ground.people[told.decided_by]
        for position, each in enumerate(told.conditions, start=1):
            if each.met_on is not None:
                meet = partial(
                    duties.meet_condition,
                    self.session,
                    told.number,
                    position,
                    evidence=each.evidence or "On file.",
                    zone=self.terms.zone,
                )
                yield self._in_office_hours(each.met_on), self._at(meet, by, on=each.met_on)
            if each.waived_reason and each.due_on is not None:
                waive = partial(
                    duties.waive_condition, self.session, told.number, position, zone=self.terms.zone
                )
                day = each.due_on - timedelta(days=1)
                yield self._in_office_hours(day), self._at(waive, by, reason=each.waived_reason)
        for mark in told.marks:
            befall = partial(verdict_life.mark, self.session, told.number, mark.kind, zone=self.terms.zone)
            yield (
                mark.at,
                self._at(
                    befall,
                    self.ground.people[mark.by],
                    reason=mark.reason,
                    replacement=mark.replacement,
                    effective_on=mark.effective_on,
                ),
            )

    def _decide(self, told: VerdictRecord, at: datetime) -> None:
        decision = Decision(
            outcome=told.outcome,
            rationale=told.rationale,
            conditions=tuple(
                replace(each, met_on=None, waived_reason="", wording_id=self.ground.wordings.get(each.text))
                for each in told.conditions
            ),
            scope=told.scope,
            alternatives=told.alternatives,
            reason_code=told.reason_code,
            citation=told.citation,
            pilot=told.pilot,
            step_reason=told.step_reason,
            valid_until=told.valid_until,
            starts_on=told.starts_on,
            supersedes=told.supersedes,
            within=frozenset(LIMITS),
        )
        by = self.ground.people[told.decided_by]
        decide(self.session, self.rounds[told.evaluation], decision, self.terms, by=by, now=at)

    def _import(self, told: VerdictRecord, at: datetime) -> None:
        """As an import writes it: out at once, never scored, and marked so."""
        by, scope = self.ground.people[told.decided_by], told.scope
        row = tables.Verdict(
            number=verdicts.next_number(self.session),
            uid=str(uuid4()),
            tool_id=id_of(self.ground.tools[told.tool]),
            outcome=told.outcome,
            edition=scope.edition,
            versions=scope.versions,
            deployment=scope.deployment,
            data_ceiling=scope.data_ceiling,
            accounts=sorted(scope.accounts),
            offices=sorted(scope.offices),
            audience=sorted(scope.audience),
            rationale=told.rationale,
            reason_code=told.reason_code,
            citation=told.citation,
            alternatives=list(told.alternatives),
            decided_by_id=by.id,
            decided_by=by.name,
            decided_at=at,
            published_at=at,
            starts_at=at,
            valid_until=told.valid_until,
            imported=True,
            reference=told.reference,
        )
        self.session.add(row)
        self.session.flush()
        self.session.add_all(rows_of(id_of(row), told.conditions))
        self.session.flush()
        after = {
            "number": row.number,
            **content.hashes(self.session, [id_of(row)])[id_of(row)],
            "tool": told.tool,
            "outcome": row.outcome.value,
            "imported": True,
        }
        record(self.session, "verdict.published", ("verdict", row.id), by=by, now=at, after=after)

    def _look_ups(self) -> Iterator[Act]:
        for each in self.content.unanswered:
            for earlier in range(each.times):
                yield each.last_at - earlier * 7 * HOUR, self._unanswered(each.query)

    def _unanswered(self, query: str) -> Callable[[datetime], None]:
        return lambda at: count_unanswered(self.session, query, now=at)

    def _in_office_hours(self, day: date) -> datetime:
        return min(datetime.combine(day, time(10), UTC), self.now)

    @staticmethod
    def _at(act: Callable[..., object], by: Actor, **given: Any) -> Callable[[datetime], object]:
        return lambda at: act(by=by, now=at, **given)
