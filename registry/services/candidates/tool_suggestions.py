"""Suggests a category and tags for a candidate that may be accepted; the rule is domain/tool_suggestion.py's."""

from collections.abc import Sequence

from sqlmodel import Session

from registry.domain.tool_suggestion import Known, Library, Said, Suggestions, suggest
from registry.store import candidates, entries, requests, tags, tools
from registry.store.tables import Candidate, Entry

LEARNT_FROM = 2_000
"""The newest tools count: an office changes its words."""
MOST_ENTRIES = 20
TEXT_MOST = 500
"""Letters of an entry's own text: what it is comes first."""

_kept: dict[str, tuple[str, Library]] = {}
"""By database: what was learnt last, with the mark of the tools behind it."""


def suggestions_of(session: Session, candidate_id: int, *, mark: str) -> Suggestions:
    """Raises NotFound. `mark` is the roll's: what was learnt is learnt anew when it differs, or is empty."""
    candidate = candidates.get(session, candidate_id)
    spoken = [entry for entry, _ in entries.mentions(session, candidate_id)]
    purposes = [each.purpose for each in requests.requests(session, candidate_id=candidate_id)]
    labels = candidates.labels(session, [candidate_id]).get(candidate_id, ())
    return suggestions(session, candidate, spoken, purposes, labels, mark=mark)


def suggestions(
    session: Session,
    candidate: Candidate,
    spoken: Sequence[Entry],
    purposes: Sequence[str],
    labels: Sequence[str],
    *,
    mark: str,
) -> Suggestions:
    """The same of what was read already; `spoken` are its entries, newest first."""
    found = suggest(
        [
            Said(f"{each.title}. {each.summary[:TEXT_MOST]}", tuple(each.tags))
            for each in spoken[:MOST_ENTRIES]
        ],
        _library(session, mark),
        texts=[candidate.name, candidate.tagline, *purposes],
        labels=labels,
    )
    return Suggestions(None, found.tags) if candidate.category else found


def _library(session: Session, mark: str) -> Library:
    place = str(session.get_bind().engine.url)
    known, library = _kept.get(place, ("", Library()))
    if known != mark or not mark:
        found = tools.sorted_in(session, limit=LEARNT_FROM)
        tagged = tags.of_tools(session, [tool_id for tool_id, *_ in found])
        library = Library(
            (Known(name, text, category, tagged.get(tool_id, ())) for tool_id, name, text, category in found),
            before=library,
        )
        _kept[place] = (mark, library)
    return library
