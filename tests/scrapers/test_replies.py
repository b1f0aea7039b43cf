"""What the headers and the packing of a reply say."""

import gzip
import random
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.errors import FetchError
from scrapers.replies import fold_headers, fresh_for_s, retry_after_s, unpack
from tests.scrapers.hostile import gzip_bomb

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
THEN = "Sun, 01 Nov 2026 10:00:00 GMT"  # the publisher's clock, three weeks behind ours
WEEK_S = 7 * 24 * 3600


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("604800", WEEK_S),
        ("604801", WEEK_S),
        ("9" * 400, WEEK_S),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("１２", None),
    ],
)
def test_a_wait_in_seconds_is_kept_up_to_seven_days(said, seconds):
    assert retry_after_s({"retry-after": said}, now=NOW) == seconds


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("Sun, 01 Nov 2026 10:02:00 GMT", 120),
        ("Sunday, 01-Nov-26 10:02:00 GMT", 120),
        ("Sun Nov  1 10:02:00 2026", 120),
        ("Sun, 01 Nov 2026 12:02:00 +0200", 120),
        ("Sun, 01 Nov 2026 09:00:00 GMT", 0),
        ("Fri, 01 Jan 2038 00:00:00 GMT", WEEK_S),
        ("Sun, 99 Nov 2026 10:02:00 GMT", None),
    ],
)
def test_a_wait_until_a_date_counts_from_the_date_of_the_reply(until, seconds):
    assert retry_after_s({"retry-after": until, "date": THEN}, now=NOW) == seconds


@pytest.mark.parametrize("date", [{}, {"date": "today"}])
def test_a_wait_until_a_date_counts_from_now_where_the_reply_has_none(date):
    headers = {"retry-after": "Sun, 22 Nov 2026 12:02:00 GMT", **date}
    assert retry_after_s(headers, now=NOW) == 120


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "public"}, None),
        ({"cache-control": "max-age=3600"}, 3600),
        ({"cache-control": 'Public, MAX-AGE = "3600"'}, 3600),
        ({"cache-control": "max-age=3600", "age": "600"}, 3000),
        ({"cache-control": "max-age=60", "age": "600"}, 0),
        ({"cache-control": "max-age=31536000"}, WEEK_S),
        ({"cache-control": "max-age=soon"}, None),
        ({"cache-control": "s-maxage=60"}, None),
        ({"cache-control": "no-cache, max-age=3600"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"expires": "Sun, 01 Nov 2026 11:00:00 GMT", "date": THEN}, 3600),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT"}, 3600),
        ({"expires": "Sun, 01 Nov 2026 09:00:00 GMT", "date": THEN}, 0),
        ({"expires": "0"}, 0),
        ({"cache-control": "max-age=60", "expires": "Sun, 22 Nov 2026 13:00:00 GMT"}, 60),
    ],
)
def test_a_reply_is_fresh_for_its_max_age_or_until_it_expires(headers, seconds):
    assert fresh_for_s(headers, now=NOW) == seconds


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_header_is_read_or_passed_over(one, other):
    headers = {
        "retry-after": one,
        "expires": one,
        "cache-control": f"max-age={one}",
        "age": other,
        "date": other,
    }
    for read in (retry_after_s, fresh_for_s):
        seconds = read(headers, now=NOW)
        assert seconds is None or 0 <= seconds <= WEEK_S


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("zone", ["+1400", "-1200", "-0000", "+9999"])
def test_dates_at_the_ends_of_time_do_no_harm(year, zone):
    edge = f"Mon, 01 Jan {year:04d} 00:00:00 {zone}"
    for headers in (
        {"retry-after": edge, "date": THEN},
        {"retry-after": THEN, "date": edge},
        {"expires": edge},
    ):
        retry_after_s(headers, now=NOW)
        fresh_for_s(headers, now=NOW + timedelta(days=1))


def test_of_a_repeated_header_the_first_counts_and_lists_are_joined():
    folded = fold_headers(
        [(b"ETag", b'"1"'), (b"Link", b"<a>"), (b"etag", b'"2"'), (b"link", b"<b>"), (b"X-Odd", b"\xff")]
    )
    assert folded == {"etag": '"1"', "link": "<a>, <b>", "x-odd": "\xff"}


def test_several_gzip_members_and_padding_are_one_body():
    packed = gzip.compress(b"<rss>") + gzip.compress(b"</rss>") + b"\0" * 20
    assert unpack(packed, {}, max_bytes=100) == b"<rss></rss>"


def test_the_limit_holds_over_all_members_together():
    packed = gzip.compress(b"x" * 60) * 2
    assert len(unpack(packed, {}, max_bytes=120)) == 120
    with pytest.raises(FetchError) as refused:
        unpack(packed, {}, max_bytes=119)
    assert refused.value.code == "too_large"


def test_a_gzip_bomb_is_given_up_before_it_takes_the_memory():
    bomb = gzip_bomb(20)
    tracemalloc.start()
    with pytest.raises(FetchError):
        unpack(bomb, {}, max_bytes=100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_plain_body_has_the_same_limit():
    with pytest.raises(FetchError):
        unpack(b"x" * 101, {}, max_bytes=100)


def test_gzip_with_any_damage_is_undone_or_refused():
    chance = random.Random(7)
    whole = gzip.compress(b"<rss>" + bytes(chance.randrange(256) for _ in range(300)))
    for _ in range(2000):
        damaged = bytearray(whole)
        damaged[chance.randrange(2, len(whole))] ^= 1 << chance.randrange(8)
        try:
            unpack(bytes(damaged), {}, max_bytes=1000)
        except FetchError:
            continue
