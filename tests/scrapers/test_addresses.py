"""Which addresses a request may reach."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.addresses import AddressRule, is_public, literal, read_url
from scrapers.errors import FetchError

NOT_PUBLIC = [
    # IPv4
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.1.2.3", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1",
    "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    # IPv6
    "::", "::1", "::2", "100::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "ff0e::1", "5f00::1", "2001:db8::1", "3fff::1", "3ffe::1", "2001:2::1",
    "2001:10::1", "2001:20::1", "1::1", "4000::1", "8000::1",
    # IPv4 in IPv6: mapped, translated, compatible, 6to4, Teredo, NAT64, ISATAP
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::ffff:0:127.0.0.1",
    "::127.0.0.1", "::8.8.8.8", "2002:7f00:1::1", "2002:a00:1::", "2002:808:808::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1",
    "2600:1f18::5efe:10.0.0.1", "2600:1f18::200:5efe:127.0.0.1", "fe80::5efe:192.168.0.1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
          "128.0.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255", "198.17.255.255",
          "198.20.0.1", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2003::1", 
          "2606:4700::1111", "2a00:1450::1", "3ffd::1"]  # fmt: skip

BAD_URLS = [
    # numbers that some readers take for an IPv4 address
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0x7f.0.0.1/", "http://127.1/",
    "http://127.0.1/", "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.01/", "http://0/",
    "http://0x/", "http://1.2.3.4.5/", "http://127.0.0.256/", "http://example.1/", "http://127.0.0.0x1/",
    "http://127.1./", "http://0X7F.1/", "http://4294967296/",
    # full-width and other digits, and letters that fold into others
    "http://１２７.0.0.1/", "http://１２７.０.０.１/", "http://①②⑦.0.0.1/", "http://ⓛocalhost/", "http://١٢٧.0.0.1/",
    # hosts that two readers would read differently
    "http://127.0.0.1:80\\@example.org/", "http://example.org\\@127.0.0.1/", "http://example.org\\.evil.example/",
    "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.org/", "http://localhost%2f.example.org/",
    "http://exa mple.org/", "http://example..org/", "http://.example.org/", "http://example.org../",
    "http://[::1/", "http://[::1]x/", "http://[::1].example.org/", "http://::1/", "http://[127.0.0.1]/",
    "http://[v1.127]/", "http://[]/", "http://exam\tple.org/", "http://example.org\n/", "http://a,b.example/",
    "http://" + "a" * 64 + ".example/", "http://" + "a." * 127 + "example/",
    # no web address at all
    "", "example.org/feed", "//example.org/feed", "/feed", "http://", "http:///feed", "http:127.0.0.1/",
    "ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "data:,x",
    "feed://example.org/", "unix:///run/docker.sock", "http://example.org:0/", "http://example.org:65536/",
    "http://example.org:-1/", "http://example.org:http/", "http://user@/",
]  # fmt: skip


def public_only() -> AddressRule:
    return AddressRule.opening([])


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_not_everybody_reaches_is_refused(text):
    with pytest.raises(FetchError) as refused:
        public_only().check(ip_address(text), 443)
    assert refused.value.code == "private_address"


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_allowed(text):
    public_only().check(ip_address(text), 443)


@pytest.mark.parametrize("text", BAD_URLS)
def test_an_address_that_two_readers_could_take_differently_is_refused(text):
    with pytest.raises(FetchError) as refused:
        read_url(text)
    assert refused.value.code == "bad_address"


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://127。0。0。1/", "127.0.0.1"),
        ("http://[::1]/", "::1"),
        ("http://[0:0:0:0:0:ffff:7f00:1]/", "::ffff:7f00:1"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
        ("http://[fe80::1%25eth0]/", "fe80::1%25eth0"),
        ("http://example.org@127.0.0.1/", "127.0.0.1"),
        ("http://example.org:80@127.0.0.1/", "127.0.0.1"),
        ("http://a@b@127.0.0.1/", "127.0.0.1"),
        ("http://example.org%2f@127.0.0.1/", "127.0.0.1"),
    ],
)
def test_an_address_in_disguise_is_read_as_what_it_is_and_refused(text, host):
    address = literal(read_url(text).raw_host.decode())
    assert address == ip_address(host)
    with pytest.raises(FetchError) as refused:
        public_only().check(address, 80)
    assert refused.value.code == "private_address"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org./feed", "https://example.org/feed"),
        ("https://example.org:443/feed#top", "https://example.org/feed"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://example.org#@127.0.0.1/", "https://example.org/"),
        ("https://example.org/?u=http://127.0.0.1\\", "https://example.org/?u=http://127.0.0.1\\"),
        ("https://with_underscore.example/a b", "https://with_underscore.example/a%20b"),
        ("https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443/"),
    ],
)
def test_an_ordinary_address_is_read_in_one_form(text, read):
    url = read_url(text)
    assert f"{url.scheme}://{url.netloc.decode()}{url.raw_path.decode()}" == read
    assert not url.fragment


def test_the_refusal_does_not_repeat_a_password():
    with pytest.raises(FetchError) as refused:
        read_url("ftp://rosa:secret@example.org/")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("port", [80, 443, 1024, 8080, 65535])
def test_a_public_address_is_asked_on_the_ports_of_web_servers(port):
    public_only().check(IPv4Address("1.1.1.1"), port)


@pytest.mark.parametrize("port", [1, 22, 25, 53, 110, 445, 1023])
def test_a_public_address_is_not_asked_on_the_ports_of_other_services(port):
    with pytest.raises(FetchError) as refused:
        public_only().check(IPv4Address("1.1.1.1"), port)
    assert refused.value.code == "bad_address"


def test_an_opened_network_is_reached_on_any_port():
    AddressRule.opening(["127.0.0.0/8"]).check(IPv4Address("127.0.0.1"), 22)
    AddressRule.opening(["fd00::/8"]).check(IPv6Address("fd00::1"), 22)


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "169.254.169.254"]
)
def test_an_opened_network_opens_nothing_else(text):
    with pytest.raises(FetchError):
        AddressRule.opening(["127.0.0.0/8"]).check(ip_address(text), 80)


@pytest.mark.parametrize("cidr", ["127.0.0.1/8", "loopback", "10.0.0.0/33", ""])
def test_a_network_with_a_typing_error_opens_nothing(cidr):
    with pytest.raises(ValueError):
        AddressRule.opening([cidr])


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_public_that_python_calls_inner(address):
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_public_when_written_inside_an_ipv6_one(address):
    for prefix in ("::ffff:0:0", "::", "64:ff9b::", "::ffff:0:0:0", "2001:db8::5efe:0:0", "2002::"):
        assert not is_public(IPv6Address(int(IPv6Address(prefix)) + int(address)))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    for shown in (text, f"http://{text}", f"https://{text}/feed"):
        try:
            url = read_url(shown)
        except FetchError:
            continue
        assert read_url(str(url)) == url
