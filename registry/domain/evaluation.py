"""Where an evaluation is, what it still lacks, and who may score or decide it. What the ratings say is the
assessment's business; what was decided is the verdict's."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from enum import IntEnum, StrEnum

from registry.domain.errors import NotAllowed, RuleBroken
from registry.domain.language import gettext_noop as _
from registry.domain.values import dataclass


class EvaluationState(StrEnum):
    OPEN = "open"
    SCORING = "scoring"
    MODERATION = "moderation"
    DECISION = "decision"
    DECIDED = "decided"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


STATE_LABELS: dict[EvaluationState, str] = {
    EvaluationState.OPEN: "Open",
    EvaluationState.SCORING: "Scoring",
    EvaluationState.MODERATION: "Moderation",
    EvaluationState.DECISION: "Ready to decide",
    EvaluationState.DECIDED: "Decided",
    EvaluationState.WAITING: "Waiting",
    EvaluationState.WITHDRAWN: "Withdrawn",
}

_S = EvaluationState
_AT_WORK = frozenset({_S.OPEN, _S.SCORING, _S.MODERATION, _S.DECISION})

ACTS: dict[str, frozenset[EvaluationState]] = {
    "score": frozenset({_S.OPEN, _S.SCORING, _S.MODERATION}),
    "assign": _AT_WORK | {_S.WAITING},
    "reschedule": _AT_WORK | {_S.WAITING},
    "moderate": frozenset({_S.MODERATION}),
    "decide": frozenset({_S.DECISION}),
    "wait": _AT_WORK,
    "resume": frozenset({_S.WAITING}),
    "withdraw": _AT_WORK | {_S.WAITING},
}
"""From which states a person may do what. A resumed evaluation goes on where `next_state` puts it."""


class Tier(IntEnum):
    ONE = 1
    TWO = 2
    THREE = 3

    @property
    def scorecards(self) -> int:
        """How many scorecards it needs."""
        return TIERS[self].scorecards

    @property
    def areas(self) -> tuple[str, ...]:
        """What must be among the areas of those who scored."""
        return TIERS[self].areas

    @property
    def target_days(self) -> int:
        return TIERS[self].target_days


class Alone(StrEnum):
    """The two recorded exceptions under which one person may score and decide."""

    QUICK_LANE = "quick_lane"
    SOLO = "solo"


@dataclass(frozen=True)
class TierMeaning:
    scorecards: int
    areas: tuple[str, ...]
    target_days: int
    in_working_days: bool


TIERS: dict[Tier, TierMeaning] = {
    Tier.ONE: TierMeaning(1, (), 5, in_working_days=True),
    Tier.TWO: TierMeaning(2, (), 20, in_working_days=False),
    Tier.THREE: TierMeaning(3, ("privacy", "security", "accessibility"), 60, in_working_days=False),
}


EFFECTS = ("none", "people", "rights")
FIRST_SENSITIVE = 2


@dataclass(frozen=True)
class Submitted:
    """One scorecard that was handed in; `areas` are those that its reviewer speaks for."""

    reviewer: int
    areas: frozenset[str] = frozenset()


def tier_for(
    *,
    data_is_public: bool,
    data_is_sensitive: bool,
    affects_people: bool,
    affects_rights: bool,
    costs: bool,
    public_account: bool,
) -> Tier:
    """The tier of an intended use. `data_is_sensitive` covers regulated data, `costs` is more than a
    trivial cost, `public_account` an account that speaks in public, `affects_people` any effect on people,
    `affects_rights` one on their rights."""
    if data_is_sensitive or affects_rights:
        return Tier.THREE
    plain = data_is_public and not (affects_people or costs or public_account)
    return Tier.ONE if plain else Tier.TWO


@dataclass(frozen=True)
class ProposedTier:
    tier: Tier
    because: str
    """One sentence."""


def propose_tier(
    data_class: str, data_classes: Sequence[str], *, effect: str, costs: str, public_account: str
) -> ProposedTier:
    """The tier that answers about an intended use lead to; what was not answered never makes it milder than 2.

    The first of the office's `data_classes` is public data, those from the third on are sensitive. `effect` is
    `none`, `people` or `rights`; `costs` and `public_account` are `no` or `yes`. Source: docs/concepts.md.
    """
    rank = data_classes.index(data_class) if data_class in data_classes else None
    tier = tier_for(
        data_is_public=rank == 0,
        data_is_sensitive=rank is not None and rank >= FIRST_SENSITIVE,
        affects_people=effect != "none",
        affects_rights=effect == "rights",
        costs=costs != "no",
        public_account=public_account != "no",
    )
    causes = {
        Tier.THREE: (
            (rank is not None and rank >= FIRST_SENSITIVE, f"{data_class} information is entered"),
            (effect == "rights", "it has an effect on people’s rights"),
        ),
        Tier.TWO: (
            (rank is None, "it is not said which information is entered"),
            (rank == 1, f"{data_class} information is entered"),
            (effect == "people", "it has an effect on people"),
            (effect not in EFFECTS, "it is not said whether it has an effect on people"),
            (costs == "yes", "it costs more than a trivial sum"),
            (costs not in ("no", "yes"), "it is not said what it costs"),
            (public_account == "yes", "it needs an account that speaks in public"),
            (public_account not in ("no", "yes"), "it is not said whether it needs a public account"),
        ),
        Tier.ONE: ((True, "public data, no or trivial cost, no public account, no effect on people"),),
    }[tier]
    told = ", and ".join(text for holds, text in causes if holds)
    return ProposedTier(tier, f"Tier {tier.value}: {told}.")


def target_on(tier: Tier, opened_on: date) -> date:
    """The day by which a decision is aimed at: 5 working days (Monday to Friday), 20 days or 60 days
    later."""
    if not TIERS[tier].in_working_days:
        return opened_on + timedelta(days=tier.target_days)
    day, left = opened_on, tier.target_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def require_act(state: EvaluationState, act: str) -> None:
    """Raise RuleBroken where an evaluation in this state has no such act (a key of ACTS)."""
    starts = ACTS.get(act)
    if starts is None:
        raise RuleBroken(f'There is no act "{act}" for an evaluation. Choose one of: {", ".join(ACTS)}.')
    if state in starts:
        return
    if state is EvaluationState.WAITING:
        raise RuleBroken("This evaluation is waiting. Resume it first.")
    if state not in _AT_WORK:
        raise RuleBroken(f"This evaluation is {STATE_LABELS[state].lower()}. Open a new one instead.")
    wanted = " or ".join(sorted(STATE_LABELS[each].lower() for each in starts))
    raise RuleBroken(
        f"This can be done only while the evaluation is at “{wanted}”; now it is at “{STATE_LABELS[state].lower()}”."
    )


def next_state(
    tier: Tier,
    scorecards: Sequence[Submitted],
    *,
    flagged: Collection[str] = (),
    moderated: Collection[str] = (),
    solo: bool = False,
    begun: bool = False,
) -> EvaluationState:
    """Where an evaluation at work stands: open, scoring, moderation or decision.

    `flagged` and `moderated` are ids of criteria and knock-outs, `solo` the setting for an office of one
    person (one scorecard is enough), `begun` that somebody was assigned or has started a scorecard.
    Decided, waiting and withdrawn come from an act of a person, never from here.
    """
    if _cards_lacking(tier, scorecards, solo) or _areas_lacking(tier, scorecards, solo):
        return EvaluationState.SCORING if scorecards or begun else EvaluationState.OPEN
    return EvaluationState.MODERATION if set(flagged) - set(moderated) else EvaluationState.DECISION


def missing(
    tier: Tier,
    scorecards: Sequence[Submitted],
    *,
    flagged: Collection[str] = (),
    moderated: Collection[str] = (),
    solo: bool = False,
) -> tuple[str, ...]:
    """What is missing before an approver can decide, one sentence each; nothing when it is ready."""
    tasks = []
    if count := _cards_lacking(tier, scorecards, solo):
        needed = _cards_needed(tier, solo)
        more = "1 more scorecard is" if count == 1 else f"{count} more scorecards are"
        tasks.append(f"{more} needed: {needed - count} of {needed} handed in.")
    tasks += [
        f"A reviewer for {area} must hand in a scorecard." for area in _areas_lacking(tier, scorecards, solo)
    ]
    if not tasks:
        open_flags = set(flagged) - set(moderated)
        tasks += [f"The disagreement on {each} must be moderated." for each in flagged if each in open_flags]
    return tuple(tasks)


def may_score(
    person: int,
    *,
    requester: int | Collection[int] | None = None,
    vendor_contacts: Collection[int] = (),
    interested: Collection[int] = (),
) -> None:
    """Raise NotAllowed for who asked for the tool, a contact of its vendor, or who declared an interest."""
    requesters: Collection[int] = (requester,) if isinstance(requester, int) else requester or ()
    _require_independence(person, "score", requesters, vendor_contacts, interested)


def may_decide(
    person: int,
    *,
    requesters: Collection[int] = (),
    scorers: Collection[int] = (),
    interested: Collection[int] = (),
    vendor_contacts: Collection[int] = (),
    solo: bool = False,
    quick_lane: bool = False,
) -> None:
    """Raise NotAllowed for the same people, and for who scored, save in the quick lane or an office of one
    person.

    Both exceptions must be kept in the verdict: see `recorded_exceptions`. The requester never decides, in
    them either.
    """
    _require_independence(person, "decide", requesters, vendor_contacts, interested)
    if person in scorers and not (solo or quick_lane):
        raise NotAllowed("You scored this tool, so you cannot decide on it. Ask another approver.")


def recorded_exceptions(
    person: int, *, scorers: Collection[int] = (), solo: bool = False, quick_lane: bool = False
) -> tuple[str, ...]:
    """The sentences that a verdict keeps when one of the two exceptions was used."""
    if quick_lane:
        return (_("Quick lane: one trained reviewer scored and decided alone."),)
    if solo:
        alone = _("One person scored and decided: this is an office of one person.")
        enough = _("One reviewer was enough: this is an office of one person.")
        return (alone if person in scorers else enough,)
    return ()


def _cards_needed(tier: Tier, solo: bool) -> int:
    return 1 if solo else tier.scorecards


def _cards_lacking(tier: Tier, scorecards: Sequence[Submitted], solo: bool) -> int:
    reviewers = {card.reviewer for card in scorecards}
    return max(0, _cards_needed(tier, solo) - len(reviewers))


def _areas_lacking(tier: Tier, scorecards: Sequence[Submitted], solo: bool) -> tuple[str, ...]:
    if solo:
        return ()
    covered = frozenset[str]().union(*(card.areas for card in scorecards))
    return tuple(area for area in tier.areas if area not in covered)


def _require_independence(
    person: int,
    act: str,
    requesters: Collection[int],
    vendor_contacts: Collection[int],
    interested: Collection[int],
) -> None:
    reasons = (
        (requesters, "You asked for this tool"),
        (vendor_contacts, "You are a contact of its vendor"),
        (interested, "You declared an interest in this tool"),
    )
    for people, reason in reasons:
        if person in people:
            raise NotAllowed(f"{reason}, so you cannot {act} it. Ask a colleague who has no part in it.")
