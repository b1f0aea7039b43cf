"""The walls of the house, read off its source: who may import whom, how large a file is."""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("registry", "scrapers")
MOST_LINES = 400

MAY_IMPORT: dict[str, frozenset[str]] = {
    "registry.domain": frozenset(),
    "registry.publish": frozenset(),
    "scrapers": frozenset(),
    "registry.translation": frozenset({"registry.domain"}),
    "registry.settings": frozenset({"registry.domain", "registry.translation"}),
    "registry.store": frozenset({"registry.domain"}),
    "registry.services": frozenset(
        {"registry.domain", "registry.publish", "registry.settings", "registry.store", "scrapers"}
    ),
    "registry.jobs": frozenset(
        {"registry.domain", "registry.services", "registry.settings", "registry.store", "scrapers"}
    ),
    "registry.trying": frozenset(
        {
            "registry.domain",
            "registry.jobs",
            "registry.services",
            "registry.settings",
            "registry.store",
            "scrapers",
        }
    ),
    "registry.openid": frozenset({"registry.domain", "registry.settings", "scrapers"}),
    "registry.ahead": frozenset(
        {"registry.domain", "registry.jobs", "registry.services", "registry.store", "scrapers"}
    ),
    "registry.rounds": frozenset(
        {
            "registry.ahead",
            "registry.domain",
            "registry.jobs",
            "registry.services",
            "registry.store",
            "scrapers",
        }
    ),
    "registry.smtp": frozenset({"registry.domain", "registry.services", "registry.settings"}),
    "registry.posting": frozenset(
        {
            "registry.domain",
            "registry.jobs",
            "registry.publish",
            "registry.services",
            "registry.settings",
            "registry.smtp",
            "registry.store",
            "scrapers",
        }
    ),
    "registry.scheduler": frozenset(
        {
            "registry.domain",
            "registry.jobs",
            "registry.posting",
            "registry.rounds",
            "registry.services",
            "registry.settings",
            "registry.store",
            "scrapers",
        }
    ),
    "registry.web": frozenset(
        {
            "registry.domain",
            "registry.jobs",
            "registry.openid",
            "registry.publish",
            "registry.services",
            "registry.settings",
            "registry.store",
            "registry.trying",
            "scrapers",
        }
    ),
}
"""Layer to the other layers that it may know. Whatever is not named here (cli, demo) stands on top, known by none."""

STANDARD_LIBRARY_ALONE = ("registry.domain", "registry.publish")


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @property
    def layer(self) -> str:
        """`registry.web` of `registry.web.pages.people`; all scrapers are one layer."""
        parts = self.name.split(".")
        return parts[0] if parts[0] != "registry" else ".".join(parts[:2])


@cache
def modules() -> dict[str, Module]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path, ast.parse(path.read_text("utf-8"), str(path)))
    return found


def imports(module: Module, nodes: Sequence[ast.AST] | None = None) -> Iterator[str]:
    """Full names of what a module imports, anywhere in it: `from registry.store import tools` is
    `registry.store.tools` where there is such a module, else `registry.store`."""
    for node in nodes if nodes is not None else module.nodes:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name}: a relative import hides what is imported"
            base = node.module or ""
            for each in node.names:
                full = f"{base}.{each.name}"
                yield full if full in modules() else base


def layer_of(name: str) -> str:
    parts = name.split(".")
    return parts[0] if parts[0] != "registry" else ".".join(parts[:2])


def is_ours(name: str) -> bool:
    return name.split(".")[0] in PACKAGES


def in_layer(layer: str) -> list[Module]:
    found = [each for each in modules().values() if each.layer == layer]
    assert found, f"there is no layer {layer}"
    return found


@pytest.mark.parametrize("layer", sorted(MAY_IMPORT))
def test_a_layer_knows_only_the_layers_below_it(layer: str):
    broken = [
        f"{module.name} imports {name}"
        for module in in_layer(layer)
        for name in imports(module)
        if is_ours(name)
        and not (name == "registry" and layer in {"registry.services", "registry.web"})  # for its version
        if layer_of(name) not in MAY_IMPORT[layer] | {layer}
    ]
    assert broken == []


