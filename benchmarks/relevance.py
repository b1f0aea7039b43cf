"""How well the learnt relevance tells what an office lets in: a generated office decides, each one is left out once.

The number is the area under the curve: how often one that was let in stands before one that was dismissed (0.5 is
chance). Beside it stand what the source alone tells, and the best that anybody could do, who knows the office's mind.
"""

import argparse
import json
import math
import random
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from registry.domain.relevance import Feature, FeatureKind, Features, Learnt, Seen, heard, learn, relevance

KINDS = 12
WORDS_OF_A_KIND = 15
COMMON_WORDS = 400


@dataclass(frozen=True)
class Decided:
    features: Features
    accepted: bool
    odds: float
    """What the office really thinks, before the chance in each decision."""


def an_office(seed: int, count: int, noise: float) -> list[Decided]:
    """`noise` is how much of a decision is chance: 0 for none, 1 for a coin."""
    rng = random.Random(seed)  # noqa: S311 - the same office for the same seed
    likes = [rng.gauss(0, 2) for _ in range(KINDS)]
    sources = [(f"Source {n}", [rng.random() ** 3 for _ in range(KINDS)]) for n in range(8)]
    decided = []
    for _ in range(count):
        name, mix = rng.choice(sources)
        kind = rng.choices(range(KINDS), mix)[0]
        mentions = 1 + int(rng.expovariate(1.2))
        sure = rng.random() < 0.7
        site = rng.choices(("site", "repository", "package", "none"), (6, 3, 1, 2))[0]
        words = {f"kind{kind}word{int(rng.triangular(0, WORDS_OF_A_KIND, 0))}" for _ in range(3)}
        words |= {f"word{int(rng.paretovariate(0.6)) % COMMON_WORDS}" for _ in range(5)}
        odds = (
            likes[kind]
            + 0.5 * (mentions - 1)
            + (0.5 if sure else -0.8)
            - 1.2
            + (-1.5 if site == "none" else 0)
        )
        chance = rng.random()
        accepted = (rng.random() < 0.5) if chance < noise else rng.random() < 1 / (1 + math.exp(-2 * odds))
        features = frozenset(
            [
                Feature(FeatureKind.SOURCE, name),
                Feature(FeatureKind.SITE, site),
                Feature(FeatureKind.NAME, "sure" if sure else "not sure"),
                Feature(FeatureKind.HEARD, heard(mentions)),
                *(Feature(FeatureKind.WORD, word) for word in words),
            ]
        )
        decided.append(Decided(features, accepted, odds))
    return decided


def without(learnt: Learnt, one: Decided) -> Learnt:
    """What would have been learnt had this one not been decided."""
    seen = dict(learnt.seen)
    for feature in one.features:
        was = seen[feature]
        seen[feature] = Seen(was.accepted - one.accepted, was.decided - 1)
    return Learnt(learnt.accepted - one.accepted, learnt.decided - 1, seen)


def area(scored: list[tuple[float, bool]]) -> float:
    """Under the curve, ties counted half; 0.5 where there is nothing to tell apart."""
    ordered = sorted(scored)
    wins, below, place = 0.0, 0, 0
    good = sum(each for _, each in ordered)
    bad = len(ordered) - good
    if not good or not bad:
        return 0.5
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        here_good = sum(each for _, each in ordered[place:end])
        here_bad = end - place - here_good
        wins += here_good * (below + here_bad / 2)
        below += here_bad
        place = end
    return wins / (good * bad)


def measured(seed: int, count: int, noise: float) -> dict[str, float]:
    office = an_office(seed, count, noise)
    learnt = learn((each.features, each.accepted) for each in office)
    numbers, by_source = [], []
    for each in office:
        apart = without(learnt, each)
        numbers.append((float(relevance(each.features, apart).number), each.accepted))
        (source,) = (feature for feature in each.features if feature.kind is FeatureKind.SOURCE)
        by_source.append((apart.weight(source), each.accepted))
    return {
        "decided": count,
        "noise": noise,
        "let_in": learnt.accepted / count,
        "learnt": area(numbers),
        "source_alone": area(by_source),
        "knowing_all": area([(each.odds, each.accepted) for each in office]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--offices", type=int, default=10, help="how many generated offices each figure is over"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    asked = parser.parse_args()
    rows = []
    for count in (20, 50, 100, 300, 1_000):
        for noise in (0.0, 0.2):
            each = [measured(seed, count, noise) for seed in range(asked.offices)]
            rows.append({key: sum(one[key] for one in each) / len(each) for key in each[0]})
    if asked.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'decided':>8} {'chance':>7} {'let in':>7} {'learnt':>7} {'source':>7} {'knowing all':>12}")
    for row in rows:
        print(
            f"{row['decided']:8.0f} {row['noise']:7.0%} {row['let_in']:7.0%} {row['learnt']:7.3f} "
            f"{row['source_alone']:7.3f} {row['knowing_all']:12.3f}"
        )


if __name__ == "__main__":
    main()
