"""No address of the network inside is ever connected to, however it is written, named or led to.

What was connected to is recorded by the interpreter (`dialled`), not by the code that is tried.
"""

import socket
import ssl
import threading
import time
from ipaddress import IPv4Address

import pytest

from scrapers.errors import FetchError
from scrapers.fetch import Fetcher
from tests.scrapers.conftest import PATIENCE_S
from tests.scrapers.dialled import dialled
from tests.scrapers.hostile import AGENT, FEED, HostileServer, in_turn, redirect, refusal, reply
from tests.scrapers.notations import ADDRESSES, HOSTS, INSIDE, NAMES

ALLOWED = "127.0.0.1"
"""Opened by name in these tests, as an office opens its own server."""


@pytest.fixture(scope="module")
def inner():
    """A server inside. It stands beside the allowed one and must never hear of anybody."""
    with HostileServer(host="127.0.0.2") as running:
        yield running
        assert running.connections == 0


@pytest.fixture(scope="module")
def gullible():
    """Knows every name, and all of them are the machine itself: the checks are all that stands in between."""
    looked_up = []

    def resolver(host, port):
        looked_up.append(host)
        return ["127.0.0.2"]

    with Fetcher(agent=AGENT, resolver=resolver, deadline_s=PATIENCE_S, host_pause_s=0) as running:
        yield running, looked_up


TLS = ssl.create_default_context()  # 20 ms each


def asking_by(resolver, **more):
    settings = {"deadline_s": PATIENCE_S, **more}
    return Fetcher(
        agent=AGENT, allow_cidrs=[f"{ALLOWED}/32"], resolver=resolver, tls=TLS, host_pause_s=0, **settings
    )


def refused(fetcher, url):
    """The code, having connected nowhere."""
    with dialled() as hosts:
        code = refusal(fetcher, url).code
    assert hosts == []
    return code


# By literal


def test_more_than_six_hundred_spellings_are_tried():
    assert len(HOSTS) >= 120
    assert len({notation(IPv4Address(address)) for notation in HOSTS.values() for address in INSIDE}) > 600


@pytest.mark.parametrize("notation", HOSTS.values(), ids=HOSTS.keys())
def test_no_spelling_of_an_inner_address_is_connected_to(gullible, inner, notation):
    fetcher, _ = gullible
    for address in INSIDE:
        host = notation(IPv4Address(address))
        for url in (f"http://{host}/", f"https://{host}/feed?a=1#b", f"http://{host}:{inner.port}/"):
            assert refused(fetcher, url) in ("private_address", "bad_address"), url


def test_no_number_is_ever_looked_up_as_a_name(gullible):
    """A system's own look-up reads far more numbers than we do: it must not see one that it would read."""
    fetcher, looked_up = gullible
    for notation in HOSTS.values():
        for address in INSIDE:
            refusal(fetcher, f"http://{notation(IPv4Address(address))}/")
    assert looked_up
    for host in set(looked_up):
        with pytest.raises(OSError, match="illegal IP address"):
            socket.inet_aton(host)


@pytest.mark.parametrize("host", NAMES.values(), ids=NAMES.keys())
def test_no_spelling_of_an_inner_name_is_connected_to(gullible, inner, host):
    fetcher, _ = gullible
    assert refused(fetcher, f"http://{host}:{inner.port}/") in ("private_address", "bad_address")


