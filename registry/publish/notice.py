"""A verdict as it is published: plain text and moments, ready for any feed format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Notice:
    id: str
    """Never changes, wherever the registry moves."""
    url: str
    title: str
    summary: str
    """One plain sentence."""
    paragraphs: Sequence[str]
    """The whole text, plain, one paragraph each."""
    author: str
    published_at: datetime
    updated_at: datetime
    """When the verdict, or what befell it, last changed."""
    categories: Sequence[str]
    verdict: Mapping[str, Any]
    """The machine-readable verdict, JSON-ready."""


@dataclass(frozen=True)
class Channel:
    """A feed's own head; `url` is that of the feed itself."""

    id: str
    title: str
    description: str
    home_url: str
    url: str
    updated_at: datetime
