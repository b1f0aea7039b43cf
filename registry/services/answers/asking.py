"""What a query may mean: the keys by which a tool could certainly be known, in the order in which they are believed.

Text alone, nothing is looked up: the store and the index in memory are asked for the same keys, so that they agree.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote, urlencode, urlsplit

from registry.domain.disguise import is_disguised, plain
from registry.domain.identity import name_key
from registry.domain.spelling import last_part
from registry.domain.tool import AliasKind
from registry.domain.values import dataclass
from scrapers.links import (
    has_public_suffix,
    host_of,
    identity_key,
    is_shared_host,
    link_key,
    registrable_domain,
)

MOST_SIGNS = 2_000
"""Longer than any name or address by which a tool is known; what is longer means nothing certain."""
MOST_SEGMENTS = 12
"""Of a path; no tool is known by a deeper one."""

_HOST = re.compile(r"^(?:[^\s/@:.\\?#]+\.)+[^\s/@:.\\?#]{2,}\.?(?::\d{1,5})?(?:[/?#]\S*)?$")
_MAIL = re.compile(r"\S@\S+\.\S")
_NUMBERS = re.compile(r"^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){3}$|^0x[0-9a-f]+$", re.IGNORECASE)
_WITHIN = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_PROGRAM = re.compile(r"(?:^|[\\/])([^\\/:*?\"<>|]+\.exe)(?:$|[\s\"])", re.IGNORECASE)
_FILE = re.compile(r"^[^\\/:]+\.exe$", re.IGNORECASE)
_PAGE = re.compile(r"\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_BUNDLE = re.compile(r"/([^/]+\.app)(?:$|/)", re.IGNORECASE)
_PLACE = re.compile(r"^(?:[a-z]:\\|\\\\|file:///|~?/(?!/))", re.IGNORECASE)
_HIDDEN = re.compile(r"%(?:25)*(?:2e|2f|5c)", re.IGNORECASE)
"""A dot or a slash of a path that is written so that one reader sees it and another does not."""
_HARMLESS = frozenset(
    {
        "arch",
        "checksum",
        "checksums",
        "classifier",
        "distro",
        "ext",
        "extra",
        "file_name",
        "os",
        "platform",
        "type",
    }
)
"""Qualifiers that choose a file of the same package; with any other it may be another package."""
_WRAPPERS = " \t<>()[]{}\"'`,;“”‘’«»"
_MARKS = str.maketrans("", "", "™℠®©")


@dataclass(frozen=True)
class Asked:
    keys: tuple[tuple[AliasKind, str], ...] = ()
    """The first one that a tool has is the match."""
    written: str = ""
    """Where it is set the query reads as a host, and only a name that is written just so, case aside, is meant:
    `asp.net` may be a name, `fig.ma` and `mon-day.com` are other people's hosts."""
    words: str = ""
    """What near names are looked for by."""


@lru_cache(maxsize=1_024)
def read_query(query: str) -> Asked:
    """Source: interface.md, "match"."""
    if is_disguised(query):
        return Asked(words=_words(plain(query).strip()))
    text = unicodedata.normalize("NFC", query.strip())
    if not text or len(text) > MOST_SIGNS:
        return Asked(words=text[:MOST_SIGNS])
    if text.lower().startswith("pkg:"):
        key = purl_key(text)
        return Asked(((AliasKind.PURL, key),) if key else (), words=_words(text))
    bare = text.strip(_WRAPPERS)
    if _FILE.match(bare):
        return Asked((*_program_keys(bare), *_name_keys(bare)), words=_words(bare))
    address = _address(bare)
    if address:
        keys = _keys_of(address)
        whole = "://" in bare or bare.startswith("//")
        names = () if whole else _name_keys(bare)
        written = bare.casefold() if _reads_as_host(bare) else ""
        return Asked((*keys, *names), written, _words(bare))
    if "://" in bare or bare.startswith("//") or _NUMBERS.match(bare):
        return Asked(_program_keys(bare), words=_words(bare))
    written = bare.casefold() if _MAIL.search(bare) else ""
    return Asked((*_program_keys(bare), *_name_keys(text)), written, _words(bare))


def purl_key(text: str) -> str:
    """A package URL less version, subpath and what only chooses a file; empty where it is none.

    What names another place, such as `repository_url`, stays: only a tool known by just that has this key.
    """
    from packageurl import PackageURL  # only here: a name typed at a terminal need not wait for it

    place, _, qualifiers = text.strip().partition("#")[0].partition("?")
    said = [pair.partition("=")[0].lower() for pair in qualifiers.split("&") if pair]
    if any(sign.isspace() for sign in unquote(place)) or len(set(said)) < len(said):
        return ""
    try:
        parsed = PackageURL.from_string(re.sub("^pkg:", "pkg:", text.strip(), flags=re.IGNORECASE))
    except ValueError:
        return ""
    package = PackageURL(type=parsed.type, namespace=parsed.namespace, name=parsed.name).to_string().lower()
    given = parsed.qualifiers if isinstance(parsed.qualifiers, dict) else {}
    kept = {name: value for name, value in given.items() if name not in _HARMLESS}
    return f"{package}?{urlencode(sorted(kept.items()), safe=':/')}" if kept else package


