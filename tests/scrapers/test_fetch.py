"""What a fetch sends, follows, gives back and refuses, against a real server on loopback."""

import gzip
import hashlib
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from scrapers.fetch import Fetcher, Redirect, Validators
from tests.scrapers.hostile import (
    AGENT,
    FEED,
    HostileServer,
    conditional,
    in_turn,
    redirect,
    refusal,
    reply,
)

# What comes back


def test_a_feed_comes_back_with_its_bytes_headers_and_hash(server, fetcher):
    url = server.plays(
        "/feed", reply(FEED, Content_Type="text/xml", ETag='W/"1"', Cache_Control="max-age=60")
    )
    fetched = fetcher.get(url)
    assert (fetched.status, fetched.url, fetched.body) == (200, url, FEED)
    assert fetched.headers["content-type"] == "text/xml"
    assert fetched.body_hash == hashlib.sha256(FEED).hexdigest()
    assert fetched.wire_bytes > len(FEED)
    assert fetched.fresh_for_s == 60
    assert fetched.redirects == ()
    assert 0 < fetched.elapsed_s < 5
    assert pickle.loads(pickle.dumps(fetched)) == fetched


def test_the_request_names_us_and_asks_for_gzip_alone(server, fetcher):
    server.plays("/feed", reply(FEED))
    fetcher.get(server.url("/feed?page=1#top"))
    [visit] = server.visits
    assert (visit.method, visit.target) == ("GET", "/feed?page=1")
    assert visit.headers["user-agent"] == AGENT
    assert visit.headers["accept-encoding"] == "gzip"
    assert visit.headers["host"] == f"127.0.0.1:{server.port}"
    assert "application/atom+xml" in visit.headers["accept"]
    assert set(visit.headers) == {"host", "user-agent", "accept", "accept-encoding"}


def test_no_cookie_and_no_referrer_is_ever_sent(server, fetcher):
    server.plays("/start", redirect("/feed"))
    server.plays("/feed", reply(FEED, Set_Cookie="visitor=1"))
    fetcher.get(server.url("/start"))
    fetcher.get(server.url("/feed"))
    assert not any({"cookie", "referer"} & set(visit.headers) for visit in server.visits)


