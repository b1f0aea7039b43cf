"""Refusals that matter are on record, and a flood of them is one event."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import col, select
from starlette.testclient import TestClient

from registry.store.engine import snapshot
from registry.store.tables import Event
from registry.web.asking import MOST_FROM_ONE_PLACE
from registry.web.throttle import WINDOW, Counted
from tests.conftest import NOW


def refusals(engine: Engine) -> list[Event]:
    with snapshot(engine) as session:
        query = (
            select(Event)
            .where(col(Event.action).in_(("act.refused", "token.refused")))
            .order_by(col(Event.id))
        )
        return list(session.exec(query))


def test_who_may_not_is_on_record_once_with_what_they_asked_for(
    site_engine: Engine, as_: Callable[[str], TestClient]
) -> None:
    emil = as_("employee")
    for _ in range(5):
        assert emil.post("/api/v1/candidates/7/dismiss", json={"reason": "spam"}).status_code == 403
    assert emil.get("/audit").status_code == 403
    first, second = refusals(site_engine)
    assert (first.actor, first.subject_kind) == ("Emil", "user")
    assert first.after["asked"].startswith("POST /api/v1/candidates/{candidate_id}/")
    assert first.after["candidate_id"] == 7
    assert second.after == {"asked": "GET /audit"}


def test_a_token_that_is_none_is_on_record_without_what_was_sent(
    site_engine: Engine, client: TestClient
) -> None:
    for value in ("reg_first", "reg_second"):
        reply = client.get("/api/v1/events", headers={"Authorization": f"Bearer {value}"})
        assert reply.status_code == 401
    (refused,) = refusals(site_engine)
    assert (refused.action, refused.actor_id, refused.before) == ("token.refused", None, {})
    assert "reg_" not in str(refused.after)


def test_what_is_merely_wrong_or_asks_for_a_sign_in_is_not(
    site_engine: Engine, as_: Callable[[str], TestClient], client: TestClient
) -> None:
    client.get("/audit")
    as_("admin").get("/verdicts/999")
    assert refusals(site_engine) == []


def test_what_was_kept_back_is_counted_with_the_next() -> None:
    counted = Counted()
    assert counted.passes(("a",), NOW) == 0
    assert [counted.passes(("a",), NOW + timedelta(minutes=each)) for each in (1, 2, 14)] == [None] * 3
    assert counted.passes(("b",), NOW) == 0
    assert counted.passes(("a",), NOW + WINDOW) == 3
    assert counted.passes(("a",), NOW + WINDOW) is None
    assert counted.passes(("a",), NOW) == 1  # the clock was set back


def test_one_of_too_many_without_an_account_is_no_refused_token(
    site_engine: Engine, client: TestClient
) -> None:
    sent = {"name": "Quillmark", "purpose": "To write."}
    codes = [client.post("/api/v1/requests", json=sent).status_code for _ in range(MOST_FROM_ONE_PLACE + 1)]
    assert codes == [201] * MOST_FROM_ONE_PLACE + [403]
    assert refusals(site_engine) == []
