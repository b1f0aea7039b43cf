"""How much time and room a publisher gets, and what becomes of broken answers."""

import gzip
import hashlib
import time

import pytest

from scrapers.fetch import Fetcher
from tests.scrapers import hostile
from tests.scrapers.hostile import AGENT, FEED, head, in_turn, raw, redirect, refusal, reply, reset_after

# Time and size


@pytest.mark.parametrize(
    "play",
    [
        hostile.silence,
        hostile.slow_headers,
        hostile.slow_body,
        hostile.endless_body,
        hostile.endless_chunks,
        hostile.endless_interim_replies,
    ],
)
def test_everything_ends_by_the_deadline(server, hasty, play):
    began = time.monotonic()
    assert refusal(hasty, server.plays("/feed", play)).code == "timeout"
    assert time.monotonic() - began < 2


def test_the_deadline_is_one_for_all_redirects(server, hasty):
    def late(visit):
        visit.over.wait(0.12)
        redirect(f"{visit.target}x")(visit)

    for n in range(6):
        server.plays("/" + "x" * n, late)
    began = time.monotonic()
    assert refusal(hasty, server.url("/")).code == "timeout"
    assert time.monotonic() - began < 2


def test_the_patience_of_who_waits_is_one_for_all_fetches(server):
    url = server.plays("/feed", reply(FEED))
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], patience_s=0) as spent:
        assert refusal(spent, url).code == "timeout"
    assert server.visits == []


def test_endless_headers_are_no_reply(server, fetcher):
    assert refusal(fetcher, server.plays("/feed", hostile.endless_headers)).code == "bad_reply"


@pytest.mark.parametrize("play", [hostile.endless_body, hostile.endless_chunks])
def test_no_more_than_the_limit_comes_over_the_wire(server, play):
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], max_wire_bytes=200_000) as fetcher:
        assert refusal(fetcher, server.plays("/feed", play)).code == "too_large"


def test_a_body_comes_whole_however_small_its_pieces_are(server, fetcher):
    body = head(200, Transfer_Encoding="chunked") + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"
    assert fetcher.get(server.plays("/feed", raw(body))).body == b"x" * 100_000


def test_a_body_that_is_announced_as_too_large_is_not_read(server, fetcher):
    url = server.plays("/feed", lambda visit: visit.send(head(200, Content_Length=5_000_001)))
    assert refusal(fetcher, url).code == "too_large"


def test_a_body_of_the_whole_limit_still_comes(server):
    body = b"x" * 100_000
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], max_wire_bytes=101_000) as fetcher:
        assert fetcher.get(server.plays("/feed", reply(body))).body == body


# Packing


@pytest.mark.parametrize("claim", [{"Content_Encoding": "gzip"}, {"Content_Encoding": "x-gzip"}, {}])
def test_gzip_is_taken_off_whether_or_not_it_was_announced(server, fetcher, claim):
    fetched = fetcher.get(server.plays("/feed", reply(gzip.compress(FEED), **claim)))
    assert fetched.body == FEED
    assert fetched.body_hash == hashlib.sha256(FEED).hexdigest()


@pytest.mark.parametrize("claim", ["gzip", "br", "deflate", "utf-8", "none", ""])
def test_a_false_claim_of_packing_is_ignored(server, fetcher, claim):
    assert fetcher.get(server.plays("/feed", reply(FEED, Content_Encoding=claim))).body == FEED


def test_a_gzip_bomb_is_too_large(server, fetcher):
    bomb = hostile.gzip_bomb(40)
    assert len(bomb) < 100_000
    url = server.plays("/feed", reply(bomb, Content_Encoding="gzip"))
    assert refusal(fetcher, url).code == "too_large"


@pytest.mark.parametrize(
    "body",
    [gzip.compress(FEED)[:-12], b"\x1f\x8b\x08garbage", gzip.compress(FEED) * 300, b"\x1f\x8b"],
    ids=["cut off", "garbage", "many parts", "two bytes"],
)
def test_gzip_that_cannot_be_undone_is_told_so(server, fetcher, body):
    assert (
        refusal(fetcher, server.plays("/feed", reply(body, Content_Encoding="gzip"))).code == "bad_encoding"
    )


def test_another_packing_is_told_so(server, fetcher):
    url = server.plays("/feed", reply(b"\x0b\x02\x80packed", Content_Encoding="br"))
    assert refusal(fetcher, url).code == "bad_encoding"


# Broken replies


@pytest.mark.parametrize(
    "play",
    [
        raw(head(200, Content_Length=1000) + FEED),
        raw(head(200, Transfer_Encoding="chunked") + b"5\r\n<rss/"),
        reset_after(head(200, Content_Length=1000) + FEED),
        reset_after(b""),
        reset_after(b"HTTP/1.1 200 OK\r\nContent-"),
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-"),
    ],
)
def test_half_an_answer_is_none(server, fetcher, play):
    assert refusal(fetcher, server.plays("/feed", play)).code == "cut_off"


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"\x00\xff\x00\xff" * 100,
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ],
)
def test_what_is_not_http_is_told_so(server, fetcher, data):
    assert refusal(fetcher, server.plays("/feed", raw(data))).code == "bad_reply"


def test_more_body_than_announced_is_cut_and_does_not_spoil_the_next_answer(server, fetcher):
    longer = lambda visit: visit.send(head(200, Content_Length=6) + b"<rss/>and more")  # noqa: E731
    url = server.plays("/feed", in_turn(longer, reply(FEED)))
    assert fetcher.get(url).body == b"<rss/>"
    assert fetcher.get(url).body == FEED


def test_a_second_answer_that_nobody_asked_for_is_not_taken_for_the_next_one(server, fetcher):
    twice = lambda visit: visit.send((head(200, Content_Length=6) + b"<rss/>") * 2)  # noqa: E731
    url, next_url = server.plays("/feed", twice), server.plays("/next", reply(FEED))
    assert fetcher.get(url).body == b"<rss/>"
    assert fetcher.get(next_url).body == FEED


def test_a_body_that_ends_with_its_connection_is_whole(server, fetcher):
    assert fetcher.get(server.plays("/feed", raw(head(200) + FEED))).body == FEED


@pytest.mark.parametrize("body", [b"", b" \r\n\t", gzip.compress(b"")], ids=["nothing", "space", "packed"])
def test_an_empty_page_is_an_error(server, fetcher, body):
    assert refusal(fetcher, server.plays("/feed", reply(body))).code == "empty_body"


@pytest.mark.parametrize("play", [hostile.slow_body, hostile.endless_body, raw(head(403, Content_Length=9))])
def test_a_refusal_stands_whatever_happens_to_its_body(server, hasty, play):
    def refused(visit):
        visit.send(head(403, Content_Length=10**9))
        play(visit)

    assert refusal(hasty, server.plays("/feed", refused)).code == "http_403"
