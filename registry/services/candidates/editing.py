"""Corrections to what was found of a candidate."""

from datetime import datetime

from sqlmodel import Session

from registry.domain.announcement import by_person
from registry.domain.errors import RuleBroken
from registry.domain.identity import name_key
from registry.domain.triage import Verb
from registry.services.candidates.recording import Chosen, Recording
from registry.services.candidates.triage import address, identity_at, named
from registry.services.people.acting import Actor, refuse_long
from registry.store import candidates
from registry.store.tables import Candidate


def edit(
    session: Session,
    candidate_id: int,
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
    name: str | None = None,
    homepage: str | None = None,
    tagline: str | None = None,
    category: str | None = None,
) -> Candidate:
    """Correct what the extractor found; another home page gives another strong key. None leaves a field as it is.

    Raises NotFound, StaleVersion, InvalidInput, and RuleBroken where the home page is another candidate's.
    """
    refuse_long(
        "The candidate stays as it was.",
        name=(" ".join((name or "").split()), 120),
        tagline=(tagline or "", 500),
        category=(category or "", 80),
    )
    name = None if name is None else named(name)
    homepage = None if homepage is None else address(homepage)
    asked = {"name": name, "homepage": homepage, "tagline": tagline, "category": category}
    act = Recording(session, Verb.EDIT, [Chosen(candidate_id, version)], by, now, "corrected", asked)

    def do(candidate: Candidate) -> None:
        if name is not None:
            candidate.name, candidate.name_key = name, name_key(name)[:120]
            candidate.sure, candidate.method = True, "by hand"
            _chosen(candidate, "name", name)
        if homepage is not None and homepage != candidate.homepage:
            candidate.homepage = homepage
            candidate.identity = _free_identity(session, candidate)
            _chosen(candidate, "homepage", homepage)
        if tagline is not None and tagline.strip() != candidate.tagline:
            candidate.tagline = tagline.strip()
            _chosen(candidate, "tagline", candidate.tagline)
        if category is not None:
            candidate.category = category.strip()

    act.each(do, "candidate.edited", within=True)
    act.write()
    return act.done[0]


def _chosen(candidate: Candidate, field: str, value: str) -> None:
    """What was found for a field gives way to what a person chose."""
    others = [found for found in candidate.findings if found["field"] != field]
    candidate.findings = [*by_person(**{field: value}), *others]


def _free_identity(session: Session, candidate: Candidate) -> str | None:
    with session.no_autoflush:
        identity = identity_at(session, candidate.homepage, candidate.name)
        owner = candidates.find_by_identity(session, identity)
    if owner is not None and owner.id != candidate.id:
        raise RuleBroken(
            f"This home page is that of candidate {owner.id}, “{owner.name}”. Merge the two instead."
        )
    return identity or None
