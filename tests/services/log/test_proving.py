"""An outsider sees that a verdict was published just so, by what the site gives and its public key."""

import base64
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from registry.domain import merkle
from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.outcome import Outcome
from registry.services.log import checkpoints, proving, signing
from registry.services.log.verifying import verify
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store import verdicts
from registry.store.engine import snapshot
from tests.builders import a_tool, a_verdict, the_cast
from tests.conftest import Beginning
from tests.services.log.conftest import act, reaching_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def proof_of(engine: Engine, settings: Settings, number: int = 1) -> dict[str, Any]:
    with snapshot(engine) as session:
        return proving.prove(session, verdicts.get(session, number), signing.signer(settings))


def derived(proof: dict[str, Any]) -> str:
    """RFC 9162 2.1.3.2 with nothing of ours: the root that the path leads to."""
    place, last = proof["index"], proof["size"] - 1
    root = sha256(b"\x00" + proof["line"].encode()).digest()
    for each in map(bytes.fromhex, proof["path"]):
        if place % 2 or place == last:
            root = sha256(b"\x01" + each + root).digest()
            while place and not place % 2:
                place, last = place // 2, last // 2
        else:
            root = sha256(b"\x01" + root + each).digest()
        place, last = place // 2, last // 2
    return base64.b64encode(root).decode()


def a_yes(session: Session, now: datetime) -> None:
    """Verdict 1, with a condition."""
    tool = a_tool(session, "Quillmark", now=now)
    a_verdict(session, tool, the_cast(session, now), now=now, outcome=Outcome.APPROVED_WITH_CONDITIONS)


@pytest.fixture
def beginning() -> Beginning:
    return a_yes


@pytest.fixture
def published(engine: Engine) -> Engine:
    """A log that went on after the verdict."""
    act(engine, 1, 2, 3, by=REGISTRY)
    return engine


@pytest.mark.both_databases
def test_a_verdict_is_shown_to_be_in_the_log(published: Engine, settings: Settings) -> None:
    proof = proof_of(published, settings)
    assert derived(proof) == proof["checkpoint"].split("\n")[2]
    line, said = json.loads(proof["line"]), json.loads(proof["content"])
    assert (line["action"], line["number"]) == ("verdict.published", proof["index"] + 1)
    assert line["after"]["content"] == sha256(proof["content"].encode()).hexdigest()
    assert (said["outcome"], said["conditions"][0]["text"]) == (
        "approved_with_conditions",
        "Enter only public information.",
    )
    told = proving.check(json.loads(json.dumps(proof)), signing.signer(settings).verifier)
    assert told.startswith(
        f"Verdict 1 was published at 2026-11-03T14:02:00.000000Z as number {line['number']}"
    )


def test_nobody_is_named_in_what_an_outsider_gets(published: Engine, settings: Settings) -> None:
    told = json.dumps(proof_of(published, settings))
    assert not [name for name in ("Amir", "Rosa", "office.example") if name in told]


def test_a_proof_that_was_changed_anywhere_shows_nothing(published: Engine, settings: Settings) -> None:
    proof, key = proof_of(published, settings), signing.signer(settings).verifier
    changed = {
        "verdict": 2,
        "line": proof["line"].replace("approved", "rejected"),
        "index": proof["index"] - 1,
        "size": proof["size"] + 1,
        "path": proof["path"][:-1],
        "checkpoint": proof["checkpoint"].replace("\n", "\n1", 1),
        "content": proof["content"].replace("public", "any"),
    }
    for name, value in changed.items():
        with pytest.raises(InvalidInput):
            proving.check({**proof, name: value}, key)
        with pytest.raises(InvalidInput):
            proving.check({each: value for each, value in proof.items() if each != name}, key)
    other = signing.Verifier(key.name, bytes(32))
    with pytest.raises(InvalidInput, match="not signed by this key"):
        proving.check(proof, other)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verdict SET outcome = 'approved'",
        "UPDATE verdict SET rationale = 'We were paid.'",
        "UPDATE verdict SET internal_note = 'Not so.'",
        "UPDATE verdict SET assessment = '{}'",
        "UPDATE verdict SET undone_at = published_at",
        "UPDATE verdict_condition SET text = 'Enter anything.'",
        "DELETE FROM verdict_condition",
        "DELETE FROM verdict",
    ],
)
def test_a_verdict_that_was_changed_after_publishing_is_found(
    published: Engine, settings: Settings, statement: str
) -> None:
    number = proof_of(published, settings)["index"] + 1
    with reaching_in(published) as connection:
        connection.execute(text(statement))
    assert verify(published).first_bad == number


def test_a_verdict_that_was_put_in_is_found(published: Engine) -> None:
    with reaching_in(published) as connection:
        connection.execute(text("CREATE TABLE twin AS SELECT * FROM verdict"))
        connection.execute(text("UPDATE twin SET id = 2, number = 2, uid = 'x', evaluation_id = NULL"))
        connection.execute(text("INSERT INTO verdict SELECT * FROM twin"))
    assert "Verdict 2 is not in the log" in verify(published).faults[0].sentence


def test_no_proof_is_given_of_a_log_that_was_tampered_with(published: Engine, settings: Settings) -> None:
    with reaching_in(published) as connection:
        connection.execute(text("UPDATE event SET subject_kind = 'x' WHERE id = 1"))
        connection.execute(
            text("UPDATE event SET at = '2020-01-01 00:00:00.000000' WHERE action = 'verdict.published'")
        )
    with pytest.raises(RuleBroken, match="audit verify"):
        proof_of(published, settings)


def test_the_log_of_a_checkpoint_begins_with_that_of_an_older_one(
    published: Engine, settings: Settings
) -> None:
    first = checkpoints.write(published, settings)
    act(published, *range(4, 12), by=REGISTRY)
    second = checkpoints.write(published, settings)
    assert first is not None
    assert second is not None
    with snapshot(published) as session:
        path = proving.since(session, first.size, second.size)
    assert merkle.consistent(first.size, first.root, second.size, second.root, path)
