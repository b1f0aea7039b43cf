"""Following by mail, as whoever gives an address meets it."""

import re

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from starlette.testclient import TestClient

from registry.services.notices import following
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.store.tables import Delivery, Event, Follower
from registry.web.asking import MOST_FROM_ONE_PLACE
from tests.builders import a_tool
from tests.conftest import NOW


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"smtp_host": "mail.example", "smtp_sender": "registry@office.example"})


def ask(client: TestClient, address: str = "emil@office.example", **more: str):  # type: ignore[no-untyped-def]
    return client.post("/follow", data={"address": address, "how": "at-once", **more})


def followers(engine: Engine) -> list[Follower]:
    with snapshot(engine) as session:
        return list(session.exec(select(Follower).order_by(Follower.id)))


def link(engine: Engine, settings: Settings, nth: int = 0) -> str:
    return f"/follow/{following.token_of(followers(engine)[nth], secret=settings.secret)}"


def test_nobody_follows_before_the_address_said_yes(
    client: TestClient, site_engine: Engine, settings: Settings
) -> None:
    reply = ask(client)
    assert (reply.status_code, reply.headers["location"]) == (303, "/follow/asked")
    assert "Look into your mail" in client.get("/follow/asked").text
    [row] = followers(site_engine)
    assert row.confirmed_at is None
    page = client.get(link(site_engine, settings))
    assert "Follow all verdicts?" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert followers(site_engine)[0].confirmed_at is None, "to read the page is not to say yes"
    client.post(f"{link(site_engine, settings)}/confirm")
    client.post(f"{link(site_engine, settings)}/confirm")
    assert followers(site_engine)[0].confirmed_at == NOW
    assert "You follow all verdicts" in client.get(link(site_engine, settings)).text


def test_the_same_is_said_whether_the_address_is_known_or_was_asked_too_often(
    client: TestClient, site_engine: Engine, settings: Settings
) -> None:
    replies = [ask(client) for _ in range(following.MOST_ASKED + 2)]
    client.post(f"{link(site_engine, settings)}/confirm")
    replies.append(ask(client))
    assert len({(each.status_code, each.headers["location"], each.text) for each in replies}) == 1
    with snapshot(site_engine) as session:
        assert len(session.exec(select(Delivery)).all()) == following.MOST_ASKED


def test_from_one_place_only_so_many_addresses_are_given(client: TestClient) -> None:
    for nth in range(MOST_FROM_ONE_PLACE):
        assert ask(client, f"p{nth}@office.example").status_code == 303
    assert ask(client, "one-more@office.example").status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "",
        "emil",
        "emil@office",
        "emil@office.example\nBcc: all@office.example",
        "emil@office.example, rosa@office.example",
        "<emil@office.example>",
        "emil@-office.example",
        "é@office.example",
        f"{'x' * 65}@office.example",
        f"emil@{'x' * 250}.example",
    ],
)
def test_what_is_no_address_is_refused_and_nothing_typed_is_lost(
    client: TestClient, site_engine: Engine, address: str
) -> None:
    reply = ask(client, address, wanted="outcome=approved", how="weekly")
    assert reply.status_code == 422
    assert "Write an e-mail address" in reply.text
    assert 'value="outcome=approved"' in reply.text
    assert re.search(r'value="weekly" checked', reply.text)
    assert followers(site_engine) == []


def test_one_post_without_session_or_question_is_enough_to_leave(
    client: TestClient, site_engine: Engine, settings: Settings
) -> None:
    """RFC 8058: the mail program's own server sends it."""
    ask(client)
    address = f"{link(site_engine, settings)}/leave"
    assert "Leave?" in client.get(address).text
    assert len(followers(site_engine)) == 1, "to read the page is not to leave"
    bare = {"sec-fetch-site": None, "Content-Type": "application/x-www-form-urlencoded"}
    del client.headers["sec-fetch-site"]
    del bare["sec-fetch-site"]
    reply = client.post(address, content="List-Unsubscribe=One-Click", headers=bare)
    assert reply.status_code == 200
    assert "You have left" in reply.text
    with snapshot(site_engine) as session:
        assert session.exec(select(Follower)).all() == []
        assert session.exec(select(Delivery)).all() == []
        told = " ".join(str(each.model_dump()) for each in session.exec(select(Event)))
    assert "emil@office.example" not in told.lower()
    assert client.post(address).status_code == 404


