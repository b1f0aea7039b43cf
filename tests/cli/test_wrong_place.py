"""A disk or a database that cannot be used is told in one sentence, never as a fault of ours."""

from pathlib import Path

import pytest

from registry.cli import main


def told_by(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setattr("sys.argv", ["registry", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_file_that_is_no_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry.sqlite3").write_bytes(b"scribbles " * 1000)
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path))
    told = told_by(capsys, monkeypatch, "check", "Quillmark")
    assert told == "The database cannot be used: file is not a database. `registry doctor` says more.\n"


def test_a_folder_that_cannot_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path / "file" / "data"))
    assert (
        told_by(capsys, monkeypatch, "users", "list") == f"{tmp_path / 'file' / 'data'}: Not a directory.\n"
    )


@pytest.mark.parametrize("words", [("audit", "verify"), ("audit", "checkpoint"), ("backup", "copy.zip")])
def test_where_there_is_no_registry_none_is_called_sound_and_none_is_made(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATA_DIR", str(tmp_path / "elsewhere"))
    assert "There is no registry in this database yet." in told_by(capsys, monkeypatch, *words)
    assert list(tmp_path.iterdir()) == []
