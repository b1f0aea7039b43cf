"""Offices for admins: added, changed as new versions, tried on past verdicts before they hold."""

import re
from collections.abc import Callable, Mapping

from starlette.testclient import TestClient

from registry.services.people.acting import Actor

As = Callable[[str], TestClient]
FIELD = {"name": "Field office", "default_rule": "", "version": "1", "table": ""}


def test_an_office_is_added_and_its_rule_is_what_its_people_read(
    decided: Mapping[str, Actor], as_: As, client: TestClient
) -> None:
    ada = as_("admin")
    typed = {"code": "north", "name": "North", "default_rule": "Ask the desk in the north first."}
    assert ada.post("/offices", data=typed).headers["location"] == "/offices/north"
    assert "Ask the desk in the north first." in ada.get("/offices").text
    assert "Ask the desk in the north first." in client.get("/check?q=Untried&office=north").text
    again = ada.post("/offices", data=typed)
    assert again.status_code == 422
    assert "There is an office with the code north already." in again.text
    assert typed["default_rule"] in again.text


def test_outcomes_are_tried_on_past_verdicts_and_hold_when_they_are_saved(
    decided: Mapping[str, Actor], as_: As
) -> None:
    ada = as_("admin")
    typed = FIELD | {"row-8": "approved_with_conditions"}
    tried = ada.post("/offices/field", data=typed | {"action": "try"}).text
    assert "Not saved yet" in tried
    assert re.search(r"\d of \d past recommendations would change: \d to something stricter", tried)
    assert "none" in ada.get("/offices").text
    assert ada.post("/offices/field", data=typed | {"action": "save"}).status_code == 303
    page = ada.get("/offices/field").text
    assert "version 2" in page
    assert 'value="approved_with_conditions" selected' in page
    assert "Row 8" in page
    assert "in 1 row" in ada.get("/offices").text


def test_outcomes_at_odds_are_refused_naming_both_cells_and_stay_as_typed(
    decided: Mapping[str, Actor], as_: As
) -> None:
    ada = as_("admin")
    typed = FIELD | {"row-4": "approved", "name": "Field anew"}
    for action in ("try", "save"):
        reply = ada.post("/offices/field", data=typed | {"action": action})
        assert reply.status_code == 422
        assert "is worse than" in reply.text
        assert 'value="approved" selected' in reply.text
        assert "Field anew" in reply.text


def test_who_saves_what_another_changed_meanwhile_sees_both_and_loses_nothing(
    decided: Mapping[str, Actor], as_: As
) -> None:
    ada = as_("admin")
    ada.post("/offices/field", data=FIELD | {"default_rule": "Theirs.", "action": "save"})
    mine = FIELD | {"default_rule": "Mine.", "row-9": "rejected", "action": "save"}
    reply = ada.post("/offices/field", data=mine)
    assert reply.status_code == 409
    assert "Theirs." in reply.text
    assert "Mine." in reply.text
    assert 'value="rejected" selected' in reply.text
    assert 'name="version" value="2"' in reply.text
    assert ada.post("/offices/field", data=mine | {"version": "2"}).status_code == 303


def test_what_is_no_outcome_or_no_row_changes_nothing(decided: Mapping[str, Actor], as_: As) -> None:
    ada = as_("admin")
    for wrong in ({"row-9": "perhaps"}, {"row-99": "rejected"}):
        assert ada.post("/offices/field", data=FIELD | wrong | {"action": "save"}).status_code == 422
    assert "version 1" in ada.get("/offices/field").text


def test_staff_read_offices_and_change_nothing(decided: Mapping[str, Actor], as_: As) -> None:
    rosa = as_("reviewer")
    assert rosa.get("/offices").status_code == 200
    assert "Save as version" not in rosa.get("/offices/field").text
    assert rosa.post("/offices/field", data=FIELD).status_code == 403
    assert rosa.get("/offices/nowhere").status_code == 404
