"""Where the feed of a site may be, from what a person typed: facts about addresses, and nothing is fetched."""

import re
from urllib.parse import parse_qs, quote, urlsplit

from scrapers.hosts import CODE_HOSTS, NO_OWNERS, PACKAGES
from scrapers.links import canonical_url

MOST_LIKELY = 6
ROOT_PATHS = ("feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss")
"""What common publishing software calls its feed, the commonest first."""
FOLDER_PATHS = ("feed", "rss.xml", "index.xml")

PACKAGE_FEEDS = {
    "pypi": "https://{domain}/rss/project/{name}/releases.xml",
    "gem": "https://{domain}/gems/{name}/versions.atom",
    "cargo": "https://static.{domain}/rss/crates/{name}.xml",
    "composer": "https://{domain}/feeds/package.{name}.rss",
}
"""By the type of a package URL: where its index announces the versions of one package."""

REPOSITORY_FEEDS = {
    "github.com": ("/releases.atom", "/tags.atom"),
    "codehost.example": ("/releases.atom", "/tags.atom"),
    "codeberg.org": ("/releases.rss",),
    "gitea.com": ("/releases.rss",),
    "git.sr.ht": ("/refs/rss.xml",),
}
"""By code host: what to add to the address of a repository."""

CHANNEL_ID = re.compile(r"^/channel/(UC[\w-]{22})(?:/.*)?$")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
HOST_WITH_DOT = re.compile(r"^[^/?#\s]+\.[^/?#\s]+(?:[/?#]|$)")
PORT_FOLLOWS = re.compile(r"^[^/:@\s]+:\d{1,5}(?:[/?#]|$)")


def readings(typed: str) -> tuple[str, ...]:
    """The addresses that a typed text may stand for, the likeliest first; never none.

    `feed:` before an address or in place of its scheme falls; where no scheme is said it is https, else http.
    """
    text = typed.strip().strip("<>").strip()
    if text.lower().startswith(("feed:http:", "feed:https:")):
        text = text[5:]
    elif text.lower().startswith(("feed:", "feeds:")):
        text = text.partition(":")[2].lstrip("/")
    text = text.removeprefix("//")
    if PORT_FOLLOWS.match(text) or (HOST_WITH_DOT.match(text) and not SCHEME.match(text)):
        return (f"https://{text}", f"http://{text}")
    return (text,)


def read_as(typed: str) -> str:
    """The likeliest address that a typed text stands for."""
    return readings(typed)[0]


def known_feeds(url: str) -> tuple[str, ...]:
    """The feeds that a well-known host has for one of its pages, the best first; none for any other address."""
    canonical = canonical_url(url)
    parts = urlsplit(canonical)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    if not host:
        return ()
    if host in CODE_HOSTS:
        return _of_repository(host, [each for each in path.split("/") if each])
    return _of_package(host, path) or _of_site(host, path, parts.query)


def likely_feeds(url: str) -> tuple[str, ...]:
    """At most six addresses where a site that names no feed may have one: beside the page first, then at its root."""
    parts = urlsplit(canonical_url(url))
    if not parts.hostname:
        return ()
    root = f"{parts.scheme}://{parts.netloc}"
    folder = parts.path.rstrip("/")
    beside = [f"{root}{folder}/{each}" for each in FOLDER_PATHS] if folder else []
    at_root = [f"{root}/{each}" for each in ROOT_PATHS]
    return tuple(dict.fromkeys([*beside, *at_root]))[:MOST_LIKELY]


def _of_repository(host: str, segments: list[str]) -> tuple[str, ...]:
    if host == "gitlab.com":
        project = segments[: segments.index("-")] if "-" in segments else segments
        at = f"https://gitlab.com/{'/'.join(project)}"
        known = len(project) >= 2 and project[0].lower() not in NO_OWNERS
        return (f"{at}/-/releases.atom", f"{at}/-/tags?format=atom") if known else ()
    if len(segments) < 2 or segments[0].lower() in NO_OWNERS or host not in REPOSITORY_FEEDS:
        return ()
    owner, name = segments[0], segments[1].removesuffix(".git")
    return tuple(f"https://{host}/{owner}/{name}{each}" for each in REPOSITORY_FEEDS[host])


def _of_package(host: str, path: str) -> tuple[str, ...]:
    for kind, place in PACKAGES.get(tuple(host.split(".")), ()):
        found = place.match(path)
        if found and kind in PACKAGE_FEEDS:
            return (PACKAGE_FEEDS[kind].format(domain=host, name=quote(found[1], safe="/@")),)
    return ()


def _of_site(host: str, path: str, query: str) -> tuple[str, ...]:
    first, _, second = path.strip("/").partition("/")
    if host == "youtube.com":
        return _of_videos(path, query)
    if host == "sourceforge.net" and first in ("projects", "p") and second:
        return (f"https://sourceforge.net/projects/{second.split('/')[0]}/rss?path=/",)
    if host in ("reddit.com", "old.reddit.com") and first in ("r", "user") and second:
        return (f"https://www.reddit.com/{first}/{second.split('/')[0]}/.rss",)
    if host == "medium.com" and first and first not in ("feed", "tag", "m"):
        return (f"https://medium.com/feed/{first}",)
    if host == "arxiv.org" and first == "list" and second:
        return (f"https://rss.arxiv.org/rss/{second.split('/')[0]}",)
    return ()


def _of_videos(path: str, query: str) -> tuple[str, ...]:
    at = "https://www.youtube.com/feeds/videos.xml"
    channel = CHANNEL_ID.match(path)
    if channel:
        return (f"{at}?channel_id={channel[1]}",)
    wanted = parse_qs(query).get("list", [""])[0]
    return (f"{at}?playlist_id={quote(wanted)}",) if path == "/playlist" and wanted else ()
