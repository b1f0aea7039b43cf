"""Webhooks and the outbox from a terminal."""

import json

from tests.cli.conftest import Terminal
from tests.receiving import receiver


def test_a_webhook_is_added_tested_and_sent_to_from_a_terminal(run: Terminal) -> None:
    with receiver() as hook:
        inside = {"REGISTRY_ALLOW_PRIVATE_CIDRS": "127.0.0.0/8"}
        added = run("webhooks", "add", hook.url, "--note", "Chat", **inside)
        assert added.returncode == 0, added.stderr
        assert added.stdout.startswith("whsec_")
        assert added.stdout.count("\n") == 1
        assert "whsec_" not in run("webhooks", "list", "--json").stdout
        run("webhooks", "test", "1")
        assert run("outbox", "send", **inside).returncode == 0
        assert len(hook.posted) == 1
        [row] = json.loads(run("outbox", "list", "--json").stdout)
        assert (row["state"], row["status"], row["reply"]) == ("sent", 200, "so be it")


def test_what_was_given_up_is_replayed(run: Terminal) -> None:
    run("webhooks", "add", "https://chat.example/7")
    run("webhooks", "test", "1")
    run("webhooks", "off", "1")
    rows = json.loads(run("outbox", "list", "--state", "failed", "--json").stdout)
    assert [each["reply"] for each in rows] == ["The webhook is switched off."]
    assert "outbox       Nothing" not in run("doctor").stdout
    assert "1 were given up" in run("doctor").stdout
    assert "switched off" in run("outbox", "replay", "1").stderr
    run("webhooks", "on", "1")
    assert "1 waits to be sent again" in run("outbox", "replay", "--webhook", "1").stderr
    [webhooks] = [
        each for each in json.loads(run("outbox", "show", "--json").stdout) if each["channel"] == "webhook"
    ]
    assert (webhooks["waiting"], webhooks["failed"]) == (1, 0)


def test_what_is_changed_is_what_was_named(run: Terminal) -> None:
    run("webhooks", "add", "https://chat.example/7", "--filter", "outcome=rejected", "--note", "Chat")
    assert run("webhooks", "change", "1", "--url", "https://chat.example/8").returncode == 0
    [row] = json.loads(run("webhooks", "list", "--json").stdout)
    assert (row["url"], row["filter"], row["note"]) == ("https://chat.example/8", "outcome=rejected", "Chat")
    assert "colour is no filter" in run("webhooks", "change", "1", "--filter", "colour=green").stderr
    assert run("webhooks", "remove", "1").returncode == 0
    assert run("webhooks", "rotate", "1").returncode == 1
