"""How long the staff's pages take on a full office, beside the look-up page on the same site, and what they ask.

    python benchmarks/staff.py [--scale 0.1 1] [--rounds 15] [--json]

The office is made from a seed, once for each scale; each page is asked for in turn with the look-up page. `times` is a
page's median by that of the look-up page in the same rounds, `cpu_times` the same of the processor, which other work
disturbs less. A page is one line in PAGES, with what it must be full of.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import event
from sqlmodel import Session
from staff_office import Office, fill_inbox, fill_rubric, fill_twelve, fill_verdicts, the_office
from starlette.testclient import TestClient

from registry.services.people import sign_in
from registry.services.people.acting import REGISTRY, Actor
from registry.settings import Settings
from registry.store import schema
from registry.store.engine import make_engine, transaction
from registry.web.app import create_app
from registry.web.parts import Parts

LOOK_UP = "/check?q=tool+7"


@dataclass(frozen=True)
class Page:
    name: str
    who: str
    path: str
    fill: Callable[[Office], None] | None = None


PAGES = (
    Page("look-up, certain match", "", LOOK_UP),
    Page("inbox, 10,000 open", "rosa", "/inbox", fill_inbox),
    Page("inbox, by relevance", "rosa", "/inbox?sort=relevance"),
    Page("inbox, one source", "rosa", "/inbox?source=7"),
    Page("inbox, by words", "rosa", "/inbox?q=fernflow"),
    Page("one candidate", "rosa", "/inbox/1"),
    Page("evaluation, 12 reviewers", "rosa", "/evaluations/{twelve}", fill_twelve),
    Page("its disagreements", "rosa", "/evaluations/{twelve}/moderation"),
    Page("dashboard, 5,000 verdicts", "amir", "/dashboard", fill_verdicts),
    Page("rubrics, the list", "ada", "/rubrics"),
    Page("rubric on 1,000 verdicts", "ada", "/rubrics/{next_rubric}", fill_rubric),
)
"""The first one is the measure of the others. What fills the office for one page may serve those after it."""


def measure(scale: float, rounds: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="staff-") as folder:
        settings = Settings(
            data_dir=Path(folder), base_url="http://testserver", database_url=f"sqlite:///{folder}/r.sqlite3"
        )
        engine = make_engine(settings.resolved_database_url)
        schema.upgrade(engine)
        now = datetime.now(UTC)
        with transaction(engine) as session:
            office = the_office(session, now, scale)
            for page in PAGES:
                if page.fill is not None:
                    page.fill(office)
            people = {each.who for each in PAGES if each.who}
            links = {who: _link(session, office.cast[who], settings, now) for who in people}
        engine.dispose()
        rows = []
        with TestClient(create_app(settings), follow_redirects=True) as browser:
            for page in PAGES:
                browser.cookies.clear()
                if page.who:
                    browser.post(f"/sign-in/{links[page.who]}", headers={"Sec-Fetch-Site": "same-origin"})
                found = replace(page, path=page.path.format(**office.marks))
                rows.append(_row(browser, found, scale, rounds))
        return rows


def _link(session: Session, who: Actor, settings: Settings, now: datetime) -> str:
    return sign_in.make_link(
        session,
        who.person_id,
        secret=settings.secret,
        valid_for=timedelta(hours=1),
        reusable=True,
        by=REGISTRY,
        now=now,
    )


def _row(browser: TestClient, page: Page, scale: float, rounds: int) -> dict[str, Any]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    parts: Parts = browser.app.state.parts  # type: ignore[attr-defined]
    event.listen(parts.engine, "before_cursor_execute", note)
    first = _ask(browser, page.path)
    took: list[Asked] = []
    beside: list[Asked] = []
    for _ in range(rounds):
        beside.append(_ask(browser, LOOK_UP))
        asked.clear()
        took.append(_ask(browser, page.path))
    event.remove(parts.engine, "before_cursor_execute", note)
    return {
        "scale": scale,
        "page": page.name,
        "ms": round(_middle(took, 0) * 1000, 1),
        "cpu_ms": round(_middle(took, 1) * 1000, 1),
        "first_ms": round(first[0] * 1000, 1),
        "times": round(_middle(took, 0) / _middle(beside, 0), 2),
        "cpu_times": round(_middle(took, 1) / _middle(beside, 1), 2),
        "queries": len([each for each in asked if each.lstrip().upper().startswith("SELECT")]),
        "kB": round(first[2] / 1000),
    }


Asked = tuple[float, float, int]
"""Seconds by the clock, seconds of processor, bytes."""


def _middle(took: Sequence[Asked], which: int) -> float:
    return statistics.median(each[which] for each in took)


def _ask(browser: TestClient, path: str) -> Asked:
    began, worked = perf_counter(), process_time()
    reply = browser.get(path)
    seconds, processor = perf_counter() - began, process_time() - worked
    if reply.status_code != 200:
        raise SystemExit(f"{path} answered {reply.status_code}")
    return seconds, processor, len(reply.content)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, nargs="+", default=[0.1, 1], help="1 is the full office")
    parser.add_argument("--rounds", type=int, default=15, help="of which the median is told")
    parser.add_argument("--json", action="store_true", help="print data alone")
    given = parser.parse_args()
    rows = [row for scale in given.scale for row in measure(scale, given.rounds)]
    if given.json:
        json.dump(rows, sys.stdout, indent=2)
        return
    for row in ({key: key for key in _COLUMNS}, *rows):
        print("  ".join(f"{row[key]:>{width}}" for key, width in _COLUMNS.items()))


_COLUMNS = {
    "scale": 5,
    "page": 26,
    "ms": 7,
    "cpu_ms": 7,
    "first_ms": 8,
    "times": 6,
    "cpu_times": 9,
    "queries": 8,
    "kB": 5,
}

if __name__ == "__main__":
    main()
