"""What a JSON body holds, as it stands: `0` is neither false nor a day, and `"17"` is no number."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

MOST = 2**31 - 1
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _written_as_day(value: Any) -> Any:
    """The library takes a number for seconds since 1970, and a moment for its day."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("day", "Write a day as year-month-day, such as 2027-03-01")


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), Field(ge=-MOST, le=MOST)]
"""As much as either database keeps in a column."""
NEEDED: JsonDict = {"minLength": 1, "pattern": r"\S"}
"""For a field's `json_schema_extra`: a text that the service asks for, in a sentence of its own."""
CalendarDay = Annotated[date, BeforeValidator(_written_as_day)]
