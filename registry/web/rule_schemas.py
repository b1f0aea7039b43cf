"""Wire shapes of acts on rules of intake, written by hand like all of the API's."""

from typing import Literal

from pydantic import BaseModel

from registry.web.schemas import Sent


class RuleMoveIn(Sent):
    to: Literal["up", "down"]


class LetInOut(BaseModel):
    entries: int
