"""A backup is put into an empty place: looked through first, whole or not at all."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.values import dataclass
from registry.services.backups import archive
from registry.services.backups.archive import Manifest
from registry.services.backups.making import TOLD, room
from registry.services.log import verifying
from registry.settings import Settings
from registry.store import copying, guards, schema
from registry.store.engine import make_engine, snapshot


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    schema: str
    """The version that the database has now."""
    secret: str
    """`restored`, `same`, `another` (people sign in again, tokens and links end), or `none`."""
    settings: Mapping[str, tuple[Any, Any]]
    """Name of each setting that was another one when the backup was made: what it was, what it is here."""
    rubrics: Path | None
    """Where the office's own rubric files were put, or would be; None where there are none to put."""


def restore(settings: Settings, path: Path, *, dry_run: bool = False) -> Restored:
    """Put a backup into the database and the folders that the settings name, with the newest schema.

    Before anything is put anywhere, sums, pages, keys, counts and the log are looked through. Raises RuleBroken where
    somebody has used this place already, which a dry run does not mind, InvalidInput where the backup is not sound.
    """
    target = make_engine(settings.resolved_database_url)
    try:
        here = Path(target.url.database or "") if target.dialect.name == "sqlite" else None
        if not dry_run and (here is None or here.exists()):
            _refuse_used(target)
        work_beside = here or settings.data_dir / archive.DATABASE
        with archive.opened(path) as (packed, manifest), room(work_beside.parent):
            found = schema.of_revision(manifest.schema)
            if not found.known:
                raise RuleBroken(found.sentence)
            secret = _secret(settings, manifest, dry_run=dry_run)
            rubrics = _rubrics(settings, manifest)
            with archive.beside(work_beside) as folder:
                for name in manifest.members:
                    (folder / name).parent.mkdir(exist_ok=True)
                    archive.unpack(packed, manifest, name, folder / name)
                database = folder / archive.DATABASE
                _look_through(database, manifest)
                newest = _upgraded(database)
                if not dry_run:
                    _put_files(settings, folder, manifest, secret, rubrics)
                    if here is not None:
                        _put_file(database, here)
                    else:
                        _put_rows(database, target)
    finally:
        target.dispose()
    return Restored(manifest, newest, secret, _differing(settings, manifest), rubrics)


def _refuse_used(engine: Engine) -> None:
    with engine.connect() as connection:
        schema.refuse_newer(connection)
        held = copying.holds_data(connection)
    if held:
        told = ", ".join(f"{number:,} in {name}" for name, number in held.items())
        raise RuleBroken(
            f"This database is in use: it holds rows ({told}). A backup goes into an empty place alone: name another "
            "REGISTRY_DATA_DIR or REGISTRY_DATABASE_URL, or move the old one away. Nothing was changed."
        )


def _look_through(database: Path, manifest: Manifest) -> None:
    """Whether the copy is sound and holds what was counted. Raises InvalidInput with what is not."""
    engine = copying.file_engine(database)
    try:
        with engine.connect() as connection:
            faults = copying.faults(connection)
            stands = schema.status_in(connection).current
            counted = copying.counts(connection)
    except SQLAlchemyError as error:
        raise InvalidInput(f"The database in the backup cannot be read: {error}.") from error
    finally:
        engine.dispose()
    if stands != manifest.schema:
        faults.append(f"Its schema is {stands or 'empty'}, and the manifest says {manifest.schema}.")
    for name in sorted(counted.keys() | manifest.counts.keys()):
        there, told = counted.get(name, 0), manifest.counts.get(name, 0)
        if there != told:
            faults.append(f"{name} holds {there:,} rows, and the manifest says {told:,}.")
    if faults:
        raise InvalidInput(
            f"The database in the backup is not sound. {' '.join(faults[:5])} Nothing was restored."
        )


def _upgraded(database: Path) -> str:
    """The newest schema, its guards and the log verified, nobody signed in. Raises InvalidInput with what is wrong."""
    engine = make_engine(f"sqlite:///{database}")
    try:
        schema.upgrade(engine)
        found = schema.status(engine)
        with snapshot(engine) as session:
            faults = guards.faults(session.connection())
        faults += [each.sentence for each in verifying.verify(engine).faults[:1]]
        if faults:
            raise InvalidInput(
                f"The database in the backup is not as the registry kept it. {' '.join(faults[:5])} "
                "Nothing was restored."
            )
        with engine.begin() as connection:
            copying.end_presence(connection)
    finally:
        engine.dispose()
    return found.newest


def _put_file(database: Path, here: Path) -> None:
    archive.settle(database)
    for ending in ("-wal", "-shm"):  # of an empty database that stood here
        here.with_name(here.name + ending).unlink(missing_ok=True)
    os.replace(database, here)


def _put_rows(database: Path, target: Engine) -> None:
    """In one transaction: tables, rows, and as many of them as there were."""
    engine = copying.file_engine(database)
    try:
        with engine.connect() as source, target.begin() as connection:
            schema.upgrade_in(connection)
            copying.carry_rows(source, connection)
            if copying.counts(connection) != copying.counts(source):
                raise InvalidInput("Not every row came into the new database. Nothing was restored.")
    finally:
        engine.dispose()


def _secret(settings: Settings, manifest: Manifest, *, dry_run: bool) -> str:
    there = settings.secret_path.exists()
    same = there and archive.secret_print(settings.secret) == manifest.secret_print
    if same or not manifest.secret_print:
        return "same" if same else "none"
    if archive.SECRET not in manifest.members:
        return "another"
    if there and not dry_run:
        raise RuleBroken(
            f"The backup holds a secret, and {settings.secret_path} holds another. Move that file away first. "
            "Nothing was changed."
        )
    return "restored"


def _rubrics(settings: Settings, manifest: Manifest) -> Path | None:
    if not any(name.startswith(archive.RUBRICS) for name in manifest.members):
        return None
    return settings.rubrics_dir or settings.data_dir / "rubrics"


def _put_files(
    settings: Settings, folder: Path, manifest: Manifest, secret: str, rubrics: Path | None
) -> None:
    """Files that are there already stay as they are."""
    wanted = {}
    if secret == "restored":  # noqa: S105 - not the secret itself
        wanted[archive.SECRET] = settings.secret_path
    if rubrics is not None:
        names = [name for name in manifest.members if name.startswith(archive.RUBRICS)]
        wanted |= {name: rubrics / name.removeprefix(archive.RUBRICS) for name in names}
    for name, place in wanted.items():
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            archive.settle(folder / name)
            shutil.move(folder / name, place)


def _differing(settings: Settings, manifest: Manifest) -> dict[str, tuple[Any, Any]]:
    """A manifest that asks after other settings, such as secrets, is told nothing of them."""
    here = settings.model_dump(mode="json", include=set(TOLD))
    return {
        f"REGISTRY_{name.upper()}": (manifest.settings[name], here[name])
        for name in TOLD
        if name in manifest.settings and manifest.settings[name] != here[name]
    }


def shown_url(settings: Settings) -> str:
    return make_url(settings.resolved_database_url).render_as_string(hide_password=True)
