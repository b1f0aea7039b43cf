"""What happened in one evaluation, in words."""

from datetime import date

from sqlmodel import Session

from registry.domain.wording import day_text
from registry.services.taking_part import SPOKEN_OF_OTHERS
from registry.store import events
from registry.web.shapes import Event
from registry.web.words import words

BAND_NAMES = {"risk_band": "Risk band", "fit_band": "Fit band"}
TITLES = {
    "evaluation.opened": "Opened",
    "evaluation.assigned": "Asked to score",
    "evaluation.unassigned": "Asked no more",
    "evaluation.handed_over": "Handed over",
    "tool.requested": "Asked for the tool, so no scorecard of theirs counts",
    "evaluation.rescheduled": "Another day",
    "evaluation.moved": "Moved",
    "contact.added": "Contact of the vendor recorded",
    "contact.removed": "No contact of the vendor any more",
    "interest.declared": "Declared",
    "scorecard.submitted": "Scorecard handed in",
    "scorecard.amended": "Scorecard amended",
    "condition.proposed": "Condition proposed",
    "condition.withdrawn": "Condition taken back",
    "disagreement.moderated": "Disagreement resolved",
    "disagreement.remarked": "Remark on a disagreement",
    "evidence.asked": "Evidence asked for",
}


def history(session: Session, evaluation_id: int, *, blind: bool) -> list[Event]:
    """Newest first; without what would tell a `blind` reader how others rated."""
    return [
        Event(each.at, f"{_title(each.action)}: {each.actor}", _told(each.after or each.before))
        for each in events.of_subject(session, "evaluation", evaluation_id)
        if not (blind and each.action.startswith(SPOKEN_OF_OTHERS))
    ]


def declared_words(interested: bool, statement: str) -> str:
    return f"Declared an interest: {statement}" if interested else "No interest"


def _title(action: str) -> str:
    return TITLES.get(action) or words(action.replace(".", " "))


def _told(said: dict[str, object]) -> str:
    if "state" in said:
        until = f" until {said['until']}" if said.get("until") else ""
        reason = f": {said['reason']}" if said.get("reason") else ""
        return f"{words(str(said['state']))}{until}{reason}."
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
