"""A sentence is made in English before anybody knows its reader, and said in their language when it is shown."""

import re
from datetime import date
from gettext import NullTranslations

from registry.domain.language import joined, opening, said, small, worded, worded_n

MAY = date(2027, 5, 3)


class Shouting(NullTranslations):
    def gettext(self, message: str) -> str:
        return re.sub(r"{\w+}", lambda gap: gap[0].lower(), message.upper())

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def test_it_is_english_text_as_it_stands() -> None:
    assert worded("{tool} ends on {day}.", tool="Quillmark", day=MAY) == "Quillmark ends on 3 May 2027."
    assert worded_n("{n} tool", "{n} tools", 1) == "1 tool"
    assert worded("Braces {stay} where nothing fills them.") == "Braces {stay} where nothing fills them."


def test_a_sentence_within_another_is_said_too_and_what_was_typed_is_not() -> None:
    inner = worded_n("{n} tool", "{n} tools", 2)
    outer = worded("{tool} ends on {day}.", tool=joined(", ", [inner, "as typed {n}"]), day=MAY)
    assert said(outer, Shouting()) == "2 TOOLS, as typed {n} ENDS ON 3 MAY 2027."
    assert said("as typed", Shouting()) == "as typed"


def test_its_letters_are_chosen_after_it_was_said() -> None:
    assert said(small(worded("High risk")), Shouting()) == "high risk"
    assert said(opening(small(worded("High risk"))), Shouting()) == "High risk"
