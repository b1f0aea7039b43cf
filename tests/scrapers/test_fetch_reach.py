"""Which of its servers a name leads to, and how sure of it a fetch is; what lies inside is test_inside.py's."""

import contextlib
import random
import socket
import ssl
import threading
import time

import pytest

from scrapers.fetch import Fetcher
from tests.scrapers import hostile
from tests.scrapers.hostile import (
    AGENT,
    FEED,
    HostileServer,
    Names,
    head,
    in_turn,
    raw,
    redirect,
    refusal,
    reply,
)

# Which server is reached


def test_a_name_stays_in_the_host_header_while_its_checked_address_is_connected_to(server):
    known = Names(feeds__example=["127.0.0.1"])
    server.plays("/feed", reply(FEED))
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.1/32"], resolver=known) as fetcher:
        fetcher.get(server.url("/feed", host="Feeds.Example."))
    assert server.visits[0].headers["host"] == f"feeds.example:{server.port}"
    assert known.asked == ["feeds.example"]


def test_the_next_address_is_tried_when_one_does_not_answer(server):
    known = Names(feeds__example=["127.0.0.2", "127.0.0.1"])  # the server listens on the second alone
    server.plays("/feed", reply(FEED))
    with Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], resolver=known) as fetcher:
        assert fetcher.get(server.url("/feed", host="feeds.example")).body == FEED


def test_a_silent_address_leaves_time_for_the_next(server):
    known = Names(feeds__example=["127.0.0.2", "127.0.0.1"])
    server.plays("/feed", reply(FEED))
    with contextlib.ExitStack() as stack:
        silent = stack.enter_context(socket.socket())
        silent.bind(("127.0.0.2", server.port))
        silent.listen(0)
        for _ in range(4):  # more than its queue takes, so that the next one gets no answer
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.2", server.port))
        fetcher = stack.enter_context(
            Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], resolver=known, connect_timeout_s=0.5)
        )
        assert fetcher.get(server.url("/feed", host="feeds.example")).body == FEED


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


def test_tls_is_checked_against_the_name_though_an_address_is_connected_to(certificate):
    context, trusted = certificate
    asked_for = []
    context.sni_callback = lambda sock, name, _: asked_for.append(name)
    known = Names(feeds__example=["127.0.0.1"], other__example=["127.0.0.1"])
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


def test_a_certificate_nobody_vouches_for_is_refused(certificate, monkeypatch):
    context, trusted = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))  # the environment has no say
    with (
        HostileServer(tls=context) as server,
        Fetcher(
            agent=AGENT, allow_cidrs=["127.0.0.0/8"], resolver=Names(feeds__example=["127.0.0.1"])
        ) as fetcher,
    ):
        assert refusal(fetcher, server.url(host="feeds.example")).code == "tls_failed"


def test_a_secure_address_of_a_server_without_tls_fails(server, fetcher):
    assert refusal(fetcher, server.url(scheme="https")).code == "tls_failed"


def test_a_server_that_never_answers_the_tls_greeting_has_the_time_to_connect_and_no_more():
    with (
        socket.create_server(("127.0.0.1", 0)) as mute,
        Fetcher(agent=AGENT, allow_cidrs=["127.0.0.0/8"], connect_timeout_s=0.2, deadline_s=30) as fetcher,
    ):
        began = time.monotonic()
        error = refusal(fetcher, f"https://127.0.0.1:{mute.getsockname()[1]}/")
        assert (error.code, "take the connection" in error.sentence) == ("timeout", True)
        assert time.monotonic() - began < 5


def test_https_never_leads_to_http(certificate, server):
    context, trusted = certificate
    with (
        HostileServer(tls=context) as secure,
        Fetcher(
            agent=AGENT,
            allow_cidrs=["127.0.0.0/8"],
            resolver=Names(feeds__example=["127.0.0.1"]),
            tls=ssl.create_default_context(cafile=trusted),
        ) as fetcher,
    ):
        secure.plays("/feed", redirect(server.url("/feed")))
        assert refusal(fetcher, secure.url("/feed", host="feeds.example")).code == "redirect_refused"
    assert server.connections == 0


# What TLS adds to a fetch changes nothing of its limits


def test_a_kept_secure_connection_that_is_closed_meanwhile_is_replaced(secure, secure_fetcher):
    def hangs_up(visit):
        visit.close()

    secure.plays("/feed", in_turn(reply(FEED), hangs_up, reply(FEED)))
    url = secure.url("/feed", host="feeds.example")
    assert [secure_fetcher.get(url).body for _ in range(3)] == [FEED] * 3
    assert secure.connections == 2


def test_a_secure_body_may_end_without_a_farewell_and_not_too_early(secure, secure_fetcher):
    for headers in ({"Content_Length": len(FEED)}, {}):
        secure.plays("/feed", raw(head(200, **headers) + FEED))
        assert secure_fetcher.get(secure.url("/feed", host="feeds.example")).body == FEED
    secure.plays("/half", raw(head(200, Content_Length=1000) + FEED))
    assert refusal(secure_fetcher, secure.url("/half", host="feeds.example")).code == "cut_off"


def test_a_large_secure_body_comes_whole(secure, secure_fetcher):
    body = random.Random(1).randbytes(1_000_000)
    secure.plays("/large", reply(b"<rss>" + body))
    fetched = secure_fetcher.get(secure.url("/large", host="feeds.example"))
    assert fetched.body == b"<rss>" + body
    assert fetched.wire_bytes > len(body)


@pytest.mark.parametrize(
    ("play", "code"),
    [(hostile.slow_body, "timeout"), (hostile.silence, "timeout"), (hostile.endless_body, "too_large")],
)
def test_a_secure_answer_has_the_same_limits(secure, certificate, play, code):
    _, trusted = certificate
    secure.plays("/feed", play)
    with Fetcher(
        agent=AGENT,
        allow_cidrs=["127.0.0.0/8"],
        resolver=Names(feeds__example=["127.0.0.1"]),
        tls=ssl.create_default_context(cafile=trusted),
        deadline_s=0.5,
        max_wire_bytes=2_000_000,
    ) as fetcher:
        began = time.monotonic()
        assert refusal(fetcher, secure.url("/feed", host="feeds.example")).code == code
        assert time.monotonic() - began < 2
