"""Wire shapes of what other registries decided: each with its history, and adopting it."""

from datetime import date, datetime

from pydantic import Field

from registry.domain.outcome import Outcome
from registry.domain.validity import ValidityState
from registry.web.decision_schemas import DecisionIn
from registry.web.deps import Plain
from registry.web.schemas import Sent, Shape


class OutsideScopeOut(Shape):
    """In the other registry's own words."""

    edition: str
    versions: str
    deployment: str
    data_ceiling: str
    accounts: list[str]
    offices: list[str]
    audience: list[str]


class OutsideOut(Shape):
    """A verdict of another registry, as it last told it. It is evidence, and no verdict of ours."""

    id: int
    registry: str = Field(examples=["Harbour City Registry"])
    source: int = Field(description="Id of the source that tells it.")
    number: str = Field(description="Theirs.")
    url: str
    tool_name: str = Field(description="As they call it.")
    tool: str | None = Field(description="Slug of our tool that it stands beside; null while nobody knows.")
    placed_by: str | None = Field(description="purl, path, domain, name, person or candidate.")
    set_aside: bool = Field(description="Somebody said that it is about none of our tools.")
    candidate: int | None = Field(description="The candidate that was made of it.")
    outcome: Outcome
    label: str
    validity: ValidityState = Field(description="As told, lapsed since where its last day is over.")
    stands: bool
    scope: OutsideScopeOut
    conditions: list[str]
    more_conditions: int = Field(description="How many were left out because there were too many.")
    rationale: str
    reason: str = Field(description="Why it was suspended or withdrawn, where that is told.")
    decided_by: str
    decided_on: date | None
    ends_on: date | None
    adopted_from: str | None = Field(description="Whose verdict they took over.")
    adopted_as: int | None = Field(description="Number of the verdict of ours that took it over.")
    said_at: datetime
    changed_at: datetime
    revision: int
    version: int = Field(description="Send it as `If-Match`.")


class BeforeOut(Shape):
    outcome: Outcome
    validity: ValidityState
    said_at: datetime
    changed: list[str] = Field(description="What came after it changed, in sentences.")


class WholeOutsideOut(OutsideOut):
    history: list[BeforeOut] = Field(description="What they said before, newest first.")


class PlaceIn(Sent):
    tool: Plain = Field(description="Slug of the tool that it is about.")


class ProposedOut(Shape):
    candidate: int
    url: str


class AdoptIn(DecisionIn):
    step_reason: Plain = Field("", description="Why one of their conditions is left out or said otherwise.")
    revision: int | None = Field(
        None, description="Of theirs, as it was read; 409 where they changed it since."
    )
    no_effect: bool = Field(
        False, description="It has no effect on people’s rights. A no needs no such word."
    )
    independent: bool = Field(
        False, description="You did not ask for it, are no contact of its vendor, and have no interest in it."
    )
