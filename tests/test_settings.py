"""Settings with a wrong value are refused by name before anything begins, each with what it may be."""

import errno
import os
from pathlib import Path

import pytest

from registry.domain.errors import InvalidInput
from registry.settings import Settings, load_settings


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
        ("metrics_bind", "0.0.0.0:99999"),
        ("metrics_bind", "127.0.0.1:0"),
        ("metrics_bind", "[::zz]:9464"),
        ("trusted_proxies", "foo"),
        ("trusted_proxies", "127.0.0.1, 10.0.0.1/8"),
        ("oidc_client_secret_file", "/nowhere/secret"),
        ("oidc_client_secret_file", "/"),
        ("smtp_password_file", "/nowhere/password"),
        ("metrics_token_file", "/nowhere/token"),
    ],
)
def test_a_wrong_value_is_told_by_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_settings(**{name: value})
    assert list(refused.value.faults) == [f"REGISTRY_{name.upper()}"]


def test_what_makes_sense_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("a long secret of the provider")
    given = {"metrics_bind": "[::1]:9464", "trusted_proxies": "127.0.0.1, ::1, 10.0.0.0/8"}
    taken = load_settings(oidc_client_secret_file=file, **given)
    assert taken.trusted_proxies == ("127.0.0.1", "::1", "10.0.0.0/8")
    assert load_settings(trusted_proxies="*", metrics_bind="metrics.internal:9464").trusted_proxies == ("*",)


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_secret_that_could_be_guessed_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_text(content)
    with pytest.raises(InvalidInput, match="could be guessed"):
        _ = load_settings(data_dir=tmp_path).secret


def test_of_a_secret_nothing_is_left_where_it_cannot_be_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_room)
        with pytest.raises(OSError, match="No space"):
            _ = Settings(data_dir=tmp_path).secret
    assert list(tmp_path.iterdir()) == []
    assert len(Settings(data_dir=tmp_path).secret) == 64
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_a_secret_is_made_on_a_file_system_that_has_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    made = Settings(data_dir=tmp_path).secret
    assert Settings(data_dir=tmp_path).secret == made
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
