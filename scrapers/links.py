"""One address for one page, and one key for one product, out of the many ways in which people write a link.

Pure text work with the public-suffix list that ships with its library; nothing is looked up on the network.
"""

import ipaddress
import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from scrapers.hosts import (
    ARTICLE_HOSTS,
    ARTICLE_SEGMENTS,
    CODE_HOSTS,
    DATED_PATH,
    INDEX_PAGE,
    LAUNCHES,
    MANY_PRODUCTS,
    NO_OWNERS,
    PACKAGES,
    PER_PROJECT_PAGES,
    PRODUCT_SEGMENTS,
    SAME_STORE,
    SHARED,
    STORE_QUERIES,
    STORES,
    TRACKING,
    TRACKING_PREFIXES,
)

DEFAULT_PORTS = {"http": 80, "https": 443}
SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
UNRESERVED = re.compile(r"%(2[dDeE]|3\d|4[1-9a-fA-F]|5[0-9aAfF]|6[1-9a-fA-F]|7[0-9aAeE])")
HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
ABSOLUTE = re.compile(r"https?://[^/?#]", re.IGNORECASE)
USER_PART = re.compile(r"^(\s*[a-z][a-z0-9+.-]*:/+)[^/?#]*@", re.IGNORECASE)
REPOSITORY_ID = re.compile(r"tag:(?P<host>[a-z0-9.-]+),\d{4}:Repository/(?P<number>\d{1,12})/")
PLAIN = re.compile(r"[\w/:@!$&'()*+,;=~.?-]*", re.ASCII)
"""Part of an address in which nothing is escaped, nor has to be."""
PACKAGE_HOSTS = frozenset(".".join(labels) for labels in PACKAGES)
MAX_URL = 4_000
NOT_IN_LINKS = re.compile(r"[\x00-\x1f\ud800-\udfff]")
"""Line ends that a publisher's editor left, and what neither a server nor a database takes."""


@lru_cache(maxsize=512)  # a link is asked for twice: is it one at all, and what is its one spelling?
def canonical_url(url: str) -> str:
    """The one spelling of a page's address, or "" for anything that is not http or https with a host.

    Folded: case and encoding of the host (punycode), default port, user part, fragment, dot segments,
    needless percent signs, tracking parameters, index pages, the slash at the end. Kept: scheme, `www.`,
    the order of the other parameters. Giving the result again changes nothing.
    """
    text = NOT_IN_LINKS.sub("", url.strip())[:MAX_URL]
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return ""
    scheme, host = parts.scheme.lower(), _plain_host(parts.hostname or "")
    if scheme not in DEFAULT_PORTS or not host:
        return ""
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[scheme]:
        place += f":{port}"
    query = _kept_query(parts.query)
    return f"{scheme}://{place}{_plain_path(parts.path)}" + (f"?{query}" if query else "")


def absolute_url(base: str, link: str) -> str:
    """A link as its publisher wrote it, made absolute; "" for anything that is not http or https.

    What names a user before the host falls: it only makes the link look like another one.
    """
    link = link.strip()
    if not link.isprintable():
        link = NOT_IN_LINKS.sub("", link)
    try:
        joined = link if ABSOLUTE.match(link) else urljoin(base, link) if link else ""
    except ValueError:
        return ""
    if not canonical_url(joined):
        return ""
    return public_url(joined) if "@" in joined else joined


def untracked(url: str) -> str:
    """The address as it was written, without the parameters that only tell where its reader came from."""
    start, mark, rest = url.partition("?")
    if not mark:
        return url
    query, hash_sign, fragment = rest.partition("#")
    kept = "&".join(pair for pair in query.split("&") if pair and not _tracks(pair))
    return start + (f"?{kept}" if kept else "") + hash_sign + fragment


def public_url(url: str) -> str:
    """The address as it may be shown and logged: without the user and password that it may hold."""
    return USER_PART.sub(r"\1", url)


def link_key(url: str) -> str:
    """The canonical address without scheme and `www.`, by which links to one page are one; "" for no link."""
    return canonical_url(url).partition("://")[2].removeprefix("www.").removesuffix("/").replace("/?", "?")


@lru_cache(maxsize=512)
def host_of(url: str) -> str:
    """The host in lower case and punycode, without port; "" where there is none."""
    canonical = canonical_url(url)
    return (urlsplit(canonical).hostname or "") if canonical else ""