@pytest.mark.parametrize("layer", STANDARD_LIBRARY_ALONE)
def test_rules_and_feed_writing_need_the_standard_library_alone(layer: str):
    broken = [
        f"{module.name} imports {name}"
        for module in in_layer(layer)
        for name in imports(module)
        if not is_ours(name) and name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert broken == []


SQL_LIBRARIES = {"sqlmodel", "sqlalchemy", "alembic"}
OF_THE_STORE = {"Session", "SQLModel", "Engine", "Connection", "make_url", "event"}
"""What others may name of it: they hand a session on, catch its errors, listen to an engine, read an address."""


def test_rules_scrapers_and_feed_writing_know_no_database():
    broken = [
        f"{module.name} imports {name}"
        for module in modules().values()
        for name in imports(module)
        if name.split(".")[0] in SQL_LIBRARIES
        and module.layer in {"registry.domain", "registry.publish", "registry.settings", "scrapers"}
    ]
    assert broken == []


def test_the_store_alone_speaks_sql():
    """Whoever is outside it changes rows that it gave them, adds and deletes rows, and writes no statement."""
    outside = [each for each in modules().values() if each.layer != "registry.store"]
    broken = [
        f"{module.name} imports {each.name} of {node.module}"
        for module in outside
        for node in module.nodes
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] in SQL_LIBRARIES
        and node.module != "sqlalchemy.exc"
        for each in node.names
        if each.name not in OF_THE_STORE
    ]
    broken += [
        f"{module.name}:{node.lineno} calls {node.func.attr}"
        for module in outside
        for node in module.nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"exec", "execute", "exec_driver_sql", "scalars"}
    ]
    assert broken == []


def test_no_import_goes_round_in_a_circle():
    graph = {
        module.name: {name for name in imports(module) if name in modules() and name != module.name}
        for module in modules().values()
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_settings_alone_read_the_environment():
    """The parsing children's parent does too, to hand on what any child needs to start, and nothing else of it."""
    broken = [
        f"{module.name}:{node.lineno}"
        for module in modules().values()
        if module.layer not in {"registry.settings", "registry.cli"} and module.name != "scrapers.workers"
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    assert broken == []


def test_rules_and_feed_writing_neither_log_nor_print():
    broken = [
        f"{module.name} imports {name}"
        for layer in STANDARD_LIBRARY_ALONE
        for module in in_layer(layer)
        for name in imports(module)
        if name == "logging"
    ]
    broken += [
        f"{module.name}:{node.lineno} prints"
        for layer in (
            *STANDARD_LIBRARY_ALONE,
            "registry.services",
            "registry.store",
            "registry.web",
            "scrapers",
        )
        for module in in_layer(layer)
        for node in module.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert broken == []


def test_nothing_below_the_edges_reads_the_clock():
    """Time is a parameter, so that all that one act writes bears one moment."""
    broken = [
        f"{module.name}:{node.lineno}"
        for layer in ("registry.domain", "registry.publish", "registry.store", "registry.services")
        for module in in_layer(layer)
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "today", "utcnow"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert broken == []


FOR_FEW_ACTS = {
    *(
        "alembic",
        "authlib",
        "feedparser",
        "joserfc",
        "nh3",
        "packageurl",
        "prometheus_client",
        "psycopg",
        "pyotp",
    ),
    *("python_calamine", "regex", "rich", "segno", "smtplib", "tldextract", "xlsxwriter", "zxcvbn"),
}
"""Libraries that most requests do without: whoever needs one imports it in the function that does."""


def loaded_at_once(module: Module) -> Iterator[str]:
    """What to load a module loads as well: functions wait until they are called, and mypy alone reads some imports."""
    waiting: list[ast.AST] = [*module.tree.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(module, [node])
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("start", ["registry.web.app", "registry.demo.publisher", "registry.store.schema"])
def test_a_start_loads_no_library_that_only_few_acts_need(start: str):
    seen, waiting, broken = {start}, [start], []
    while waiting:
        module = modules()[waiting.pop()]
        for name in loaded_at_once(module):
            if name.split(".")[0] in FOR_FEW_ACTS:
                broken.append(f"{module.name} imports {name}")
            elif name in modules() and name not in seen:
                seen.add(name)
                waiting.append(name)
    assert broken == []


def test_no_table_has_the_dialect_of_the_other_database_loaded():
    named = [
        f"{module.name} says {node.arg}"
        for module in modules().values()
        if module.name.startswith("registry.store.tables.")
        for node in module.nodes
        if isinstance(node, ast.keyword) and (node.arg or "").startswith(("postgresql_", "sqlite_"))
    ]
    assert named == [], "use IndexWhere"


def test_values_are_made_the_fast_way():
    """A site loads five hundred of them at each start; scrapers and publish know nothing of the domain."""
    slow = [
        module.name
        for module in modules().values()
        if module.layer not in ("scrapers", "registry.publish") and module.name != "registry.domain.values"
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        for each in node.names
        if each.name == "dataclass"
    ]
    assert slow == [], "import dataclass from registry.domain.values"


def test_no_file_is_longer_than_400_lines():
    long = {
        module.name: lines
        for module in modules().values()
        if "migrations" not in module.path.parts
        and (lines := len(module.path.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}


def test_every_module_says_what_its_duty_is():
    silent = [
        module.name
        for module in modules().values()
        if module.tree.body and not (ast.get_docstring(module.tree) or "").strip()
    ]
    assert silent == []


def test_no_module_is_named_after_nothing():
    vague = {"utils", "util", "helpers", "helper", "manager", "misc", "common_utils", "info"}
    assert [name for name in modules() if name.split(".")[-1] in vague] == []
