"""Texts are published without the names that stand in them."""

from registry.domain.anonymity import people, without


def test_whole_and_given_names_are_replaced_as_words_alone():
    hidden = people(["Rosa Calder", "Al Bo"])
    assert without("Rosa’s 3 is hers; rosa calder said so to Rosalind and Al.", hidden) == (
        "A reviewer’s 3 is hers; a reviewer said so to Rosalind and Al."
    )


def test_a_tool_is_replaced_by_what_it_stands_for():
    assert (
        without("Quillmark writes.", [("quillmark", "the tool"), ("", "the supplier")]) == "The tool writes."
    )
