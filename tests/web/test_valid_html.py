"""Every page is valid HTML, read by a strict parser; each id stands once, and what points to one finds it."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import pytest
from starlette.testclient import TestClient

from registry.services.people import sign_in
from registry.services.rubrics.rubric_files import take_in
from registry.settings import Settings
from registry.store import users
from registry.store.engine import make_engine, transaction
from registry.store.tables import Role
from registry.web.app import create_app
from registry.web.viewer import cookie_name
from tests.browser.every_answer import ASKED, prepare
from tests.builders import a_person
from tests.conftest import NOW, in_whole
from tests.web.conftest import SAME_ORIGIN, HandClock

POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "form", "headers")
NOBODY = ("/", "/check?q=iffy", "/check?q=nothing", "/tools", "/verdicts", "/radar", "/request")
PUBLIC = (
    "/", "/tools", "/tools/bounded", "/tools/manifold", "/verdicts", "/verdicts/2", "/radar", "/radar/risk-fit",
    "/feeds", "/guidance", "/accessibility", "/request", "/follow?tool=plainly", "/challenge", "/incident", "/login",
)  # fmt: skip
STAFF = (
    "/inbox", "/inbox/dismissals", "/evaluations", "/evaluations/1", "/evaluations/new?tool=untouched", "/dashboard",
    "/agreement", "/conditions", "/due", "/reopenings", "/reports", "/outside-verdicts", "/rubrics", "/reference-cases",
    "/requests", "/evaluations/work",
    "/verdicts/2/acts", "/verdicts/withdraw", "/offices", "/sources", "/sources/new", "/sources/starter", "/people",
    "/webhooks", "/outbox", "/audit", "/tools/untouched/quick-no",
)  # fmt: skip

ANSWERS = list(ASKED.values())


@pytest.fixture(scope="module")
def asked(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A site with a tool for everything an answer can be, and the browser of somebody who may see all of it."""
    folder = tmp_path_factory.mktemp("valid")
    shutil.copy(migrated_file, folder / "registry.sqlite3")
    settings = Settings(data_dir=folder, base_url="http://testserver")
    engine = make_engine(settings.resolved_database_url)
    with transaction(engine) as session:
        take_in(session, None, now=NOW)
        prepare(session, NOW)
        every = a_person(session, "Evelyn", *Role, now=NOW)
        user = users.get(session, every.person_id)
        cookie = sign_in.start_session(session, user, secret=settings.secret, now=NOW)
    app = create_app(settings, engine=engine, clock=HandClock(NOW))
    with TestClient(app, headers=SAME_ORIGIN, follow_redirects=False) as client:
        client.cookies.set(cookie_name(app.state.parts), cookie)
        yield client
    engine.dispose()


@pytest.mark.parametrize("path", [*PUBLIC, *STAFF, *ANSWERS[:6], *in_whole(["/api", *ANSWERS[6:]])])
def test_a_page_is_valid(asked: TestClient, path: str) -> None:
    reply = asked.get(path)
    assert reply.status_code in (200, 404, 422)
    if "html" in reply.headers["content-type"]:
        assert faults(reply.text) == []


@pytest.mark.parametrize(
    "path", ["/", "/check?q=iffy", "/check?q=nothing", "/tools", "/verdicts", "/radar", "/request"]
)
def test_a_page_is_valid_for_somebody_who_is_not_signed_in(asked: TestClient, path: str) -> None:
    reply = asked.get(path, headers={"Cookie": ""})
    assert faults(reply.text) == []


def faults(text: str) -> list[str]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    page: ElementTree.Element = parser.parse(text)
    found = [f"{code} at {place}" for place, code, _ in parser.errors]
    ids = Counter(each.get("id") for each in page.iter() if each.get("id") is not None)
    found += [f"id {each!r} stands {count} times" for each, count in ids.items() if count > 1]
    for each in page.iter():
        for name in POINTERS:
            found += [
                f"{each.tag} {name}={one!r} points to nothing"
                for one in each.get(name, "").split()
                if one not in ids
            ]
    found += [] if len(page.findall(".//h1")) == 1 else ["not just one h1"]
    return found


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("<p>one<div>two</p></div>", "unexpected-end-tag"),
        ("<p id=a></p><p id=a></p>", "id 'a' stands 2 times"),
        ("<label for=b>x</label>", "label for='b' points to nothing"),
        ("<h1>again</h1>", "not just one h1"),
        ("<p title='a' title='b'>", "duplicate-attribute"),
    ],
)
def test_what_is_not_valid_is_found(broken: str, told: str) -> None:
    page = f"<!doctype html><html lang=en><title>x</title><body><h1>x</h1>{broken}</body></html>"
    assert any(told in each for each in faults(page))
