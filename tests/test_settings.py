"""Settings with a wrong value are refused by name before anything begins, each with what it may be."""

from pathlib import Path

import pytest

from registry.domain.errors import InvalidInput
from registry.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allow_private_cidrs", "banana"),
        ("allow_private_cidrs", "10.0.0.0/8, 10.0.0.1/8"),
        ("base_url", "http://"),
        ("base_url", "registry.example.org"),
        ("database_url", "mysql://db/registry"),
        ("time_zone", "Mars/Olympus"),
        ("security_contact", "the help desk"),
        ("security_contact", "http://office.example/flaws"),
        ("security_contact", "https://office.example/a\nContact: mailto:eve@evil.example"),
        ("data_classes", "public, public"),
        ("undo_s", "-1"),
    ],
)
def test_a_wrong_value_is_told_by_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings(**{name: value})
    assert list(refused.value.faults) == [f"REGISTRY_{name.upper()}"]


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_secret_that_could_be_guessed_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_text(content)
    with pytest.raises(InvalidInput, match="could be guessed"):
        _ = load_settings(data_dir=tmp_path).secret
