"""A duty that comes with a verdict: what, by whom, how it is checked, and which criteria it mitigates."""

from datetime import date
from enum import StrEnum

from registry.domain.values import dataclass


class ConditionKind(StrEnum):
    DATA_CEILING = "data_ceiling"
    ACCOUNT_TYPE = "account_type"
    TRAINING = "training"
    CONFIGURATION = "configuration"
    VERSION = "version"
    AUDIENCE = "audience"
    RECORDS_CAPTURE = "records_capture"
    AMENDED_TERMS = "amended_terms"
    ACCESSIBILITY_ALTERNATIVE = "accessibility_alternative"
    SPEND_LIMIT = "spend_limit"
    SUPERVISOR_APPROVAL = "supervisor_approval"
    REVIEW_DATE = "review_date"
    OTHER = "other"


class Duty(StrEnum):
    """Who must do it."""

    USER = "user"
    OFFICE = "office"
    REGISTRY = "registry"


class Check(StrEnum):
    """How it is checked."""

    SELF_ATTESTED = "self_attested"
    EVIDENCE = "evidence"
    AUTOMATIC = "automatic"


class ConditionState(StrEnum):
    STANDING = "standing"
    OPEN = "open"
    MET = "met"
    OVERDUE = "overdue"
    WAIVED = "waived"


@dataclass(frozen=True)
class Condition:
    text: str
    kind: ConditionKind = ConditionKind.OTHER
    duty: Duty | None = None
    check: Check | None = None
    mitigates: frozenset[str] = frozenset()
    """Ids of the criteria (`R2`) and knock-outs (`K5`) that it covers."""
    standing: bool = False
    """A user's lasting duty, with no due date and no state; anything else is dated."""
    due_on: date | None = None
    met_on: date | None = None
    waived_reason: str = ""
    evidence: str = ""
    """What shows that it was met: a link or a sentence."""
    wording_id: int | None = None
    """Of the library's wording that it was taken from, if it was."""

    @property
    def complete(self) -> bool:
        """Says who must do it, how it is checked, and by when (or that it is standing)."""
        return self.duty is not None and self.check is not None and (self.standing or self.due_on is not None)

    def state(self, on: date) -> ConditionState:
        if self.standing:
            return ConditionState.STANDING
        if self.waived_reason:
            return ConditionState.WAIVED
        if self.met_on is not None:
            return ConditionState.MET
        return ConditionState.OVERDUE if self.due_on is not None and on > self.due_on else ConditionState.OPEN
