"""What the feeds of repositories teach of tools: further ways to say them."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.entries.keys import alias_keys, strong_key
from registry.services.tools.ways import Way, Ways
from registry.store import tools
from registry.store.tables import Alias, AliasKind


@dataclass(frozen=True)
class Repository:
    """Of a tool, as one entry names it; one without a number teaches nothing."""

    tool_id: int
    number: str
    homepage: str


@dataclass
class Learnt:
    """From one entry, as its event tells it."""

    known_as: list[str] = field(default_factory=list)
    """Keys by which the tool is found from now on."""
    left_out: dict[str, str] = field(default_factory=dict)
    """An `address` by which it is not found all the same, and `why`; mostly empty."""

    @property
    def told(self) -> dict[str, object]:
        said = {"known_as": self.known_as, "left_out": self.left_out}
        return {name: value for name, value in said.items() if value}


def learn(
    session: Session, found: Sequence[Repository], owned: Mapping[str, Alias], by_number: dict[str, int]
) -> list[Learnt]:
    """Keep each repository's number, and the address it has now, as ways to say its tool; in their order.

    `owned` tells whose a key of these addresses is, `by_number` whose a number is, and learns the new ones. An address
    that leads to another tool, or by which another one would be found no more, is left out.
    """
    new = [_address(each, owned) for each in found]
    ways = Ways(session, map(_way, filter(None, new))) if any(new) else None
    return [_learn(session, each, address, ways, by_number) for each, address in zip(found, new, strict=True)]


def _learn(
    session: Session, found: Repository, address: str, ways: Ways | None, by_number: dict[str, int]
) -> Learnt:
    learnt = Learnt()
    if found.number and found.number not in by_number:
        by_number[found.number] = found.tool_id
        learnt.known_as.append(found.number)
    if ways is not None and address:
        clash = ways.clash(_way(address), found.tool_id)
        if clash is not None:
            name = tools.get_by_id(session, clash.other).name
            learnt.left_out = {"address": address, "why": clash.told(address, name)}
        elif ways.owner(AliasKind.PATH, address) is None:
            ways.take(_way(address), found.tool_id)
            learnt.known_as.append(address)
    session.add_all(
        Alias(tool_id=found.tool_id, kind=AliasKind.PATH, text=key, key=key) for key in learnt.known_as
    )
    return learnt


def _address(found: Repository, owned: Mapping[str, Alias]) -> str:
    """The address that the tool has not got yet; empty where it has."""
    if not found.number:
        return ""
    owner = next((owned[key] for key in alias_keys(found.homepage) if key in owned), None)
    return "" if owner is not None and owner.tool_id == found.tool_id else strong_key(found.homepage)


def _way(address: str) -> Way:
    return AliasKind.PATH, address, address
