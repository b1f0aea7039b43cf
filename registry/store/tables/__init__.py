"""SQLModel tables: they hold state and have no rules; one noun a file."""

from registry.domain.tool import AliasKind
from registry.store.tables.candidate import Candidate, CandidateLabel, Mention
from registry.store.tables.deciding import SecondReading, VendorContact
from registry.store.tables.delegation import Delegation
from registry.store.tables.difference import Difference
from registry.store.tables.entry import Entry, EntryRevision
from registry.store.tables.evaluation import Assignment, Evaluation, Interest, Moderation, ProposedCondition
from registry.store.tables.event import Event
from registry.store.tables.follower import Follower
from registry.store.tables.intake_rule import IntakeRule
from registry.store.tables.kept_reply import KeptReply
from registry.store.tables.library import LibraryCondition, LibraryWording
from registry.store.tables.log import LogEntry, LogHead
from registry.store.tables.moderation import Remark, Rescore
from registry.store.tables.notice import Notice, NoticeBook
from registry.store.tables.office import Office, OfficeColumn
from registry.store.tables.outbox import (
    Channel,
    Delivery,
    DeliveryKind,
    DeliveryState,
    ToldNotice,
    WorkTold,
)
from registry.store.tables.outside import Adoption, OutsideRevision, OutsideVerdict
from registry.store.tables.reference_case import ReferenceAttempt, ReferenceCase, ReferenceScore
from registry.store.tables.reopening import ReadMark, Reopening, Report
from registry.store.tables.request import Request
from registry.store.tables.rubric import InForce, RubricFile
from registry.store.tables.saved_filter import SavedFilter
from registry.store.tables.scorecard import Scorecard, ScorecardKnockOut, ScorecardRating
from registry.store.tables.second_factor import CodeWanted, RecoveryCode, SecondFactor
from registry.store.tables.signing_in import ProviderSignIn, SignInFailure, UserIdentity
from registry.store.tables.source import Source
from registry.store.tables.tool import Alias, Tool, ToolTag
from registry.store.tables.tool_change import ToolChange
from registry.store.tables.triage_act import TriageAct, TriageStep
from registry.store.tables.unanswered import Unanswered
from registry.store.tables.user import (
    ApiToken,
    Role,
    SignInLink,
    SignInWay,
    User,
    UserArea,
    UserOffice,
    UserRole,
    UserSession,
    WorkMails,
)
from registry.store.tables.verdict import Supersession, Verdict, VerdictCondition
from registry.store.tables.webhook import Webhook

__all__ = [
    "Adoption",
    "Alias",
    "AliasKind",
    "ApiToken",
    "Assignment",
    "Candidate",
    "CandidateLabel",
    "Channel",
    "CodeWanted",
    "Delegation",
    "Delivery",
    "DeliveryKind",
    "DeliveryState",
    "Difference",
    "Entry",
    "EntryRevision",
    "Evaluation",
    "Event",
    "Follower",
    "InForce",
    "IntakeRule",
    "Interest",
    "KeptReply",
    "LibraryCondition",
    "LibraryWording",
    "LogEntry",
    "LogHead",
    "Mention",
    "Moderation",
    "Notice",
    "NoticeBook",
    "Office",
    "OfficeColumn",
    "OutsideRevision",
    "OutsideVerdict",
    "ProposedCondition",
    "ProviderSignIn",
    "ReadMark",
    "RecoveryCode",
    "ReferenceAttempt",
    "ReferenceCase",
    "ReferenceScore",
    "Remark",
    "Reopening",
    "Report",
    "Request",
    "Rescore",
    "Role",
    "RubricFile",
    "SavedFilter",
    "Scorecard",
    "ScorecardKnockOut",
    "ScorecardRating",
    "SecondFactor",
    "SecondReading",
    "SignInFailure",
    "SignInLink",
    "SignInWay",
    "Source",
    "Supersession",
    "ToldNotice",
    "Tool",
    "ToolChange",
    "ToolTag",
    "TriageAct",
    "TriageStep",
    "Unanswered",
    "User",
    "UserArea",
    "UserIdentity",
    "UserOffice",
    "UserRole",
    "UserSession",
    "VendorContact",
    "Verdict",
    "VerdictCondition",
    "Webhook",
    "WorkMails",
    "WorkTold",
]
