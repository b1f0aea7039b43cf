"""What befell the sources as episodes with a beginning and, later, an end: trouble, silence, and floods held back.

Read off the events, so that an episode keeps its number for ever; how it is published is not decided here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.entries import holding
from registry.services.sources.source_health import SICK, SourceState, health
from registry.store import entries, events, sources
from registry.store.columns import id_of
from registry.store.tables import Event

TOLD_FOR = timedelta(days=60)
"""An episode that ended stays for as long, so that who looks seldom sees its end."""
MOST_EVENTS = 4_000

STARTS = frozenset({"source.failed", "source.broken", "source.gone"})
GOES_ON = frozenset({"source.paused", "source.resumed", "source.moved", "source.moved_back"})
ENDS = frozenset({"source.recovered", "source.removed"})
SILENCE = frozenset({"source.quiet", "source.woke"})
FLOODS = frozenset({"source.flooded", "source.let_in", "source.left"})
TOLD = STARTS | GOES_ON | ENDS | SILENCE | FLOODS


@dataclass
class Episode:
    """`number` is that of the event that began it; `state` and `sentence` are of the newest."""

    number: int
    source_id: int
    name: str
    began_at: datetime
    changed_at: datetime
    state: str
    """A SourceState, `held`, `recovered`, `woke`, `let_in`, `left` or `removed`."""
    sentence: str
    story: list[str] = field(default_factory=list)
    """A sentence for each turn, oldest first."""

    @property
    def over(self) -> bool:
        return self.state in ("recovered", "woke", "let_in", "left", "removed")


def episodes(session: Session, now: datetime) -> Sequence[Episode]:
    """Those that go on, and those that ended within 60 days, the one that changed last first."""
    standing = sources.standings(session)
    restless = {each.id for each in standing if health(each, now).state in SICK | {SourceState.QUIET}}
    restless |= set(entries.held_by_source(session))
    told = events.of_sources(session, TOLD, since=now - TOLD_FOR, always=restless, limit=MOST_EVENTS)
    names = {each.source_id: each.name for each in sources.addresses(session)}
    found: list[Episode] = []
    for source_id in dict.fromkeys(each.subject_id for each in told):
        its = [each for each in told if each.subject_id == source_id]
        found += _of_source(its, names.get(source_id, f"Source {source_id}"))
    return sorted(found, key=lambda each: (each.changed_at, each.number), reverse=True)


def _of_source(told: Iterable[Event], name: str) -> list[Episode]:
    """The episodes of one source, from its events in their order."""
    found: list[Episode] = []
    trouble: Episode | None = None
    silence: Episode | None = None
    flood: Episode | None = None
    for event in told:
        state, sentence = _turn(event)
        if event.action in STARTS:
            # One whose beginning is too long ago to be read here would get another number: it is left out.
            if trouble is None and not (event.action == "source.failed" and event.before.get("error_code")):
                trouble = _begun(event, name)
                found.append(trouble)
            _goes_on(trouble, event, state, sentence)
        elif event.action == "source.quiet":
            if silence is None:
                silence = _begun(event, name)
                found.append(silence)
            _goes_on(silence, event, state, sentence)
        elif event.action == "source.flooded":
            if flood is None:
                flood = _begun(event, name)
                found.append(flood)
            _goes_on(flood, event, state, sentence)
        elif event.action in FLOODS:
            _goes_on(flood, event, state, sentence)
            flood = None
        elif event.action == "source.woke":
            _goes_on(silence, event, state, sentence)
            silence = None
        elif event.action == "source.recovered":
            _goes_on(trouble, event, state, sentence)
            trouble = None
        elif event.action == "source.removed":
            for each in (trouble, silence, flood):
                _goes_on(each, event, state, sentence)
            trouble = silence = flood = None
        else:
            _goes_on(trouble, event, trouble.state if trouble else state, sentence)
    return found


def _begun(event: Event, name: str) -> Episode:
    return Episode(id_of(event), event.subject_id, name, event.at, event.at, "", "")


def _goes_on(episode: Episode | None, event: Event, state: str, sentence: str) -> None:
    if episode is not None:
        episode.changed_at, episode.state, episode.sentence = event.at, state, sentence
        episode.story.append(sentence)


def _turn(event: Event) -> tuple[str, str]:
    """State and sentence after an event; never holds an address."""
    error = str(event.after.get("error", ""))
    by = f" by {event.actor}" if event.actor_id is not None else ""
    match event.action:
        case "source.failed":
            return SourceState.FAILING, error
        case "source.broken":
            return str(event.after.get("state", SourceState.BROKEN)), f"It needs somebody. {error}"
        case "source.gone":
            return SourceState.GONE, "Its publisher says that it is gone for good."
        case "source.quiet":
            return SourceState.QUIET, error
        case "source.flooded":
            return "held", holding.sentence(int(event.after.get("new", 0)))
        case "source.let_in":
            return "let_in", f"What was held back was let in{by}."
        case "source.left":
            return "left", f"What was held back was left as seen{by}."
        case "source.woke":
            return "woke", "It brought something again."
        case "source.recovered":
            return "recovered", "It can be read again."
        case "source.removed":
            return "removed", f"It was removed{by} and is read no more."
        case "source.paused":
            return SourceState.PAUSED, f"It was paused{by}."
        case "source.resumed":
            return SourceState.FAILING, f"It was resumed{by}."
        case _:
            return SourceState.FAILING, f"It was given another address{by}."
