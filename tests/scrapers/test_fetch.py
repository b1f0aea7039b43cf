"""What is asked for over the network, and what is refused, against a real server on loopback."""

import gzip
import hashlib
import pickle
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from scrapers.errors import FetchError
from scrapers.fetch import Fetcher, Redirect, Validators
from tests.scrapers import hostile
from tests.scrapers.hostile import (
    HostileServer,
    conditional,
    head,
    in_turn,
    raw,
    redirect,
    reply,
    reset_after,
)

FEED = b"<rss><channel><title>New tools</title></channel></rss>"
AGENT = "Registry of Example (mailto:office@example.org)"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as running:
        yield running


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """Loopback is open, as in an office that reads a server of its own."""
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], deadline_s=5) as running:
        yield running


@pytest.fixture
def hasty() -> Iterator[Fetcher]:
    with Fetcher(
        agent=AGENT, allow_cidrs=["127.0.0.0/8"], deadline_s=0.3, connect_timeout_s=0.2, max_wire_bytes=10**9
    ) as running:
        yield running


def refusal(fetcher: Fetcher, url: str, **asked: object) -> FetchError:
    with pytest.raises(FetchError) as refused:
        fetcher.get(url, **asked)
    assert refused.value.sentence.endswith(".")
    return refused.value


def names(**known: list[str]):
    """A resolver that knows these names (`__` for a dot) and counts how often each was looked up."""
    answers = {name.replace("__", "."): addresses for name, addresses in known.items()}
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        if host not in answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return answers[host]

    resolver.asked = asked
    return resolver


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


# Which server is reached


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1.", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127。0。0。1", "１２７.0.0.1", "[::1]",
     "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0", "0", "localhost",
     "localhost.", "LOCALHOST", "example.org@127.0.0.1", "example.org:80@localhost", "%31%32%37.0.0.1"],
)  # fmt: skip
def test_no_spelling_of_an_inner_address_reaches_inside(server, host):
    with Fetcher(agent=AGENT, deadline_s=2) as fetcher:
        assert refusal(fetcher, f"http://{host}:{server.port}/").code in ("private_address", "bad_address")
    assert server.connections == 0


def test_a_name_is_refused_when_one_of_its_addresses_is_inside(server):
    known = names(feeds__example=["1.1.1.1", "127.0.0.1"], other__example=["127.0.0.1", "1.1.1.1"])
    with Fetcher(agent=AGENT, resolver=known) as fetcher:
        for host in ("feeds.example", "other.example"):
            assert refusal(fetcher, server.url(host=host)).code == "private_address"
    assert server.connections == 0


def test_a_name_that_changes_its_address_is_looked_up_once_and_only_that_answer_is_used(server):
    answers = [["1.1.1.1"], ["127.0.0.1"]]
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return answers[min(len(asked), 2) - 1]

    with Fetcher(agent=AGENT, resolver=rebinding, connect_timeout_s=0.1, deadline_s=0.3) as fetcher:
        assert refusal(fetcher, server.url(host="feeds.example")).code in ("timeout", "connect_failed")
        assert len(asked) == 1
        assert refusal(fetcher, server.url(host="feeds.example")).code == "private_address"
    assert server.connections == 0


def test_a_name_stays_in_the_host_header_while_its_checked_address_is_connected_to(server):
    known = names(feeds__example=["127.0.0.1"])
    server.plays("/feed", reply(FEED))
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.1/32"], resolver=known) as fetcher:
        fetcher.get(server.url("/feed", host="Feeds.Example."))
    assert server.visits[0].headers["host"] == f"feeds.example:{server.port}"
    assert known.asked == ["feeds.example"]


def test_the_next_address_is_tried_when_one_does_not_answer(server):
    known = names(feeds__example=["127.0.0.2", "127.0.0.1"])  # the server listens on the second alone
    server.plays("/feed", reply(FEED))
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], resolver=known) as fetcher:
        assert fetcher.get(server.url("/feed", host="feeds.example")).body == FEED


@pytest.mark.parametrize("answers", [[], ["not an address"]])
def test_a_name_without_an_address_is_not_found(answers):
    with Fetcher(agent=AGENT, resolver=names(feeds__example=answers)) as fetcher:
        assert refusal(fetcher, "https://feeds.example/").code == "name_not_found"
        assert refusal(fetcher, "https://unknown.example/").code == "name_not_found"


def test_a_name_server_that_stays_silent_costs_no_more_than_the_time_to_connect():
    silent = threading.Event()

    def resolver(host, port):
        silent.wait(10)
        return []

    with Fetcher(agent=AGENT, resolver=resolver, connect_timeout_s=0.1) as fetcher:
        began = time.monotonic()
        assert refusal(fetcher, "https://feeds.example/").code == "timeout"
        assert time.monotonic() - began < 2
    silent.set()


def test_a_closed_port_is_a_failed_connection(fetcher):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert refusal(fetcher, f"http://127.0.0.1:{unused.getsockname()[1]}/").code == "connect_failed"


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Of feeds.example, signed by itself, made for this run."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=feeds.example "
        f"-addext subjectAltName=DNS:feeds.example -keyout {folder}/key.pem -out {folder}/cert.pem"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs the openssl command")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