@pytest.mark.parametrize("pattern", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_no_odd_address_leads_inside(gullible, inner, pattern):
    fetcher, _ = gullible
    for address in INSIDE:
        url = pattern.replace("A", f"{address}:{inner.port}", 1)
        assert refused(fetcher, url) in ("private_address", "bad_address")


# By name

PUBLIC = ["1.1.1.1", "2606:4700::1111"]
NEVER_ALLOWED = {
    "an address inside": ["127.0.0.2"],
    "the link-local one of metadata": ["169.254.169.254"],
    "the unspecified one": ["0.0.0.0"],
    "the unspecified one of IPv6": ["::"],
    "the loopback of IPv6": ["::1"],
    "one inside after a public one": [*PUBLIC, "127.0.0.2"],
    "one inside before a public one": ["127.0.0.2", *PUBLIC],
    "a public IPv4 and an inner IPv6 one": ["1.1.1.1", "fd00::1"],
    "an inner IPv4 and a public IPv6 one": ["2606:4700::1111", "10.1.2.3"],
    "one inside after the allowed one": [ALLOWED, "127.0.0.2"],
    "one inside as the last of a hundred": [*(f"1.1.1.{n}" for n in range(99)), "127.0.0.2"],
    "one inside, mapped": ["::ffff:127.0.0.2"],
    "the allowed one, mapped": [f"::ffff:{ALLOWED}"],
    "one inside, compatible": ["::127.0.0.2"],
    "one inside behind NAT64": ["64:ff9b::7f00:2"],
    "one inside behind 6to4": ["2002:7f00:2::1"],
    "one inside behind Teredo": ["2001:0:4136:e378:8000:63bf:80ff:fffd"],
    "one inside behind ISATAP": ["2a00:1450::5efe:127.0.0.2"],
    "a scoped one": ["fe80::1%lo"],
    "a public one with a scope": ["2606:4700::1111%lo"],
    "a group": ["224.0.0.1"],
    "everybody": ["255.255.255.255"],
}


@pytest.mark.parametrize("answers", NEVER_ALLOWED.values(), ids=NEVER_ALLOWED.keys())
def test_a_name_with_one_address_inside_is_refused_whole(inner, answers):
    with asking_by(lambda *_: answers) as fetcher:
        assert refused(fetcher, inner.url(host="feeds.example")) == "private_address"


def a_broken_resolver(error):
    def resolver(host, port):
        raise error

    return resolver


NO_ANSWER = {
    "nothing": lambda *_: [],
    "a name for an address": lambda *_: ["localhost"],
    "a number for an address": lambda *_: ["2130706434"],
    "an empty text": lambda *_: [""],
    "an address with a port": lambda *_: ["127.0.0.2:80"],
    "no such name": a_broken_resolver(socket.gaierror(socket.EAI_NONAME, "no such name")),
    "no answer for now": a_broken_resolver(socket.gaierror(socket.EAI_AGAIN, "try again")),
    "a name too long to be asked for": a_broken_resolver(UnicodeError("label too long")),
    "a failing network": a_broken_resolver(OSError("network is down")),
}


@pytest.mark.parametrize("resolver", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_a_name_without_an_address_is_not_found(resolver):
    with asking_by(resolver) as fetcher:
        assert refused(fetcher, "http://feeds.example/") == "name_not_found"


def test_a_late_answer_is_not_used_any_more(inner):
    late = threading.Event()

    def resolver(host, port):
        late.wait(5)
        return [ALLOWED]

    with asking_by(resolver, connect_timeout_s=0.1) as fetcher, dialled() as hosts:
        assert refusal(fetcher, inner.url(host="feeds.example")).code == "timeout"
        late.set()
        time.sleep(0.05)  # for the thread that looks up, which has nothing left to do
    assert hosts == []


def test_a_name_that_turns_inside_on_the_second_look_up_is_refused_then(server, inner):
    """DNS rebinding: each connection checks its own answer and connects to that answer alone."""
    answers = iter([[ALLOWED], ["127.0.0.2"], [ALLOWED]])
    server.plays("/feed", reply(FEED, Connection="close"))
    with asking_by(lambda *_: next(answers)) as fetcher, dialled() as hosts:
        url = server.url("/feed", host="feeds.example")
        assert fetcher.get(url).body == FEED
        assert refusal(fetcher, url).code == "private_address"
        assert fetcher.get(url).body == FEED
    assert hosts == [ALLOWED, ALLOWED]


def test_a_name_that_turns_inside_between_two_hops_is_refused(server, inner):
    answers = iter([[ALLOWED], ["127.0.0.2"]])
    server.plays("/feed", redirect(f"//feeds.example:{inner.port}/feed"))
    with asking_by(lambda *_: next(answers)) as fetcher, dialled() as hosts:
        assert refusal(fetcher, server.url("/feed", host="feeds.example")).code == "private_address"
    assert hosts == [ALLOWED]


def test_a_kept_connection_goes_where_it_was_checked(server, inner):
    answers = iter([[ALLOWED], ["127.0.0.2"]])
    server.plays("/feed", reply(FEED))
    with asking_by(lambda *_: next(answers)) as fetcher, dialled() as hosts:
        for _ in range(3):
            assert fetcher.get(server.url("/feed", host="feeds.example")).body == FEED
    assert hosts == [ALLOWED]


def test_of_a_hundred_allowed_addresses_the_first_ones_are_tried_in_time(server):
    addresses = [f"127.0.1.{n}" for n in range(1, 101)]
    with Fetcher(
        agent=AGENT, allow_cidrs=["127.0.1.0/24"], resolver=lambda *_: addresses, connect_timeout_s=1
    ) as fetcher:
        began = time.monotonic()
        with dialled() as hosts:
            assert refusal(fetcher, server.url(host="feeds.example")).code in ("connect_failed", "timeout")
        assert hosts == addresses[: len(hosts)]
        assert 1 < len(hosts) <= 8
        assert time.monotonic() - began < PATIENCE_S / 3


# By redirect

LOCATIONS = {
    "an address": "http://INSIDE/",
    "no scheme": "//INSIDE/",
    "a user": "http://example.org@INSIDE/",
    "two users": "http://a@b@INSIDE/",
    "a backslash and a user": "http://example.org\\@INSIDE/",
    "backslashes for slashes": "\\\\INSIDE\\feed",
    "one slash": "http:/INSIDE/",
    "a slash and a backslash": "/\\INSIDE/",
    "three slashes": "///INSIDE/",
    "a name that leads inside": "http://inner.example/",
    "a name with a closing dot": "http://inner.example./",
    "one number": "http://2130706434/",
    "one hex number": "http://0x7f000002/",
    "two parts": "http://127.2/",
    "full-width digits": "http://１２７.0.0.2/",
    "escaped": "http://%31%32%37.0.0.2/",
    "mapped": "http://[::ffff:127.0.0.2]/",
    "a tab": "http://127.0.0.\t2/",
    "a tab in the scheme": "ht\ttp://INSIDE/",
    "a control character before": "\x01http://INSIDE/",
    "a control character in the scheme": "http\x7f://INSIDE/",
    "file:": "file:///etc/passwd",
    "gopher:": "gopher://INSIDE/_GET%20/",
    "data:": "data:text/xml,<rss/>",
    "ftp:": "ftp://INSIDE/feed",
    "unix:": "http+unix://%2frun%2fdocker.sock/feed",
    "a list of two": "http://INSIDE/, http://example.org/",
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS.keys())
def test_no_redirect_leads_inside(server, inner, location, status):
    known = {"inner.example": ["127.0.0.2"], "feeds.example": [ALLOWED]}
    to = location.replace("INSIDE", f"127.0.0.2:{inner.port}").encode().decode("latin-1")
    url = server.plays("/feed", redirect(to, status=status))
    with asking_by(lambda host, _: known.get(host, ["127.0.0.2"])) as fetcher, dialled() as hosts:
        error = refusal(fetcher, url)
    # some are, taken by the letter, paths of the server itself, which has nothing there
    assert error.code in ("private_address", "redirect_refused", "http_404", "bad_reply")
    assert set(hosts) == {ALLOWED}


def test_a_chain_of_good_hops_does_not_lead_inside(server, inner):
    for n in range(4):
        server.plays(f"/{n}", redirect(f"/{n + 1}"))
    server.plays("/4", redirect(inner.url("/feed")))
    with asking_by(lambda *_: []) as fetcher, dialled() as hosts:
        assert refusal(fetcher, server.url("/0")).code == "private_address"
    assert set(hosts) == {ALLOWED}


def test_an_address_that_leads_inside_later_is_refused_later(server, inner):
    url = server.plays("/feed", in_turn(reply(FEED), redirect(inner.url("/feed"))))
    with asking_by(lambda *_: []) as fetcher:
        assert fetcher.get(url).body == FEED
        assert refusal(fetcher, url).code == "private_address"


@pytest.mark.parametrize(
    "headers",
    [
        {"Refresh": "0; url=INSIDE"},
        {"Content_Location": "INSIDE"},
        {"Link": "<INSIDE>; rel=preload, <INSIDE>; rel=hub, <INSIDE>; rel=canonical"},
        {"Alt_Svc": 'h2="INSIDE"'},
        {"Location": "INSIDE"},
        {"Report_To": '{"endpoints":[{"url":"INSIDE"}]}'},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_of_a_good_answer_leads_anywhere(server, inner, headers):
    pointing = {name: value.replace("INSIDE", inner.url()) for name, value in headers.items()}
    with asking_by(lambda *_: []) as fetcher, dialled() as hosts:
        assert fetcher.get(server.plays("/feed", reply(FEED, **pointing))).body == FEED
    assert set(hosts) == {ALLOWED}


def test_the_refusal_says_what_an_administrator_can_do(stranger):
    with pytest.raises(FetchError, match="REGISTRY_ALLOW_PRIVATE_CIDRS"):
        stranger.get("http://10.1.2.3/feed")