def names_a_user(url: str) -> bool:
    """Whether somebody's name or a password stands before the host, which then is another one than it looks like:
    `https://tool.example@evil.example`."""
    return "@" in urlsplit(url).netloc


def is_within(url: str, site: str) -> bool:
    """Whether it is the address of something at or below that site."""
    below = canonical_url(site).rstrip("/") + "/"
    return f"{canonical_url(url).rstrip('/')}/".startswith(below)


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port, the usual port where none is named; ("", "", 0) where there is no host."""
    canonical = canonical_url(url)
    if not canonical:
        return "", "", 0
    parts, scheme = urlsplit(canonical), urlsplit(url.strip()).scheme.lower()
    return scheme, parts.hostname or "", parts.port or (443 if scheme == "https" else 80)


@lru_cache(maxsize=512)
def registrable_domain(host: str) -> str:
    """The part of a host that somebody registered, private suffixes counted: `a.b.co.uk` gives `b.co.uk`.

    An IP address and a bare name are their own; a public suffix itself (`co.uk`, `github.io`) gives "".
    """
    host = _plain_host(host)
    if not host or "." not in host or _is_address(host):
        return host
    found = _suffixes()(host)
    if (
        not found.suffix
    ):  # a top-level name that the list does not know counts as a suffix: the list's rule "*"
        return ".".join(host.split(".")[-2:])
    return str(found.top_domain_under_public_suffix)


def has_public_suffix(host: str) -> bool:
    """Whether the host ends in a suffix of the list: `chat.example.com` does, `node.js` does not."""
    host = _plain_host(host)
    return "." in host and not _is_address(host) and bool(_suffixes()(host).suffix)


def public_suffixes() -> frozenset[str]:
    """Every suffix of the list, private ones too; `*.` and `!` stand before one as they do there."""
    return frozenset(_suffixes().tlds)


@lru_cache(maxsize=512)
def is_shared_host(host: str) -> bool:
    """Whether strangers publish under this host side by side, so that it is nobody's identity on its own."""
    host = _plain_host(host).removeprefix("www.")
    above = _ancestors(host)
    return not registrable_domain(host) or bool(above & SHARED) or bool(above & PACKAGE_HOSTS)


@lru_cache(maxsize=512)  # several rules ask what one link stands for
def identity_key(url: str) -> str:
    """The strong key of the product that a link stands for, or "" where it identifies none.

    One of: a repository (`github.com/owner/repo`), a store or launch page (`host/id`), a package
    (`pkg:pypi/name`), else the site's registrable domain, with a path where the domain holds many products.
    An article, a discussion or a list is no product's home.
    """
    canonical = canonical_url(url)
    if not canonical:
        return ""
    parts = urlsplit(canonical)
    host, path = (parts.hostname or "").removeprefix("www."), unquote(parts.path).rstrip("/")
    if _is_address(host) or "." not in host:
        return ""
    is_usual_port = parts.port is None
    if host in CODE_HOSTS or host == "raw.githubusercontent.com":
        return _repository(host, path) if is_usual_port else ""
    domain = registrable_domain(host)
    named = is_usual_port and (
        _store_id(host, path, parts.query) or _launch_slug(host, path) or _package(host, path)
    )
    if named or is_shared_host(host) or _is_article(host, domain, path):
        return named or ""
    return _own_site(host, domain, path)


def repository_number(key: str, source_url: str) -> str:
    """`github.com/repositories/12345` of a release feed's entry id, by which a repository is known when it is renamed.

    "" for any other id, and where the feed is not the code host's own: anybody can write an id.
    """
    found = REPOSITORY_ID.match(key)
    if not found or found["host"] not in CODE_HOSTS or host_of(source_url) != found["host"]:
        return ""
    return f"{found['host']}/repositories/{found['number']}"


def _own_site(host: str, domain: str, path: str) -> str:
    segments = [segment.lower() for segment in path.split("/") if segment]
    if domain in MANY_PRODUCTS:
        return "/".join([host, *segments[:2]]) if host != domain or segments else ""
    if domain.endswith(PER_PROJECT_PAGES):
        return "/".join([domain, *segments[:1]])
    if len(segments) >= 2 and segments[0] in PRODUCT_SEGMENTS:
        return "/".join([domain, *segments[:2]])
    return domain


