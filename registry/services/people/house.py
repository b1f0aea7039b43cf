"""The organisation as the rules see it, from settings and offices."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from registry.domain.language import gettext_noop as _
from registry.domain.lookup import House

if TYPE_CHECKING:
    from sqlmodel import Session

    from registry.settings import Settings
    from registry.store.asked import OfficeRule
    from registry.store.tables import Office

GENERAL_RULE = _("Do not use it for work until we have looked at it.")

ACCOUNT_PHRASES = {
    "organisation": _("accounts managed by us"),
    "work": _("a named account for work"),
    "private": _("private accounts"),
}


def house(session: "Session", settings: "Settings") -> House:
    """Default rules are by office code; under the empty code stands the one for those who name no office."""
    from registry.store import (
        offices,
    )  # only here: who has read them knows the house without the object layer

    return house_of(offices.rules(session), settings)


def house_of(offices: "Sequence[Office | OfficeRule]", settings: "Settings") -> House:
    found = sorted(offices, key=lambda office: office.code)
    rules = {office.code: office.default_rule for office in found if office.default_rule}
    say = settings.words.gettext
    return House(
        data_classes=settings.data_classes,
        account_types=settings.account_types,
        audiences=settings.audiences,
        offices=tuple(office.code for office in found),
        zone=settings.zone,
        default_rules={"": say(GENERAL_RULE), **rules},
        language=settings.words,
        speaks=settings.language,
        contact=settings.contact,
        phrases={code: say(phrase) for code, phrase in ACCOUNT_PHRASES.items()}
        | {office.code: office.name for office in found},
    )
