"""The keys under which a link is known: of the product that it stands for, and of every tool that may own it.

Nothing is looked up here; who has such a key is ownership.py's.
"""

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from registry.domain.spelling import agrees, begins, place_of
from scrapers.links import (
    canonical_url,
    host_of,
    identity_key,
    is_shared_host,
    link_key,
    registrable_domain,
)

MAX_KEY = 500
_DEPTH = 4


def strong_key(link: str) -> str:
    """The identity of what a link stands for, or "" where it has none that can be stored."""
    key = identity_key(link)
    return key if len(key) <= MAX_KEY else ""


def is_site(key: str) -> bool:
    """Whether a strong key is a domain, on which much may stand, and no repository, page or package."""
    return "/" not in key


def product_key(link: str, name: str) -> str:
    """The strong key of the product that is called so and has its home at this link, or "".

    A domain is its product's where it spells the name or the link is its front page; else the part of the link
    that spells the name is (`wilf.example/cobble`), else that very page: much else may stand on the same site.
    """
    key = strong_key(link)
    if not is_site(key) or not key or agrees(name, key) or begins(name, key):
        return key
    canonical = canonical_url(link)
    host = host_of(link).removeprefix("www.")
    place = place_of(name, canonical)
    key = place or (host if not urlsplit(canonical).path.strip("/") else link_key(link).split("?")[0])
    return key if len(key) <= MAX_KEY else ""


def page_key(link: str) -> str:
    """The strong key of that very page, as of one of several products on a host; "" for the host's front page."""
    key = link_key(link).partition("?")[0]
    return key if "/" in key and len(key) <= MAX_KEY else ""


def alias_keys(link: str) -> Sequence[str]:
    """Every key under which a tool may own this link, the most telling first: package, paths, host, domains above."""
    canonical = canonical_url(link)
    if not canonical:
        return ()
    host = host_of(link).removeprefix("www.")
    identity = identity_key(link)
    segments = [part for part in unquote(urlsplit(canonical).path).split("/") if part][:_DEPTH]
    hosts = [host, *_above(host)]
    keys = [identity] if "/" in identity else []
    for each in hosts:
        for depth in range(len(segments), 0, -1):
            path = "/".join([each, *segments[:depth]])
            keys += [path, path.lower()]  # as it was typed, and as a repository's strong key folds it
    return [*dict.fromkeys(keys), *(each for each in hosts if not is_shared_host(each))]


def _above(host: str) -> list[str]:
    """`a.b.example.co.uk` gives `b.example.co.uk`, `example.co.uk`."""
    domain = registrable_domain(host)
    if not domain or domain == host:
        return []
    labels = host.removesuffix("." + domain).split(".")
    return [".".join([*labels[start:], domain]) for start in range(1, len(labels))] + [domain]