def test_tls_is_checked_against_the_name_though_an_address_is_connected_to(certificate):
    context, trusted = certificate
    asked_for = []
    context.sni_callback = lambda sock, name, _: asked_for.append(name)
    known = names(feeds__example=["127.0.0.1"], other__example=["127.0.0.1"])
    with (
        HostileServer(tls=context) as server,
        Fetcher(
            agent=AGENT,
            allow_cidrs=["127.0.0.0/8"],
            resolver=known,
            tls=ssl.create_default_context(cafile=trusted),
        ) as fetcher,
    ):
        server.plays("/feed", reply(FEED))
        assert fetcher.get(server.url("/feed", host="feeds.example")).body == FEED
        assert refusal(fetcher, server.url("/feed", host="other.example")).code == "tls_failed"
    assert asked_for == ["feeds.example", "other.example"]


def test_a_certificate_nobody_vouches_for_is_refused(certificate, fetcher, monkeypatch):
    context, trusted = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))  # the environment has no say
    with HostileServer(tls=context) as server:
        assert refusal(fetcher, server.url()).code == "tls_failed"


def test_a_secure_address_of_a_server_without_tls_fails(server, fetcher):
    assert refusal(fetcher, server.url(scheme="https")).code == "tls_failed"


def test_a_server_that_never_answers_the_tls_greeting_ends_in_time(hasty):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert refusal(hasty, f"https://127.0.0.1:{mute.getsockname()[1]}/").code == "timeout"


def test_https_never_leads_to_http(certificate, server):
    context, trusted = certificate
    with (
        HostileServer(tls=context) as secure,
        Fetcher(
            agent=AGENT,
            allow_cidrs=["127.0.0.0/8"],
            resolver=names(feeds__example=["127.0.0.1"]),
            tls=ssl.create_default_context(cafile=trusted),
        ) as fetcher,
    ):
        secure.plays("/feed", redirect(server.url("/feed")))
        assert refusal(fetcher, secure.url("/feed", host="feeds.example")).code == "redirect_refused"
    assert server.connections == 0


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
    assert time.monotonic() - began < 1


def test_the_deadline_is_one_for_all_redirects(server, hasty):
    def late(visit):
        visit.over.wait(0.12)
        redirect(f"{visit.target}x")(visit)

    for n in range(6):
        server.plays("/" + "x" * n, late)
    began = time.monotonic()
    assert refusal(hasty, server.url("/")).code == "timeout"
    assert time.monotonic() - began < 1


def test_endless_headers_are_no_reply(server, fetcher):
    assert refusal(fetcher, server.plays("/feed", hostile.endless_headers)).code == "bad_reply"


@pytest.mark.parametrize("play", [hostile.endless_body, hostile.endless_chunks])
def test_no_more_than_the_limit_comes_over_the_wire(server, play):
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], max_wire_bytes=200_000) as fetcher:
        assert refusal(fetcher, server.plays("/feed", play)).code == "too_large"


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
    "body", [gzip.compress(FEED)[:-12], b"\x1f\x8b\x08garbage", gzip.compress(FEED) * 300, b"\x1f\x8b"]
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


def test_a_body_that_ends_with_its_connection_is_whole(server, fetcher):
    assert fetcher.get(server.plays("/feed", raw(head(200) + FEED))).body == FEED


@pytest.mark.parametrize("body", [b"", b" \r\n\t", gzip.compress(b"")])
def test_an_empty_page_is_an_error(server, fetcher, body):
    assert refusal(fetcher, server.plays("/feed", reply(body))).code == "empty_body"


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


@pytest.mark.parametrize(
    "inside",
    ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "//192.168.0.1/",
     "http://[::ffff:127.0.0.1]/", "http://example.org@10.0.0.1/", "https://10。0。0。1/", "http://inner.example/"],
)  # fmt: skip
def test_each_hop_is_checked_like_the_first(server, inside):
    known = names(inner__example=["10.1.2.3"])
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], resolver=known) as fetcher:
        location = inside.encode().decode("latin-1")
        assert refusal(fetcher, server.plays("/feed", redirect(location))).code == "private_address"


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


@pytest.mark.parametrize("play", [hostile.slow_body, hostile.endless_body, raw(head(403, Content_Length=9))])
def test_a_refusal_stands_whatever_happens_to_its_body(server, hasty, play):
    def refused(visit):
        visit.send(head(403, Content_Length=10**9))
        play(visit)

    assert refusal(hasty, server.plays("/feed", refused)).code == "http_403"


def test_every_error_says_its_code_and_survives_a_change_of_process(server, fetcher):
    refused = refusal(fetcher, server.url("/nothing"))
    again = pickle.loads(pickle.dumps(refused))
    assert (again.code, again.sentence, again.status) == (refused.code, refused.sentence, 404)
    assert "http_404" in str(refused)
