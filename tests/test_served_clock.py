"""A served site whose machine's clock is set: it goes on reading its sources, and what happens stays in its order."""

import json
import os
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.feeds import a_feed
from tests.scrapers.hostile import HostileServer, reply
from tests.serving import a_site

SETS_ITS_CLOCK = """
import datetime, os, signal, time_machine
hours = float(os.environ["CLOCK_HOURS"])
clock = time_machine.travel(datetime.datetime.now(datetime.UTC), tick=True).start()
signal.signal(signal.SIGUSR1, lambda *_: clock.shift(datetime.timedelta(hours=hours)))
"""
"""What Python runs at its start, before anything of the registry."""
SOON_S = 60


@pytest.mark.whole
@pytest.mark.parametrize("hours", [-2, 2])
def test_scraping_goes_on_within_a_minute_and_events_stay_in_their_order(hours: int, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SETS_ITS_CLOCK)
    with (
        HostileServer() as publisher,
        a_site(
            tmp_path / "site",
            PYTHONPATH=str(tmp_path),
            CLOCK_HOURS=str(hours),
            REGISTRY_TICK_S="1",
            REGISTRY_ALLOW_PRIVATE_CIDRS="127.0.0.0/8",
        ) as site,
    ):
        token = site.a_token("request", "read", "sources", "triage", "audit")
        site.start()

        def announced(name: str) -> float:
            """Seconds until what a new source announces has come in."""
            publisher.plays(f"/{name}", reply(a_feed(("1", f"{name} - Letters", f"https://{name}.example/"))))
            sent = {"url": publisher.url(f"/{name}"), "announcer": "launch_feed"}
            began = time.monotonic()
            assert site.ask("POST", "/api/v1/sources", sent, token=token)[0] == 201
            while name not in site.ask("GET", "/api/v1/candidates", token=token)[2]:
                assert time.monotonic() < began + SOON_S, site.log.read_text()[-3000:]
                time.sleep(0.2)
            return time.monotonic() - began

        announced("Before")
        assert site.process is not None
        os.kill(site.process.pid, signal.SIGUSR1)
        told = announced("After")
        events = []
        page = "/api/v1/events?limit=100"
        while page:
            status, headers, body = site.ask("GET", page, token=token)
            assert status == 200, body
            events += json.loads(body)["items"]
            page = headers.get("link", "").partition("<")[2].partition(">")[0]
        moments = [each["at"] for each in sorted(events, key=lambda each: each["id"])]
        assert len(moments) > 6
        assert moments == sorted(moments)
        assert told < SOON_S
        span = datetime.fromisoformat(moments[-1]) - datetime.fromisoformat(moments[0])
        assert (span > timedelta(hours=2)) is (hours > 0)
        assert site.ask("GET", "/readyz")[0] == 200
    log = site.log.read_text()
    assert ("clock was set back" in log) is (hours < 0)
    assert site.run("audit", "verify")
