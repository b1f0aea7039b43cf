"""The list of lower bounds that stand there for a reason agrees with what is asked for, and with what is installed."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| ([0-9.]+)[^|]* \| (.+) \|$", re.MULTILINE)


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"[0-9]+", text))


def test_every_bound_with_a_reason_is_asked_for_and_locked() -> None:
    chapter = (ROOT / "docs" / "deploying.md").read_text().partition("## Libraries")[2].partition("\n## ")[0]
    listed = {name: (least, why) for name, least, why in ROW.findall(chapter)}
    assert len(listed) >= 8
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {
        re.split(r"[\[>=<; ]", each)[0]: match[1]
        for each in project["dependencies"]
        if (match := re.search(r">=([0-9.]+)", each))
    }
    locked = {
        each["name"]: each["version"] for each in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    }
    for name, (least, why) in listed.items():
        assert asked[name] == least, name
        assert numbers(locked[name]) >= numbers(least), name
        assert numbers(version(name)) >= numbers(least), name
        assert len(why) > 20, name
