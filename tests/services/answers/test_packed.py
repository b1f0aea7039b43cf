"""Texts packed together are found as in a dict of lists, whatever was changed since."""

from hypothesis import given
from hypothesis import strategies as some

from registry.services.answers.packed import Packed

TEXTS = some.text("abé😀", max_size=3)
ROWS = some.lists(some.tuples(TEXTS, some.integers(1, 6)), max_size=12)


@given(ROWS, some.frozensets(some.integers(1, 6)), ROWS)
def test_what_is_packed_is_what_a_plain_list_holds(
    rows: list[tuple[str, int]], gone: frozenset[int], late: list[tuple[str, int]]
) -> None:
    packed = Packed(rows)
    packed.forget(gone)
    for text, owner in late:
        packed.put(text, owner)
    kept = [(text, owner) for text, owner in rows if owner not in gone] + late
    for text in {text for text, _ in rows + late} | {"none"}:
        assert sorted(packed.all(text)) == sorted(owner for each, owner in kept if each == text)
        assert packed.get(text) in [*(owner for each, owner in kept if each == text), None]
        begun = sorted({each for each, _ in kept if each.startswith(text)})
        assert packed.begun(text, most=100) == begun
        assert packed.begun(text, most=2) == begun[:2]
    assert sorted(packed.rows()) == sorted(kept)
