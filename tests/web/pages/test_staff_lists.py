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
from tests.conftest import NOW

As = Callable[[str], TestClient]
LISTS = {
    "/inbox": "Rosa",
    "/inbox/dismissals": "Rosa",
    "/evaluations": "Amir",
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
