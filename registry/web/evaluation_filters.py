"""The filters of the list of evaluations as they stand in an address, for the page, its downloads and the API alike."""

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from registry.domain.errors import InvalidInput
from registry.domain.evaluation import EvaluationState, Tier
from registry.domain.values import dataclass
from registry.services.evaluations import taking_part
from registry.services.people.acting import Actor
from registry.store.evaluation_lists import Filters
from registry.store.evaluations import CLOSED
from registry.store.paging import NoMark
from registry.web.understood import code

UNDER_WAY = tuple(each for each in EvaluationState if each not in CLOSED)
ALL = "all"
ME = "me"


@dataclass(frozen=True)
class Asked:
    """What the address says, as it was written; an empty `states` means those under way, `("all",)` every one."""

    states: tuple[str, ...] = ()
    tier: str = ""
    owner: str = ""
    """A person's number, or `me`."""
    reviewer: str = ""
    words: str = ""
    overdue: bool = False

    def query(self, **changed: str) -> str:
        """The same list, or with other values, in an order that never changes."""
        values = {
            "tier": self.tier,
            "owner": self.owner,
            "reviewer": self.reviewer,
            "q": self.words,
            "overdue": "1" if self.overdue else "",
        } | changed
        states: Iterable[str] = (changed["state"],) if "state" in changed else self.states
        values.pop("state", None)
        pairs = [("state", each) for each in states if each] + [
            (name, value) for name, value in values.items() if value
        ]
        return urlencode(pairs)


def read(query: QueryParams) -> Asked:
    """Raises InvalidInput, naming what may stand there."""
    states = tuple(each for each in query.getlist("state") if each)
    for each in states:
        code(each, (*EvaluationState, ALL), "state")
    tier = code(query.get("tier", ""), [str(each.value) for each in Tier], "tier")
    faults: dict[str, str] = {}
    for name in ("owner", "reviewer"):
        said = query.get(name, "")
        if said and said != ME and not (said.isascii() and said.isdigit() and len(said) < 10):
            faults[name] = f"There is no {name} “{said[:40]}”. Give a person’s number, or {ME}."
    if faults:
        raise InvalidInput(" ".join(faults.values()), faults)
    return Asked(
        states,
        tier,
        query.get("owner", ""),
        query.get("reviewer", ""),
        query.get("q", "").strip()[:120],
        overdue=query.get("overdue", "") not in ("", "0", "false"),
    )


def as_filters(
    asked: Asked, *, by: Actor, today: date, otherwise: Iterable[EvaluationState] = UNDER_WAY
) -> Filters:
    """What this person may see of it; `otherwise` are the states where none was named."""

    def person(said: str) -> int | None:
        return by.id if said == ME else int(said) if said else None

    return Filters(
        states=()
        if ALL in asked.states
        else tuple(EvaluationState(each) for each in asked.states) or tuple(otherwise),
        tier=int(asked.tier) if asked.tier else None,
        owner_id=person(asked.owner),
        reviewer_id=person(asked.reviewer),
        words=asked.words,
        overdue_on=today if asked.overdue else None,
        seen_by=None if taking_part.sees_all(by) else by.person_id,
    )


def cursor_of(day: date, number: int) -> str:
    return f"{day:%Y%m%d}-{number}"


def read_cursor(cursor: str) -> tuple[date, int] | None:
    """Raises NoMark."""
    if not cursor:
        return None
    day, _, number = cursor.partition("-")
    try:
        if not (number.isascii() and number.isdigit() and len(number) < 10 and len(day) == 8):
            raise ValueError
        return date.fromisoformat(day), int(number)
    except ValueError as error:
        raise NoMark(cursor) from error
