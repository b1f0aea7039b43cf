"""What each sort of source but a discussion announces, one rule a function."""

from dataclasses import replace

from registry.domain.announcement import Confidence, EntryKind, Found, Proposal
from registry.domain.building import (
    MAX_HOMEPAGE,
    MAX_NAME,
    MAX_TAGLINE,
    Seen,
    named,
    nothing,
    tool,
    with_version,
)
from registry.domain.headlines import Headline, announced, bare, splits, version_out
from registry.domain.spelling import agrees, last_part, letters
from registry.domain.title_patterns import ADDED, AFFECTED, DIGEST, FLAW_IN, NUMBER_FIRST, RISK_NUMBER
from registry.domain.version_name import split_version, version_in, version_in_package


def launch(seen: Seen) -> Proposal:
    found = list(splits(seen.title))
    if not found:
        why = "The title has no separator; all of it is taken as the name."
        return tool(seen, named(seen, seen.title, "none", why))
    name, tagline = next((each for each in reversed(found) if agrees(each[0], seen.key)), found[-1])
    why = "The name stands before the last separator of the title."
    return tool(seen, named(seen, name, "before_separator", why), tagline)


def release(seen: Seen) -> Proposal:
    version = version_in(seen.title, seen.link)
    if seen.on_code_host or seen.key.startswith("pkg:"):
        why = "The link leads to this repository."
        names = (Found("name", seen.spelled, "repository", Confidence.SURE, why),)
        return with_version(tool(seen, names, seen.title), version, always=True)
    name, _ = split_version(seen.title)
    why = "The title is all there is; the link leads to no repository."
    names = (Found("name", name, "before_separator", Confidence.LIKELY, why),)
    return with_version(tool(seen, names, home=""), version, always=True)


def package(seen: Seen) -> Proposal:
    added = ADDED.match(seen.title)
    name = added["name"] if added else split_version(seen.title)[0]
    version = "" if added else version_in(seen.title, "") or version_in_package(seen.link)
    if not seen.key.startswith("pkg:"):
        names = (Found("name", name, "package", Confidence.LIKELY, "The index names it."),)
    else:
        own = last_part(seen.key)
        shown = name if letters(name) == letters(own) else own
        names = (Found("name", shown, "package", Confidence.SURE, "The link leads to this package."),)
    return with_version(tool(seen, names), version)


def vendor(seen: Seen) -> Proposal:
    if DIGEST.search(seen.title):
        return nothing(EntryKind.DIGEST, "A list of many things proposes no tool.")
    if RISK_NUMBER.search(seen.title):
        return advisory(seen)
    maker = seen.labels[-2] if len(seen.labels) > 1 else ""
    headline = announced(seen.title) or version_out(seen.title) or bare(seen.title, maker)
    return of_headline(seen, headline, "") if headline else news(seen)


def of_headline(seen: Seen, headline: Headline, home: str) -> Proposal:
    why = {
        "introducing": "The headline announces it by this name.",
        "available": "The headline says that it is there.",
    }.get(headline.method, "The headline is its name.")
    spelled = letters(headline.name) in map(letters, seen.labels) or (
        home and agrees(headline.name, seen.key)
    )
    sure = (
        Confidence.SURE if spelled else Confidence.GUESS if headline.method == "bare" else Confidence.LIKELY
    )
    reason = f"{why} The link spells the same name." if spelled else why
    names = (Found("name", headline.name, headline.method, sure, reason),)
    return with_version(tool(seen, names, headline.tagline, home=home), headline.version)


def advisory(seen: Seen) -> Proposal:
    findings = [
        Found(field, tag.removeprefix(f"{field}:"), "affected", Confidence.SURE, "The advisory says so.")
        for field in ("vendor", "product")
        for tag in seen.tags
        if tag.startswith(f"{field}:")
    ]
    found, confidence = AFFECTED.match(seen.title), Confidence.SURE
    if not found:
        found, confidence = NUMBER_FIRST.match(seen.title), Confidence.LIKELY
    if not found:
        found, confidence = FLAW_IN.search(seen.title), Confidence.GUESS
    if not found:
        return Proposal(EntryKind.RISK, tuple(findings), "A warning of a risk.")
    name = found["name"].strip()[:MAX_NAME]
    findings.insert(0, Found("name", name, "affected", confidence, "The advisory names what is affected."))
    tagline = (found.groupdict().get("tagline") or "")[:MAX_TAGLINE]
    if tagline:
        findings.append(
            Found("tagline", tagline, "affected", Confidence.SURE, "It stands behind the number.")
        )
    return Proposal(EntryKind.RISK, tuple(findings))


def other_registry(seen: Seen) -> Proposal:
    name, _, outcome = seen.title.rpartition(": ")
    if not name.strip() or len(outcome.split()) > 4:
        name, outcome = next(splits(seen.title, first=True), (seen.title, ""))
    why = "Another registry lists it under this name."
    names = (Found("name", name, "before_separator", Confidence.LIKELY, why),)
    said = tool(seen, names, outcome, home="")
    if not seen.related or len(seen.related) > MAX_HOMEPAGE:
        return said
    why = "The other registry links to it."
    found = Found("homepage", seen.related, "related", Confidence.LIKELY, why)
    return replace(said, findings=(*said.findings, found))


def news(_: Seen) -> Proposal:
    return nothing(EntryKind.NEWS, "Nothing in the title or the link announces a tool.")


def press(seen: Seen) -> Proposal:
    if DIGEST.search(seen.title):
        return nothing(EntryKind.DIGEST, "A list of many tools proposes none.")
    if RISK_NUMBER.search(seen.title):
        return advisory(seen)
    headline = announced(seen.title) or version_out(seen.title)
    return of_headline(seen, headline, "") if headline and headline.version else news(seen)
