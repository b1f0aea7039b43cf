"""Many sources at once: a list from a feed reader, and one act on several."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from registry.domain.proposal import Announcer
from registry.services.sources import sources as acts
from registry.services.sources.opml import as_wanted, read_opml
from registry.services.sources.sources import LeftOut, ManyAct
from registry.web.api.replies import Once
from registry.web.deps import Now, Plain, SourceKeeper, Tx
from registry.web.routing import api_router
from registry.web.schemas import Sent, Shape
from registry.web.source_schemas import LeftOutOut
from registry.web.strict import Whole
from scrapers.links import public_url

router = api_router("/sources", tag="sources")
MOST_AT_ONCE = 10_000


class OpmlIn(Sent):
    opml: str = Field(description="A whole OPML file, as a feed reader exports it.")
    announcer: Announcer = Field(Announcer.NEWS, description="Holds where the file itself does not say.")


class ImportOut(Shape):
    added: list[str] = Field(description="Names, or addresses where there is none.")
    left_out: list[LeftOutOut]
    dry_run: bool


class BulkIn(Sent):
    ids: list[Whole] = Field(min_length=1, max_length=MOST_AT_ONCE)
    act: ManyAct
    group: Plain = Field("", description="For the act `group` alone.")


class BulkOut(Shape):
    count: int
    left: list[str] = Field(description="Those that it could not be done to, each with why not.")


@router.post("/import", response_model=ImportOut, summary="Add what an OPML file lists")
def import_opml(
    tx: Tx,
    user: SourceKeeper,
    now: Now,
    asked: OpmlIn,
    once: Once,
    dry_run: Annotated[bool, Query(description="Say what would be added, and add nothing.")] = False,
) -> Response:
    """What is polled already, or is no address, is left out and named with why."""

    def act() -> ImportOut:
        wanted = as_wanted(read_opml(asked.opml.encode()), asked.announcer)
        if dry_run:
            plan = acts.plan(tx, wanted)
            names = [each.name or public_url(each.url) for each in plan.wanted]
            return ImportOut(added=names, left_out=_left_out(plan.left_out), dry_run=True)
        added, left_out = acts.add_all(tx, wanted, by=user, now=now)
        return ImportOut(added=[each.name for each in added], left_out=_left_out(left_out), dry_run=False)

    if dry_run:
        once = replace(once, key=None)  # nothing is done that could be done twice
    return once(asked, act, by=user)


@router.post("/bulk", response_model=BulkOut, summary="One act on several sources")
def act_on_many(tx: Tx, user: SourceKeeper, now: Now, asked: BulkIn, once: Once) -> Response:
    """Pause, resume, remove, or put into a group; those that it cannot be done to are left as they are."""

    def act() -> BulkOut:
        done = acts.act_on_many(tx, asked.ids, asked.act, group=asked.group, by=user, now=now)
        return BulkOut(count=done.count, left=list(done.left))

    return once(asked, act, by=user)


def _left_out(found: Sequence[LeftOut]) -> list[LeftOutOut]:
    return [
        LeftOutOut(name=each.wanted.name, url=public_url(each.wanted.url), why=each.why) for each in found
    ]
