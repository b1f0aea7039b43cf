"""Rubrics beside each other: an admin adds one, sees what it would change, and switches it on; nobody else may."""

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from registry.services.people.acting import Actor
from registry.services.rubrics import rubrics
from registry.services.rubrics.rubric_files import SUPPLIED
from registry.settings import Settings
from registry.store.engine import snapshot
from registry.web.app import create_app
from tests.web.conftest import HandClock
from tests.web.pages.conftest import HOSTILE

As = Callable[[str], TestClient]
RUBRIC = (SUPPLIED / "technology-1.toml").read_text()
TABLE = (SUPPLIED / "decision-1.toml").read_text()
NEXT = (
    RUBRIC.replace("version = 1", "version = 2").replace("rubric, version 1", "rubric, version 2")
    .replace("weight = 14", "weight = 10")
    .replace(
        "[criteria.F1]",
        '[criteria.R13]\nside = "risk"\nname = "Energy"\nquestion = "What does it use?"\nweight = 4\n'
        'ordinary_guidance = "Switch it off."\n'
        + "".join(f'anchors.{n} = "Uses {n}"\n' for n in range(5))
        + "\n[criteria.F1]",
    )
)  # fmt: skip
STRICTER = TABLE.replace("version = 1", "version = 2", 1).replace(
    'outcome = "approved"\nnote', 'outcome = "approved_with_conditions"\nnote'
)


def store(admin: TestClient, text: str) -> str:
    reply = admin.post("/rubrics", data={"text": text})
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"])


def switch_on(admin: TestClient, page: str, **typed: str) -> int:
    shown = re.search(r'name="version" value="(\d+)"', admin.get(page).text)
    data = {"version": shown[1] if shown else "0", "sure": "yes"} | typed
    return admin.post(f"{page}/switch-on", data=data).status_code


def in_force(engine: Engine) -> tuple[int, int]:
    with snapshot(engine) as session:
        rubric, table = rubrics.current(session)
        return rubric.version, table.version


def test_a_pasted_version_is_compared_in_words_and_on_past_verdicts_before_it_is_switched_on(
    decided: Mapping[str, Actor], as_: As, site_engine: Engine
) -> None:
    ada = as_("admin")
    page = store(ada, NEXT)
    told = ada.get(page).text
    assert "What differs from Technology rubric, version 1" in told
    assert "R13 Energy" in told
    assert "R1 Privacy" in told
    assert re.search(r"\d of \d past recommendations would change", told)
    assert "Nobody was asked R13 then, so each counts as unknown here." in told
    assert "R13 (energy) is unknown, which counts as 3. It was low." in told
    assert '<a href="/verdicts/1">Quillmark, verdict 1</a>' in told
    assert re.search(r'<a href="/evaluations/\d+">the evaluation', told)
    assert in_force(site_engine) == (1, 1)
    assert switch_on(ada, page) == 303
    assert in_force(site_engine) == (2, 1)
    assert "In force" in ada.get(page).text


def test_an_uploaded_decision_table_shows_the_cells_that_change(
    decided: Mapping[str, Actor], as_: As
) -> None:
    ada = as_("admin")
    reply = ada.post("/rubrics", files={"file": ("decision-2.toml", STRICTER.encode())}, data={"text": ""})
    told = ada.get(reply.headers["location"]).text
    assert "6 of 45 combinations would be recommended something else" in told
    assert "to something stricter, 0 to something milder" in told


def test_what_was_switched_on_is_switched_back_on_the_page_of_the_older_one(
    decided: Mapping[str, Actor], as_: As, site_engine: Engine
) -> None:
    ada = as_("admin")
    new = store(ada, NEXT)
    switch_on(ada, new)
    old = re.search(r'href="(/rubrics/\d+)">Technology rubric, version 1<', ada.get("/rubrics").text)
    assert old
    assert switch_on(ada, old[1]) == 303
    assert in_force(site_engine) == (1, 1)
    assert "Not in force any more" in ada.get(new).text


def test_switching_on_is_asked_about_once_more_and_told_with_the_way_back(
    decided: Mapping[str, Actor], as_: As, site_engine: Engine
) -> None:
    ada = as_("admin")
    new = store(ada, NEXT)
    shown = re.search(r'name="version" value="(\d+)"', ada.get(new).text)
    assert shown
    asked = ada.post(f"{new}/switch-on", data={"version": shown[1]})
    assert asked.status_code == 200
    for told in (
        "Nothing has been done yet",
        'name="sure" value="yes"',
        "What it would change in past cases",
    ):
        assert told in asked.text
    assert in_force(site_engine) == (1, 1)
    reply = ada.post(f"{new}/switch-on", data={"version": shown[1], "sure": "yes"})
    told = ada.get(reply.headers["location"]).text
    assert "rubric, version 2 is switched on" in told
    back = re.search(r'href="(/rubrics/\d+)#switch">Switch back to Technology rubric, version 1<', told)
    assert back
    assert 'id="switch"' in ada.get(back[1]).text
    assert "is switched on" not in ada.get(new).text


