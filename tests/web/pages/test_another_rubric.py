"""No code knows a question: R13, F9 and K11 are added and R12, F8 and K9 taken out in a file, and the line goes on."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.domain.rubric import Rubric, parse_rubric
from registry.services.people.acting import Actor
from registry.services.rubrics import rubric_files, rubrics
from registry.services.rubrics.rubric_files import SUPPLIED
from registry.store.columns import id_of
from registry.store.engine import transaction
from tests.builders import a_tool, an_evaluation
from tests.web.conftest import HandClock
from tests.web.pages.test_scorecard_page import filled, version_in

As = Callable[[str], TestClient]
JSON = {"Accept": "application/json"}


def another() -> str:
    text = (SUPPLIED / "technology-1.toml").read_text()
    for gone in ("criteria.R12", "criteria.F8", "knock_outs.K9"):
        text = re.sub(rf"\[{re.escape(gone)}\].*?(?=\n\[|\Z)", "", text, flags=re.DOTALL)
    anchors = "".join(f'anchors.{number} = "Wording {number}"\n' for number in range(5))
    return (
        text.replace("version = 1", "version = 2").replace("rubric, version 1", "rubric, version 2")
        + '\n[criteria.R13]\nside = "risk"\nname = "Energy"\nquestion = "What does it draw?"\nweight = 3\n'
        + f'ordinary_guidance = "Switch it off at night."\nareas = ["energy"]\n{anchors}'
        + f'\n[criteria.F9]\nside = "fit"\nname = "Joy"\nquestion = "Who smiles?"\nweight = 8\n{anchors}'
        + '\n[knock_outs.K11]\nname = "Cursed"\nquestion = "Is it cursed?"\nreason = "It is cursed."\n'
    )


@pytest.fixture
def rubric() -> Rubric:
    return parse_rubric(another().encode())


@pytest.fixture
def case(site_engine: Engine, actors: Mapping[str, Actor], now: datetime) -> str:
    """An evaluation opened after the other rubric was switched on, for Rosa and Ravi to score."""
    with transaction(site_engine) as session:
        rubric_files.take_in(session, None, now=now)
        stored = rubrics.store_file(
            session, rubrics.parse(another().encode()), origin="test", by=actors["ada"], now=now
        )
        rubrics.switch_on(session, stored.number, version=1, by=actors["ada"], now=now)
        tool = a_tool(session, now=now)
        both = (actors["rosa"], actors["ravi"])
        return f"/evaluations/{id_of(an_evaluation(session, tool, owner=both[0], reviewers=both, now=now))}"


def test_the_whole_line_asks_weighs_and_shows_what_the_file_says(
    case: str, rubric: Rubric, as_: As, client: TestClient, clock: HandClock, now: datetime
) -> None:
    for who in ("Rosa", "Ravi"):
        reviewer = as_(who)
        page = unescape(reviewer.get(f"{case}/scorecard").text)
        for asked in ("What does it draw?", "Wording 4", "Who smiles?", "Is it cursed?", 'name="F9.rating"'):
            assert asked in page
        assert not any(f'name="{gone}.' in page for gone in ("R12", "F8", "K9"))
        typed = filled(rubric, R13_rating="3", R13_sentence="It hums.", R13_evidence="https://a.example/")
        saved = reviewer.post(f"{case}/scorecard", data=typed | {"action": "save"}, headers=JSON)
        assert saved.is_success, saved.text
        typed["version"] = version_in(reviewer.get(f"{case}/scorecard").text)
        assert reviewer.post(f"{case}/scorecard", data=typed | {"action": "submit"}).status_code == 303

    amir = as_("Amir")
    cards = amir.get(f"/api/v1{case}").json()["scorecards"]
    assert {card["ratings"]["R13"]["rating"] for card in cards} == {"3"}
    assert all(card["knock_outs"]["K11"]["answer"] == "no" for card in cards)
    memo = unescape(amir.get(f"{case}/decide").text)
    assert "R13 (energy) is rated 3" in memo
    typed = {
        "outcome": "approved_with_conditions",
        "rationale": "Useful, and it hums.",
        "c1.text": "Switch it off at night.",
        "c1.duty": "user",
        "c1.check": "self_attested",
        "c1.mitigates": "R13",
        "c1.lasts": "standing",
        "action": "publish",
    }
    seen = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', amir.get(f"{case}/decide").text)
    )
    published = amir.post(f"{case}/decide", data=seen | typed)
    assert published.status_code == 303, published.text

    clock.pass_time(hours=1)
    told = unescape(client.get("/verdicts/1").text)
    assert "Energy" in told
    assert "Joy" in told
    verdict = client.get("/api/v1/verdicts/1").json()
    assert verdict["conditions"][0]["mitigates"] == ["R13"]
    assert "R13" in client.get("/verdicts.json").text
    assert "Switch it off at night." in client.get("/verdicts.csv").text
    assert "Switch it off at night." in client.get("/feeds/verdicts.json").text
    assert unescape(client.get("/check?q=Quillmark").text).count("Switch it off at night.") >= 1
    assert now + timedelta(hours=1) == clock.now


def test_what_the_file_no_longer_asks_is_kept_nowhere(case: str, as_: As, rubric: Rubric) -> None:
    rosa = as_("Rosa")
    rosa.post(f"{case}/scorecard", data=filled(rubric) | {"R12.rating": "1", "action": "save"}, headers=JSON)
    (card,) = rosa.get(f"/api/v1{case}").json()["scorecards"]
    assert card["ratings"].keys() == {each.id for each in rubric.criteria}
