"""Which of its servers a name leads to, and how sure of it a fetch is; what lies inside is test_inside.py's."""

import contextlib
import socket
import ssl
import subprocess
import threading
import time

import pytest

from scrapers.fetch import Fetcher
from tests.scrapers.hostile import AGENT, FEED, HostileServer, Names, redirect, refusal, reply

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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Of feeds.example, signed by itself, made for this run."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=feeds.example -addext subjectAltName=DNS:feeds.example "
        f"-keyout {folder}/key.pem -out {folder}/cert.pem"
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
            resolver=Names(feeds__example=["127.0.0.1"]),
            tls=ssl.create_default_context(cafile=trusted),
        ) as fetcher,
    ):
        secure.plays("/feed", redirect(server.url("/feed")))
        assert refusal(fetcher, secure.url("/feed", host="feeds.example")).code == "redirect_refused"
    assert server.connections == 0
