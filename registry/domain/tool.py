"""A tool as answers speak of it, and the kinds of things by which one is certainly known."""

from enum import StrEnum

from registry.domain.values import dataclass


class AliasKind(StrEnum):
    NAME = "name"
    DOMAIN = "domain"
    PATH = "path"
    PURL = "purl"
    EXE = "exe"
    """The file that is run, such as `teams.exe`."""


@dataclass(frozen=True, slots=True)
class Tool:
    id: int
    slug: str
    name: str
    vendor: str
    category: str
    homepage: str
    description: str
    guidance: str
