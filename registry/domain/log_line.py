"""How an event is one line of the log: the bytes that are hashed, and that an export holds. See docs/records.md."""

from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as _quoted

NOTHING_BEFORE = "0" * 64
"""What the first line names as the hash of the line before it."""


def moment(at: datetime) -> str:
    """As a line has it, such as `2026-11-03T14:02:00.000000Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def rest_of_line(
    at: str,
    actor_id: int | None,
    actor: str,
    action: str,
    subject_kind: str,
    subject_id: int,
    before: str,
    after: str,
) -> str:
    """All of a line that does not depend on its place; `before` and `after` are JSON, just as they are stored.

    The name of somebody with an account is left out: their number stands for them, so that a name can be erased.
    """
    who = f'{actor_id},"actor":""' if actor_id is not None else f'null,"actor":{_quoted(actor)}'
    return (
        f'"at":{_quoted(at)},"actor_id":{who},"action":{_quoted(action)},"subject_kind":{_quoted(subject_kind)},'
        f'"subject_id":{subject_id},"before":{before},"after":{after}}}'
    )


def line(number: int, previous: str, rest: str) -> bytes:
    """The whole line, without the line's end; `previous` is the hash of the line before, in hexadecimal."""
    return f'{{"number":{number},"previous":"{previous}",{rest}'.encode()