def test_the_environment_cannot_put_a_proxy_in_between(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"]) as fetcher:
        assert fetcher.get(server.plays("/feed", reply(FEED))).body == FEED


def test_threads_share_one_fetcher(server, fetcher):
    urls = [server.plays(f"/{n}", reply(b"<rss>%d</rss>" % n)) for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        bodies = [fetched.body for fetched in pool.map(fetcher.get, urls)]
    assert bodies == [b"<rss>%d</rss>" % n for n in range(24)]


def test_a_connection_is_kept_and_replaced_when_the_server_closed_it(server, fetcher):
    def closes_after_this(visit):
        reply(FEED)(visit)
        visit.over.wait(0.05)
        visit.close()

    kept, closed = server.plays("/kept", reply(FEED)), server.plays("/closed", closes_after_this)
    fetcher.get(kept)
    fetcher.get(closed)
    assert server.connections == 1
    assert fetcher.get(kept).body == FEED
    assert server.connections == 2


def test_a_kept_connection_that_hangs_up_on_the_next_question_is_replaced(server, fetcher):
    url = server.plays("/feed", in_turn(reply(FEED), lambda visit: visit.close(), reply(FEED)))
    assert [fetcher.get(url).body for _ in range(2)] == [FEED, FEED]
    assert server.connections == 2


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_told(server, fetcher, status):
    server.plays("/old", redirect("/new", status=status))
    new = server.plays("/new", reply(FEED))
    fetched = fetcher.get(server.url("/old"))
    assert (fetched.url, fetched.body) == (new, FEED)
    assert fetched.redirects == (Redirect(status, new),)


def test_five_redirects_are_followed_and_a_sixth_is_not(server, fetcher):
    for n in range(6):
        server.plays(f"/{n}", redirect(f"/{n + 1}"))
    server.plays("/6", reply(FEED))
    assert len(fetcher.get(server.url("/1")).redirects) == 5
    assert refusal(fetcher, server.url("/0")).code == "too_many_redirects"


def test_a_circle_of_redirects_ends_at_once(server, fetcher):
    server.plays("/a", redirect("/b#again"))
    server.plays("/b", redirect("/a"))
    assert refusal(fetcher, server.url("/a")).code == "too_many_redirects"
    assert len(server.visits) == 2


@pytest.mark.parametrize(
    "location",
    ["", "file:///etc/passwd", "javascript:alert(1)", "http://127.1/", "http://2130706433/", "http://[::1",
     "ftp://127.0.0.1/", "http://%31%32%37.0.0.1/", "\\\\127.0.0.1\\x", "http://example.org\\@127.0.0.1/"],
)  # fmt: skip
def test_a_redirect_to_no_web_address_is_refused(server, fetcher, location):
    assert refusal(fetcher, server.plays("/feed", redirect(location))).code == "redirect_refused"


def test_a_redirect_may_be_written_in_utf_8(server, fetcher):
    server.plays("/feed", redirect("/häppchen".encode().decode("latin-1")))
    server.plays("/h%C3%A4ppchen", reply(FEED))
    assert fetcher.get(server.url("/feed")).body == FEED


def test_credentials_go_to_their_own_server_alone_and_into_no_address(server, fetcher):
    with HostileServer() as other:
        there = other.plays("/feed", reply(FEED))
        server.plays("/start", redirect("/next"))
        server.plays("/next", redirect(there.replace("://", "://amir:word@")))
        fetched = fetcher.get(server.url("/start", host="rosa:p%40ss@127.0.0.1"))
        assert [v.headers.get("authorization") for v in server.visits] == ["Basic cm9zYTpwQHNz"] * 2
        assert "authorization" not in other.visits[0].headers
    assert fetched.url == there
    assert fetched.redirects == (Redirect(302, server.url("/next")), Redirect(302, there))


# Conditional requests


@pytest.mark.parametrize(
    "etag", ['"abc"', 'W/"abc"', "unquoted", '"quo\\"te"', '"å-gzip;br"', "W/'odd'", '"a", "b"']
)
@pytest.mark.parametrize("last_modified", ["", "Sat, 01 Nov 2025 10:00:00 GMT", "yesterday, 10 o'clock"])
def test_validators_go_back_byte_for_byte(server, fetcher, etag, last_modified):
    url = server.plays("/feed", conditional(FEED, etag=etag, last_modified=last_modified))
    first = fetcher.get(url)
    assert first.validators == Validators(etag, last_modified)
    again = fetcher.get(url, validators=first.validators)
    assert (again.status, again.body, again.body_hash) == (304, b"", "")
    assert again.validators == first.validators


def test_a_new_body_replaces_both_validators(server, fetcher):
    url = server.plays("/feed", reply(FEED, ETag='"2"'))
    asked_with = Validators('"1"', "Sat, 01 Nov 2025 10:00:00 GMT")
    assert fetcher.get(url, validators=asked_with).validators == Validators('"2"', "")


def test_an_unchanged_feed_may_renew_one_validator_and_keeps_the_other(server, fetcher):
    url = server.plays("/feed", reply(status=304, ETag='"2"'))
    asked_with = Validators('"1"', "Sat, 01 Nov 2025 10:00:00 GMT")
    assert fetcher.get(url, validators=asked_with).validators == Validators('"2"', asked_with.last_modified)


def test_an_unchanged_feed_that_repeats_no_validator_keeps_both(server, fetcher):
    asked_with = Validators('W/"1"', "Sat, 01 Nov 2025 10:00:00 GMT")
    url = server.plays("/feed", reply(status=304))
    assert fetcher.get(url, validators=asked_with).validators == asked_with


@pytest.mark.parametrize("asked", [None, Validators()])
def test_unchanged_without_having_asked_is_an_error(server, fetcher, asked):
    refused = refusal(fetcher, server.plays("/feed", reply(status=304)), validators=asked)
    assert (refused.code, refused.status) == ("not_modified_unasked", 304)


@pytest.mark.parametrize("etag", ['"a"\r\nHost: evil.example', '"\x00"', "Ω", "x" * 3000])
def test_a_validator_that_cannot_be_sent_is_left_out(server, fetcher, etag):
    url = server.plays("/feed", reply(FEED))
    assert fetcher.get(url, validators=Validators(etag)).status == 200
    assert "if-none-match" not in server.visits[0].headers


def test_validators_travel_along_redirects(server, fetcher):
    server.plays("/old", redirect("/feed", status=301))
    server.plays("/feed", conditional(FEED, etag='"1"'))
    fetched = fetcher.get(server.url("/old"), validators=Validators('"1"'))
    assert (fetched.status, fetched.redirects[0].status) == (304, 301)


def test_validators_go_to_the_address_that_gave_them_and_to_no_other(server, fetcher):
    server.plays("/old", redirect("/feed", status=302))
    server.plays("/feed", conditional(FEED, etag='"1"'))
    given = Validators('"1"', url=server.url("/feed"))
    assert fetcher.get(server.url("/old"), validators=given).status == 304
    [old, feed] = server.visits
    assert ("if-none-match" in old.headers, feed.headers["if-none-match"]) == (False, '"1"')
    server.plays("/old", redirect("/other"))
    server.plays("/other", conditional(FEED, etag='"1"'))
    assert fetcher.get(server.url("/old"), validators=given).status == 200


def test_validators_for_the_address_that_is_asked_for_go_to_no_other_however_it_is_written(server, fetcher):
    server.plays("/feed", conditional(FEED, etag='"1"'))
    written = server.url("/feed") + "#news"
    given = Validators('"1"', url=written)
    assert fetcher.get(written, validators=given).status == 304
    server.plays("/feed", redirect("/other"))
    server.plays("/other", conditional(FEED, etag='"1"'))
    assert fetcher.get(written, validators=given).status == 200


def test_unchanged_from_an_address_that_was_asked_for_no_changes_is_an_error(server, fetcher):
    server.plays("/old", redirect("/feed"))
    server.plays("/feed", reply(status=304))
    given = Validators('"1"', url=server.url("/old"))
    assert refusal(fetcher, server.url("/old"), validators=given).code == "not_modified_unasked"


# Refusals by status


@pytest.mark.parametrize(
    ("status", "code"),
    [(204, "http_204"), (206, "http_206"), (300, "http_300"), (400, "http_400"), (401, "http_401"),
     (403, "http_403"), (404, "http_404"), (410, "gone"), (429, "rate_limited"), (451, "http_451"),
     (500, "server_error"), (503, "server_error"), (599, "server_error")],
)  # fmt: skip
def test_each_status_has_its_reason(server, fetcher, status, code):
    body = b"" if status == 204 else b"<p>no</p>"
    refused = refusal(fetcher, server.plays("/feed", reply(body, status=status)))
    assert (refused.code, refused.status) == (code, status)


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_a_wait_that_is_asked_for_is_told_with_the_reason(server, fetcher, status):
    url = server.plays("/feed", reply(b"later", status=status, Retry_After="120"))
    assert refusal(fetcher, url).retry_after_s == 120


def test_a_wait_is_told_with_a_good_answer_too(server, fetcher):
    assert fetcher.get(server.plays("/feed", reply(FEED, Retry_After="120"))).retry_after_s == 120


@pytest.mark.parametrize(
    "play",
    [
        reply(b"<p>", status=403, cf_mitigated="challenge"),
        reply(b"<title>Just a moment...</title>", status=403),
        reply(b"<title>Just a moment...</title>", status=503),
        reply(gzip.compress(b"<script>window._cf_chl_opt={}</script>"), status=403, Content_Encoding="gzip"),
        reply(b"", status=202, x_amzn_waf_action="challenge"),
        reply(b'<script id="anubis_challenge">', content_type="text/html"),
    ],
)
def test_a_page_that_asks_for_a_browser_is_a_bot_challenge(server, fetcher, play):
    assert refusal(fetcher, server.plays("/feed", play)).code == "bot_challenge"


def test_a_feed_that_writes_about_bot_challenges_is_none(server, fetcher):
    body = b"<rss>How _cf_chl_opt and anubis_challenge work</rss>"
    assert fetcher.get(server.plays("/feed", reply(body, content_type="text/xml"))).body == body


def test_every_error_says_its_code_and_survives_a_change_of_process(server, fetcher):
    refused = refusal(fetcher, server.url("/nothing"))
    again = pickle.loads(pickle.dumps(refused))
    assert (again.code, again.sentence, again.status) == (refused.code, refused.sentence, 404)
    assert "http_404" in str(refused)
