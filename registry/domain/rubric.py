"""What we ask."""

from enum import StrEnum


class Rating(StrEnum):
    ZERO = "0"
    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    UNKNOWN = "U"
    NOT_APPLICABLE = "NA"


class KnockOutAnswer(StrEnum):
    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"
