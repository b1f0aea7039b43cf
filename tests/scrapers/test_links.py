"""One address for one page, one key for one product."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.hosts import PACKAGES
from scrapers.links import (
    absolute_url,
    canonical_url,
    host_of,
    identity_key,
    is_shared_host,
    link_key,
    registrable_domain,
    untracked,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTP://WWW.Plumbline.Example/A", "http://www.plumbline.example/A"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://plumbline.example:443/a", "https://plumbline.example/a"),
        ("https://plumbline.example:8443/a", "https://plumbline.example:8443/a"),
        ("https://plumbline.example./a", "https://plumbline.example/a"),
        ("https://rosa:secret@plumbline.example/a", "https://plumbline.example/a"),
        ("https://plumbline.example/a#part", "https://plumbline.example/a"),
        ("https://plumbline.example/a/./b/../c", "https://plumbline.example/a/c"),
        ("https://plumbline.example/../../a", "https://plumbline.example/a"),
        ("https://plumbline.example/%7Ea/%e4", "https://plumbline.example/~a/%E4"),
        ("https://plumbline.example/a?utm_source=x&b=2&fbclid=9&a=1", "https://plumbline.example/a?b=2&a=1"),
        ("https://plumbline.example/a?UTM_Campaign=x", "https://plumbline.example/a"),
        ("https://plumbline.example/a?", "https://plumbline.example/a"),
        ("https://plumbline.example/a/", "https://plumbline.example/a"),
        ("https://plumbline.example", "https://plumbline.example/"),
        ("https://plumbline.example/a/index.html", "https://plumbline.example/a"),
        ("https://plumbline.example/index.php?id=5", "https://plumbline.example/?id=5"),
        ("https://plumbline.example/a;jsessionid=1F?b=1", "https://plumbline.example/a?b=1"),
        (" https://plumbline.example/a\n", "https://plumbline.example/a"),
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
    ],
)
def test_many_spellings_of_a_page_have_one_address(written, canonical):
    assert canonical_url(written) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "",
        "javascript:alert(1)",
        "JAVASCRIPT://plumbline.example/%0aalert(1)",
        "data:text/html,x",
        "mailto:rosa@plumbline.example",
        "/only/a/path",
        "//plumbline.example/a",
        "https://",
        "https://exa mple/",
        "https://plumbline.example:port/",
        "https://[::1/",
        "https://-/",
    ],
)
def test_what_is_no_web_address_has_none(written):
    assert canonical_url(written) == link_key(written) == host_of(written) == identity_key(written) == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://google.com@evil.example/", "https://evil.example/"),
        ("HTTPS://rosa:key@plumbline.example/@rosa?a=b@c", "HTTPS://plumbline.example/@rosa?a=b@c"),
        ("//google.com@evil.example", "https://evil.example"),
        ("/@rosa", "https://feeds.example/@rosa"),
    ],
)
def test_a_link_of_a_publisher_looks_like_no_other_host(written, read):
    assert absolute_url("https://feeds.example/feed", written) == read


@given(st.text(alphabet="aA/.%24eEfF;?&=#@:~-_[]\\ üindexhtmlutm_sid", max_size=60))
def test_a_canonical_address_is_its_own_canonical_address(tail):
    once = canonical_url("https://plumbline.example/" + tail)
    assert canonical_url(once) == once


def test_scheme_and_www_fall_in_the_key_alone():
    assert link_key("http://www.plumbline.example/a/") == link_key("https://plumbline.example/a")
    assert link_key("https://plumbline.example/") == "plumbline.example"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("app.plumbline.co.uk", "plumbline.co.uk"),
        ("Plumbline.Example", "plumbline.example"),
        ("rosa.github.io", "rosa.github.io"),
        ("docs.rosa.github.io", "rosa.github.io"),
        ("github.io", ""),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_private_suffixes_count_so_that_two_sites_of_one_page_host_differ(host, domain):
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    "host", ["github.com", "gist.github.com", "rosa.medium.com", "apps.apple.com", "github.io"]
)
def test_a_hosting_platform_is_nobodys_identity(host):
    assert is_shared_host(host)


@pytest.mark.parametrize(
    "host", ["plumbline.example", "rosa.github.io", "www.plumbline.co.uk", "notgithub.com"]
)
def test_an_own_site_is_somebodys_identity(host):
    assert not is_shared_host(host)


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("https://github.com/Acme/Plumbline.git", "github.com/acme/plumbline"),
        ("https://www.github.com/Acme/Plumbline/releases/tag/v2", "github.com/acme/plumbline"),
        ("https://gitlab.com/acme/tools/plumbline/-/releases", "gitlab.com/acme/tools/plumbline"),
        ("https://apps.apple.com/us/app/plumbline/id123?l=en", "apps.apple.com/id123"),
        ("https://apps.apple.com/de/app/senkblei/id123", "apps.apple.com/id123"),
        (
            "https://play.google.com/store/apps/details?id=example.Plumbline&hl=de",
            "play.google.com/example.plumbline",
        ),
        ("https://www.producthunt.com/posts/plumbline?utm_source=x", "producthunt.com/posts/plumbline"),
        ("https://plumbline.example/", "plumbline.example"),
        ("https://app.plumbline.co.uk/login", "plumbline.co.uk"),
        ("https://acme.example/products/plumbline/pricing", "acme.example/products/plumbline"),
        ("https://rosa.github.io/plumbline/docs", "rosa.github.io/plumbline"),
    ],
)
def test_a_product_has_one_strong_key(link, key):
    assert identity_key(link) == key


@pytest.mark.parametrize(
    ("subdomain", "index", "path", "key"),
    [
        ("", ("pypi", "org"), "/project/Plumb_Line/2.0/", "pkg:pypi/plumb-line"),
        ("www.", ("npmjs", "com"), "/package/@acme/plumbline", "pkg:npm/%40acme/plumbline"),
        ("", ("crates", "io"), "/crates/plumbline", "pkg:cargo/plumbline"),
    ],
)
def test_a_package_page_is_known_by_its_package_url(subdomain, index, path, key):
    assert identity_key(f"https://{subdomain}{'.'.join(index)}{path}") == key


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/features/actions",
        "https://github.com/acme",
        "https://gist.github.com/rosa/1234",
        "https://news.ycombinator.com/item?id=1",
        "https://rosa.medium.com/my-story-1a2b",
        "https://plumbline.example/blog/introducing-plumbline",
        "https://blog.plumbline.example/introducing",
        "https://plumbline.example/2026/05/introducing",
        "https://plumbline.example/why-we-left-the-cloud-behind",
        "https://127.0.0.1/",
        "https://google.com/",
        "https://plumbline.example/paper.pdf",
    ],
)
def test_an_article_a_discussion_and_a_platforms_own_page_identify_no_product(link):
    assert identity_key(link) == ""


PLACE_IN_INDEX = {
    "pypi": "/project/plumbline",
    "npm": "/package/plumbline",
    "cargo": "/crates/plumbline",
    "gem": "/gems/plumbline",
    "nuget": "/packages/plumbline",
    "composer": "/packages/acme/plumbline",
    "hex": "/packages/plumbline",
    "pub": "/packages/plumbline",
    "docker": "/r/acme/plumbline",
}


@pytest.mark.parametrize("labels", PACKAGES)
def test_a_package_is_known_by_the_host_of_its_index_and_no_other_host_or_port(labels):
    host, (kind, _) = ".".join(labels), PACKAGES[labels][0]
    path = PLACE_IN_INDEX[kind]
    for place in (f"http://{host}", f"https://{host}:443", f"https://www.{host}", f"https://{host.upper()}."):
        assert identity_key(place + path).startswith(f"pkg:{kind}/"), place
    above = ".".join(labels[-2:])
    for other in (f"test.{host}", f"{host}.evil.example", f"evil.{above}", f"{host}:81", f"{host}:80"):
        assert not identity_key(f"https://{other}{path}").startswith("pkg:"), other


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com:81/acme/plumbline",
        "https://apps.apple.com:81/app/id123456789",
        "https://producthunt.com:81/posts/plumbline",
    ],
)
def test_another_port_of_a_shared_host_is_not_that_host(link):
    assert identity_key(link) == ""


def test_a_look_alike_of_a_package_index_gives_no_package():
    assert not identity_key("https://pypi.evil.example/project/plumbline").startswith("pkg:")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://plumbline.example/?utm_source=hn&gclid=1#top", "https://plumbline.example/#top"),
        ("https://plumbline.example/A/?b=2&fbclid=9&a=%7E", "https://plumbline.example/A/?b=2&a=%7E"),
        ("https://plumbline.example/A/", "https://plumbline.example/A/"),
        ("", ""),
    ],
)
def test_an_address_is_kept_as_it_was_written_less_what_tracks_its_reader(url: str, kept: str) -> None:
    assert untracked(url) == kept
    assert untracked(kept) == kept
