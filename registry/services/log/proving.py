"""That a verdict is in the log: made for an outsider, who checks it with nothing but our public key."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlmodel import Session

from registry.domain.errors import InvalidInput, NotFound, RuleBroken
from registry.domain.log_line import line
from registry.domain.merkle import consistency_path, inclusion_path, leaf_hash, root_from
from registry.services.log import checkpoints, signing
from registry.services.verdicts import content
from registry.store import log
from registry.store.tables import Verdict


def numbers_of(session: Session, verdict_ids: Collection[int]) -> dict[int, int]:
    """Verdict id -> the number in the log of the event by which it was published."""
    return log.numbers_of(session, "verdict.published", "verdict", verdict_ids)


def prove(session: Session, verdict: Verdict, signer: signing.Signer) -> dict[str, Any]:
    """JSON-ready: the line, its way to the root, and the checkpoint that signs it; docs/records.md tells how to check.

    Takes one read for each level of the tree: twenty where the log has a million lines. Raises NotFound where the log
    does not know the verdict, RuleBroken where it was tampered with.
    """
    assert verdict.id is not None
    connection = session.connection()
    number = numbers_of(session, [verdict.id]).get(verdict.id)
    if number is None:
        raise NotFound(f"Verdict {verdict.number} is not in the log.")
    previous, each = log.line_at(connection, number)
    text = line(number, previous, each.rest or "").decode()
    checkpoint = checkpoints.sign(session, signer)
    path = inclusion_path(number - 1, checkpoint.size, lambda *place: log.full_subtree(connection, *place))
    proof = {
        "log": signer.verifier.name,
        "verdict": verdict.number,
        "line": text,
        "index": number - 1,
        "size": checkpoint.size,
        "path": [each.hex() for each in path],
        "checkpoint": checkpoint.note,
        "content": content.text_of(session, verdict.id),
    }
    try:
        check(proof, signer.verifier)
    except InvalidInput as fault:
        raise RuleBroken(
            f"No proof can be given: {fault.sentence} `registry audit verify` says more."
        ) from None
    return proof


def since(session: Session, first: int, second: int) -> list[bytes]:
    """What shows that the log of `second` lines begins with that of `first`. Raises ValueError, NotFound."""
    connection = session.connection()
    return consistency_path(first, second, lambda *place: log.full_subtree(connection, *place))


def check(proof: Mapping[str, Any], key: signing.Verifier) -> str:
    """What a proof shows, in one sentence. Raises InvalidInput naming what does not fit."""
    try:
        told = json.loads(proof["line"])
        index, size = int(proof["index"]), int(proof["size"])
        path = [bytes.fromhex(each) for each in proof["path"]]
        checkpoint = checkpoints.parse(str(proof["checkpoint"]))
        number, verdict = told["number"], told["after"]["number"]
        said = told["after"].get("content", "")
        action, at = told["action"], told["at"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no proof: {error}.") from None
    if checkpoint.origin != key.name or not key.signed(checkpoint.note):
        raise InvalidInput("The checkpoint is not signed by this key.")
    root = root_from(leaf_hash(proof["line"].encode()), index, size, path)
    if (size, root) != (checkpoint.size, checkpoint.root):
        raise InvalidInput("The line is not in the log that the checkpoint signs.")
    if (number, verdict, action) != (index + 1, proof.get("verdict"), "verdict.published"):
        raise InvalidInput("The line is not the one that published this verdict.")
    if not said:
        return (
            f"Verdict {verdict} was published as number {number} of the log of {key.name}, which had {size} lines. "
            "It is older than the log's hashes of what verdicts say."
        )
    if content.hash_of(str(proof.get("content", ""))) != said:
        raise InvalidInput("The verdict does not say any more what was published.")
    return (
        f"Verdict {verdict} was published at {at} as number {number} of the log of {key.name}, which had {size} lines "
        "when this was signed, and says what it said then."
    )
