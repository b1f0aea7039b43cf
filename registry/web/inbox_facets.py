"""The inbox's filters with how many candidates each would show, and those that are on as chips to take off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from registry.domain.triage import REASON_LABELS, CandidateStatus
from registry.store import inbox, sources
from registry.store.inbox import Demand
from registry.web.inbox_filter import AGES, ALL, SINCE, Age, Wanted
from registry.web.shapes import Chip, Facet, FacetOption, Facets

DEMANDS = {Demand.REQUESTED: "Requested by a colleague", Demand.LOOKED_UP: "Looked up without an answer"}


def facets(session: Session, wanted: Wanted, *, zone: ZoneInfo, now: datetime) -> Facets:
    """The groups only where the filters stand open: counting is the dearest part of the page."""
    keep = [("filters", "open")]
    if wanted.status is not CandidateStatus.NEW:
        keep.append(("status", wanted.status or ALL))
    keep += [(name, value) for name, value in (("q", wanted.words), ("decided", wanted.month)) if value]
    if wanted.order.value != "newest":
        keep.append(("sort", wanted.order.value))
    names = dict(sources.names(session, wanted.sources)) if wanted.sources else {}
    groups = _groups(session, wanted, zone, now) if wanted.facets else []
    return Facets("/inbox", groups, _chips(wanted, names), keep)


def _groups(session: Session, wanted: Wanted, zone: ZoneInfo, now: datetime) -> list[Facet]:
    """Each counted as if nothing were chosen in its own group; one query each."""
    matches = wanted.filter(zone=zone, now=now)
    spoken = inbox.source_counts(session, replace(matches, sources=()))
    labelled = inbox.label_counts(session, replace(matches, labels=()))
    demands = [replace(matches, demand=(each,)) for each in Demand]
    unsure = replace(matches, unsure=True)
    ages = [replace(wanted, age=age).filter(zone=zone, now=now) for age in Age]
    numbers = inbox.counts(session, [*demands, unsure, *ages])
    groups = [
        Facet(
            "source",
            "Seen in",
            [FacetOption(str(each), name, count, each in wanted.sources) for each, name, count in spoken],
        ),
        Facet(
            "demand",
            "Wanted",
            [
                FacetOption(each.value, DEMANDS[each], count, each in wanted.demand)
                for each, count in zip(Demand, numbers, strict=False)
            ],
        ),
        Facet(
            "age",
            "First seen",
            [
                FacetOption(age.value, AGES[age][0], count, age is wanted.age)
                for age, count in zip(Age, numbers[len(demands) + 1 :], strict=True)
            ],
        ),
        Facet("label", "Label", _labels(labelled, wanted.labels)),
        Facet("name", "Name", [FacetOption("unsure", "Not sure", numbers[len(demands)], wanted.unsure)]),
    ]
    if wanted.status in (None, CandidateStatus.DISMISSED):
        counted = inbox.reason_counts(session, replace(matches, reasons=(), status=CandidateStatus.DISMISSED))
        options = [
            FacetOption(each.value, label, counted.get(each.value, 0), each in wanted.reasons)
            for each, label in REASON_LABELS.items()
        ]
        groups.insert(0, Facet("reason", "Dismissed because", options))
    return [each for each in groups if each.options]


def _labels(found: Sequence[tuple[str, int]], chosen: Sequence[str]) -> list[FacetOption]:
    counts = {**dict.fromkeys(chosen, 0), **dict(found)}
    return [
        FacetOption(each, each, counts[each], each in chosen) for each in sorted(counts, key=str.casefold)
    ]


def _chips(wanted: Wanted, names: dict[int, str]) -> list[Chip]:
    bare = replace(wanted, after="")
    found: list[tuple[str, Wanted]] = []
    for source in bare.sources:
        rest = tuple(each for each in bare.sources if each != source)
        found.append((f"seen in {names.get(source, f'source {source}')}", replace(bare, sources=rest)))
    for label in bare.labels:
        rest_labels = tuple(each for each in bare.labels if each != label)
        found.append((f"label {label}", replace(bare, labels=rest_labels)))
    for demand in bare.demand:
        rest_demand = tuple(each for each in bare.demand if each != demand)
        found.append((DEMANDS[demand].lower(), replace(bare, demand=rest_demand)))
    for reason in bare.reasons:
        rest_reasons = tuple(each for each in bare.reasons if each != reason)
        found.append((f"because: {REASON_LABELS[reason].lower()}", replace(bare, reasons=rest_reasons)))
    if bare.unsure:
        found.append(("name not sure", replace(bare, unsure=False)))
    if bare.age:
        found.append((f"first seen: {AGES[bare.age][0].lower()}", replace(bare, age=None)))
    if bare.month:
        told = f"since {bare.month.removesuffix(SINCE)}" if bare.month.endswith(SINCE) else f"in {bare.month}"
        found.append((f"decided {told}", replace(bare, month="")))
    if bare.words:
        found.append((f"“{bare.words}”", replace(bare, words="")))
    return [Chip(label, each.address) for label, each in found]
