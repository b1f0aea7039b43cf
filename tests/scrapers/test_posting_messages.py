"""A message is sent once, over a connection of its own, to allowed addresses alone, and whatever is said comes back."""

import pytest

from scrapers.errors import FetchError
from scrapers.fetch import Fetcher
from tests.receiving import receiver
from tests.scrapers.hostile import AGENT, HostileServer, Visit


def a_poster(**options: object) -> Fetcher:
    return Fetcher(agent=AGENT, **{"allow_cidrs": ("127.0.0.0/8",), "host_pause_s": 0, **options})  # type: ignore[arg-type]


def test_what_is_posted_arrives_as_it_is_with_its_headers() -> None:
    with receiver(202) as there, a_poster() as poster:
        body = b'{"a": "\xc3\xa9"}' * 5_000
        said = poster.post(
            there.url + "?a=b", body, headers={"Content-Type": "application/json", "X-Id": "7"}
        )
    [posted] = there.posted
    assert (said.status, said.body) == (202, b"so be it")
    assert (posted.path, posted.body) == ("/hook?a=b", body)
    assert posted.headers["content-type"] == "application/json"
    assert (posted.headers["x-id"], posted.headers["user-agent"]) == ("7", AGENT)


def test_a_password_in_the_address_goes_to_its_server_as_a_header_alone() -> None:
    with receiver() as there, a_poster() as poster:
        poster.post(there.url.replace("://", "://us:secret@"), b"x", headers={})
    assert there.posted[0].headers["authorization"] == "Basic dXM6c2VjcmV0"
    assert "secret" not in there.posted[0].headers["host"]


def test_each_message_has_a_connection_of_its_own() -> None:
    """One that was kept might break when the message was taken already, and nobody could tell."""
    with receiver() as there, a_poster() as poster:
        for _ in range(3):
            poster.post(there.url, b"x", headers={})
    assert (len(there.posted), there.connections) == (3, 3)


@pytest.mark.parametrize("status", [201, 301, 307, 400, 410, 429, 500, 503])
def test_whatever_is_said_comes_back_and_no_redirect_is_followed(status: int) -> None:
    with (
        receiver() as other,
        receiver(status, Location=other.url, Retry_After="90") as there,
        a_poster() as poster,
    ):
        said = poster.post(there.url, b"x", headers={})
    assert (said.status, said.retry_after_s) == (status, 90)
    assert other.posted == []


def test_an_inside_address_is_not_asked() -> None:
    with receiver() as there, a_poster(allow_cidrs=()) as poster, pytest.raises(FetchError) as refused:
        poster.post(there.url, b"x", headers={})
    assert refused.value.code == "private_address"
    assert there.connections == 0


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b"])
def test_no_header_starts_another(value: str) -> None:
    with receiver() as there, a_poster() as poster, pytest.raises(FetchError) as refused:
        poster.post(there.url, b"x", headers={"X-Id": value})
    assert refused.value.code == "bad_address"
    assert there.posted == []


def test_an_answer_without_end_ends_with_the_time_and_its_status_stands() -> None:
    def drips(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
        visit.drip(iter(lambda: b"x", b""))

    with HostileServer() as server, a_poster(deadline_s=0.3) as poster:
        said = poster.post(server.plays("/", drips), b"x", headers={})
    assert said.status == 200
    assert set(said.body) == {ord("x")}


def test_a_receiver_that_says_nothing_is_a_fault() -> None:
    with HostileServer() as server, a_poster() as poster, pytest.raises(FetchError) as cut:
        poster.post(server.plays("/", lambda visit: visit.close()), b"x", headers={})
    assert cut.value.code == "cut_off"
