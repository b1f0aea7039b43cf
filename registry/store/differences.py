"""Reads of what was said to be two."""

from collections.abc import Collection, Mapping

from sqlmodel import Session, col, or_, select

from registry.store.tables import Difference


def of(session: Session, candidate_ids: Collection[int]) -> Mapping[int, tuple[set[int], set[int]]]:
    """By candidate id: the candidates, and the tools, that it was said to differ from; one query."""
    found: dict[int, tuple[set[int], set[int]]] = {each: (set(), set()) for each in candidate_ids}
    query = select(Difference).where(
        or_(col(Difference.candidate_id).in_(candidate_ids), col(Difference.other_id).in_(candidate_ids))
    )
    for row in session.exec(query):
        if row.tool_id is not None:
            found[row.candidate_id][1].add(row.tool_id)
            continue
        for one, other in ((row.candidate_id, row.other_id), (row.other_id, row.candidate_id)):
            if one in found and other is not None:
                found[one][0].add(other)
    return found
