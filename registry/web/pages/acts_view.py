"""The page of what staff may do to a verdict, its values read and put into words; the acts are in verdict_life.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime

from sqlmodel import Session

from registry.domain.condition import Check, Condition, ConditionState
from registry.domain.errors import NotAllowed
from registry.domain.language import day_text
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.validity import PERMITTED_MARKS, Mark, MarkKind, ValidityState, validity
from registry.domain.values import dataclass
from registry.services.people.acting import Actor
from registry.services.people.reach import DECIDERS, require_reach
from registry.services.verdicts.duties import OVER
from registry.services.verdicts.publishing import pilot_result
from registry.services.verdicts.verdict_life import SUSPENDERS, SUSPENDING
from registry.settings import Settings
from registry.store import dossier, tools, verdicts
from registry.store.columns import id_of
from registry.store.tables import Role
from registry.web.shapes import Event, Form, Option
from registry.web.verdict_parts import happenings


@dataclass(frozen=True)
class Act:
    """One form: which fields it shows, what it does, and how it is put right where it was a mistake; in words."""

    path: str
    kind: MarkKind
    label: str
    done: str
    hint: str
    undo: str
    reason: bool = True
    replacement: bool = False
    day: bool = False
    pilot: bool = False
    grave: bool = False


ACTS = (
    Act(
        "suspend",
        MarkKind.SUSPENDED,
        "Suspend it",
        "It is paused",
        "For an emergency: everybody reads at once that it is paused. Another person confirms or lifts it.",
        "Was it a mistake? Another person lifts it.",
        replacement=True,
        grave=True,
    ),
    Act(
        "confirm",
        MarkKind.SUSPENSION_CONFIRMED,
        "Confirm the suspension",
        "The suspension is confirmed",
        "It stays paused.",
        "It can still be lifted, by anybody but the person who suspended it.",
        reason=False,
    ),
    Act(
        "lift",
        MarkKind.SUSPENSION_LIFTED,
        "Lift the suspension",
        "The suspension is lifted",
        "It holds again as before.",
        "Suspend it again if need be.",
        reason=False,
    ),
    Act(
        "result",
        MarkKind.PILOT_RESULT,
        "Record what the pilot came to",
        "The result is on record",
        "Everybody reads it beside the verdict. It changes nothing about how long the pilot runs.",
        "Record it again to correct it; what was written before stays on the record.",
        pilot=True,
    ),
    Act(
        "sunset",
        MarkKind.SUNSET,
        "Announce its end",
        "Its end is announced",
        "It holds until the day before; everybody reads the day and the replacement.",
        "Until that day you can announce another one, or keep it after all.",
        reason=False,
        replacement=True,
        day=True,
    ),
    Act(
        "keep",
        MarkKind.SUNSET_CANCELLED,
        "Keep it after all",
        "It is kept",
        "The announced end is called off; it holds again as long as its dates say.",
        "Announce its end again if need be.",
    ),
    Act(
        "graduate",
        MarkKind.GRADUATED,
        "Graduate it",
        "It needs no approval any more",
        "So ordinary that it needs no approval any more. Everybody reads a plain yes, without conditions.",
        "You can put it back under approval at any time.",
        reason=False,
    ),
    Act(
        "approve-again",
        MarkKind.GRADUATION_CANCELLED,
        "Put it back under approval",
        "It is back under approval",
        "It holds again by its conditions and its dates. Where its last day is over it has lapsed at once.",
        "Graduate it again while it stands.",
    ),
    Act(
        "revoke",
        MarkKind.REVOKED,
        "Withdraw it",
        "It is withdrawn",
        "For good: everybody reads a no from now on.",
        "This cannot be undone. To permit the tool again, open its case again and decide anew.",
        replacement=True,
        grave=True,
    ),
)
DUTIES_DONE = {
    "met": "The condition is noted as met",
    "waived": "The condition is waived",
    "taken-back": "The condition is open again",
}
BY_PATH = {each.path: each for each in ACTS}

FINAL: Mapping[ValidityState, str] = {
    ValidityState.REVOKED: "It was withdrawn, and a withdrawn verdict is never revived. To permit the tool again, "
    "evaluate it anew from its page.",
    ValidityState.SUPERSEDED: "A newer verdict replaced it, and it is never revived. Whatever should change is done to "
    "the newer one.",
    ValidityState.SUNSET_REACHED: "Its announced end has come. It cannot be prolonged; evaluate the tool anew from its "
    "page.",
    ValidityState.LAPSED: "It has lapsed, and is never prolonged in place: a renewal is a new decision. Have it looked "
    "at again.",
}
REACHED = (Option("yes", "Yes"), Option("partly", "In part"), Option("no", "No"))
_SETTLED = frozenset({ConditionState.MET, ConditionState.WAIVED})


@dataclass(frozen=True)
class Duty:
    position: int
    text: str
    state: str
    due_on: date | None
    evidence: str
    asks_evidence: bool
    may_settle: bool
    may_take_back: bool


@dataclass(frozen=True)
class ActsPage:
    number: int
    tool_name: str
    outcome: str
    state: str
    ends_on: date | None
    overdue: bool
    acts: Sequence[Act]
    duties: Sequence[Duty]
    seen: int
    """Number of the newest event about it: an act on an older page is refused."""
    final: str
    """Why nothing more can be done, and what to do instead; empty where something can."""
    beyond: str
    """Why they may not do what others may, and whom to ask: their role is for other offices. Else empty."""
    may_reopen: bool
    reached: Sequence[Option]
    result_lacking: bool
    """It is a pilot that ended, and nobody said what it came to."""
    since: Sequence[Event] = ()
    """What happened since the page was read on which the form came back."""
    form: Form = field(default_factory=Form)
    came_back: str = ""
    """The path of the form that came back with faults."""
    refused: str = ""
    done: str = ""
    """What was just done to it, in words."""
    next: str = ""
    """What that means for what comes next."""

    @property
    def summary(self) -> Mapping[str, str]:
        """The faults by the ids of their fields, of which several forms have some of one name."""
        return {f"{self.came_back}-{name}": sentence for name, sentence in self.form.faults.items()}


def acts_page(
    session: Session,
    number: int,
    settings: Settings,
    user: Actor,
    *,
    now: datetime,
    form: Form | None = None,
    came_back: str = "",
    refused: str = "",
    seen: int | None = None,
    done: str = "",
) -> ActsPage:
    """`done` is the path of the act that led here, or a key of DUTIES_DONE."""
    row = verdicts.get_published(session, number, now=now)
    ruling = verdicts.as_rulings(session, [row], now=now)[0]
    stands = validity(ruling, at=now, zone=settings.zone)
    today = now.astimezone(settings.zone).date()
    approves = Role.APPROVER in user.roles
    bar = _refused(session, user, row.offices, DECIDERS, now=now)
    bar_of_suspending = _refused(session, user, row.offices, SUSPENDERS, now=now)
    suspended = next((each for each in reversed(ruling.marks) if each.kind is MarkKind.SUSPENDED), None)
    acts = [
        each
        for each in ACTS
        if _possible(each, stands.state, row.outcome)
        and (each.path == came_back or not (bar_of_suspending if each.kind in SUSPENDING else bar))
        and not (PERMITTED_MARKS[each.kind].by_another and _is_theirs(suspended, user))
    ]
    owed = (bool(came_back) or not bar) and stands.state not in OVER
    told = dossier.befell(session, [id_of(row)])
    fresh = [each for each in told if seen is not None and id_of(each) > seen]
    return ActsPage(
        number=number,
        tool_name=tools.get_by_id(session, row.tool_id).name,
        outcome=row.outcome.value,
        state=stands.state.value,
        ends_on=stands.ends_on,
        overdue=stands.overdue,
        acts=acts,
        duties=[
            Duty(
                position,
                each.text,
                each.state(today).value,
                each.due_on,
                each.evidence,
                asks_evidence=each.check is Check.EVIDENCE,
                may_settle=owed and each.state(today) is ConditionState.OPEN,
                may_take_back=owed and each.state(today) in _SETTLED,
            )
            for position, each in enumerate(ruling.verdict.conditions, start=1)
        ],
        seen=max((id_of(each) for each in told), default=0),
        final=FINAL.get(stands.state, ""),
        beyond=bar if approves else bar_of_suspending,
        may_reopen=approves,
        reached=REACHED,
        result_lacking=row.outcome is Outcome.PILOT
        and stands.state is ValidityState.LAPSED
        and pilot_result(ruling) is None,
        since=happenings(fresh, {id_of(row): row}),
        form=form or Form(),
        came_back=came_back,
        refused=refused,
        done=BY_PATH[done].done if done in BY_PATH else DUTIES_DONE.get(done, ""),
        next=BY_PATH[done].undo if done in BY_PATH else _still_owed(ruling.verdict.conditions, today),
    )


def _refused(
    session: Session, user: Actor, offices: Sequence[str], own: Collection[Role], *, now: datetime
) -> str:
    """Why their role does not reach a verdict for these offices; empty where it does."""
    try:
        require_reach(session, user, offices, now=now, own=own)
    except NotAllowed as refused:
        return refused.sentence
    return ""


def _still_owed(conditions: Sequence[Condition], today: date) -> str:
    days = sorted(
        each.due_on for each in conditions if each.due_on and each.state(today) is ConditionState.OPEN
    )
    if not days:
        return "No condition waits for a day any more."
    count = "1 condition is" if len(days) == 1 else f"{len(days)} conditions are"
    return f"{count} still open, the next by {day_text(days[0])}."


def _is_theirs(suspended: Mark | None, user: Actor) -> bool:
    if suspended is None:
        return False
    return suspended.by_id == user.id if suspended.by_id is not None else suspended.by == user.name


def _possible(act: Act, state: ValidityState, outcome: Outcome) -> bool:
    rule = PERMITTED_MARKS[act.kind]
    fits = act.kind is not MarkKind.GRADUATED if outcome is Outcome.PILOT else not act.pilot
    return fits and state in rule.states and (MEANINGS[outcome].may_use or not rule.permissive_only)
