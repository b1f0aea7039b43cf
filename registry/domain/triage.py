"""A candidate's states."""

from enum import StrEnum


class CandidateStatus(StrEnum):
    NEW = "new"
    ACCEPTED = "accepted"
    MERGED = "merged"
    DISMISSED = "dismissed"
    WATCH = "watch"
