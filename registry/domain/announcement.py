"""What an announcement says, field by field, each with how it was found and how sure that is.

Plain values; the rules that find them are in proposal.py.
"""

from enum import StrEnum

from registry.domain.values import dataclass


class EntryKind(StrEnum):
    TOOL = "tool"
    VERSION = "version"
    NEWS = "news"
    DIGEST = "digest"
    RISK = "risk"


class Announcer(StrEnum):
    """What sort of source speaks; each has its own way to put a name into a title."""

    LAUNCH_FEED = "launch_feed"
    DISCUSSION = "discussion"
    RELEASES = "releases"
    PACKAGE_INDEX = "package_index"
    VENDOR_BLOG = "vendor_blog"
    ADVISORIES = "advisories"
    OTHER_REGISTRY = "other_registry"
    NEWS = "news"


class Signal(StrEnum):
    """What an announcement means for a tool that is in use already."""

    NONE = ""
    RELEASE = "release"
    EXPLOITED = "exploited"
    VULNERABLE = "vulnerable"
    END_OF_LIFE = "end_of_life"
    TERMS = "terms"
    """Other terms, another privacy policy, licence or price."""
    OWNER = "owner"
    """It was bought, or merged into another company."""


class Confidence(StrEnum):
    """How far a value may be trusted without a person."""

    SURE = "sure"
    """The form is certain, or title and link say the same."""
    LIKELY = "likely"
    """The usual form, and nothing speaks for or against it."""
    GUESS = "guess"
    """Title and link say different things, or only one of them says anything at all."""


@dataclass(frozen=True, slots=True)
class Found:
    """One value for one field."""

    field: str
    """`name`, `homepage`, `tagline`, `version`, or of an advisory `vendor` and `product`."""
    value: str
    method: str
    """before_separator, show, repository, package, introducing, available, affected, bare, link, related or none."""
    confidence: Confidence
    reason: str

    def as_row(self) -> dict[str, str]:
        """Ready for JSON: field, value, method, confidence, reason."""
        return {
            "field": self.field,
            "value": self.value,
            "method": self.method,
            "confidence": self.confidence.value,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one entry proposes. A field found twice differs: the first is taken, a person may pick the other."""

    kind: EntryKind
    findings: tuple[Found, ...] = ()
    why: str = ""
    """The reason for the kind, where no finding tells it."""
    signal: Signal = Signal.NONE

    @property
    def name(self) -> str:
        """At most 120 characters; "" where the entry names no tool."""
        return self._value("name")

    @property
    def homepage(self) -> str:
        """ "" where the link is an article, a launch page or a discussion."""
        return self._value("homepage")

    @property
    def tagline(self) -> str:
        return self._value("tagline")

    @property
    def version(self) -> str:
        return self._value("version")

    @property
    def vendor(self) -> str:
        return self._value("vendor")

    @property
    def product(self) -> str:
        return self._value("product")

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that title and link give, the likeliest first."""
        return tuple(found.value for found in self.findings if found.field == "name")

    @property
    def sure(self) -> bool:
        """Whether the name is sure; where not, a person picks."""
        found = self.of("name")
        return found is not None and found.confidence is Confidence.SURE

    @property
    def method(self) -> str:
        """How the name was found, or `none`."""
        found = self.of("name")
        return found.method if found else "none"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences for a person: why it is of this kind, and where each name comes from."""
        told = (found.reason for found in self.findings if found.field == "name" and found.reason)
        return tuple(dict.fromkeys((*([self.why] if self.why else []), *told)))

    def of(self, field: str) -> Found | None:
        """The finding that is taken for a field."""
        for found in self.findings:
            if found.field == field:
                return found
        return None

    def _value(self, field: str) -> str:
        found = self.of(field)
        return found.value if found else ""


def by_person(**values: str) -> list[dict[str, str]]:
    """Findings, ready for JSON, of what a person gave or chose; what is empty is left out."""
    why = "A person wrote or chose it."
    return [
        Found(field, value, "by hand", Confidence.SURE, why).as_row()
        for field, value in values.items()
        if value
    ]