def test_a_stale_page_switches_nothing_on_and_shows_the_comparison_anew(
    decided: Mapping[str, Actor], as_: As, site_engine: Engine
) -> None:
    ada = as_("admin")
    two, three = store(ada, NEXT), store(ada, NEXT.replace("version = 2", "version = 3"))
    assert switch_on(ada, two) == 303
    assert switch_on(ada, three, version="1") == 409
    assert in_force(site_engine) == (2, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Choose a file, or paste its text."),
        ("name = ", "cannot be read"),
        (NEXT.replace("weight = 4", "weight = 5"), "the weights of the risks must sum to 100, sum to 102"),
        (RUBRIC.replace("What personal data", "Which data"), "is stored already with other content"),
        (STRICTER.replace('outcome = "prohibited"', 'outcome = "approved"'), "is worse than"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_words_and_nothing_pasted_is_lost(
    decided: Mapping[str, Actor], as_: As, text: str, told: str
) -> None:
    reply = as_("admin").post("/rubrics", data={"text": text})
    assert reply.status_code == 422
    assert told in reply.text
    assert text.strip() in html.unescape(reply.text)


def test_pasting_the_same_file_twice_leads_to_the_one_that_is_stored(
    decided: Mapping[str, Actor], as_: As
) -> None:
    ada = as_("admin")
    assert store(ada, NEXT) == store(ada, NEXT.replace("\n", "\r\n"))


def test_what_a_file_says_is_never_markup(decided: Mapping[str, Actor], as_: As) -> None:
    ada = as_("admin")
    page = store(ada, NEXT.replace("What does it use?", HOSTILE.replace('"', "'")))
    assert "<script>alert" not in ada.get(page).text


@pytest.mark.parametrize("who", ["reviewer", "approver", "auditor"])
def test_staff_read_and_compare_and_are_offered_no_button(
    decided: Mapping[str, Actor], as_: As, who: str
) -> None:
    page = store(as_("admin"), NEXT)
    reader = as_(who)
    assert "Switch on" not in reader.get(page).text
    assert "Add a version" not in reader.get("/rubrics").text
    assert reader.post(f"{page}/switch-on", data={"version": "1"}).status_code == 403


def test_a_file_broken_while_running_is_told_everywhere_and_nothing_suffers(
    decided: Mapping[str, Actor],
    tmp_path: Path,
    settings: Settings,
    site_engine: Engine,
    clock: HandClock,
    as_: As,
) -> None:
    folder = tmp_path / "rubrics"
    folder.mkdir()
    for path in SUPPLIED.glob("*.toml"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "technology-2.toml").write_text(NEXT)
    (folder / "broken.toml").write_text("name = <b>")
    site = create_app(settings.model_copy(update={"rubrics_dir": folder}), engine=site_engine, clock=clock)
    ada = as_("admin")
    with TestClient(site, headers=dict(ada.headers), cookies=ada.cookies, follow_redirects=False) as browser:
        ready = browser.get("/readyz")
        assert (ready.status_code, ready.json()["warnings"]) == (
            200,
            {"rubrics": "1 rubric file cannot be used; /rubrics says why."},
        )
        told = browser.get("/rubrics").text
        assert "<code>broken.toml</code>: The file cannot be read" in told
        assert "New in the rubrics folder: technology-2.toml" in told
        looked = browser.post("/rubrics/look")
        assert "Technology rubric, version 2 is not switched on" in looked.text
        assert in_force(site_engine) == (1, 1)
        assert browser.get("/evaluations/new").status_code == 403
        (folder / "broken.toml").unlink()
        assert browser.get("/readyz").json()["warnings"] == {}


def test_the_pages_show_nothing_broken_before_anything_was_decided(as_: As) -> None:
    ada = as_("admin")
    ada.post("/rubrics/look")
    page = store(ada, NEXT)
    assert "No verdict has come out of an evaluation yet" in ada.get(page).text


def test_rubrics_and_tables_can_be_read_in_words(decided: Mapping[str, Actor], as_: As) -> None:
    uma = as_("auditor")
    read = [
        uma.get(address).text
        for address in set(re.findall(r'href="(/rubrics/\d+)"', uma.get("/rubrics").text))
    ]
    for words in ("What personal data does it take", "Cite the law or policy that forbids it."):
        assert any(words in page for page in read)
