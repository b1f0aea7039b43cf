from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.politeness.judge import DAY, HOUR, Judge, Reply, Request

FEED = "a.example/feed"
DATES = [NOW - 4 * HOUR * place for place in range(30)]
TAG = '"1"'
WHOLE = Reply(200, b"feed", {"ETag": TAG}, dates=DATES)
SAME = Reply(304, headers={"ETag": TAG})
AGENT = {"user-agent": "Office (+https://office.example)"}
WITH_TAG = {"if-none-match": TAG}


class Asked:
    """Asks and hears what the judge thinks of it: the rules that were broken."""

    def __init__(self, *told: str) -> None:
        self.judge = Judge(told or (FEED,), agent_names=("Office",), secrets=("secret.example",))

    def __call__(self, after: timedelta, reply: Reply, address: str = FEED, **headers: str) -> list[str]:
        before = len(self.judge.violations)
        host, slash, path = address.partition("/")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(NOW + after, host, slash + path, {**AGENT, **named})
        chain = self.judge.hears(request)
        self.judge.says(request, chain, reply)
        self.judge.ends(request)
        return [each.rule for each in self.judge.violations[before:]]


@pytest.fixture
def ask() -> Asked:
    asked = Asked()
    assert asked(0 * HOUR, WHOLE) == []
    return asked


def test_a_polite_reader_breaks_nothing(ask):
    for visit in range(1, 50):
        assert ask(2 * HOUR * visit, SAME, if_none_match=TAG) == []


def test_it_notices_who_comes_too_early(ask):
    assert ask(1.9 * HOUR, SAME, if_none_match=TAG) == ["interval"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"feed", dates=DATES),
        Reply(200, b"feed", {"ETag": TAG}, dates=DATES, asks=DAY),
        Reply(500, retry_after=DAY),
    ],
    ids=["no validators", "max-age", "Retry-After"],
)
def test_it_notices_who_heeds_not_what_was_asked(reply):
    ask = Asked()
    ask(0 * HOUR, reply)
    sent = reply.headers.get("ETag", "")
    assert ask(23 * HOUR, SAME, if_none_match=sent) == ["interval"]


def test_it_notices_who_hammers_what_fails(ask):
    ask(2 * HOUR, Reply(500), if_none_match=TAG)
    assert ask(5.9 * HOUR, Reply(500), if_none_match=TAG) == ["interval"]


@pytest.mark.parametrize("sent", ['"2"', "1", 'W/"1"', ""])
def test_it_notices_validators_that_are_not_what_was_given(ask, sent):
    assert ask(3 * HOUR, SAME, if_none_match=sent) == ["validators"]


def test_it_notices_who_never_asks_for_the_whole(ask):
    for day in range(1, 14):
        assert ask(day * DAY, SAME, if_none_match=TAG) == []
    assert ask(14 * DAY, SAME, if_none_match=TAG) == ["validators"]


def test_it_notices_who_believes_a_liar(ask):
    assert ask(14 * DAY, Reply(200, b"feed", {"ETag": TAG}, dates=DATES, lied=True)) == []
    assert ask(16 * DAY, SAME, if_none_match=TAG) == ["validators"]


def test_it_notices_who_disturbs_a_host_that_asked_for_rest():
    ask = Asked(FEED, "a.example/other")
    ask(0 * HOUR, Reply(429, retry_after=DAY))
    assert ask(5 * HOUR, WHOLE, "a.example/other") == ["host"]


def test_it_notices_two_visits_to_one_host_within_two_seconds():
    ask = Asked(FEED, "a.example/other")
    ask(0 * HOUR, WHOLE)
    assert ask(timedelta(seconds=1), WHOLE, "a.example/other") == ["host"]


def test_it_notices_two_requests_at_once(ask):
    first = Request(NOW + 5 * HOUR, "b.example", "/x", AGENT)
    ask.judge.hears(first)
    ask.judge.hears(first)
    assert ask.judge.violations[-1].sentence == "two requests to one host at once"


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ({"cookie": "id=1"}, "junk"),
        ({"referer": "https://office.example"}, "junk"),
        ({"user_agent": "Mozilla/5.0 Office"}, "agent"),
        ({"user_agent": "python"}, "agent"),
        ({"authorization": "Basic x"}, "credentials"),
    ],
)
def test_it_notices_headers_that_do_not_belong(ask, headers, rule):
    assert ask(3 * HOUR, SAME, if_none_match=TAG, **headers) == [rule]


def move(ask: Asked, day: float, status: int = 301, end: Reply = WHOLE) -> list[str]:
    sent_on = ask(day * DAY, Reply(status, to="b.example/feed"))
    return sent_on + ask(day * DAY, end, "b.example/feed")


def test_it_notices_who_follows_a_loan_for_good():
    ask = Asked()
    for day in range(9):
        move(ask, day, status=302)
    assert ask(10 * DAY, WHOLE, "b.example/feed") == ["moves"]


def test_it_notices_who_moves_too_early():
    ask = Asked()
    for day in range(7):
        move(ask, day)
    assert ask(7 * DAY, WHOLE, "b.example/feed") == ["moves"]


def test_it_notices_who_never_moves_and_not_who_moves_in_time():
    stays, moves = Asked(), Asked()
    for day in range(8):
        move(stays, day)
        move(moves, day)
    assert "moves" in move(stays, 8)
    assert moves(8 * DAY, WHOLE, "b.example/feed") == []


def test_it_notices_who_does_not_believe_that_a_feed_is_gone(ask):
    ask(1 * DAY, Reply(410), if_none_match=TAG)
    ask(3 * DAY, Reply(410), if_none_match=TAG)
    assert ask(9 * DAY, Reply(410), if_none_match=TAG) == ["gone"]
