"""A backup is made while everything goes on: the database as of one moment, whole under its name or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

import registry
from registry.domain.errors import RuleBroken
from registry.services.backups import archive
from registry.services.backups.archive import Manifest
from registry.settings import Settings
from registry.store import copying, schema
from registry.store.plain import sqlite_module
from registry.store.trouble import server_has_no_room

TOLD = (
    "name",
    "contact",
    "base_url",
    "language",
    "time_zone",
    "data_classes",
    "account_types",
    "audiences",
    "requests",
    "challenges",
    "solo",
    "reference_cases",
    "undo_s",
    "public",
)
"""Settings that change what people read; none is a secret, and none is a place on this machine."""
KEPT = 3
"""Copies made before an upgrade."""
NO_ROOM = ("full", "no space", "file too large", "disk i/o error")


def back_up(
    settings: Settings,
    engine: Engine,
    path: Path,
    *,
    now: datetime,
    with_secret: bool = False,
    replace: bool = False,
) -> Manifest:
    """Write the whole registry into one new file.

    Raises RuleBroken where there is no registry, where the file is there already, and where the disk has no room.
    """
    if path.exists() and not replace:
        raise RuleBroken(f"{path} is there already. Choose another name, or say --replace.")
    with room(path.parent), archive.beside(path) as folder:
        database, packed = folder / archive.DATABASE, folder / "whole.zip"
        revision = _copy(engine, database)
        counts, last_event = _counted(database)
        files = {archive.DATABASE: database, **_rubrics(settings)}
        secret_file = settings.secret_path
        if with_secret and settings.secret:
            files[archive.SECRET] = secret_file
        manifest = Manifest(
            program=registry.__version__,
            schema=revision,
            made_at=now,
            database=engine.dialect.name,
            counts=counts,
            last_event=last_event,
            secret_print=archive.secret_print(settings.secret) if secret_file.exists() else "",
            settings=settings.model_dump(mode="json", include=set(TOLD)),
            members=archive.pack(packed, files),
        )
        archive.seal(packed, manifest)
        _put(packed, path, replace=replace)
    return manifest


def back_up_before_upgrade(settings: Settings, engine: Engine, *, now: datetime) -> Path | None:
    """A backup of a database that an upgrade is about to change; None where it holds nothing or is up to date.

    The newest KEPT of them stay. Raises RuleBroken as `back_up` does, so that nothing is upgraded without a way back.
    """
    with engine.connect() as connection:
        found = schema.refuse_newer(connection)
        if not found.current or found.up_to_date or not copying.holds_data(connection):
            return None
    folder = settings.backup_dir or settings.data_dir / "backups"
    path = folder / f"before-{found.newest}-{now:%Y%m%dT%H%M%SZ}.zip"
    back_up(settings, engine, path, now=now, replace=True)
    for old in sorted(folder.glob("before-*.zip"), key=lambda each: each.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def _copy(engine: Engine, path: Path) -> str:
    """The database as a SQLite file; gives the revision of its schema."""
    if engine.dialect.name == "sqlite":
        copying.copy_file(engine, path)
        copied = copying.file_engine(path)
        try:
            with copied.connect() as connection:
                return _known(connection)
        finally:
            copied.dispose()
    one_moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**one_moment) as source:
        revision = _known(source)
        copied = copying.file_engine(path)
        try:
            with copied.begin() as target:
                schema.upgrade_in(target, revision)
                copying.carry_rows(source, target)
        finally:
            copied.dispose()
    return revision


def _known(connection: Connection) -> str:
    found = schema.refuse_newer(connection)
    if not found.current:
        raise RuleBroken("There is no registry in this database yet, so there is nothing to back up.")
    return found.current


def _counted(path: Path) -> tuple[dict[str, int], int]:
    copied = copying.file_engine(path)
    try:
        with copied.connect() as connection:
            return copying.counts(connection), copying.last_event(connection)
    finally:
        copied.dispose()


def _rubrics(settings: Settings) -> dict[str, Path]:
    """Files of the office's own; those supplied come with the program."""
    if settings.rubrics_dir is None:
        return {}
    found = {f"{archive.RUBRICS}{each.name}": each for each in sorted(settings.rubrics_dir.glob("*.toml"))}
    for name, file in found.items():
        if not archive.nameable(name):
            raise RuleBroken(
                f"{file} cannot be backed up under this name. Rename it: letters, figures, spaces, dots, dashes and "
                f"underscores, at most {archive.LONGEST_NAME} bytes."
            )
    return found


def _put(whole: Path, path: Path, *, replace: bool) -> None:
    if replace:
        os.replace(whole, path)
        return
    try:
        os.link(whole, path)  # refuses to put it over another, even one that came this moment
    except FileExistsError:
        raise RuleBroken(f"{path} is there already. Choose another name, or say --replace.") from None


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Says in words that a disk has no room, PostgreSQL's or that of `folder`."""
    try:
        yield
    except Exception as error:
        if server_has_no_room(error):
            raise RuleBroken(
                "PostgreSQL's disk has not enough room for this. Nothing was left behind."
            ) from error
        of_disk = isinstance(error, OSError | DatabaseError | sqlite_module().Error)
        if of_disk and any(word in str(error).lower() for word in NO_ROOM):
            raise RuleBroken(
                f"There is not enough room in {folder} for this: it needs twice the database's size for a while. "
                "Nothing was left behind."
            ) from error
        raise
