"""What is suggested for a candidate that is to become a tool, and how often a person gave just that."""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from registry.domain.tool_suggestion import Known, Library, Said, suggest

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "gsa-2019-11.csv"
SPEECH = "turns recorded speech of meetings into written minutes"
LIBRARY = Library(
    [
        Known("Murmur", f"Murmur {SPEECH}", "Speech", ("speech", "open-source")),
        Known("Hearsay", f"Hearsay {SPEECH}, offline", "Speech", ("speech",)),
        Known("Plumbline", "Draws plans of buildings to scale", "Drawing", ("ai-agents",)),
        Known("Truss", "A calculator of loads for bridges", "Drawing", ()),
        Known("Inkwell", "An editor of plain text", "Writing", ("c-plus-plus",)),
    ]
)


def tags_and_reasons(
    *entries: Said, texts: Iterable[str] = ("Quaver",), labels: Iterable[str] = ()
) -> dict[str, str]:
    found = suggest(entries, LIBRARY, texts=list(texts), labels=list(labels))
    return {each.value: " ".join(each.reasons) for each in found.tags}


def test_a_tag_that_two_entries_say_is_suggested_with_how_many_say_it():
    entries = [Said("Quaver 2 knows speech"), Said("Speech, faster"), Said("Quaver hires"), Said("SPEECH!")]
    why = "so do 2 tools here, of which 2 have that tag"
    assert tags_and_reasons(*entries) == {"speech": f"3 of its 4 entries say “speech”; {why}."}
    assert tags_and_reasons(*entries[:2]) == {"speech": f"Both of its entries say “speech”; {why}."}


def test_a_word_that_tells_little_of_the_tools_that_say_it_is_not_suggested():
    tools = [Known(f"Tool {number}", "Free to use", "", ("free",) * (number < 2)) for number in range(5)]
    said = [Said("Quaver is free"), Said("Free for all")]
    assert suggest(said, Library(tools)).tags == []
    assert [each.value for each in suggest(said, Library(tools[:4])).tags] == ["free"]


def test_what_one_entry_says_among_other_things_is_too_little():
    assert tags_and_reasons(Said("Quaver knows speech"), Said("Quaver hires")) == {}
    assert tags_and_reasons(Said("Quaver knows speech")) == {}


def test_what_its_only_entry_or_two_of_many_are_filed_under_is_suggested():
    assert tags_and_reasons(Said("Quaver", ("AI agent", "launches"))) == {
        "ai-agents": "Its only entry is filed under “ai-agents”."
    }
    filed = [Said("One", ("C++",)), Said("Two", ("c++",)), Said("Three", ("speech",))]
    assert tags_and_reasons(*filed) == {"c-plus-plus": "2 of its 3 entries are filed under “c-plus-plus”."}


def test_a_word_within_another_word_is_not_said():
    assert tags_and_reasons(Said("speechless"), Said("ai agentswarm"), Said("openspeech source")) == {}


def test_only_what_the_registry_uses_already_is_suggested():
    assert tags_and_reasons(Said("Quaver", ("brand-new",)), Said("brand-new", ("brand-new",))) == {}


def test_a_label_that_is_a_tag_too_comes_first():
    entries = [Said("speech"), Said("speech")]
    assert list(tags_and_reasons(*entries, labels=["open source"])) == ["open-source", "speech"]


def test_what_tools_most_like_it_share_is_suggested_and_they_are_named():
    found = suggest([], LIBRARY, texts=["Quaver", f"Quaver {SPEECH}"])
    assert found.category is not None
    assert found.category.value == "Speech"
    assert set(re.findall(r"Murmur|Hearsay", found.category.reasons[0])) == {"Murmur", "Hearsay"}
    assert [each.value for each in found.tags] == ["speech"]  # open-source is borne by one of them alone


def test_one_tool_alone_or_little_likeness_suggests_no_category():
    assert suggest([], LIBRARY, texts=["Nib", "An editor of plain text"]).category is None
    assert suggest([], LIBRARY, texts=["Quaver", "A calculator of plans"]).category is None
    assert suggest([], Library(), texts=["Quaver"]) == suggest([Said("")], LIBRARY)


def test_words_that_were_read_are_not_read_again_and_give_the_same():
    again = Library(LIBRARY.tools, before=LIBRARY)
    text = f"Quaver {SPEECH}"
    assert again.most_like(text) == LIBRARY.most_like(text)
    assert again._read[LIBRARY.tools[0][:2]] is LIBRARY._read[LIBRARY.tools[0][:2]]


@pytest.mark.skipif(not CORPUS.exists(), reason="needs the shared corpus")
def test_of_an_agencys_list_most_categories_that_are_suggested_are_those_that_it_gave():
    tools: dict[str, Known] = {}
    with CORPUS.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            product = " ".join(
                re.sub(r"\bv?\d[\w.]*\b|[^a-z ]", " ", row["Standard Name"].casefold()).split()
            )
            if row["Category"]:
                known = Known(row["Standard Name"], row["Description"], row["Category"], ())
                tools.setdefault(product, known)
    unseen = list(tools.values())[::5]
    library = Library(each for each in tools.values() if each not in unseen)
    found = [(suggest([], library, texts=[each.name, each.text]).category, each) for each in unseen]
    right = [found.value == tool.category for found, tool in found if found is not None]
    assert len(right) >= len(unseen) / 6  # of the others too little is known, and nothing is suggested
    assert sum(right) / len(right) >= 0.8
