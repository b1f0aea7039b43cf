"""`registry publish`: the site as files, with every link right, and the answers that the site gives."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.testclient import TestClient

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.outcome import Outcome
from registry.domain.validity import MarkKind
from registry.services.verdicts import verdict_life
from registry.settings import Settings
from registry.store.engine import transaction
from registry.store.tables import AliasKind, Role
from registry.web.copy import digest, documents
from registry.web.copy.making import Report, publish
from tests.builders import UTC_ZONE, a_person, a_tool, a_verdict, the_cast, the_offices
from tests.conftest import Beginning

OWN = "https://tools.office.example/r"


def three_tools(session: Session, now: datetime) -> None:
    cast = the_cast(session, now)
    the_offices(session)
    before = now - timedelta(days=30)
    quill = a_tool(session, now=now, category="Writing", aliases={"quillmark.example": AliasKind.DOMAIN})
    a_verdict(session, quill, cast, now=before, valid_until=date(2027, 3, 31))
    odd = a_tool(session, "C++ & <Friends>", now=now, category="Writing")
    a_verdict(session, odd, cast, now=before, outcome=Outcome.REJECTED, alternatives=("quillmark",))
    a_tool(session, "Bare", now=now, category="Maps")


@pytest.fixture
def beginning() -> Beginning:
    return three_tools


@pytest.fixture
def filled(site_engine: Engine) -> Engine:
    return site_engine


def copied(settings: Settings, engine: Engine, root: Path, now: datetime, **wishes: object) -> Report:
    return publish(settings, engine, root, now=now, **wishes)  # type: ignore[arg-type]


def pages(root: Path) -> dict[str, str]:
    return {str(each.relative_to(root)): each.read_text("utf-8") for each in root.rglob("*.html")}


def test_the_copy_holds_pages_feeds_badges_and_lists(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime
) -> None:
    root = tmp_path / "copy"
    report = copied(settings, filled, root, now)
    found = {str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()}
    assert {
        "index.html", "tools.html", "verdicts.html", "feeds.html", "guidance.html", "accessibility.html", "a-z.html",
        "a-z/q.html", "tools/quillmark.html", "tools/quillmark/badge.svg", "tools/quillmark/badge.json",
        "tools/quillmark/verdicts.atom", "tools/quillmark/verdicts.rss", "tools/quillmark/verdicts.json",
        "verdicts/1.html", "verdicts/2.html", "verdicts.csv", "verdicts.json", "feeds/verdicts.atom", "feeds.opml",
        "feeds/verdicts-outcome-rejected.atom", "index/list.json", "index/rules.json", "published.json",
    } <= found  # fmt: skip
    assert report.tools == 3
    assert report.written.new == report.files == len(found) - 2  # the list of what is ours, and the lock


def test_a_page_is_the_one_of_the_site_with_its_links_made_relative(
    settings: Settings, filled: Engine, app: FastAPI, tmp_path: Path, now: datetime
) -> None:
    copied(settings, filled, tmp_path / "copy", now)
    with TestClient(app) as client:
        live = client.get("/tools/quillmark").text

    def card(text: str) -> str:
        article = re.search(r"<article.*?</article>", text, re.DOTALL)
        assert article is not None
        return re.sub(r' (?:href|data-until|data-until-text)="[^"]*"', "", article[0])

    page = pages(tmp_path / "copy")["tools/quillmark.html"]
    assert card(page) == card(live)
    assert 'href="../verdicts/1.html"' in page
    assert 'src="quillmark/badge.svg"' in page
    assert not re.search(r'(?:href|src|action)="/', page)


@pytest.mark.whole
def test_what_needs_a_server_leads_to_the_registry_itself(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime
) -> None:
    copied(settings, filled, tmp_path / "copy", now)
    found = pages(tmp_path / "copy")
    assert 'href="http://testserver/incident?tool=quillmark"' in found["tools/quillmark.html"]
    assert 'action="http://testserver/verdicts"' in found["verdicts.html"]
    assert 'action="http://testserver/check" data-lookup' in found["index.html"]
    assert "form-action 'self' http://testserver" in found["index.html"].replace("&#39;", "'")
    assert not any('method="post"' in text or "Sign in" in text for text in found.values())


@pytest.mark.whole
def test_where_the_registry_cannot_be_reached_nothing_leads_there(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime
) -> None:
    copied(settings, filled, tmp_path / "copy", now, own_url=OWN, alone=True)
    for path in (each for each in (tmp_path / "copy").rglob("*") if each.is_file()):
        text = path.read_text("utf-8")
        assert "http://testserver" not in text, path
        assert "gone:" not in text, path
    page = pages(tmp_path / "copy")["tools/quillmark.html"]
    assert "Report an incident" not in page
    assert f"{OWN}/tools/quillmark.html" in page
    feed = (tmp_path / "copy" / "feeds" / "verdicts.atom").read_text()
    assert f'href="{OWN}/feeds/verdicts.atom"' in feed
    with pytest.raises(InvalidInput, match="--at"):
        copied(settings, filled, tmp_path / "other", now, alone=True)


def test_publishing_again_writes_nothing_but_the_day(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime
) -> None:
    root = tmp_path / "copy"
    copied(settings, filled, root, now)
    before = {each: each.stat().st_mtime_ns for each in root.rglob("*") if each.is_file()}
    report = copied(settings, filled, root, now + timedelta(hours=6))
    assert (report.written.new, report.written.changed, report.written.gone) == (0, 1, 0)
    after = {each: each.stat().st_mtime_ns for each in root.rglob("*") if each.is_file()}
    changed = {each.name for each in after if after[each] != before.get(each)}
    assert changed == {"published.json", ".registry-copy.json"}


def test_a_change_is_written_where_it_shows_and_nowhere_else(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime
) -> None:
    root = tmp_path / "copy"
    copied(settings, filled, root, now)
    with transaction(filled) as session:
        approver = a_person(session, "Anders", Role.APPROVER, now=now)
        verdict_life.mark(
            session, 1, MarkKind.SUSPENDED, reason="A leak.", zone=UTC_ZONE, by=approver, now=now
        )
    untouched = root / "tools" / "bare.html"
    before = untouched.stat().st_mtime_ns
    copied(settings, filled, root, now + timedelta(hours=1))
    assert "Paused" in pages(root)["tools/quillmark.html"]
    assert untouched.stat().st_mtime_ns == before


@pytest.mark.whole
def test_a_page_says_until_when_its_answer_holds_by_itself(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime
) -> None:
    copied(settings, filled, tmp_path / "copy", now)
    page = pages(tmp_path / "copy")["tools/quillmark.html"]
    assert 'data-until="2027-03-31"' in page
    assert "3 November 2026, 14:02" in page
    told = json.loads((tmp_path / "copy" / "published.json").read_text())
    assert told["published_at"] == "2026-11-03T14:02:00+00:00"


@pytest.mark.whole
def test_a_link_that_leads_nowhere_is_named_and_nothing_is_written(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    copied(settings, filled, root, now)
    before = pages(root)
    monkeypatch.setattr(
        documents, "_dated", lambda text, *_: text.replace("</main>", '<a href="lost.html">x</a></main>')
    )
    monkeypatch.setattr(digest, "of_program", lambda: "another")
    with pytest.raises(RuleBroken, match=r"tools/quillmark\.html leads to tools/lost\.html"):
        copied(settings, filled, root, now)
    assert pages(root) == before


@pytest.mark.whole
def test_several_processes_write_the_same(
    settings: Settings, filled: Engine, tmp_path: Path, now: datetime
) -> None:
    copied(settings, filled, tmp_path / "one", now)
    copied(settings, filled, tmp_path / "two", now, processes=2)
    assert pages(tmp_path / "one") == pages(tmp_path / "two")