def test_an_address_that_follows_several_things_can_leave_one_or_all(
    client: TestClient, site_engine: Engine, settings: Settings
) -> None:
    with transaction(site_engine) as session:
        a_tool(session, now=NOW)
    for wanted in ("", "tool=quillmark", "outcome=rejected"):
        ask(client, wanted=wanted)
    for nth in range(3):
        client.post(f"{link(site_engine, settings, nth)}/confirm")
    page = client.get(link(site_engine, settings)).text
    assert "Verdicts on Quillmark" in page
    assert "Verdicts decided as rejected" in page
    client.post(f"{link(site_engine, settings, 1)}/leave")
    assert [each.wanted for each in followers(site_engine)] == ["", "outcome=rejected"]
    client.post(f"{link(site_engine, settings)}/leave", data={"everything": "yes"})
    assert followers(site_engine) == []


def test_a_link_that_was_guessed_or_is_of_somebody_else_opens_nothing(
    client: TestClient, site_engine: Engine, settings: Settings
) -> None:
    ask(client)
    ask(client, "rosa@office.example")
    emil, rosa = link(site_engine, settings, 0), link(site_engine, settings, 1)
    mixed = f"/follow/1-{rosa.partition('-')[2]}"
    assert emil != rosa
    for address in (mixed, "/follow/1-", "/follow/x", f"/follow/9{emil.removeprefix('/follow/1')}"):
        assert client.get(address).status_code == 404, address
        assert client.post(f"{address}/leave").status_code in (404, 405), address
    assert len(followers(site_engine)) == 2


def test_how_often_is_chosen_on_the_page(client: TestClient, site_engine: Engine, settings: Settings) -> None:
    ask(client)
    address = link(site_engine, settings)
    client.post(f"{address}/confirm")
    client.post(f"{address}/how", data={"how": "weekly"})
    assert followers(site_engine)[0].weekly
    assert "On Monday morning" in client.get(address).text


def test_a_filter_that_nobody_knows_is_refused_with_those_that_are(client: TestClient) -> None:
    reply = client.get("/follow?outcome=approved&colour=green")
    assert reply.status_code == 422
    assert "colour is no filter" in reply.text
    assert "outcome" in reply.text


@pytest.mark.parametrize(
    "wanted", ["tool=nope", "office=zz", "category=zz", "data_class=zz", "rubric=zz", "q=x&tool=nope"]
)
def test_what_does_not_exist_cannot_be_followed(client: TestClient, site_engine: Engine, wanted: str) -> None:
    value = wanted.rpartition("=")[2]
    page = client.get(f"/follow?{wanted}")
    assert page.status_code == 422
    assert f"“{value}”" in page.text
    assert ask(client, wanted=wanted).status_code == 422
    asked = {"address": "emil@office.example", "wanted": wanted}
    told = client.post("/api/v1/follows", json=asked)
    assert told.status_code == 422
    assert f"“{value}”" in told.text
    assert client.get(f"/feeds/verdicts.json?{wanted}").status_code in (301, 422)
    assert followers(site_engine) == []


def test_the_answer_card_leads_to_the_form(client: TestClient, site_engine: Engine) -> None:
    with transaction(site_engine) as session:
        a_tool(session, now=NOW)
    assert 'href="/follow?tool=quillmark"' in client.get("/check?q=Quillmark").text
    assert "Follow verdicts on Quillmark" in client.get("/follow?tool=quillmark").text


class TestWithoutMail:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"smtp_host": ""})

    def test_the_page_says_so_and_offers_feeds_instead(self, client: TestClient) -> None:
        page = client.get("/follow?outcome=rejected").text
        assert "This registry sends no mail" in page
        assert 'name="address"' not in page
        assert "/feeds/verdicts.atom?outcome=rejected" in page

    def test_nobody_waits_for_a_mail_that_cannot_come(self, client: TestClient, site_engine: Engine) -> None:
        assert ask(client).status_code == 409
        assert client.post("/api/v1/follows", json={"address": "emil@office.example"}).status_code == 409
        assert followers(site_engine) == []


def test_a_list_of_verdicts_leads_to_the_form_with_its_filters(client: TestClient) -> None:
    page = client.get("/verdicts?outcome=rejected&sort=tool").text
    assert 'href="/follow?outcome=rejected"' in page
    assert "Follow verdicts decided as rejected" in client.get("/follow?outcome=rejected").text
    assert 'href="/follow"' in client.get("/feeds").text
