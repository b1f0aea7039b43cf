"""What the registry can be asked for is named in docs/, word for word, and links there lead somewhere."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from registry.cli import COMMANDS
from registry.domain.answer import AnswerCode
from registry.domain.condition import Check, ConditionState, Duty
from registry.domain.decision_table import FitBand, Mitigation, RiskBand
from registry.domain.evaluation import EvaluationState
from registry.domain.outcome import Outcome
from registry.domain.triage import CandidateStatus, DismissReason
from registry.domain.validity import ValidityState
from registry.publish.formats import FORMATS
from registry.services.lists.import_rows import COLUMNS
from registry.services.people.api_tokens import SCOPES
from registry.settings import Settings
from registry.store.tables import Role
from registry.web.filters import FACETS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAPERS = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md"))]

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@cache
def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def as_code(name: str) -> set[str]:
    """Everything that stands between backticks in one of the papers."""
    return set(re.findall(r"`([^`\n]+)`", text_of(name)))


def commands() -> Iterator[str]:
    for name, place in COMMANDS.items():
        module, _, attribute = place.partition(":")
        command = typer.main.get_command(getattr(import_module(module), attribute))
        if isinstance(command, click.Group) or hasattr(command, "commands"):
            yield from (f"registry {name} {each}" for each in command.commands)
        else:
            yield f"registry {name}"


@pytest.mark.parametrize(
    ("paper", "codes"),
    [
        ("concepts.md", Outcome),
        ("concepts.md", ValidityState),
        ("concepts.md", AnswerCode),
        ("concepts.md", CandidateStatus),
        ("concepts.md", DismissReason),
        ("concepts.md", EvaluationState),
        ("concepts.md", ConditionState),
        ("concepts.md", Duty),
        ("concepts.md", Check),
        ("rubric.md", Outcome),
        ("rubric.md", RiskBand),
        ("rubric.md", FitBand),
        ("rubric.md", Mitigation),
        ("feeds.md", FACETS),
        ("api.md", AnswerCode),
        ("api.md", SCOPES),
        ("operating.md", Role),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", "codes"),
)
def test_every_code_is_named_in_its_paper(paper: str, codes: object):
    named = as_code(paper)
    assert [str(code) for code in codes if str(code) not in named] == []  # type: ignore[attr-defined]


def test_every_setting_has_a_row_with_its_name():
    named = as_code("operating.md")
    assert [name for name in Settings.model_fields if f"REGISTRY_{name.upper()}" not in named] == []


def test_no_setting_is_described_that_does_not_exist():
    known = {f"REGISTRY_{name.upper()}" for name in Settings.model_fields}
    told = {
        name
        for paper in PAPERS
        for name in re.findall(r"\bREGISTRY_[A-Z_]*[A-Z]\b", paper.read_text("utf-8"))
    }
    assert told - known == set()


@pytest.mark.parametrize(
    ("name", "default"),
    [
        (name, field.default)
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, str | int) and str(field.default)
    ],
)
def test_a_settings_default_is_told_as_it_is(name: str, default: object):
    row = next(
        line for line in text_of("operating.md").splitlines() if f"| `REGISTRY_{name.upper()}` |" in line
    )
    told = str(default).lower() if isinstance(default, bool) else str(default)
    assert f"`{told}`" in row


def test_every_command_is_named():
    told = text_of("operating.md")
    assert [command for command in commands() if f"`{command}" not in told] == []


def test_every_address_of_the_api_is_named(api_description: dict[str, Any]):
    told = text_of("api.md")
    missing = []
    for path in api_description["paths"]:
        start, _, last = path.rpartition("/")
        if f"{path}`" not in told and not (f"`/{last}`" in told and f"{start}/" in told):
            missing.append(path)
    assert missing == []


def test_every_import_column_is_named():
    assert [column for column in COLUMNS if column not in as_code("operating.md")] == []


def test_every_feed_format_is_named():
    told = text_of("feeds.md")
    assert [ending for ending in FORMATS if f"/feeds/verdicts.{ending}`" not in told] == []
    assert [each.name for each in FORMATS.values() if each.name not in told] == []


def test_the_exit_codes_are_those_of_the_command():
    from registry.domain.answer import EXIT_CODES

    rows = {
        match[1]: match[2]
        for match in re.finditer(r"^\| `(\w+)` \|[^|]*\| (\d+)[^|]*\|$", text_of("concepts.md"), re.MULTILINE)
    }
    assert {code.value: str(number) for code, number in EXIT_CODES.items()} == rows


def test_the_papers_that_the_code_cites_have_the_passage():
    cited = [
        (path.name, paper, passage)
        for path in (ROOT / "registry").rglob("*.py")
        for paper, passage in re.findall(
            r'docs/(\w+\.md),\s+"([^"]+)"', re.sub(r"\s*\n\s*#?\s*", " ", path.read_text("utf-8"))
        )
    ]
    assert cited, "the docstrings cite docs/concepts.md and docs/rubric.md"
    assert [each for each in cited if each[2] not in _HEADING.findall(text_of(each[1]))] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_a_link_leads_to_a_file_and_a_heading_that_exist(paper: Path):
    broken = []
    for link in _LINK.findall(paper.read_text("utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (paper.parent / name) if name else paper
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_readme_has_the_two_commands():
    told = (ROOT / "README.md").read_text("utf-8")
    assert "python3 -m venv .venv && .venv/bin/pip install -q uv && .venv/bin/uv run registry demo" in told
    assert ".venv/bin/uv run pytest" in told


def test_every_folder_of_the_readmes_table_exists():
    table = (ROOT / "README.md").read_text("utf-8").split("## Where to find what")[1].split("## ")[0]
    named = [
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def _anchors(path: Path) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(path.read_text("utf-8"))
    }
