"""Wire shapes of acts on rules of intake, written by hand like all of the API's."""

from typing import Literal

from registry.web.schemas import Sent, Shape


class RuleMoveIn(Sent):
    to: Literal["up", "down"]


class LetInOut(Shape):
    entries: int