def _is_article(host: str, domain: str, path: str) -> bool:
    labels = host.removesuffix(domain).rstrip(".").split(".")
    segments = [segment.lower() for segment in path.split("/") if segment]
    last = segments[-1] if segments else ""
    return (
        bool(ARTICLE_HOSTS & set(labels))
        or bool(ARTICLE_SEGMENTS & set(segments))
        or DATED_PATH.search(path) is not None
        or last.endswith((".pdf", ".xml", ".rss", ".atom", ".json", ".txt", ".png", ".jpg", ".mp4"))
        or last.count("-") >= 4
        or last.count("_") >= 4
    )


def _repository(host: str, path: str) -> str:
    segments = [segment.lower() for segment in path.split("/") if segment]
    if host == "raw.githubusercontent.com":
        host = "github.com"
    if host == "gitlab.com" and "-" in segments:
        segments = segments[: segments.index("-")]
    if host == "huggingface.co" and segments[:1] in (["spaces"], ["datasets"]):
        return "/".join([host, *segments[:3]]) if len(segments) >= 3 else ""
    if len(segments) < 2 or segments[0] in NO_OWNERS:
        return ""
    depth = len(segments) if host == "gitlab.com" else 2
    return "/".join([host, *segments[:depth]]).removesuffix(".git")


def _store_id(host: str, path: str, query: str) -> str:
    parameter = STORE_QUERIES.get((host, path))
    if parameter:
        values = dict(pair.partition("=")[::2] for pair in query.split("&"))
        return f"{host}/{values[parameter].lower()}" if values.get(parameter) else ""
    for store, pattern in STORES:
        if host == store and (found := pattern.match(path)):
            return f"{SAME_STORE.get(store, store)}/{found[1].lower()}"
    return ""


def _launch_slug(host: str, path: str) -> str:
    for site, pattern in LAUNCHES:
        if host == site and (found := pattern.match(path)):
            return f"{site}/{found[1].lower()}"
    return ""


def _package(host: str, path: str) -> str:
    """Of the index's own host alone: what lies under it or on another port is another index."""
    for kind, pattern in PACKAGES.get(tuple(host.split(".")), ()):
        if found := pattern.match(path):
            package = found[1].lower()
            if kind == "pypi":  # PEP 503: runs of dot, dash and underscore are one dash
                package = re.sub(r"[-_.]+", "-", package)
            return f"pkg:{kind}/{package.replace('@', '%40')}"
    return ""


def _ancestors(host: str) -> set[str]:
    labels = host.split(".")
    return {".".join(labels[start:]) for start in range(len(labels) - 1)}


@lru_cache(maxsize=512)
def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1)
def _suffixes() -> Any:
    import tldextract  # slow to import, and a child that only parses never needs it

    return tldextract.TLDExtract(suffix_list_urls=(), include_psl_private_domains=True, cache_dir=None)


@lru_cache(maxsize=4_096)
def _plain_host(host: str) -> str:
    host = unquote(host.strip()).rstrip(".").lower().removeprefix("[").removesuffix("]")
    if ":" in host:
        return host if _is_address(host) else ""
    if not host.isascii():
        import idna

        try:
            host = idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError):
            return ""
    return host if len(host) <= 253 and HOST_NAME.fullmatch(host) else ""


def _plain_path(path: str) -> str:
    path = SESSION_IN_PATH.sub("", _plain_percents(path.replace("\\", "/")))
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    while kept and (INDEX_PAGE.match(kept[-1]) or not kept[-1]):
        kept.pop()
    return "/" + "/".join(kept)


def _plain_percents(text: str) -> str:
    if PLAIN.fullmatch(text):
        return text
    text = quote(text, safe="/%:@!$&'()*+,;=~-._?[]|^`{}\"\\")
    text = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text)
    text = UNRESERVED.sub(lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"%[0-9a-f]{2}", lambda found: found[0].upper(), text, flags=re.IGNORECASE)


def _kept_query(query: str) -> str:
    return "&".join(_plain_percents(pair) for pair in query.split("&") if pair and not _tracks(pair))


def _tracks(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name).lower()
    return (
        name in TRACKING
        or name.startswith(TRACKING_PREFIXES)
        or (name == "source" and value.startswith("rss"))
    )
