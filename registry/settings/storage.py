"""The settings of what is kept and where: the database, keys and their files, checkpoints and copies."""

import secrets
from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from registry.domain.errors import InvalidInput
from registry.settings.made_once import make_once

MIN_SECRET_BYTES = 16


class StorageSettings(BaseSettings):
    """A part of Settings, which alone is read."""

    data_dir: Path = Field(Path(".registry"), description="Folder for the SQLite file and the secret.")
    database_url: str = Field("", description="postgresql://…; empty: a SQLite file in the data folder.")
    secret_file: Path | None = Field(
        None, description="The secret's file; empty: `secret` in the data folder."
    )
    audit_key_file: Path | None = Field(
        None, description="The file of the key that signs checkpoints; empty: `audit-key` in the data folder."
    )
    checkpoint_dir: Path | None = Field(
        None, description="Folder of the log's checkpoints; empty: `checkpoints` in the data folder."
    )
    backup_dir: Path | None = Field(
        None, description="Where a copy is put before an upgrade; empty: `backups` in the data folder."
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite://", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must begin with postgresql:// or sqlite:///")
        return value

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'registry.sqlite3'}"

    @property
    def secret_path(self) -> Path:
        return self.secret_file or self.data_dir / "secret"

    @cached_property
    def secret(self) -> bytes:
        """The key that session and token digests are made with; made at first use, readable by its owner alone."""
        path = self.secret_path
        make_once(path, secrets.token_hex(32))
        found = path.read_bytes().strip()
        if len(found) < MIN_SECRET_BYTES:
            raise InvalidInput(
                f"The secret in {path} is shorter than {MIN_SECRET_BYTES} characters, so that it could be guessed. "
                "Remove the file: a new one is made, and everybody signs in again."
            )
        return found
