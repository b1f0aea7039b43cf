"""Whatever an employee reads here a school leaver understands, and no word of our own book-keeping is among it.

The measure is the grade of Flesch and Kincaid (1975): years of school that a text asks for.
"""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from registry.domain.evaluation import EvaluationState
from registry.domain.lookup import AnswerCode
from registry.domain.outcome import Outcome
from registry.domain.triage import CandidateStatus
from registry.domain.validity import ValidityState
from registry.domain.wording import ADDITIONS, SENTENCES

pytestmark = pytest.mark.usefixtures("decided")

HARDEST = 9.0
"""Grade: somebody of fifteen."""
LONGEST = 32
"""Words in a sentence."""
GAPS = {
    "edition": "“Pro”",
    "editions": "Free",
    "tool": "Quillmark", "kept": "", "conditions": "meet these 3 conditions", "who": " run by the web team",
    "until": " until 3 May 2027", "reason": "it sells what you type", "instead": "Use Inkwell instead.",
    "ended": "3 May 2026", "ask": "Ask help@office.example.", "since": "3 May 2026", "expected": "",
    "rule": "Do not use it for work before you have asked.", "here": "for your office", "query": "quilmark",
    "citation": "the Privacy Act", "asked": "private accounts", "covered": "public data", "day": "3 May 2027",
    "bound": "version 7 and later", "outcome": "approved", "names": "the kind of data and the office",
    "contact": "help@office.example",
}  # fmt: skip
ASKED = (
    *("quillmark", "murmur notes", "harrow chat", "lapsa", "sundial", "gonefish", "wendle", "untried"),
    *("quilmark", "zzyzx"),
)
PAGES = (
    "/",
    "/check/list",
    "/request",
    "/challenge?tool=quillmark",
    "/incident",
    "/guidance",
    "/feeds",
    "/login",
)
CODES = {
    each.value
    for kind in (AnswerCode, Outcome, ValidityState, EvaluationState, CandidateStatus)
    for each in kind
    if "_" in each.value
} | {"moderation", "scorecard", "knock-out", "rubric", "triage"}


def syllables(word: str) -> int:
    """Groups of vowels, a silent e at the end aside: near enough for English, and the same each time."""
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith(("le", "ee", "ye"))
    return max(1, groups - silent)


def sentences(text: str) -> list[list[str]]:
    found = [re.findall(r"[A-Za-z’']+", part) for part in re.split(r"[.!?:;…·]+(?:\s|$)", text)]
    return [words for words in found if words]


def grade(text: str) -> float:
    said = sentences(text)
    words = [word for each in said for word in each]
    return 0.39 * len(words) / len(said) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def told(client: TestClient, path: str) -> list[str]:
    """The paragraphs and notes of a page, without names, links' addresses and code."""
    main = client.get(path).text.split("<main", 1)[1].split("</main>", 1)[0]
    main = re.sub(r"<(code|svg|select|textarea)\b.*?</\1>", " ", main, flags=re.DOTALL)
    parts = re.findall(r"<(?:p|li|dd)\b[^>]*>(.*?)</(?:p|li|dd)>", main, flags=re.DOTALL)
    plain = [" ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) for part in parts]
    return [text for text in plain if len(text.split()) > 4 and "http" not in text]


def test_the_measure_knows_a_plain_sentence_from_a_hard_one() -> None:
    assert grade("You may use it. Ask us first.") < 4
    assert grade("Authorisation is contingent upon completion of organisational accreditation.") > 15


@pytest.mark.parametrize("key", SENTENCES)
def test_each_answer_is_plain(key: str) -> None:
    text = SENTENCES[key].format_map(GAPS)
    assert grade(text) <= HARDEST, text


def test_what_is_added_to_an_answer_is_plain() -> None:
    text = " ".join(each.format_map(GAPS) for each in ADDITIONS.values())
    assert grade(text) <= HARDEST


@pytest.mark.parametrize("path", [*(f"/check?q={each}" for each in ASKED), *PAGES])
def test_each_page_is_plain_and_names_no_state_of_ours(onlooker: TestClient, path: str) -> None:
    said = told(onlooker, path)
    assert grade(" ".join(text.rstrip(".") + "." for text in said)) <= HARDEST, said
    longest = max((words for text in said for words in sentences(text)), key=len)
    assert len(longest) <= LONGEST, " ".join(longest)
    inside = {code for code in CODES for text in said if re.search(rf"\b{code}\b", text, re.IGNORECASE)}
    assert not inside
