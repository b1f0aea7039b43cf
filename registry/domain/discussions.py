"""What discussion sites announce: what makers show, repositories and sites that people pass on, and mostly news."""

from dataclasses import replace

from registry.domain.announcement import Confidence, EntryKind, Found, Proposal
from registry.domain.building import Seen, named, nothing, tool, with_version
from registry.domain.headlines import announced, is_name, splits, version_out
from registry.domain.spelling import agrees, begins, letters, place_of, spelled_words
from registry.domain.title_patterns import (
    BATCH,
    DIGEST,
    ODD_CASE,
    POSTED,
    RELEASE_PAGE,
    RISK_NUMBER,
    TALK,
    TALK_OF_REPOSITORY,
)
from registry.domain.title_rules import advisory, news, of_headline, release
from registry.domain.version_name import split_version


def discussion(seen: Seen) -> Proposal:
    posted = POSTED.match(seen.title)
    if posted:
        batch = BATCH.search(seen.title) is not None and posted["form"].lower() == "launch"
        return _shown(seen, BATCH.sub("", seen.title[posted.end() :]).strip(), certain=batch)
    if TALK.search(seen.title):
        return nothing(EntryKind.NEWS, "A question or a job, and no tool.")
    if DIGEST.search(seen.title):
        return nothing(EntryKind.DIGEST, "A list of many tools proposes none.")
    if RISK_NUMBER.search(seen.title):
        return advisory(seen)
    if seen.on_code_host or seen.key.startswith("pkg:"):
        return _discussed_repository(seen)
    headline = announced(seen.title) or version_out(seen.title)
    if headline:
        return of_headline(seen, headline, seen.home if seen.at_the_front else "")
    return _discussed_site(seen) if seen.key else _discussed_article(seen)


def _shown(seen: Seen, text: str, *, certain: bool) -> Proposal:
    """`Show HN: X - does Y`: what makers show to other makers."""
    name, tagline = next(splits(text, first=True), (text, ""))
    if ", " in name:
        name, tagline = text.split(", ", 1)
    short = is_name(name, words=4 if tagline else 3)
    whole, version = split_version(name) if short else (name, "")
    if seen.on_code_host or seen.key.startswith("pkg:"):
        names = _beside_repository(seen, text, name if short else "", bool(tagline))
        return with_version(tool(seen, names, tagline or text), version)
    if not short:
        if not seen.key:
            return nothing(EntryKind.NEWS, "The title holds no short name and the link leads to no product.")
        why = "The title holds no short name; this one comes from the link."
        names = (Found("name", seen.spelled, "link", Confidence.GUESS, why),)
        return tool(seen, names, text)
    names = named(seen, whole, "show", "The poster shows it under this name.", certain=certain)
    return with_version(tool(seen, names, tagline), version)


def _beside_repository(seen: Seen, text: str, name: str, parted: bool) -> tuple[Found, ...]:
    """Names of what is shown with a link to its repository or package; `parted`: a tagline stands behind the name."""
    name, _ = split_version(name)
    if name and (agrees(name, seen.key) or place_of(name, seen.link) or begins(name, seen.key)):
        return named(seen, name, "show", "The poster shows it under this name.")
    beginning = spelled_words(text, seen.key)
    if beginning:
        why = "The title begins with the name of the repository."
        return (Found("name", beginning, "show", Confidence.SURE, why),)
    own = Found("name", seen.spelled, "repository", Confidence.SURE, "The link leads to this repository.")
    if not name:
        return (own,)
    own = replace(own, confidence=Confidence.GUESS, reason=f"The link says “{seen.spelled}”.")
    shown = Found("name", name, "show", Confidence.GUESS, "The poster shows it under this name.")
    return (shown, own) if parted and " for " not in name else (own, shown)


def _discussed_repository(seen: Seen) -> Proposal:
    if RELEASE_PAGE.search(seen.link):
        return release(seen)
    if TALK_OF_REPOSITORY.search(seen.link):
        return nothing(EntryKind.NEWS, "The link leads to talk about a repository.")
    name, tagline = next(splits(seen.title, first=True), (seen.title, ""))
    bare_name, version = split_version(name)
    spelled = bare_name if agrees(bare_name, seen.key) else spelled_words(seen.title, seen.key)
    why = "The link leads to this repository."
    names = (Found("name", spelled or seen.spelled, "repository", Confidence.SURE, why),)
    return with_version(tool(seen, names, tagline or seen.title), version if spelled else "")


def _discussed_site(seen: Seen) -> Proposal:
    """A title that is a name, or begins with one, and a link to a site that may be the product's own."""
    name, tagline = next(splits(seen.title, first=True), (seen.title, ""))
    if ", " in name:
        name, tagline = name.split(", ", 1)[0], seen.title
    if is_name(name, words=4):
        if agrees(name, seen.key) or (place_of(name, seen.link) and (tagline or seen.at_the_front)):
            return tool(
                seen, named(seen, name, "before_separator", "It is discussed under this name."), tagline
            )
        if seen.at_the_front or (tagline and begins(name, seen.key)):
            return tool(
                seen, named(seen, name, "before_separator", "It is discussed under this name."), tagline
            )
    beginning = spelled_words(seen.title, seen.key) if seen.at_the_front else ""
    if beginning:
        why = "The title begins with the name of the site."
        return tool(seen, (Found("name", beginning, "link", Confidence.LIKELY, why),), seen.title)
    return news(seen)


def _discussed_article(seen: Seen) -> Proposal:
    for name, tagline in splits(seen.title, first=True):
        makers = len(name.split()) > 1 and letters(name.split()[0]) in map(letters, seen.labels)
        if is_name(name, words=3) and (makers or ODD_CASE.match(name)):
            why = "The headline begins with a name."
            return tool(seen, (Found("name", name, "bare", Confidence.GUESS, why),), tagline, home="")
        break
    return news(seen)
