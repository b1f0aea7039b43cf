"""Every public list is a page, its files of exactly the same rows and, where verdicts are listed, a feed."""

import csv
import io
import re
import shutil
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import feedparser
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.outcome import Outcome
from registry.services.lists.spreadsheets import read_xlsx
from registry.services.verdicts import announcing
from registry.store.columns import id_of
from registry.store.engine import make_engine, transaction
from registry.store.tables import Verdict
from registry.web import files
from tests.builders import UTC_ZONE, a_tool
from tests.conftest import NOW

MANY, DECIDED = 120, 60
ROWS = {
    "/verdicts": r'<a href="/verdicts/(\d+)"',
    "/tools": r'<a href="/tools/([^"?]+)"',
    "/radar": r'<a href="/tools/([^"?]+)"',
}
"""How a row names itself on the page."""
NAMED = {"/verdicts": "number", "/tools": "slug", "/radar": "slug"}
"""The cell of a file that is the same."""
LISTED = {"/verdicts": "verdicts", "/tools": "tools", "/radar": "entries"}
ASKED = [
    *(
        ("/verdicts", query)
        for query in ("", "category=Maps", "sort=tool", "q=tool+01", "outcome=rejected", "tag=third")
    ),
    *(
        ("/tools", query)
        for query in (
            "",
            "answer=no&category=Maps&tag=third",
            "sort=-tool",
            "q=tool+11",
            "answer=not_reviewed",
        )
    ),
    *(("/radar", query) for query in ("", "category=Maps", "ring=yes")),
]


@pytest.fixture(scope="module")
def many_file(cast_file: tuple[Path, dict[str, int]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many tools, half of them decided; made once."""
    path, before = tmp_path_factory.mktemp("lists") / "registry.sqlite3", NOW - timedelta(days=3)
    shutil.copy(cast_file[0], path)
    engine = make_engine(f"sqlite:///{path}")
    with transaction(engine) as session:
        for number in range(MANY):
            tool = a_tool(
                session,
                f"Tool {number:03}",
                now=before,
                category=("Maps", "Notes")[number % 2],
                tagged=() if number % 3 else ("third",),
            )
            if number < DECIDED:
                session.add(
                    Verdict(
                        number=number + 1,
                        uid=str(number),
                        tool_id=id_of(tool),
                        outcome=(Outcome.APPROVED, Outcome.REJECTED)[number % 3 == 0],
                        rationale="It is so.",
                        decided_by="Amir",
                        decided_at=before,
                        published_at=before,
                        starts_at=before,
                        imported=True,
                    )
                )
        session.flush()
        announcing.Sweep(UTC_ZONE).write(session, NOW)
    engine.dispose()
    return path


@pytest.fixture
def first_file(many_file: Path) -> Path:
    return many_file


def rows_of(client: TestClient, path: str, query: str) -> list[str]:
    """Of all its pages, as one turns them."""
    found: list[str] = []
    address = f"{path}?{query}"
    while address:
        shown = client.get(address).text.replace("&amp;", "&")
        begins, ends = ("The same as a list", "</main>") if path == "/radar" else ("<table", "</table>")
        if begins in shown:
            listed = shown[shown.index(begins) :]
            found += dict.fromkeys(re.findall(ROWS[path], listed[: listed.index(ends)]))
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        address = following[1] if following else ""
    return found


def offered(client: TestClient, path: str, query: str) -> Mapping[str, str]:
    """Path of a file -> its address, as the page gives it."""
    shown = client.get(f"{path}?{query}").text.replace("&amp;", "&")
    links = re.search(r'<p class="downloads">.*?</p>', shown, re.DOTALL)
    assert links
    return {each.partition("?")[0]: each for each in re.findall(r'href="([^"]+)"', links[0])}


@pytest.mark.parametrize(("path", "query"), ASKED)
def test_files_hold_just_the_rows_of_the_page(client: TestClient, path: str, query: str) -> None:
    files, rows = offered(client, path, query), rows_of(client, path, query)
    text = client.get(files[f"{path}.csv"]).text.lstrip("\ufeff")
    in_sheet = [each[NAMED[path]] for each in csv.DictReader(io.StringIO(text))]
    in_json = [str(each[NAMED[path]]) for each in client.get(files[f"{path}.json"]).json()[LISTED[path]]]
    book = read_xlsx(client.get(files[f"{path}.xlsx"]).content)
    assert book.columns == {*(csv.DictReader(io.StringIO(text)).fieldnames or ())}
    in_book = [str(each[NAMED[path]]) for each in book]
    assert in_book == in_sheet
    if path == "/radar":  # the list under the picture goes by ring
        rows, in_sheet, in_json = sorted(rows), sorted(in_sheet), sorted(in_json)
    assert in_sheet == in_json == rows
    assert len(rows) == len(set(rows)) > 0
    if not query:
        assert len(rows) == (MANY if path == "/tools" else DECIDED)


@pytest.mark.parametrize("query", [query for path, query in ASKED if path == "/verdicts"])
def test_the_feed_of_the_list_tells_of_its_newest_rows(client: TestClient, query: str) -> None:
    feed = offered(client, "/verdicts", query)["/feeds/verdicts.atom"]
    told = feedparser.parse(client.get(feed).content)
    numbers = {int(entry.link.rpartition("/")[2]) for entry in told.entries}
    rows = sorted(map(int, rows_of(client, "/verdicts", query)), reverse=True)
    assert numbers == set(rows[: len(numbers)])
    assert len(numbers) >= min(len(rows), 20)


def test_an_excel_file_holds_no_formula_and_is_the_same_each_time(
    client: TestClient, site_engine: Engine
) -> None:
    with transaction(site_engine) as session:
        a_tool(session, "=HYPERLINK(1)", now=NOW, vendor="+1", category="@x")
    first = client.get("/tools.xlsx?q=hyperlink")
    assert first.headers["content-disposition"] == 'attachment; filename="tools.xlsx"'
    (row,) = read_xlsx(first.content)
    assert (row["name"], row["vendor"], row["category"]) == ("=HYPERLINK(1)", "+1", "@x")
    with ZipFile(io.BytesIO(first.content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert client.get("/tools.xlsx?q=hyperlink").content == first.content
    assert client.get("/verdicts.ods").status_code == 404


def test_without_the_library_no_page_leads_to_excel(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "can_write_xlsx", lambda: False)
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    assert "/tools.xlsx" not in client.get("/tools").text
    refused = client.get("/tools.xlsx")
    assert (refused.status_code, "tech-registry[excel]" in refused.text) == (422, True)
