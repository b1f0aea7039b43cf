"""What a list does with an address that asks for something nobody knows."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.services.people import sign_in
from registry.settings import Settings
from registry.store import users
from registry.store.engine import make_engine, transaction
from registry.web.app import create_app
from registry.web.viewer import cookie_name
from tests.conftest import NOW
from tests.web.conftest import SAME_ORIGIN, HandClock

As = Callable[[str], TestClient]

STRANGE = {
    "/inbox?sort=wanted&q=pen": "Newest; Oldest; Relevance; Demand",
    "/inbox?status=nonsense": "Choose among: New; Accepted",
    "/inbox?decided=2026-13": "such as 2026-11",
    "/evaluations?state=wanted": "Choose among: Open; ",
    "/evaluations?tier=9": "1; 2; 3",
    "/verdicts?outcome=wanted": "Choose among: Approved; Approved with conditions",
    "/verdicts?sort=wanted": "Choose among: Number; ",
    "/tools?answer=wanted": "Choose among: Yes; Yes, if; ",
    "/tools?tag=wanted&category=Wanted": "There is no tag “wanted”. Take one from the list",
    "/tools?category=wanted": "There is no category “wanted”. There is none yet.",
    "/verdicts?tag=wanted": "There is no tag “wanted”",
    "/verdicts?office=wanted&q=pen": "There is no office “wanted”",
    "/sources?state=wanted": "Choose among: ",
    "/sources?sort=wanted": "Choose among: ",
    "/due?kind=wanted&when=soon": "Choose among: Condition; ",
    "/due?who=wanted": "You; Your office; The registry’s staff; Approver",
    "/reports?kind=wanted": "Incident; Challenge",
    "/reports?tool=wanted": "There is no tool “wanted”",
    "/reopenings?cause=wanted": "Incident",
    "/requests?became=wanted": "There is no choice “wanted”. Choose among: Nobody has looked at it; Watched; Let in; ",
    "/evaluations/work?kind=wanted": "to find reviewers for; to begin scoring; to score; to resolve",
    **dict.fromkeys(
        (
            *("/tools?after=wanted", "/tools?before=wanted&sort=-category", "/verdicts?after=wanted"),
            *("/verdicts?after=9&sort=tool", "/inbox?after=wanted", "/inbox?sort=relevance&after=wanted"),
            *("/evaluations?cursor=wanted", "/sources?page=wanted", "/due?from=wanted"),
            *("/reports?before=wanted", "/reopenings?before=wanted", "/outside-verdicts?after=wanted"),
            *("/tools?cursor=wanted", "/reports?page=wanted"),  # by which another list is turned
        ),
        "marks no page of this list. Without it the list begins with its first page.",
    ),
}


@pytest.fixture(scope="module")
def amir(
    cast_file: tuple[Path, dict[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """An approver's browser on one site for all who only look."""
    folder = tmp_path_factory.mktemp("understood")
    shutil.copy(cast_file[0], folder / "registry.sqlite3")
    settings = Settings(data_dir=folder, base_url="http://testserver")
    engine = make_engine(settings.resolved_database_url)
    with transaction(engine) as session:
        user = users.get(session, cast_file[1]["Amir"])
        cookie = sign_in.start_session(session, user, secret=settings.secret, now=NOW)
    app = create_app(settings, engine=engine, clock=HandClock(NOW))
    with TestClient(app, headers=SAME_ORIGIN, follow_redirects=False) as client:
        client.cookies.set(cookie_name(app.state.parts), cookie)
        yield client
    engine.dispose()


@pytest.mark.parametrize("address", STRANGE)
def test_a_list_is_shown_without_what_nobody_knows_and_says_what_there_is(
    amir: TestClient, address: str
) -> None:
    reply = amir.get(address)
    assert reply.status_code == 422
    assert "Part of this address was not understood" in reply.text
    assert STRANGE[address] in reply.text
    assert "Error 422" not in reply.text  # the list itself, no error page


def test_what_was_understood_beside_it_still_holds(as_: As) -> None:
    page = as_("Rosa").get("/inbox?sort=wanted&q=pen").text
    assert 'name="q" value="pen"' in page


@pytest.mark.parametrize(
    "address",
    [
        *("/inbox.csv?sort=wanted", "/evaluations.json?state=wanted", "/verdicts.csv?outcome=wanted"),
        *("/due.csv?kind=wanted", "/due.json?who=wanted", "/reports.csv?kind=wanted"),
        *("/reopenings.json?cause=wanted", "/feeds/verdicts.atom?outcome=wanted"),
        *("/tools.csv?tag=wanted", "/verdicts.json?category=wanted", "/api/v1/tools?tag=wanted"),
        *("/api/v1/verdicts?tool=wanted", "/api/v1/evaluations?state=wanted"),
        *("/api/v1/tools?cursor=wanted", "/api/v1/verdicts?cursor=9", "/api/v1/candidates?cursor=wanted"),
        *("/feeds/verdicts.atom?cursor=wanted", "/feeds/verdicts.atom?before=wanted"),
        *("/api/v1/due?who=wanted", "/api/v1/reopenings?cause=wanted", "/api/v1/reports?kind=wanted"),
    ],
)
def test_a_file_or_a_program_is_refused_rather_than_given_another_list(
    amir: TestClient, address: str
) -> None:
    assert amir.get(address).status_code == 422


def test_an_address_whose_page_cannot_be_shown_leads_to_the_page_without_it(as_: As) -> None:
    reply = as_("Ada").get("/outbox?before=nonsense")
    assert reply.status_code == 422
    assert 'href="/outbox"' in reply.text
    assert "without what its address asks for" in reply.text
