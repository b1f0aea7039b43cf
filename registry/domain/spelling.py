"""Whether a name and a link spell the same thing, letter by letter; how links become keys is not its business."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

SLUG_NUMBER = re.compile(r"-(?:\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
AFFIXES = re.compile(
    r"^(?:get|use|try|go|my|join|with|hey|the)|(?:app|hq|io|ai|labs?|tech|software|dev|so|inc)$"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOTHING_SAID = _words(
    """
    www app apps web docs blog my go get dev beta en de fr latest index home main master tree about product
    products project projects tool tools item posts post news articles article download playground com org
    net html
    """
)
"""Labels and path segments that name no product."""
SHORTEST_BEGINNING = 4
COMMON_WORDS = _words(
    """
    access agent agents app apps artifacts board browser build calendar camera chat client cloud code connect
    console desktop device devices docs drive edge editor email exchange firewall firmware flow forms
    framework gateway insights ios kernel keep mail manager maps meet memory messages mobile notes office os
    outlook pages photos platform player portal projects reader router routers run search server sheets
    slides software spaces studio suite switch system tasks teams thinking viewer vpn windows word workspace
    """
)
"""Words that many products are called by and that headlines use anyway: no product is known by one of them alone."""


@lru_cache(maxsize=2_048)
def letters(name: str) -> str:
    """Letters and digits alone, case folded, by which two spellings of a name are one."""
    return "".join(filter(str.isalnum, name.casefold()))


def is_launch_page(key: str) -> bool:
    return re.search(r"/(?:posts|products|startups|software)/[^/]+$", key) is not None


def last_part(key: str) -> str:
    """The name that a strong key holds: the repository, the package with its scope, the slug or the domain's label."""
    if key.startswith("pkg:"):
        return unquote(key.split("/", 1)[1])
    return key.rsplit("/", 1)[-1] if "/" in key else key.split(".", 1)[0]


def agrees(name: str, identity_key: str) -> bool:
    """Whether a strong key spells the name: as repository, package, slug (number aside) or domain label."""
    said = letters(name)
    if not said or not identity_key:
        return False
    return said in _spelled(identity_key) or AFFIXES.sub("", said) in _spelled(identity_key)


@lru_cache(maxsize=2_048)
def _spelled(key: str) -> frozenset[str]:
    last = last_part(key)
    spelled = {letters(last), letters(last.rsplit("/", 1)[-1]), letters(SLUG_NUMBER.sub("", last))}
    if "/" not in key:
        spelled |= {letters(AFFIXES.sub("", last)), letters(key)}
    return frozenset(spelled - {""})


def begins(name: str, identity_key: str) -> bool:
    """Whether the first words of the name are what the key spells: `Mljar Studio` at `mljar.com`."""
    words = name.split()
    return any(
        len(letters(" ".join(words[:count]))) >= SHORTEST_BEGINNING
        and agrees(" ".join(words[:count]), identity_key)
        for count in range(1, len(words))
    )


def spelled_words(text: str, identity_key: str) -> str:
    """The first words of the text as far as the key spells them: `GibRAM` of `GibRAM an in-memory runtime`."""
    words = text.split()
    for count in range(1, min(len(words), 5) + 1):
        beginning = " ".join(words[:count]).strip(" ,;:.!?\"'“”()")
        if agrees(beginning, identity_key):
            return beginning
    return ""


def place_of(name: str, link: str) -> str:
    """The part of a link up to what spells the name, `wilf.live/cobble` or `swapple.fuglede.dk`, or ""."""
    said = letters(name)
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.")
    if len(said) < 2 or not host:
        return ""
    labels = host.split(".")
    for label in labels[:-1]:
        if label not in NOTHING_SAID and letters(label) == said:
            return host
    if said == letters(host):
        return host
    segments = [segment for segment in unquote(parts.path).split("/") if segment]
    for place, segment in enumerate(segments):
        if segment.casefold() not in NOTHING_SAID and letters(segment.split(".")[0]) == said:
            return "/".join([host, *segments[: place + 1]])
    return ""


def says(title: str, name: str, maker: str = "") -> bool:
    """Whether a title holds a product's full name as words; a common word counts only behind its maker's name."""
    name = " ".join(name.split())
    if not letters(name):
        return False
    if " " not in name:
        if name.casefold() in COMMON_WORDS:
            return bool(maker) and says(title, f"{maker} {name}")
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", title) is not None
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", title, re.IGNORECASE) is not None
