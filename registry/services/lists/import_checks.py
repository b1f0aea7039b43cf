"""What keeps rows of a list apart that would be taken for one, and verdicts from wiping out one another."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from hashlib import blake2b

from registry.services.lists.import_rows import PlannedVerdict
from registry.services.lists.importing_store import ListedTool
from registry.store import tables
from registry.store.tables import VerdictCondition
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


def fingerprint(tool: ListedTool, planned: PlannedVerdict) -> bytes:
    """The same for two verdicts that say the same of a tool, whoever decided, and when."""
    texts = planned.texts
    return _digest(
        tool.slug,
        planned.outcome.value,
        planned.edition,
        texts["versions"],
        texts["deployment"],
        planned.data_ceiling,
        sorted(set(planned.accounts)),
        sorted(set(planned.offices)),
        sorted(set(planned.audience)),
        [each.text for each in planned.conditions],
        texts["rationale"],
        texts["reason_code"],
        planned.valid_until,
        texts["reference"],
    )


def fingerprint_of(tool: ListedTool, row: tables.Verdict, conditions: Sequence[VerdictCondition]) -> bytes:
    """The same of a stored one."""
    return _digest(
        tool.slug,
        row.outcome.value,
        row.edition,
        row.versions,
        row.deployment,
        row.data_ceiling,
        sorted(set(row.accounts)),
        sorted(set(row.offices)),
        sorted(set(row.audience)),
        [each.text for each in conditions],
        row.rationale,
        row.reason_code,
        row.valid_until,
        row.reference,
    )


def _digest(*said: object) -> bytes:
    return blake2b(repr(said).encode(errors="surrogatepass"), digest_size=16).digest()
