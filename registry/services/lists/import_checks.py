"""What keeps rows of a list apart that would be taken for one, and verdicts from wiping out one another."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from scrapers.links import host_of, registrable_domain

TENANTS = frozenset(
    [
        "atlassian.net",
        "freshdesk.com",
        "myworkday.com",
        "okta.com",
        "service-now.com",
        "sharepoint.com",
        "zendesk.com",
    ]
)
"""Domains under which each customer of one tool has a host, with whatever its people put there."""


def circle(replaces: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """The numbers of one circle of verdicts that replace one another, in rising order; empty where there is none.

    `replaces` is number to the numbers that it names, each once.
    """
    try:
        TopologicalSorter(replaces).prepare()
    except CycleError as found:
        return tuple(sorted(set(found.args[1])))
    return ()


def site(address: str) -> str:
    """The registrable domain of an address, of a host or of an alias `domain:…`; empty where it has none."""
    text = address.removeprefix("domain:")
    return registrable_domain(host_of(text if "://" in text else f"https://{text}"))


def is_elsewhere(here: str, told: str, aliases: Iterable[str]) -> bool:
    """Whether two home pages' sites tell that one name is two tools': both known, different, and the row names
    not the first one among its aliases."""
    return bool(here and told) and here != told and here not in map(site, aliases)