def domain_key(host: str) -> str:
    return host.lower().rstrip(".").removeprefix("www.")


def program_key(file_name: str) -> str:
    return file_name.strip().casefold()


def _address(text: str) -> str:
    """The query as an absolute address; empty where it is none, or not the plain one that it looks like."""
    url = text if "://" in text else f"https:{text}" if text.startswith("//") else ""
    if not url and _HOST.match(text):
        url = f"https://{text}"
    if not url.lower().startswith(("http://", "https://")) or any(sign.isspace() for sign in url):
        return ""
    try:
        parts = urlsplit(url)
        typed = parts.hostname or ""
    except ValueError:
        return ""
    odd = "@" in parts.netloc or "\\" in parts.netloc or "%" in parts.netloc
    return url if not odd and _is_as_typed(typed, host_of(url)) else ""


def _is_as_typed(typed: str, host: str) -> bool:
    """Whether a host is spelled as it will be asked for: other letters than ASCII only where they stay themselves."""
    wanted, found = typed.rstrip(".").split("."), host.split(".")
    if len(wanted) != len(found) or _NUMBERS.match(host) or found[-1].isdigit():
        return False
    return all(
        said == has if said.isascii() else has.startswith("xn--")
        for said, has in zip(wanted, found, strict=True)
    )


def _keys_of(address: str) -> tuple[tuple[AliasKind, str], ...]:
    """A package's page; else the longest path first, the host, and what is above it down to what was registered."""
    host = domain_key(host_of(address))
    if _HIDDEN.search(urlsplit(address).path):
        return tuple((AliasKind.DOMAIN, each) for each in _hosts(host))
    identity, full = identity_key(address), link_key(address).split("?")[0]
    if identity.startswith("pkg:"):
        return ((AliasKind.PURL, identity),)
    product = identity if "/" in identity else ""
    paths = dict.fromkeys([*([product] if product else []), *_paths(full), *_paths(full.lower())])
    # On a host that many share, the page of a product is that product's and not the host's.
    domains = [] if product and is_shared_host(host) else _hosts(host)
    return (*((AliasKind.PATH, each) for each in paths), *((AliasKind.DOMAIN, each) for each in domains))


def _paths(full: str) -> list[str]:
    """`host/a/b` and each shorter one, the longest first, that one also less `.html`; the bare host is no path."""
    parts = full.rstrip("/").split("/")[: MOST_SEGMENTS + 1]
    found = ["/".join(parts[:length]) for length in range(len(parts), 1, -1)]
    plain = _PAGE.sub("", found[0]) if found else ""
    return [*found[:1], plain, *found[1:]] if plain not in ("", *found[:1]) else found


def _hosts(host: str) -> list[str]:
    top = registrable_domain(host)
    labels = host.split(".")
    chain = [".".join(labels[start:]) for start in range(len(labels))]
    return [each for each in chain if each == host or (top and (each == top or each.endswith("." + top)))]


def _name_keys(text: str) -> tuple[tuple[AliasKind, str], ...]:
    spellings = [text, text.translate(_MARKS), *([unquote(text)] if "%" in text else [])]
    return tuple((AliasKind.NAME, key) for key in dict.fromkeys(map(name_key, spellings)) if key)


def _program_keys(text: str) -> tuple[tuple[AliasKind, str], ...]:
    """The file that is run: `Teams.exe` with or without its folder, `Slack.app` and other files only in one."""
    in_folder = _PLACE.match(text) is not None
    if "://" in text and not in_folder:
        return ()
    text = unquote(text) if text.lower().startswith("file:") else text
    found = _PROGRAM.search(text) or (_BUNDLE.search(text) if in_folder else None)
    if found:
        return ((AliasKind.EXE, program_key(found[1])),)
    last = re.split(r"[\\/]", text)[-1]
    return ((AliasKind.EXE, program_key(last)),) if in_folder and last else ()


def _reads_as_host(text: str) -> bool:
    host = re.split(r"[/?#:]", text, maxsplit=1)[0]
    return has_public_suffix(host)


def _words(text: str) -> str:
    """What a person would call the thing: an address's or package's own label, a file's name, else the text."""
    text = text[:MOST_SIGNS]
    if text.lower().startswith("pkg:"):
        package = unquote(re.split(r"[?#]", text)[0])
        return package.split("/")[-1].split("@")[0] or text
    found = _WITHIN.search(text)
    url = found[0] if found else f"https://{text}" if _HOST.match(text.lstrip("/")) else ""
    if not url:
        return (
            re.sub(r"\.exe$", "", re.split(r"[\\/]", text)[-1], flags=re.I) if _program_keys(text) else text
        )
    key = identity_key(url)
    if "/" in key or key.startswith("pkg:"):
        return last_part(key)
    host = host_of(url)
    return registrable_domain(host).split(".")[0] or host.split(".")[0] or text
