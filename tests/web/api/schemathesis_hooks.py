"""What schemathesis is told of this API: an idempotency key stands for one act, and a refusal is told in words."""

import re
from itertools import count
from typing import Any

import schemathesis

_numbers = count(1)
INSIDES = re.compile(r"Traceback|sqlalchemy|sqlite3|psycopg|pydantic|\bNone\b|0x[0-9a-f]{8}|[a-z]Error\b")


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    given = (case.headers or {}).get("idempotency-key")
    if isinstance(given, str) and 0 < len(given) <= 200 and given.isascii():
        case.headers["idempotency-key"] = f"key-{next(_numbers)}"


@schemathesis.check
def refusal_in_words(_context: Any, response: Any, case: Any) -> None:
    """Every refusal is a problem document that says what to do, names its request, and nothing of our insides."""
    if response.status_code < 400 or case.method == "HEAD":
        return
    told = response.json()
    assert told["status"] == response.status_code
    assert told["code"]
    assert told["detail"].strip()[-1] in ".!?”)", told["detail"]
    assert told["request_id"] == response.headers["x-request-id"][0]
    echoed = str(case.body) + str(case.query) + str(case.headers)
    assert not [found for found in INSIDES.findall(told["detail"]) if found not in echoed], told["detail"]
