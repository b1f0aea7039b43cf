import ast
import sys
from pathlib import Path

import pytest

import registry.domain as domain

FILES = sorted(Path(domain.__file__).parent.glob("*.py"))


def test_every_name_of_the_public_face_exists_once():
    assert len(domain.__all__) == len(set(domain.__all__))
    assert all(hasattr(domain, name) for name in domain.__all__)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_core_imports_the_standard_library_and_itself_alone(file: Path):
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    named = [node.module or "" for node in tree if isinstance(node, ast.ImportFrom)]
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    named += [alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names]
    strangers = {name for name in named if name.split(".")[0] not in sys.stdlib_module_names}
    assert all(name == "registry.domain" or name.startswith("registry.domain.") for name in strangers)
