"""The page of intake rules: a dry run before anything is saved, and acts for admins alone."""

import html
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import func, select
from starlette.testclient import TestClient

from registry.domain.proposal import Announcer
from registry.domain.triage import DismissReason
from registry.services.candidates import triage
from registry.services.entries import intake
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import snapshot, transaction
from registry.store.tables import Candidate, IntakeRule
from tests.feeds import an_entry
from tests.web.pages.test_inbox_page import queries

As = Callable[[str], TestClient]
PAGE = "/sources/rules"
FUNDING = {"act": "block", "field": "title", "pattern": "funding"}


@pytest.fixture
def came_in(site_engine: Engine, now: datetime) -> Callable[..., int]:
    """Let a source announce something; gives the source's id."""

    def announce(*titles: str) -> int:
        found = [
            an_entry(title, title=title, link=f"https://{title.split()[0].lower()}.example/")
            for title in titles
        ]
        with transaction(site_engine) as session:
            source = sources.add_source(
                session,
                url=f"https://{len(titles)}.example/feed",
                name=f"Source of {len(titles)}",
                announcer=Announcer.LAUNCH_FEED,
                by=REGISTRY,
                now=now,
            )
            intake.record_entries(session, source, found, first=False, now=now)
            return source.id or 0

    return announce


def rules(engine: Engine) -> int:
    with snapshot(engine) as session:
        return session.exec(select(func.count()).select_from(IntakeRule)).one()


def read(browser: TestClient, path: str, **said: str) -> str:
    return html.unescape(browser.get(path, params=said or None).text)


def test_a_rule_is_tried_on_stored_entries_with_what_was_typed_kept_and_nothing_saved(
    as_: As, came_in: Callable[..., int], site_engine: Engine
) -> None:
    came_in("Plumeria - Funding", "Zither - Chat", "Oboe - More funding")
    shown = read(as_("Ada"), f"{PAGE}/try", **FUNDING)
    assert "Of the newest 3 entries it would have kept out 2" in shown
    assert "2 of what is not decided yet" in shown
    assert 'value="funding"' in shown
    assert "Oboe - More funding" in shown
    assert "Zither - Chat" not in shown
    assert "Save this rule" in shown
    assert rules(site_engine) == 0


def test_a_trial_warns_of_what_a_reviewer_let_in(
    as_: As, came_in: Callable[..., int], site_engine: Engine, now: datetime
) -> None:
    came_in("Plumeria - Funding")
    with transaction(site_engine) as session:
        triage.accept(session, session.exec(select(Candidate)).one().id or 0, by=REGISTRY, now=now)
    assert "1 of these was let in by a reviewer" in read(as_("Ada"), f"{PAGE}/try", **FUNDING)


def test_a_saved_rule_stands_on_the_page_and_keeps_out_what_comes(
    as_: As, came_in: Callable[..., int], site_engine: Engine
) -> None:
    ada = as_("Ada")
    reply = ada.post(PAGE, data=FUNDING)
    assert reply.headers["location"] == f"{PAGE}?done=1"
    came_in("Plumeria - Funding", "Zither - Chat")
    shown = read(ada, reply.headers["location"])
    assert "The rule holds from now on: Block entries whose title holds “funding”" in shown
    assert "1 kept out" in shown
    with snapshot(site_engine) as session:
        assert [each.name for each in session.exec(select(Candidate)).all()] == ["Zither"]


def test_what_a_removed_rule_kept_out_is_let_in_with_one_button(
    as_: As, came_in: Callable[..., int], site_engine: Engine
) -> None:
    ada = as_("Ada")
    ada.post(PAGE, data=FUNDING)
    came_in("Plumeria - Funding")
    ada.post(f"{PAGE}/1/remove")
    assert "Let in the 1 entry it kept out" in read(ada, PAGE)
    assert ada.post(f"{PAGE}/1/let-in").status_code == 303
    assert "it kept out" not in read(ada, PAGE).partition("What happened")[0]
    with snapshot(site_engine) as session:
        assert [each.name for each in session.exec(select(Candidate)).all()] == ["Plumeria"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"pattern": "("}, "This is no regular expression"),
        ({"pattern": "a{99999}"}, "repeats something 99,999 times"),
        ({"pattern": ""}, "Write the words to look for"),
        ({"act": "burn"}, "Choose what the rule does"),
        ({"act": "label"}, "Write the label"),
        ({"source": "77"}, "There is no source 77"),
        ({"source": "x"}, "Choose a source"),
    ],
)
def test_an_invalid_rule_is_refused_in_words_beside_its_field_and_what_was_typed_stays(
    as_: As, site_engine: Engine, typed: dict[str, str], sentence: str
) -> None:
    said = {**FUNDING, "expression": "yes", **typed}
    for reply in (as_("Ada").get(f"{PAGE}/try", params=said), as_("Ada").post(PAGE, data=said)):
        assert reply.status_code == 422
        assert sentence in html.unescape(reply.text)
        assert f'value="{html.escape(said["pattern"])}"' in reply.text
    assert rules(site_engine) == 0


