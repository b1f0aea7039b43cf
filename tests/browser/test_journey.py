"""The whole line in a browser: from an address that Ada adds to the answer that anybody gets, and to a feed reader."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

import pytest

from registry.services.people import accounts, sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store import schema
from registry.store.engine import make_engine, transaction
from tests.browser.conftest import Site, free_port, served
from tests.feeds import a_feed

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Visit = Callable[..., "BrowserContext"]

PEOPLE = {"Ada": "admin", "Rosa": "reviewer", "Ravi": "reviewer", "Amir": "approver"}
CONDITION = "Export the minutes every month and file them."


class Launches(BaseHTTPRequestHandler):
    """A publisher's feed with one product."""

    body: ClassVar[bytes] = a_feed(
        ("1", "Plumeria - Write minutes while you talk", "https://plumeria.example/")
    )

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[str]:
    """The address of a feed on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Launches)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/launches.rss"
    server.shutdown()
    server.server_close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Site]:
    """An empty registry with four people, served with its scheduler, that publishes at once."""
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=tmp_path, base_url=address)
    now = datetime.now(UTC)
    engine = make_engine(settings.resolved_database_url)
    schema.upgrade(engine)
    links = {}
    with transaction(engine) as session:
        for name, role in PEOPLE.items():
            person = accounts.add_user(
                session, email=f"{name}@office.example", name=name, roles=[role], by=REGISTRY, now=now
            )
            value = sign_in.make_link(
                session,
                person.id or 0,
                secret=settings.secret,
                valid_for=timedelta(hours=1),
                by=REGISTRY,
                now=now,
            )
            links[name] = f"{address}/sign-in/{value}"
    engine.dispose()
    with served(tmp_path, "serve", "--port", port, allow_private_cidrs="127.0.0.0/8", undo_s="0", tick_s="1"):
        yield Site(address, tmp_path, links)


def test_from_a_source_to_an_answer_and_a_feed_reader(visit: Visit, office: Site, publisher: str):
    titles_heard = subscribe(office.address + "/feeds/verdicts.atom")
    assert titles_heard() == []

    ada = come_in(visit, office, "Ada")
    add_source(ada, office, publisher)

    rosa = come_in(visit, office, "Rosa")
    accept(rosa, office, "Plumeria")
    evaluation = open_evaluation(rosa, reviewers=("Rosa", "Ravi"))

    ravi = come_in(visit, office, "Ravi")
    score(ravi, office, evaluation, R4="3")
    rosa.goto(office.address + evaluation)
    assert "Hidden until you hand in yours" in rosa.locator("main").inner_text()
    ravi.goto(office.address + evaluation)
    propose_condition(ravi, CONDITION, covers="R4")
    score(rosa, office, evaluation, R4="1")
    moderate(rosa, office, evaluation, R4="3")

    amir = come_in(visit, office, "Amir")
    preview = decide(amir, office, evaluation, "approved_with_conditions")
    assert CONDITION in preview
    assert titles_heard() == [], "a preview publishes nothing"
    amir.get_by_role("button", name="Publish verdict").click()

    anybody = visit().new_page()
    anybody.goto(office.address)
    anybody.locator("#q").fill("plumeria")
    anybody.get_by_role("button", name="Check").click()
    answer = anybody.locator("main").inner_text()
    assert re.search(r"yes, if", answer, re.IGNORECASE)
    assert CONDITION in answer
    assert "Amir" in answer

    heard = titles_heard()
    assert len(heard) == 1
    assert heard[0].startswith("Plumeria: Approved with conditions")
    assert titles_heard() == heard, "the same verdict is told once"


def come_in(visit: Visit, office: Site, who: str) -> "Page":
    page = visit().new_page()
    page.goto(office.links[who])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
    return page


def add_source(page: "Page", office: Site, url: str) -> None:
    page.goto(office.address + "/sources/new")
    page.locator("[name=url]").first.fill(url)
    page.get_by_label("A launch feed").check()
    page.get_by_role("button", name="Check it").click()
    assert "It can be read: Launches" in page.locator("main").inner_text()
    assert "Plumeria" in page.locator("table").inner_text()
    page.get_by_role("button", name="Add this source").click()
    page.wait_for_load_state()


def accept(page: "Page", office: Site, name: str) -> None:
    """Wait for the scheduler to bring it, look at it, let it in."""
    listed = page.get_by_role("list", name="Candidates").get_by_role("link", name=name, exact=True)
    for _ in range(60):
        page.goto(office.address + "/inbox")
        if listed.count():
            break
        page.wait_for_timeout(500)
    listed.click()
    page.get_by_role("button", name="Accept as a new tool").click()
    page.get_by_role("link", name="Open an evaluation").first.click()
    page.wait_for_url("**/evaluations/new*")


def open_evaluation(page: "Page", reviewers: tuple[str, ...]) -> str:
    """Its path."""
    page.locator("[name=purpose]").fill("Minutes of meetings with partners.")
    page.locator("[name=data_class][value=internal]").check()
    for name, answer in {"effect": "none", "costs": "no", "public_account": "no"}.items():
        page.locator(f"[name={name}][value={answer}]").check()
    page.get_by_role("button", name="Continue").click()
    page.locator("[name=tier][value='2']").check()
    while (proposed := page.locator("[name=reviewers]:checked")).count():
        proposed.first.uncheck()
    for name in reviewers:
        page.get_by_label(name).check()
    page.get_by_role("button", name="Open the evaluation").click()
    page.wait_for_url(re.compile(r"/evaluations/\d+$"))
    return re.sub(r"^.*(/evaluations/\d+)$", r"\1", page.url)


def score(page: "Page", office: Site, evaluation: str, **ratings: str) -> None:
    """Declare no interest, fill every line in (risks 1, fits 4, knock-outs no; `ratings` say otherwise), hand it in."""
    page.goto(office.address + evaluation + "/scorecard")
    page.get_by_label("I have none").check()
    page.get_by_role("button", name="Declare it").click()
    page.wait_for_url("**/scorecard")
    names = page.locator("input[type=radio][value='no']").evaluate_all("all => all.map(each => each.name)")
    for name in names:
        page.locator(f"[name='{name}'][value=no]").check()
    asked = page.locator("textarea[name$='.evidence']").evaluate_all("all => all.map(each => each.name)")
    for criterion in (name.removesuffix(".evidence") for name in asked):
        rating = ratings.get(criterion, "1" if criterion.startswith("R") else "4")
        page.locator(f"[name='{criterion}.rating'][value='{rating}']").check()
        page.locator(f"[name='{criterion}.sentence']").fill(f"What we saw speaks for {rating}.")
        page.locator(f"[name='{criterion}.evidence']").fill("https://plumeria.example/terms")
    page.get_by_role("button", name="Hand it in").click()
    page.wait_for_url(re.compile(re.escape(evaluation + "?done=scored") + "$"))


def propose_condition(page: "Page", text: str, covers: str) -> None:
    page.get_by_text("Propose a condition").first.click()
    page.locator("[name='c.text']").fill(text)
    page.locator("[name='c.duty']").select_option("user")
    page.locator("[name='c.check']").select_option("self_attested")
    page.locator("[name='c.mitigates']").fill(covers)
    page.locator("[name='c.lasts']").select_option("standing")
    page.get_by_role("button", name="Propose it").click()
    page.wait_for_load_state()
    assert text in page.locator("main").inner_text()


def moderate(page: "Page", office: Site, evaluation: str, **values: str) -> None:
    """Resolve every disagreement: those named with that value, the others as they stand."""
    page.goto(office.address + evaluation + "/moderation")
    resolving = "form[action$='/moderation']"
    items = page.locator(f"{resolving} input[name=item]").evaluate_all("all => all.map(each => each.value)")
    assert set(values) <= set(items)
    for item in items:
        form = page.locator(resolving, has=page.locator(f"input[name=item][value='{item}']"))
        if form.locator("[name=value]").count():
            form.locator(f"[name=value][value='{values[item]}']").check()
        form.locator("[name=reason]").fill("The terms say nothing about keeping records.")
        form.get_by_role("button", name="Resolve").click()
        page.wait_for_load_state()


def decide(page: "Page", office: Site, evaluation: str, outcome: str) -> str:
    """Fill the decision in and look at what people will see; gives what the preview says."""
    page.goto(office.address + evaluation + "/decide")
    page.locator(f"[name=outcome][value={outcome}]").check()
    page.locator("[name=rationale]").fill("It saves hours, and the minutes stay ours when they are exported.")
    page.get_by_role("button", name="Preview what people will see").click()
    page.wait_for_load_state()
    said = page.locator("main").inner_text()
    assert "Check it before it goes out" in said
    return said


def subscribe(url: str) -> Callable[[], list[str]]:
    """A feed reader of somebody else's making; each call updates it and gives the titles of what it holds."""
    reader = pytest.importorskip("reader", reason="the follower's feed reader comes with the dev group")
    follower = reader.make_reader(":memory:")
    follower.add_feed(url)

    def titles() -> list[str]:
        follower.update_feeds(scheduled=False)
        assert follower.get_feed(url).last_exception is None
        return [str(entry.title) for entry in follower.get_entries()]

    return titles
