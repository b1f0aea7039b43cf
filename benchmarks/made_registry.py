"""Many made-up tools, the same for the same seed: their names, how people ask for them and how they mistype them."""

# ruff: noqa: S311
import random
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

ONSETS = tuple("b br c ch d dr f fl g gr h j k kl l m n p pl qu r s sh sk st t tr v w z".split())  # noqa: SIM905
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "io", "ou"]
ENDINGS = ["", "", "n", "r", "l", "x", "t", "s", "m", "ck"]
TAILS = [
    "",
    "",
    "",
    "app",
    "hq",
    "labs",
    "cloud",
    "studio",
    "desk",
    "flow",
    "board",
    "notes",
    "io",
    "works",
    "hub",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def made_names(number: int, dice: random.Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < number:
        parts = dice.choices((1, 2, 3, 4), (5, 50, 35, 10))[0]
        word = "".join(dice.choice(ONSETS) + dice.choice(VOWELS) + dice.choice(ENDINGS) for _ in range(parts))
        found[word + dice.choice(TAILS)] = None
    return list(found)


def mistyped(
    names: list[str], known: set[str], edits: int, dice: random.Random, number: int
) -> Iterator[tuple[str, int]]:
    """So many wrong spellings that are no other name's, each with the place of the right one."""
    while number:
        at = dice.randrange(len(names))
        word = names[at]
        for _ in range(edits):
            word = edited(word, dice)
        if word and word not in known and len(names[at]) > 3:
            number -= 1
            yield word, at


def edited(word: str, dice: random.Random) -> str:
    at = dice.randrange(max(len(word) - 1, 1))
    return dice.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + dice.choice(LETTERS) + word[at:],
            word[:at] + dice.choice(LETTERS) + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :],
        ]
    )


def as_people_ask(tools: int, seed: int, number: int) -> list[str]:
    """Names, domains and addresses of the tools, the one at place n asked for as often as 1/n."""
    dice = random.Random(seed)
    names = made_names(tools, dice)
    weights = list(accumulate(1 / (place + 1) for place in range(tools)))
    spelled = ("{}", "{}", "{}.example", "https://app.{}.example/x?utm_source=y")
    return [dice.choice(spelled).format(name) for name in dice.choices(names, cum_weights=weights, k=number)]


def fill(file: Path, tools: int, decided: float, seed: int, *, offices: int = 0) -> Path:
    """A registry of so many tools, two and a half aliases each, some of them with a verdict; with `offices`, which are
    called o0, o1 and so on, every other verdict holds for one of them."""
    from registry.domain.outcome import Outcome
    from registry.store import schema, tables
    from registry.store.engine import make_engine

    engine = make_engine(f"sqlite:///{file}")
    schema.upgrade(engine)
    dice = random.Random(seed)
    names = made_names(tools, dice)
    before = datetime.now(UTC) - timedelta(days=30)
    with engine.begin() as connection:
        rows = [
            {
                "id": at,
                "slug": name,
                "name": name,
                "vendor": f"Vendor {at % (tools // 5 + 1)}",
                "category": f"C{at % 40}",
            }
            | {
                "homepage": f"https://{name}.example/",
                "description": "",
                "guidance": "",
                "created_at": before,
                "version": 1,
            }
            for at, name in enumerate(names, 1)
        ]
        connection.execute(tables.Tool.__table__.insert(), rows)  # type: ignore[attr-defined]
        aliases = [
            {"tool_id": at, "kind": kind, "text": key, "key": key}
            for at, name in enumerate(names, 1)
            for kind, key in (
                ("name", name),
                ("domain", f"{name}.example"),
                *((("purl", f"pkg:pypi/{name}"),) if at % 2 else ()),
            )
        ]
        connection.execute(tables.Alias.__table__.insert(), aliases)  # type: ignore[attr-defined]
        verdicts = [
            tables.Verdict(
                number=at, tool_id=at, outcome=dice.choice([Outcome.APPROVED, Outcome.REJECTED]), rationale="It is so.",
                decided_by="Amir", decided_at=before, published_at=before, starts_at=before, imported=True,
                valid_until=(before + timedelta(days=700)).date(),
                offices=[f"o{at % offices}"] if offices and at % 2 else [],
            ).model_dump(exclude={"id"}) | {"uid": f"v{at}"}
            for at in range(1, int(tools * decided) + 1)
        ]  # fmt: skip
        connection.execute(tables.Verdict.__table__.insert(), verdicts)  # type: ignore[attr-defined]
        named = [
            {"code": f"o{at}", "name": f"Office {at}", "default_rule": "", "version": 1}
            for at in range(offices)
        ]
        if named:
            connection.execute(tables.Office.__table__.insert(), named)  # type: ignore[attr-defined]
    engine.dispose()
    return file


def touch_a_verdict(writer: sqlite3.Connection) -> None:
    """Leaves on the trail of changes what an act on one verdict leaves there, so that what is remembered of its tool,
    and every page and feed that may show it, is made anew."""
    with writer:
        writer.execute("INSERT INTO tool_change (tool_id, named, xid) SELECT min(tool_id), 0, 0 FROM verdict")
