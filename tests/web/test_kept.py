"""What is counted seldom is counted again after any act, and at the latest after a minute."""

from datetime import datetime, timedelta

from registry.web.kept import Kept


def test_it_is_made_once_until_something_happened_or_a_minute_is_over(now: datetime) -> None:
    kept, made = Kept(), []

    def get(key: str, mark: int, seconds: int) -> int:
        return kept.get(
            key,
            mark=mark,
            now=now + timedelta(seconds=seconds),
            make=lambda: made.append(key) or len(made),  # type: ignore[func-returns-value]
        )

    assert [get("a", 1, 0), get("a", 1, 59), get("b", 1, 59)] == [1, 1, 2]
    assert get("a", 1, 60) == 3  # a minute is over
    assert get("a", 2, 61) == 4  # somebody acted
    assert get("a", 2, 0) == 5  # the clock went back