def test_rules_change_places_and_refuse_at_the_ends(as_: As) -> None:
    ada = as_("Ada")
    for words in ("alpha", "beta"):
        ada.post(PAGE, data={**FUNDING, "pattern": words})
    ada.post(f"{PAGE}/2/move", data={"to": "up"})
    shown = read(ada, PAGE).partition("What happened")[0]
    assert shown.index("“beta”") < shown.index("“alpha”")
    assert ada.post(f"{PAGE}/2/move", data={"to": "up"}).status_code == 409


def test_whoever_reads_sources_reads_the_rules_and_finds_no_button(as_: As) -> None:
    as_("Ada").post(PAGE, data=FUNDING)
    shown = read(as_("Uma"), PAGE)
    assert "Block entries whose title holds “funding”" in shown
    assert "<form" not in shown.partition("<main")[2].partition("</main")[0]


def test_sources_lead_to_the_rules_and_a_sources_page_to_a_form_for_it(
    as_: As, came_in: Callable[..., int]
) -> None:
    source = came_in("Plumeria - Chat")
    ada = as_("Ada")
    assert 'href="/sources/rules"' in read(ada, "/sources")
    assert f'href="/sources/rules?source={source}"' in read(ada, f"/sources/{source}")
    assert f'<option value="{source}" selected>' in read(ada, PAGE, source=str(source))


def test_what_a_rule_or_an_entry_says_is_shown_as_text_alone(as_: As, came_in: Callable[..., int]) -> None:
    came_in("<script>alert(1)</script> - Funding")
    ada = as_("Ada")
    ada.post(PAGE, data={**FUNDING, "pattern": "<script>x"})
    for path in (f"{PAGE}/try?act=block&field=title&pattern=funding", f"{PAGE}?done=1"):
        assert "<script>alert" not in ada.get(path).text
        assert "<script>x" not in ada.get(path).text


def test_the_queries_are_as_many_for_one_rule_as_for_ten(as_: As, site_engine: Engine) -> None:
    ada = as_("Ada")
    ada.post(PAGE, data=FUNDING)
    with queries(site_engine) as few:
        ada.get(PAGE)
    for number in range(9):
        ada.post(PAGE, data={**FUNDING, "pattern": f"word{number}"})
    with queries(site_engine) as more:
        ada.get(PAGE)
    assert len(more) == len(few)


def test_dismissals_suggest_a_rule_that_one_click_puts_into_the_form_with_its_dry_run(
    as_: As, came_in: Callable[..., int], site_engine: Engine, now: datetime
) -> None:
    came_in(*(f"Plum{n} - Funding round" for n in range(12)), *(f"Oboe{n} - Notes" for n in range(12)))
    with transaction(site_engine) as session:
        for each in session.exec(select(Candidate)).all():
            if each.name.startswith("Oboe"):
                triage.accept(session, each.id or 0, by=REGISTRY, now=now)
            else:
                triage.dismiss(session, each.id or 0, reason=DismissReason.NOT_A_TOOL, by=REGISTRY, now=now)
    ada = as_("Ada")
    shown = read(ada, PAGE)
    assert "Block entries with “funding” in the title?" in shown
    assert "It would have kept out 12, all of them dismissed." in shown
    assert rules(site_engine) == 0
    link = re.search(r'href="(/sources/rules/try[^"]+)"', shown)
    assert link
    tried = read(ada, link[1])
    assert 'value="funding"' in tried
    assert "it would have kept out 12" in tried
    ada.post(PAGE, data=FUNDING)
    assert "Suggested by what was dismissed" not in read(ada, PAGE)
    assert "Suggested by what was dismissed" not in read(as_("Uma"), PAGE)
