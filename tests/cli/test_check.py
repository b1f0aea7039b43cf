"""`registry check`, `import` and `export` from a terminal: plain words, data alone with --json, telling exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

LIST = """name;outcome;conditions;data_class;valid_until;decided_at;category
Quillmark;approved;;;;2020-01-01;Writing
Paletta;approved;Only public pictures.;;;2020-01-01;Drawing
Tryout;pilot;;;2100-01-01;2020-01-01;
Sketchline;rejected;;;;2020-01-01;Writing
Oldtimer;approved;;;2021-01-01;2020-01-01;
Tidebook;;;;;;
Inkwell;approved;;internal;;2020-01-01;
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    run = Terminal(tmp_path_factory.mktemp("terminal"))
    file = run.folder / "list.csv"
    file.write_text(LIST, encoding="utf-8-sig", newline="\r\n")
    dry = run("import", str(file), "--dry-run", "--json")
    assert json.loads(dry.stdout)["verdicts"] == 6, dry.stderr
    imported = run("import", str(file), "--json")
    assert json.loads(imported.stdout)["done"] is True, imported.stderr
    return run


@pytest.mark.parametrize(
    ("query", "answer", "code"),
    [
        ("quillmark", "yes", 0),
        ("paletta", "yes_if", 10),
        ("tryout", "pilot", 10),
        ("sketchline", "no", 11),
        ("tidebook", "not_reviewed", 12),
        ("oldtimer", "lapsed", 12),
        ("nimbuscast", "unknown_tool", 13),
        ("inkwell", "yes_if", 10),
    ],
)
def test_the_exit_code_tells_the_answer(filled: Terminal, query: str, answer: str, code: int) -> None:
    told = filled("check", query, "--json")
    assert (json.loads(told.stdout)["answer"], told.returncode) == (answer, code), told.stderr


@pytest.mark.parametrize(("query", "code"), [("inkwell", 10), ("sketchline", 11)])
def test_a_process_ends_with_that_code(filled: Terminal, query: str, code: int) -> None:
    assert filled.in_a_process("check", query).returncode == code


def test_an_answer_in_plain_words(filled: Terminal) -> None:
    told = filled("check", "sketchline", REGISTRY_CONTACT="the tool desk")
    assert told.stdout.startswith("No")
    assert "Use instead: Quillmark (yes)" in told.stdout
    assert told.stdout.endswith("Ask: the tool desk\n")
    assert "It depends on what data you would put in" in filled("check", "inkwell").stdout
    assert filled("check", "inkwell", "--data-class", "public").returncode == 0
    assert "Did you mean: Quillmark (yes)" in filled("check", "Quilmark").stdout


def test_a_query_is_taken_without_the_space_around_it_and_none_is_wrong_usage(filled: Terminal) -> None:
    assert json.loads(filled("check", " Quillmark\t", "--json").stdout)["query"] == "Quillmark"
    for nothing in ("", "  "):
        refused = filled("check", nothing, "--json")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "Say which tool you mean" in refused.stderr
    assert filled("check", "x" * 2_001).returncode == 2
    assert filled("check", "quillmark", "--account", " ").returncode == 0


def test_a_value_that_is_not_known_and_a_database_without_a_registry_are_told(
    filled: Terminal, tmp_path: Path
) -> None:
    refused = filled("check", "quillmark", "--data-class", "secret")
    assert (refused.returncode, refused.stdout) == (1, "")
    empty = filled("check", "quillmark", REGISTRY_DATA_DIR=str(tmp_path))
    assert empty.returncode == 1
    assert "registry db upgrade" in empty.stderr


def test_the_answer_loads_no_web_server_no_migrations_and_no_object_layer() -> None:
    heavy = ("fastapi", "starlette", "alembic", "jinja2", "feedparser", "httpx2", "apscheduler", "sqlalchemy")
    code = (
        "import sys, registry.cli, registry.cli.check, registry.services.answers.lookup, "
        f"registry.settings, registry.store.plain; print([m for m in {heavy} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert found.stdout.strip() == "[]"


def test_an_export_imports_into_an_empty_registry_and_exports_the_same(
    filled: Terminal, tmp_path: Path
) -> None:
    first = filled("export", "--format", "json").stdout
    assert len(json.loads(first)) == 7
    for ending in ("csv", "json", "xlsx"):
        file, folder = tmp_path / f"all.{ending}", str(tmp_path / ending)
        assert filled("export", str(file)).returncode == 0
        imported = filled("import", str(file), REGISTRY_DATA_DIR=folder)
        assert imported.returncode == 0, imported.stdout + imported.stderr
        assert filled("export", "--json", REGISTRY_DATA_DIR=folder).stdout == first


def test_a_list_with_a_fault_is_reported_row_by_row_and_exits_1(filled: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("name,outcome\nNovelty,perhaps\n")
    refused = filled("import", str(file))
    assert refused.returncode == 1
    assert "row 1, Novelty: FAULT in outcome" in refused.stdout
    assert "Nothing was imported" in refused.stderr
    assert filled("check", "Novelty").returncode == 13
