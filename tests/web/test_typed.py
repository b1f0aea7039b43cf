"""What a form sends that is not what its fields ask for."""

from registry.web.typed import version_of


def test_a_version_that_cannot_be_read_is_one_that_nothing_has() -> None:
    assert [version_of(text) for text in ("3", "1e3", "-1", "٣", "9" * 20)] == [3, 0, 0, 0, 0]
    assert version_of("") is None
