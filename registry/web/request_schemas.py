"""Wire shapes of what colleagues asked for; part of the promise in schemas.py."""

from datetime import date, datetime

from pydantic import Field

from registry.services.answers.asked_for import AskedFor
from registry.store.columns import id_of
from registry.web.schemas import Shape, ToolRef


class AskedForOut(Shape):
    id: int
    name: str = Field(description="Of the tool, or of what is to become one.")
    purpose: str
    data_class: str = Field(description="What will be entered; empty where it was not said.")
    needed_by: str = Field(description="As it was typed.")
    at: datetime
    stands: str = Field(
        description="The candidate's state, or the code of the tool's answer.", examples=["new", "yes_if"]
    )
    sentence: str = Field(description="Where it stands, in words.")
    expected_on: date | None = Field(description="When it is looked at again, or decided.")
    asked_by: str = Field(description="Name of who asked; empty for who has no account.")
    contact: str = Field(description="How to reach who has none, as it was typed.")
    tool: ToolRef | None
    candidate: int | None
    url: str


def asked_for_out(each: AskedFor, base_url: str) -> AskedForOut:
    row, stage = each.request, each.stage
    tool = stage.tool
    link = f"{base_url}/tools/{tool.slug}" if tool else f"{base_url}/inbox/{row.candidate_id}"
    return AskedForOut(
        id=id_of(row),
        name=stage.name,
        purpose=row.purpose,
        data_class=row.data_class,
        needed_by=row.needed_by,
        at=row.at,
        stands=stage.code,
        sentence=stage.state,
        expected_on=stage.expected_on,
        asked_by=each.by,
        contact=row.contact,
        tool=ToolRef(slug=tool.slug, name=tool.name, url=link) if tool else None,
        candidate=row.candidate_id,
        url=link,
    )
