"""SQLModel tables: they hold state and have no rules; one noun a file."""

from registry.store.tables.candidate import Candidate, CandidateLabel, Mention
from registry.store.tables.entry import Entry, EntryRevision
from registry.store.tables.evaluation import (
    Assignment,
    Evaluation,
    Interest,
    Moderation,
    ProposedCondition,
    VendorContact,
)
from registry.store.tables.event import Event
from registry.store.tables.intake_rule import IntakeRule
from registry.store.tables.kept_reply import KeptReply
from registry.store.tables.office import Office
from registry.store.tables.request import Request
from registry.store.tables.rubric import RubricFile
from registry.store.tables.scorecard import Scorecard, ScorecardKnockOut, ScorecardRating
from registry.store.tables.source import Source
from registry.store.tables.tool import Alias, AliasKind, Tool
from registry.store.tables.unanswered import Unanswered
from registry.store.tables.user import (
    ApiToken,
    Role,
    SignInLink,
    User,
    UserArea,
    UserOffice,
    UserRole,
    UserSession,
)
from registry.store.tables.verdict import Supersession, Verdict, VerdictCondition

__all__ = [
    "Alias",
    "AliasKind",
    "ApiToken",
    "Assignment",
    "Candidate",
    "CandidateLabel",
    "Entry",
    "EntryRevision",
    "Evaluation",
    "Event",
    "IntakeRule",
    "Interest",
    "KeptReply",
    "Mention",
    "Moderation",
    "Office",
    "ProposedCondition",
    "Request",
    "Role",
    "RubricFile",
    "Scorecard",
    "ScorecardKnockOut",
    "ScorecardRating",
    "SignInLink",
    "Source",
    "Supersession",
    "Tool",
    "Unanswered",
    "User",
    "UserArea",
    "UserOffice",
    "UserRole",
    "UserSession",
    "VendorContact",
    "Verdict",
    "VerdictCondition",
]
