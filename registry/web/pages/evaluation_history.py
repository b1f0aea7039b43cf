"""What happened in one evaluation, in words."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import Session

from registry.domain.language import day_text
from registry.services.evaluations.taking_part import SPOKEN_OF_OTHERS
from registry.store import events, tables, users
from registry.web.shapes import Event
from registry.web.words import words

BAND_NAMES = {"risk_band": "Risk band", "fit_band": "Fit band"}
TITLES = {
    "evaluation.opened": "Opened",
    "tool.requested": "Asked for the tool, so no scorecard of theirs counts",
    "evaluation.rescheduled": "Another day",
    "interest.declared": "Declared",
    "scorecard.submitted": "Scorecard handed in",
    "scorecard.amended": "Scorecard amended",
    "condition.proposed": "Condition proposed",
    "condition.withdrawn": "Condition taken back",
    "disagreement.moderated": "Disagreement resolved",
    "disagreement.remarked": "Remark on a disagreement",
    "evidence.asked": "Evidence asked for",
}
SENTENCES = {
    "evaluation.assigned": ("{actor} asked {whom} to score", "reviewer"),
    "evaluation.unassigned": ("{actor} no longer asks {whom} to score", "reviewer"),
    "evaluation.handed_over": ("{actor} made {whom} the owner", "owner"),
    "contact.added": ("{actor} recorded {whom} as a contact of the vendor", "person"),
    "contact.removed": ("{actor} recorded {whom} as no contact of the vendor any more", "person"),
}
"""What one person does about another: the sentence, and under which key the event names the other."""


def history(session: Session, evaluation_id: int, *, blind: bool) -> list[Event]:
    """Newest first; without what would tell a `blind` reader how others rated."""
    told = [
        each
        for each in events.of_subject(session, "evaluation", evaluation_id)
        if not (blind and each.action.startswith(SPOKEN_OF_OTHERS))
    ]
    spoken_of = {value for each in told for value in _spoken_of(each).values() if isinstance(value, int)}
    names = users.names(session, spoken_of)
    return [_event(each, names) for each in told]


def _spoken_of(each: tables.Event) -> dict[str, object]:
    """Whom an event speaks of: a number, or in older events a name."""
    said = each.after or each.before
    return {key: said[key] for key in ("owner", "reviewer", "person") if key in said}


def _event(each: tables.Event, names: Mapping[int, str]) -> Event:
    named = {
        key: names.get(value, "somebody") if isinstance(value, int) else value
        for key, value in _spoken_of(each).items()
    }
    said = {**(each.after or each.before), **named}
    if "state" in said:
        return _moved(each, said)
    if each.action not in SENTENCES:
        return Event(each.at, f"{_title(each.action)}: {each.actor}", _told(said))
    whom, key = SENTENCES[each.action]
    rest = {name: value for name, value in said.items() if name != key}
    return Event(each.at, whom.format(actor=each.actor, whom=said.get(key) or "somebody"), _told(rest))


def _moved(each: tables.Event, said: dict[str, object]) -> Event:
    """Where it stands from then on, why, and by whose act."""
    until = f" until {day_text(date.fromisoformat(str(said['until'])))}" if said.get("until") else ""
    why = str(said.get("reason") or said.get("for") or "").rstrip(".")
    reason = f"{why}. " if why else ""
    return Event(each.at, f"{words(str(said['state']))}{until}", f"{reason}By {each.actor}.")


def declared_words(interested: bool, statement: str) -> str:
    return f"Declared an interest: {statement}" if interested else "No interest"


def _title(action: str) -> str:
    return TITLES.get(action) or words(action.replace(".", " "))


def _told(said: dict[str, object]) -> str:
    if "interested" in said:
        return f"{declared_words(bool(said['interested']), str(said.get('statement', '')))}."
    if "item" in said:
        name = BAND_NAMES.get(str(said["item"]), said["item"])
        if "text" in said:
            whom = f"{said['reviewer']} about " if said.get("reviewer") else ""
            return f"{whom}{name}: {said['text']}"
        return f"{name}: {said.get('value') or 'handed on as it is'}. {said['reason']}"
    if "due_on" in said and "reason" in said:
        return f"{day_text(date.fromisoformat(str(said['due_on'])))}: {said['reason']}"
    keys = ("owner", "reviewer", "person", "note", "text", "reason")
    return ". ".join(str(said[key]).rstrip(".") for key in keys if said.get(key))
