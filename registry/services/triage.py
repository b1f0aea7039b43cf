"""What a person does with a candidate: accept, dismiss, merge, watch, reopen, edit, or propose one by hand.

Each act checks the version that was read, writes one event, and never commits.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, update

from registry.domain.announcement import by_person
from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.identity import name_key, slug
from registry.domain.triage import CandidateStatus, DismissReason, move
from registry.services.acting import Actor, record, refuse_long
from registry.services.keys import product_key
from registry.services.ownership import alias_kind, standing, tools_by_link
from registry.store import candidates, tools
from registry.store.columns import id_of
from registry.store.engine import serialise
from registry.store.tables import Alias, AliasKind, Candidate, Mention, Request, Tool
from scrapers.links import canonical_url

MERGEABLE = frozenset({CandidateStatus.NEW, CandidateStatus.WATCH, CandidateStatus.ACCEPTED})


def accept(
    session: Session,
    candidate_id: int,
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
    tool_id: int | None = None,
    category: str = "",
) -> Tool:
    """Let a candidate in: as a new tool with its aliases, or into the tool that is named.

    Raises NotFound, StaleVersion, and RuleBroken where its status forbids it or its name or address is taken.
    """
    candidate = _read(session, candidate_id, version)
    before = _described(candidate)
    accepted = move(candidate.status, "accept")
    serialise(session, "tools")
    if tool_id is None:
        tool = _make_tool(session, candidate, category, now)
        record(
            session,
            "tool.made",
            ("tool", tool.id),
            by=by,
            now=now,
            after={"slug": tool.slug, "name": tool.name},
        )
    else:
        tool = tools.get_by_id(session, tool_id)
        _add_aliases(session, tool, candidate, name_must_be_free=False)
    candidate.status, candidate.tool_id = accepted, tool.id
    _close(candidate, by, now)
    _write(session, candidate, "candidate.accepted", by, now, before, {"tool": tool.slug})
    return tool


def dismiss(
    session: Session,
    candidate_id: int,
    *,
    reason: DismissReason,
    by: Actor,
    now: datetime,
    note: str = "",
    version: int | None = None,
) -> Candidate:
    """Close a candidate without evaluating it. Raises NotFound, StaleVersion, or RuleBroken by its status."""
    refuse_long("The candidate was not dismissed.", note=(note, 1000))
    candidate = _read(session, candidate_id, version)
    before = _described(candidate)
    candidate.status = move(candidate.status, "dismiss")
    candidate.reason, candidate.note = reason.value, note.strip()
    _close(candidate, by, now)
    _write(session, candidate, "candidate.dismissed", by, now, before, {"note": candidate.note})
    return candidate


def merge(
    session: Session, candidate_id: int, *, into: int, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Say that two candidates are one; every mention and every request goes to `into`, which is given back.

    Raises NotFound, StaleVersion, RuleBroken where either's status forbids it or both are the same.
    """
    serialise(session, "candidates")
    candidate = _read(session, candidate_id, version)
    target = _read(session, into, None)
    if target.id == candidate.id:
        raise RuleBroken("A candidate cannot be merged into itself. Choose the other one.")
    if target.status not in MERGEABLE:
        raise RuleBroken(f"“{target.name}” is {target.status.value}. Reopen it, or choose another candidate.")
    before = _described(candidate)
    candidate.status = move(candidate.status, "merge")
    candidate.merged_into_id = target.id
    _close(candidate, by, now)
    session.add(candidate)
    session.flush()
    _carry(session, Mention, {"candidate_id": candidate_id}, into)
    _carry(session, Request, {"candidate_id": candidate_id}, into)
    target.version += 1
    session.add(target)
    _write(session, candidate, "candidate.merged", by, now, before, {"into": into})
    return target


def unmerge(session: Session, candidate_id: int, *, by: Actor, now: datetime) -> Candidate:
    """Undo a merge: the candidate is new again and takes back what was its own, and what was merged into it.

    Raises NotFound, and RuleBroken where it is not merged.
    """
    candidate = candidates.get(session, candidate_id)
    if candidate.status is not CandidateStatus.MERGED:
        raise RuleBroken("This candidate is not merged into another one. There is nothing to undo.")
    before = _described(candidate)
    candidate.status, candidate.merged_into_id = CandidateStatus.NEW, None
    _open(candidate)
    session.add(candidate)
    session.flush()
    for first_id in _family(session, candidate_id):
        _carry(session, Mention, {"first_candidate_id": first_id}, candidate_id)
        _carry(session, Request, {"first_candidate_id": first_id}, candidate_id)
    _write(session, candidate, "candidate.unmerged", by, now, before)
    return candidate


