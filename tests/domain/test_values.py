"""Values are the library's dataclasses in all that a program can see, but made faster."""

import dataclasses
from dataclasses import field, replace

import pytest

from registry.domain.values import dataclass


@dataclass(frozen=True)
class Paper:
    title: str
    pages: int = 1
    read_by: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Sheet(Paper):
    side: str = "front"


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """Has no fields."""


@dataclass(frozen=True)
class Named:
    name: str

    def __repr__(self) -> str:
        return self.name


def test_values_are_equal_by_what_they_hold_and_by_their_class() -> None:
    assert Paper("a", 2) == Paper("a", 2) != Paper("a", 3)
    assert Paper("a") != Sheet("a")
    assert Paper("a") != ("a", 1)
    assert Nothing() == Nothing()


def test_equal_values_are_one_in_a_set() -> None:
    assert {Paper("a", 2), Paper("a", 2), Sheet("a"), Nothing(), Nothing()} == {
        Paper("a", 2),
        Sheet("a"),
        Nothing(),
    }


def test_a_field_that_does_not_count_neither_compares_nor_shows() -> None:
    assert Paper("a", read_by="Rosa") == Paper("a", read_by="Amir")
    assert repr(Paper("a", read_by="Rosa")) == "Paper(title='a', pages=1)"


def test_a_value_tells_what_it_holds_unless_it_has_words_of_its_own() -> None:
    assert repr(Sheet("a")) == "Sheet(title='a', pages=1, side='front')"
    assert repr(Named("Quillmark")) == "Quillmark"


def test_the_library_knows_them() -> None:
    assert replace(Paper("a"), pages=4) == Paper("a", 4)
    assert dataclasses.asdict(Sheet("a")) == {"title": "a", "pages": 1, "read_by": "", "side": "front"}


def test_what_wants_more_of_the_library_gets_it() -> None:
    @dataclass(frozen=True, order=True)
    class Ranked:
        rank: int

    assert sorted([Ranked(2), Ranked(1)]) == [Ranked(1), Ranked(2)]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Ranked(1).rank = 2  # type: ignore[misc]
