"""Wire shapes of the JSON API that every noun shares; each noun's own stand beside its routes."""

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

Item = TypeVar("Item")


class Problem(BaseModel):
    """A refusal, after RFC 9457; match on `code`, show `detail`."""

    type: str = "about:blank"
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int
    detail: str = Field(description="One plain sentence that says what to do next.")
    code: str = Field(description="Stable; made for clients to match.", examples=["not_found"])
    faults: dict[str, str] = Field({}, description="Field name to a sentence about it.")


class Page(BaseModel, Generic[Item]):
    """One part of a list; the `Link` header leads to the next one while there is one."""

    items: list[Item]
    next: str | None = Field(None, description="The next part's cursor; null at the end.")
