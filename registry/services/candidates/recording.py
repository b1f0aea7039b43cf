"""One act of triage on one candidate or many: read on the versions that were seen, written with its events and steps.

An act is written whole or not at all; what it takes to undo it (undoing.py) is written with it.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from registry.domain.errors import NotFound, RegistryError, RuleBroken, StaleVersion
from registry.domain.triage import Verb
from registry.domain.values import dataclass
from registry.services.people.acting import Actor, event_of, record_all
from registry.store import candidates, triage_acts
from registry.store.columns import id_of
from registry.store.engine import write_all
from registry.store.tables import Candidate, TriageAct, TriageStep

KEPT = (
    *("name", "name_key", "homepage", "identity", "tagline", "category", "method", "sure", "findings"),
    *("status", "reason", "note", "watch_until", "merged_into_id", "tool_id", "closed_at", "closed_by_id"),
)
"""The columns that an act may change, and that undoing it puts back."""
TOLD = ("name", "homepage", "tagline", "category", "status", "reason")
"""Those of them that an event tells."""


@dataclass(frozen=True, order=True)
class Chosen:
    """A candidate as it was seen; `version` None where any will do."""

    id: int
    version: int | None = None


@dataclass(frozen=True)
class Refusal:
    candidate_id: int
    name: str
    """Empty where there is no such candidate."""
    error: RegistryError


class DoneAlready(StaleVersion):
    """The very same act by the same person on the same versions was done a moment ago: a button pressed twice."""

    def __init__(self, act: TriageAct) -> None:
        super().__init__("This was done already, by the same press.")
        self.act = act


@dataclass
class Recording:
    """An act while it happens; nothing is kept of it until `write`."""

    session: Session
    verb: Verb
    chosen: Sequence[Chosen]
    by: Actor
    now: datetime
    told: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    done: list[Candidate] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _steps: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mark = mark_of(self.verb, self.asked, selection_mark(self.chosen))
        known = candidates.locked(self.session, [each.id for each in self.chosen])
        self.read: list[Candidate] = []
        for each in self.chosen:
            found = known.get(each.id)
            if found is None:
                error: RegistryError = NotFound(
                    f"There is no candidate {each.id}. The inbox lists those there are."
                )
                self.refused.append(Refusal(each.id, "", error))
            elif each.version is not None and found.version != each.version:
                self.refused.append(Refusal(each.id, found.name, self._stale()))
            else:
                self.read.append(found)

    def each(
        self,
        do: Callable[[Candidate], Mapping[str, Any] | None],
        action: str,
        *,
        within: bool = False,
        **more: Any,
    ) -> None:
        """Do it to each; what `do` gives is kept as made. A RuleBroken refuses that one alone.

        `within` puts each into a savepoint, for acts that write more than the candidate. `more` goes into the event.
        """
        for candidate in self.read:
            before = {name: getattr(candidate, name) for name in KEPT}
            try:
                if within:
                    with self.session.begin_nested():
                        made = do(candidate)
                else:
                    made = do(candidate)
            except RuleBroken as error:
                self.refused.append(Refusal(id_of(candidate), candidate.name, error))
            else:
                self._keep(candidate, before, made or {}, action, more)

    def write(self) -> TriageAct:
        """Raises what refused the first one, where any was refused; DoneAlready for a second press."""
        if self.refused:
            raise self.refused[0].error
        for candidate in self.done:
            candidate.version += 1
            self.session.add(candidate)
        return self.write_as_it_is()

    def write_as_it_is(self) -> TriageAct:
        """Without new versions: for what two people may do at once, such as labels."""
        self.session.flush()
        act = TriageAct(
            at=self.now,
            actor_id=self.by.id,
            actor=self.by.name,
            verb=self.verb.value,
            told=self.told,
            count=len(self.done),
            mark=self.mark,
        )
        self.session.add(act)
        self.session.flush()
        for step, candidate in zip(self._steps, self.done, strict=True):
            step |= {"act_id": act.id, "version": candidate.version}
        write_all(self.session, TriageStep, self._steps)
        record_all(self.session, self._events)
        return act

    def _keep(
        self,
        candidate: Candidate,
        before: Mapping[str, Any],
        made: Mapping[str, Any],
        action: str,
        more: Mapping[str, Any],
    ) -> None:
        changed = {name: value for name, value in before.items() if getattr(candidate, name) != value}
        was = {name: str(before[name]) for name in TOLD if name in changed}
        now_is = {name: str(getattr(candidate, name)) for name in was}
        told = {**now_is, **more, **made.get("told", {})}
        subject = ("candidate", candidate.id)
        self._events.append(
            event_of(
                action, subject, by=self.by, now=self.now, before={**was, **made.get("was", {})}, after=told
            )
        )
        kept = {name: value for name, value in made.items() if name not in ("told", "was")}
        self._steps.append({"candidate_id": candidate.id, "before": as_json(changed), "made": kept})
        self.done.append(candidate)

    def _stale(self) -> StaleVersion:
        twin = triage_acts.find_by_mark(self.session, self.mark, self.by.id) if self.mark else None
        if twin is not None:
            return DoneAlready(twin)
        return StaleVersion(
            "Somebody changed this candidate meanwhile. Look at it again, then repeat your act."
        )


def selection_mark(chosen: Sequence[Chosen]) -> str:
    """Stands for exactly these candidates on these versions; empty where one was chosen whatever its version."""
    if not chosen or any(each.version is None for each in chosen):
        return ""
    return _digest(sorted((each.id, each.version) for each in chosen))


def mark_of(verb: Verb, asked: Mapping[str, Any], selection: str) -> str:
    """The same for the same act on the same selection, however often it is asked for."""
    return _digest([verb.value, asked, selection]) if selection else ""


def _digest(said: Any) -> str:
    return sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def as_json(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in columns.items()}


def closed(candidate: Candidate, by: Actor, now: datetime) -> None:
    candidate.closed_at, candidate.closed_by_id = now, by.id


def opened(candidate: Candidate) -> None:
    candidate.reason = candidate.note = ""
    candidate.watch_until, candidate.closed_at, candidate.closed_by_id = None, None, None


def chosen(ids: Collection[int]) -> list[Chosen]:
    """Whatever their versions."""
    return [Chosen(each) for each in ids]
