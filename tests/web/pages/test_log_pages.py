"""The log as outsiders see it."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from registry.services.log import checkpoints, proving, signing


@pytest.mark.usefixtures("decided")
def test_whoever_reads_a_verdict_can_see_that_it_is_in_the_log(
    client: TestClient, as_: Callable[[str], TestClient]
) -> None:
    key = signing.verifier(client.get("/log/key").text)
    proof = client.get("/verdicts/1/proof").json()
    told = proving.check(proof, key)
    number = proof["index"] + 1
    assert f"as number {number} of the log" in told
    assert f'<a href="/verdicts/1/proof">number {number}</a>' in client.get("/verdicts/1").text
    assert client.get("/verdicts/999/proof").status_code == 404


@pytest.mark.usefixtures("decided")
def test_a_checkpoint_that_somebody_kept_is_where_the_log_begins(client: TestClient) -> None:
    kept = checkpoints.parse(client.get("/log/checkpoint").text)
    told = client.get(f"/log/consistency/{kept.size}").json()
    assert (told["from"], told["to"], told["path"], told["checkpoint"]) == (
        kept.size,
        kept.size,
        [],
        kept.note,
    )
    assert client.get("/log/consistency/5").json()["path"]
    beyond = client.get(f"/log/consistency/{kept.size + 1}")
    assert beyond.status_code == 404
