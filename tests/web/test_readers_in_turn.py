"""Who takes a turn, and who waits."""

import asyncio

import pytest
from sqlalchemy.exc import TimeoutError as TooLong

from registry.web import turns
from registry.web.turns import Turns


class Crowd:
    """Those that came, in their order: who is in, and who may go."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.inside = turns, list[str]()
        self.going: dict[str, asyncio.Event] = {}
        self.coming: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self.going[name] = asyncio.Event()
            self.coming[name] = asyncio.create_task(self._take(name))
        await self.settle()

    async def go(self, name: str) -> None:
        self.going[name].set()
        await self.coming[name]
        await self.settle()

    async def settle(self) -> None:
        for _ in range(10):  # turns of the loop, more than any of them takes to come in
            await asyncio.sleep(0)

    async def _take(self, name: str) -> None:
        async with self.turns.one():
            self.inside.append(name)
            try:
                await self.going[name].wait()
            finally:
                self.inside.remove(name)


def test_so_many_are_in_at_once_and_the_first_who_waits_is_next() -> None:
    async def scene() -> None:
        crowd = Crowd(Turns(quick=2, most=6))
        await crowd.come("a", "b", "c", "d")
        assert crowd.inside == ["a", "b"]
        await crowd.go("a")
        assert crowd.inside == ["b", "c"]
        for name in ("b", "c", "d"):
            await crowd.go(name)
        await crowd.come("e", "f")
        assert crowd.inside == ["e", "f"]

    asyncio.run(scene())


def test_who_takes_long_makes_room_until_there_are_as_many_as_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "SLOW_S", 0)

    async def scene() -> None:
        crowd = Crowd(Turns(quick=1, most=3))
        await crowd.come("a", "b", "c", "d")
        assert crowd.inside == ["a", "b", "c"]
        await crowd.go("a")
        assert crowd.inside == ["b", "c", "d"]

    asyncio.run(scene())


def test_who_made_room_gives_no_second_place_when_going(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        crowd = Crowd(Turns(quick=1, most=6))
        with monkeypatch.context() as slow:
            slow.setattr(turns, "SLOW_S", 0)
            await crowd.come("slow")
        await crowd.go("slow")
        await crowd.come("a", "b")
        assert crowd.inside == ["a"]

    asyncio.run(scene())


@pytest.mark.parametrize(("quick", "most"), [(1, 6), (6, 1)])
def test_who_waits_in_vain_or_goes_away_takes_no_place_along(
    quick: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        crowd = Crowd(Turns(quick=quick, most=most))
        await crowd.come("a", "gone")
        crowd.coming["gone"].cancel()
        with monkeypatch.context() as hasty:
            hasty.setattr(turns, "PATIENCE_S", 0)
            await crowd.come("hasty")
            with pytest.raises(TooLong):
                await crowd.coming["hasty"]
        await crowd.come("b", "c")
        assert crowd.inside == ["a"]
        await crowd.go("a")
        assert crowd.inside == ["b"]

    asyncio.run(scene())


def test_a_handler_that_fails_gives_its_place_back() -> None:
    async def scene() -> None:
        one = Turns(quick=1, most=1)
        with pytest.raises(ZeroDivisionError):
            async with one.one():
                raise ZeroDivisionError
        async with one.one():
            pass

    asyncio.run(scene())
