"""What a filter of verdicts may name: one rule for lists, the radar, feeds, and who follows by mail or by webhook."""

from collections.abc import Collection, Iterable

from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.language import worded
from registry.domain.lookup import House
from registry.services.verdicts.shelf import OLDER, Filter
from registry.store import notice_pages, tags, tools


def refuse_strangers(session: Session, wanted: Filter, house: House) -> None:
    """Raises InvalidInput for a value that is none of ours, naming those that are."""
    _refuse("office", wanted.offices, house.offices)
    _refuse("data_class", wanted.data_classes, house.data_classes)
    if wanted.categories and not wanted.categories <= tools.categories_among(session, wanted.categories):
        _refuse("category", wanted.categories, tools.categories(session))
    if wanted.tags:
        hint = worded("Take one from the list of verdicts or of tools.")
        _refuse("tag", wanted.tags, tags.known(session, wanted.tags), hint)
    if wanted.tools:
        hint = worded("Take the last part of the address of the tool's page.")
        _refuse("tool", wanted.tools, tools.slugs_among(session, wanted.tools), hint)
    if wanted.rubrics:
        _refuse("rubric", wanted.rubrics, (*notice_pages.named_rubrics(session), OLDER))


def _refuse(name: str, given: Iterable[str], known: Collection[str], hint: str = "") -> None:
    strange = sorted(set(given) - set(known))
    if strange:
        said = strange[0] if len(strange[0]) <= 40 else strange[0][:40] + "…"
        choose = hint or worded("There is none yet.")
        if known and not hint:
            choose = worded("Choose among: {known}.", known=", ".join(known))
        kind = name.replace("_", " ")
        sentence = worded("There is no {kind} “{value}”. {choose}", kind=kind, value=said, choose=choose)
        raise InvalidInput(sentence, {name: sentence})
