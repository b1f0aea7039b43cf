"""A terminal: `registry ...` with a folder, settings, standard input and an exit code of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from registry.cli import main


class Terminal:
    """Every command is run by the program's own `main`, here, where all it needs is imported already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._settings = {"REGISTRY_DATA_DIR": str(folder / "data"), "NO_COLOR": "1"}

    def __call__(self, *words: str, typed: str = "", **settings: str) -> "subprocess.CompletedProcess[str]":
        outside = {name: None for name in os.environ if name.startswith("REGISTRY_")}
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.chdir(self.folder),
            CliRunner().isolation(typed, outside | self._settings | settings) as (out, err, _),
        ):
            patch.setattr(sys, "argv", ["registry", *words])
            code = 0
            try:
                main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 0
            sys.stdout.flush()
            sys.stderr.flush()
            return subprocess.CompletedProcess(words, code, out.getvalue().decode(), err.getvalue().decode())

    def in_a_process(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
        return subprocess.run(
            [sys.executable, "-m", "registry", *words],
            text=True,
            capture_output=True,
            env=inherited | self._settings | settings,
            cwd=self.folder,
            timeout=60,
        )


@pytest.fixture
def bare(tmp_path: Path) -> Terminal:
    """Where no command has run yet."""
    return Terminal(tmp_path)


@pytest.fixture
def run(bare: Terminal, migrated_file: Path) -> Terminal:
    """Where `db upgrade` has."""
    (bare.folder / "data").mkdir(mode=0o700)
    shutil.copy(migrated_file, bare.folder / "data" / "registry.sqlite3")
    return bare
