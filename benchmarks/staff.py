"""How long the staff's pages take on a full office, beside the look-up page on the same site, and what they ask.

    python benchmarks/staff.py [--scale 0.1 1] [--rounds 15] [--json]

The office is made from a seed, once for each scale; each page is asked for in turn with the look-up page. `times` is a
page's median by that of the look-up page in the same rounds, `cpu_times` the same of the processor, which other work
disturbs less. A page is one line in PAGES, with what it must be full of.
"""

import argparse
import json
import re
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import event
from sqlmodel import Session, col, select
from staff_office import Office, fill_inbox, fill_rubric, fill_twelve, fill_verdicts, the_office
from starlette.testclient import TestClient

from registry.domain.triage import CandidateStatus, DismissReason
from registry.services.people import sign_in
from registry.services.people.acting import REGISTRY, Actor, event_of, record_all
from registry.settings import Settings
from registry.store import schema
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Candidate
from registry.web.app import create_app
from registry.web.kept import LOOKED_BACK
from registry.web.parts import Parts

LOOK_UP = "/check?q=tool+7"


@dataclass(frozen=True)
class Page:
    name: str
    who: str
    path: str
    fill: Callable[[Office], None] | None = None
    happened: Sequence[str] = ()
    """Acts on record before each time it is asked for, so that what is kept of before does not serve."""


EVERYTHING = ("tool.made",) * (LOOKED_BACK + 1)
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
    Page("the same, one more let in", "amir", "/dashboard", happened=("candidate.accepted",)),
    Page("the same, one more decided", "amir", "/dashboard", happened=("verdict.published",)),
    Page("the same, nothing kept", "amir", "/dashboard", happened=EVERYTHING),
    Page("what is due of 5,000", "amir", "/due"),
    Page("rubrics, the list", "ada", "/rubrics"),
    Page("rubric on 1,000 verdicts", "ada", "/rubrics/{next_rubric}", fill_rubric),
)
"""The first one is the measure of the others. What fills the office for one page may serve those after it."""
SEVERAL = 500
ACTS = (
    ("dismissing 500", {"act": "dismiss", "reason": DismissReason.OUT_OF_SCOPE.value}),
    ("accepting 500", {"act": "accept"}),
)
"""Each is asked what it would do, done and undone."""
MARK = re.compile(r'name="mark" value="([^"]+)"')
DONE = re.compile(r"done=([0-9]+)")
OURS = {"Sec-Fetch-Site": "same-origin"}


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
        with TestClient(create_app(settings), headers=OURS) as browser:
            for page in PAGES:
                browser.cookies.clear()
                if page.who:
                    browser.post(f"/sign-in/{links[page.who]}")
                found = replace(page, path=page.path.format(**office.marks))
                rows.append(_row(browser, found, scale, rounds))
            browser.cookies.clear()
            browser.post(f"/sign-in/{links['rosa']}")
            for name, form in ACTS:
                rows += _act_rows(browser, name, form, scale, max(3, rounds // 3))
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
    took: list[Asked] = []
    beside: list[Asked] = []
    with _noting(browser) as asked:
        first = _ask(browser, page.path)
        for _ in range(rounds):
            beside.append(_ask(browser, LOOK_UP))
            _happen(browser, page.happened)
            asked.clear()
            took.append(_ask(browser, page.path))
    return _told(page.name, scale, first, took, beside, asked)


def _act_rows(
    browser: TestClient, name: str, form: dict[str, str], scale: float, rounds: int
) -> list[dict[str, Any]]:
    """Each round takes others, the oldest that wait."""
    parts = [f"{name}: what it would do", name, "undoing that"]
    took: list[list[Asked]] = [[] for _ in parts]
    counts: list[Sequence[str]] = [(), (), ()]
    beside: list[Asked] = []
    with _noting(browser) as asked:

        def ask(place: int, path: str, sent: dict[str, Any]) -> str:
            asked.clear()
            found = _ask(browser, path, sent)
            took[place].append(found)
            counts[place] = list(asked)
            return found[3]

        for nth in range(rounds):
            with snapshot(_parts(browser).engine) as session:
                query = select(Candidate.id, Candidate.version).where(Candidate.status == CandidateStatus.NEW)
                rows = session.exec(
                    query.order_by(col(Candidate.id)).offset(nth * SEVERAL).limit(SEVERAL)
                ).all()
            chosen = form | {"ids": [f"{number}:{version}" for number, version in rows], "back": "/inbox"}
            beside.append(_ask(browser, LOOK_UP))
            mark = MARK.findall(ask(0, "/inbox/bulk", chosen))[0]
            done = DONE.findall(ask(1, "/inbox/bulk", chosen | {"mark": mark}))[0]
            ask(2, f"/inbox/acts/{done}/undo", {})
    return [_told(part, scale, took[at][0], took[at], beside, counts[at]) for at, part in enumerate(parts)]


def _told(
    name: str,
    scale: float,
    first: "Asked",
    took: Sequence["Asked"],
    beside: Sequence["Asked"],
    asked: Sequence[str],
) -> dict[str, Any]:
    return {
        "scale": scale,
        "page": name,
        "ms": round(_middle(took, 0) * 1000, 1),
        "cpu_ms": round(_middle(took, 1) * 1000, 1),
        "first_ms": round(first[0] * 1000, 1),
        "times": round(_middle(took, 0) / _middle(beside, 0), 2),
        "cpu_times": round(_middle(took, 1) / _middle(beside, 1), 2),
        "queries": sum(each.lstrip().upper().startswith(("SELECT", "WITH")) for each in asked),
        "kB": round(first[2] / 1000),
    }


@contextmanager
def _noting(browser: TestClient) -> Iterator[list[str]]:
    """What the site asks its database."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    engine = _parts(browser).engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _parts(browser: TestClient) -> Parts:
    parts: Parts = browser.app.state.parts  # type: ignore[attr-defined]
    return parts


def _happen(browser: TestClient, actions: Sequence[str]) -> None:
    if actions:
        now = datetime.now(UTC)
        acts = [event_of(each, (each.partition(".")[0], 1), by=REGISTRY, now=now) for each in actions]
        with transaction(_parts(browser).engine) as session:
            record_all(session, acts)


Asked = tuple[float, float, int, str]
"""Seconds by the clock, seconds of processor, bytes, and where it led or what it said."""


def _middle(took: Sequence[Asked], which: int) -> float:
    return statistics.median(float(each[which]) for each in took)


def _ask(browser: TestClient, path: str, form: dict[str, Any] | None = None) -> Asked:
    began, worked = perf_counter(), process_time()
    reply = browser.get(path) if form is None else browser.post(path, data=form, follow_redirects=False)
    seconds, processor = perf_counter() - began, process_time() - worked
    if reply.status_code not in (200, 303):
        raise SystemExit(f"{path} answered {reply.status_code}")
    return seconds, processor, len(reply.content), reply.headers.get("Location", reply.text)


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
    "page": 31,
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
