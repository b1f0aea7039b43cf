"""Every list of staff is a page, and just the same rows as CSV and as Excel, for those who may see the page."""

import csv
import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.triage import DismissReason
from registry.services.candidates import triage
from registry.services.lists.spreadsheets import read_xlsx
from registry.services.people.acting import REGISTRY
from registry.store.columns import id_of
from registry.store.engine import transaction
from registry.store.tables import Source
from tests.conftest import NOW

As = Callable[[str], TestClient]
LISTS = {
    "/inbox": "Rosa",
    "/inbox/dismissals": "Rosa",
    "/sources": "Ada",
    "/people": "Ada",
    "/requests": "Rosa",
    "/evaluations": "Amir",
    "/evaluations/work": "Amir",
    "/due": "Amir",
    "/outside-verdicts": "Rosa",
    "/reopenings": "Amir",
    "/reports": "Amir",
    "/audit": "Uma",
}


@pytest.mark.usefixtures("decided")
@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_staff_is_the_same_in_every_file(as_: As, site_engine: Engine, path: str) -> None:
    with transaction(site_engine) as session:
        triage.propose_by_hand(session, name="=HYPERLINK(1)", by=REGISTRY, now=NOW)
        spam = triage.propose_by_hand(session, name="Spam", by=REGISTRY, now=NOW)
        triage.dismiss(session, id_of(spam), reason=DismissReason.SPAM, by=REGISTRY, now=NOW)
    staff = as_(LISTS[path])
    page = staff.get(path).text
    assert f'href="{path}.xlsx' in page or 'class="downloads"' not in page  # nothing is listed
    told = staff.get(f"{path}.xlsx")
    assert told.headers["content-disposition"].endswith('.xlsx"')
    assert told.headers["cache-control"] == "private, no-cache"
    in_csv = list(csv.reader(io.StringIO(staff.get(f"{path}.csv").content.decode("utf-8-sig"))))
    in_excel = read_xlsx(told.content)
    assert in_excel.columns == set(in_csv[0])
    assert len(list(in_excel)) == len(in_csv) - 1
    with ZipFile(io.BytesIO(told.content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    if path == "/inbox":
        assert [each["name"] for each in in_excel] == ["=HYPERLINK(1)"]
    assert as_("Emil").get(f"{path}.xlsx").status_code == 403


def test_no_file_holds_what_opens_a_source_or_an_account(as_: As, site_engine: Engine) -> None:
    with transaction(site_engine) as session:
        told = {"announcer": "news", "created_at": NOW, "due_at": NOW}
        secret = "https://feeder:pa55phrase@feeds.example/a.atom"
        session.add(Source(name="=Closed", url=secret, former_url=secret, group="@group", **told))
        session.add(Source(name="Open", url="https://feeds.example/b.atom", **told))
    ada = as_("Ada")
    assert ada.post("/people/1/tokens", data={"name": "t", "scopes": "read", "days": "30"}).status_code == 200
    for path in ("/sources", "/people"):
        for ending in (".csv", ".json"):
            text = ada.get(path + ending).text
            assert not [
                each for each in ("pa55phrase", "feeder", "password", "digest", "reg_") if each in text
            ]
    shown = ada.get("/sources.csv?state=unread&sort=name&q=feeds.example").text
    assert [row["name"] for row in csv.DictReader(io.StringIO(shown.lstrip("\ufeff")))] == [
        "'=Closed",
        "Open",
    ]
    assert "https://feeds.example/a.atom" in shown
    listed = ada.get("/api/v1/sources?health=unread&q=a.atom").json()["items"]
    assert listed == ada.get("/sources.json?state=unread&q=a.atom").json()["sources"]
    assert [each["group"] for each in listed] == ["@group"]
    assert ada.get("/people.json").json()["people"] == ada.get("/api/v1/people").json()["items"]
    assert as_("Rosa").get("/people.csv").status_code == 403
    assert as_("Rosa").get("/sources.csv").status_code == 200
