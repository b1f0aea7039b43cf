"""What an operator watches of a running registry, read from the database, so that every process tells the same."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.numbers import numbers
from registry.settings import Settings
from registry.store import events, gauges, outbox
from registry.store.tables import Channel, DeliveryState


@dataclass(frozen=True)
class Gauge:
    """One measure; `samples` are label values, in the order of `labels`, with the number."""

    name: str
    told: str
    samples: Sequence[tuple[tuple[str, ...], float]]
    labels: tuple[str, ...] = ()


def read(session: Session, settings: Settings, now: datetime) -> list[Gauge]:
    """Every gauge. Its queries do not grow with what is stored, and label values are codes of ours, so their number
    is bounded."""
    return [*_sources(session, now), *_outbox(session, now), *_work(session, settings, now)]


def lag_s(session: Session, now: datetime) -> float:
    """For how long the source has been due that waits longest, though it could be read."""
    return _since(gauges.longest_due(session, now), now)


def _sources(session: Session, now: datetime) -> Iterator[Gauge]:
    outcomes = [((code or "ok",), count) for code, count in gauges.sources_by_last_code(session).items()]
    yield Gauge("registry_sources", "Polled sources by how the last visit ended.", outcomes, ("outcome",))
    yield Gauge(
        "registry_source_lag_seconds",
        "For how long the source has been due that waits longest.",
        [((), lag_s(session, now))],
    )


def _outbox(session: Session, now: datetime) -> Iterator[Gauge]:
    counted = outbox.counted(session)
    each = [
        ((channel.value, state.value), counted.get((channel, state), 0))
        for channel in Channel
        for state in (DeliveryState.WAITING, DeliveryState.FAILED)
    ]
    yield Gauge(
        "registry_outbox_deliveries", "What waits, and what was given up.", each, ("channel", "state")
    )
    yield Gauge(
        "registry_outbox_lag_seconds",
        "For how long the delivery has been due that waits longest.",
        [((), _since(outbox.oldest_due(session, now), now))],
    )


def _work(session: Session, settings: Settings, now: datetime) -> Iterator[Gauge]:
    states = [((state.value,), count) for state, count in gauges.evaluations(session).items()]
    yield Gauge("registry_evaluations", "Evaluations by state.", states, ("state",))
    today = now.astimezone(settings.zone).date()
    late = gauges.overdue_evaluations(session, today)
    yield Gauge("registry_evaluations_overdue", "Evaluations past their day.", [((), late)])
    stands: Counter[tuple[str, ...]] = Counter()
    ending = 0
    for _, state, soon, count in numbers.tallied(session, zone=settings.zone, now=now):
        stands[(state.value,)] += count
        ending += count if soon else 0
    yield Gauge("registry_verdicts", "Published verdicts by validity.", list(stands.items()), ("validity",))
    told = f"Standing verdicts that end within {numbers.DUE_SOON_DAYS} days."
    yield Gauge("registry_verdicts_ending", told, [((), ending)])
    position = events.highest(session)
    yield Gauge("registry_log_position", "Number of the newest event in the log.", [((), position)])


def _since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