def watch(
    session: Session, candidate_id: int, *, until: date, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Put a candidate aside until a day to come. Raises NotFound, StaleVersion, InvalidInput, RuleBroken."""
    if until <= now.date():
        raise InvalidInput("Choose a day to come to watch it until.", {"until": "must be later than today"})
    candidate = _read(session, candidate_id, version)
    before = _described(candidate)
    candidate.status = move(candidate.status, "watch")
    candidate.watch_until = until
    _close(candidate, by, now)  # what comes in after this moment counts as fresh
    _write(session, candidate, "candidate.watched", by, now, before, {"until": until.isoformat()})
    return candidate


def reopen(
    session: Session, candidate_id: int, *, by: Actor, now: datetime, version: int | None = None
) -> Candidate:
    """Make a dismissed or watched candidate new again. Raises NotFound, StaleVersion, RuleBroken."""
    candidate = _read(session, candidate_id, version)
    before = _described(candidate)
    candidate.status = move(candidate.status, "reopen")
    _open(candidate)
    _write(session, candidate, "candidate.reopened", by, now, before)
    return candidate


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
    """Correct what the extractor found; another home page gives another strong key.

    Raises NotFound, StaleVersion, InvalidInput, and RuleBroken where the home page is another candidate's.
    """
    refuse_long(
        "The candidate stays as it was.",
        name=(" ".join((name or "").split()), 120),
        tagline=(tagline or "", 500),
        category=(category or "", 80),
    )
    candidate = _read(session, candidate_id, version)
    before = _described(candidate)
    if name is not None:
        candidate.name = _named(name)
        candidate.name_key = name_key(candidate.name)[:120]
        candidate.sure, candidate.method = True, "by hand"
        _chosen(candidate, "name", candidate.name)
    if homepage is not None and _address(homepage) != candidate.homepage:
        candidate.homepage = _address(homepage)
        candidate.identity = _free_identity(session, candidate)
        _chosen(candidate, "homepage", candidate.homepage)
    if tagline is not None and tagline.strip() != candidate.tagline:
        candidate.tagline = tagline.strip()
        _chosen(candidate, "tagline", candidate.tagline)
    if category is not None:
        candidate.category = category.strip()
    _write(session, candidate, "candidate.edited", by, now, before)
    return candidate


def label(
    session: Session,
    candidate_id: int,
    *,
    category: str,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Candidate:
    """Say what category it belongs to. Raises NotFound, StaleVersion."""
    return edit(session, candidate_id, by=by, now=now, version=version, category=category)


def propose_by_hand(
    session: Session, *, name: str, by: Actor, now: datetime, homepage: str = "", tagline: str = ""
) -> Candidate:
    """A candidate that a person knows of; one with the same strong key is given back instead of a second one.

    Raises InvalidInput, and RuleBroken where the address belongs to a tool of the registry.
    """
    name, homepage = _named(name), _address(homepage)
    identity = product_key(homepage, name)
    serialise(session, "candidates")
    owner = tools_by_link(session, [homepage]).get(homepage)
    if owner is not None:
        tool = tools.get_by_id(session, owner.tool_id)
        raise RuleBroken(f"This address belongs to “{tool.name}”, which the registry holds already.")
    known = candidates.find_by_identity(session, identity)
    if known is not None:
        return standing(session, known)
    return make_candidate(
        session, name=name, homepage=homepage, tagline=tagline, method="by hand", by=by, now=now
    )


def make_candidate(
    session: Session, *, name: str, homepage: str, tagline: str, method: str, by: Actor, now: datetime
) -> Candidate:
    candidate = Candidate(
        name=name,
        name_key=name_key(name)[:120],
        homepage=homepage,
        identity=product_key(homepage, name) or None,
        tagline=tagline.strip()[:500],
        method=method,
        sure=True,
        findings=by_person(name=name, homepage=homepage, tagline=tagline.strip()[:500]),
        seen_at=now,
    )
    session.add(candidate)
    session.flush()
    after = {"name": candidate.name, "homepage": candidate.homepage}
    record(session, "candidate.proposed", ("candidate", candidate.id), by=by, now=now, after=after)
    return candidate


def _read(session: Session, candidate_id: int, version: int | None) -> Candidate:
    candidate = candidates.get(session, candidate_id)
    session.refresh(candidate, with_for_update=True)
    if version is not None and candidate.version != version:
        raise StaleVersion(
            "Somebody changed this candidate meanwhile. Look at it again, then repeat your act."
        )
    return candidate


def _write(
    session: Session,
    candidate: Candidate,
    action: str,
    by: Actor,
    now: datetime,
    before: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
) -> None:
    candidate.version += 1
    session.add(candidate)
    session.flush()
    now_is = _described(candidate)
    changed = {key: value for key, value in now_is.items() if value != before[key]}
    record(
        session,
        action,
        ("candidate", candidate.id),
        by=by,
        now=now,
        before={key: before[key] for key in changed},
        after={**changed, **(more or {})},
    )


def _chosen(candidate: Candidate, field: str, value: str) -> None:
    """What was found for a field gives way to what a person chose."""
    others = [found for found in candidate.findings if found["field"] != field]
    candidate.findings = [*by_person(**{field: value}), *others]


def _described(candidate: Candidate) -> dict[str, Any]:
    fields = ("name", "homepage", "tagline", "category", "status", "reason")
    return {name: str(getattr(candidate, name)) for name in fields}


def _close(candidate: Candidate, by: Actor, now: datetime) -> None:
    candidate.closed_at, candidate.closed_by_id = now, by.id


def _open(candidate: Candidate) -> None:
    candidate.reason = candidate.note = ""
    candidate.watch_until, candidate.closed_at, candidate.closed_by_id = None, None, None


def _make_tool(session: Session, candidate: Candidate, category: str, now: datetime) -> Tool:
    tool = Tool(
        slug=tools.free_slug(session, slug(candidate.name) or f"tool-{candidate.id}"),
        name=candidate.name,
        category=(category.strip() or candidate.category)[:80],
        homepage=candidate.homepage,
        description=candidate.tagline,
        created_at=now,
    )
    session.add(tool)
    session.flush()
    _add_aliases(session, tool, candidate, name_must_be_free=True)
    return tool


def _add_aliases(session: Session, tool: Tool, candidate: Candidate, *, name_must_be_free: bool) -> None:
    """The candidate's strong key and name as ways to say the tool. Raises RuleBroken where another tool has one."""
    home = product_key(candidate.homepage, candidate.name)
    keys = dict.fromkeys(key for key in (candidate.identity, home) if key)
    wanted = [
        (AliasKind.NAME, candidate.name, candidate.name_key),
        *((alias_kind(key), key, key) for key in keys),
    ]
    for kind, text, key in wanted:
        owner = candidates.aliases_by_key(session, (kind,), [key]).get(key)
        if owner is None:
            session.add(Alias(tool_id=id_of(tool), kind=kind, text=text, key=key))
        elif owner.tool_id != tool.id and (kind is not AliasKind.NAME or name_must_be_free):
            other = tools.get_by_id(session, owner.tool_id)
            raise RuleBroken(
                f"“{text}” belongs to the tool “{other.name}” already. "
                "Accept this candidate into that tool, or change what they share first."
            )
    session.flush()


def _carry(session: Session, table: type[Mention] | type[Request], where: Mapping[str, int], to: int) -> None:
    conditions = [col(getattr(table, name)) == value for name, value in where.items()]
    session.exec(update(table).where(*conditions).values(candidate_id=to))


def _family(session: Session, candidate_id: int) -> list[int]:
    """The candidate and all that were merged into it, directly or through others."""
    found, ahead = [candidate_id], [candidate_id]
    while ahead:
        children = [id_of(each) for each in candidates.merged_into(session, ahead.pop())]
        ahead += children
        found += children
    return found


def _named(name: str) -> str:
    name = " ".join(name.split())[:120]
    if not name_key(name):
        raise InvalidInput("A candidate needs a name.", {"name": "must not be empty"})
    return name


def _address(homepage: str) -> str:
    homepage = homepage.strip()
    if homepage and "://" not in homepage:
        homepage = f"https://{homepage}"
    if homepage and (not canonical_url(homepage) or len(homepage) > 2000):
        raise InvalidInput(
            "The home page is no web address. Write it out, such as https://example.org.",
            {"homepage": "must be an http or https address"},
        )
    return homepage


def _free_identity(session: Session, candidate: Candidate) -> str | None:
    identity = product_key(candidate.homepage, candidate.name)
    owner = candidates.find_by_identity(session, identity)
    if owner is not None and owner.id != candidate.id:
        raise RuleBroken(
            f"This home page is that of candidate {owner.id}, “{owner.name}”. Merge the two instead."
        )
    return identity or None
