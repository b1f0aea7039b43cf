"""The schema's version in a database: where it stands, and how it is brought up to date."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from registry.domain.errors import RuleBroken
from registry.domain.values import dataclass

# What asks only for a version's name loads no SQLAlchemy, and a site whose schema stands no Alembic.
if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUILDS_ON = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)


@dataclass(frozen=True)
class SchemaStatus:
    current: str
    """Empty where the database holds no schema yet."""
    newest: str
    """That this program knows."""
    known: bool = True
    """Whether this program knows the present one; one that it does not know was made by a newer program."""

    @property
    def up_to_date(self) -> bool:
        return self.current == self.newest

    @property
    def sentence(self) -> str:
        """What to do where the schema is not the newest."""
        if not self.known:
            return (
                f"This database was written by a newer version of the registry: its schema is {self.current}, and this "
                f"program knows those up to {self.newest}. Run the newer program, or restore a backup that was made "
                "before the upgrade. Nothing was changed."
            )
        return f"The database's schema is {self.current or 'empty'}, not {self.newest}. Run `registry db upgrade`."


def upgrade(engine: "Engine", to: str = "head") -> None:
    """Bring the database to a version; changes nothing where it is the newest. Raises RuleBroken where it is newer."""
    with engine.connect() as connection:
        if refuse_newer(connection).up_to_date:
            return
    with engine.begin() as connection:
        upgrade_in(connection, to)


def upgrade_in(connection: "Connection", to: str = "head") -> None:
    """The same within the caller's transaction."""
    from alembic import command
    from sqlalchemy import text

    if connection.dialect.name == "postgresql":  # several may start at once; the later ones find it done
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('schema'))"))
    refuse_newer(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def refuse_newer(connection: "Connection") -> SchemaStatus:
    found = status_in(connection)
    if not found.known:
        raise RuleBroken(found.sentence)
    return found


def require_known(revision: str) -> None:
    """Raises RuleBroken for a version that this program does not have."""
    if revision and not is_known(revision):
        raise RuleBroken(of_revision(revision).sentence)


def status(engine: "Engine") -> SchemaStatus:
    with engine.connect() as connection:
        return status_in(connection)


def status_in(connection: "Connection") -> SchemaStatus:
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("alembic_version"):
        return of_revision("")
    return of_revision(" and ".join(connection.scalars(text("SELECT version_num FROM alembic_version"))))


def of_revision(current: str) -> SchemaStatus:
    """Where a database with this version stands; '' is none."""
    return SchemaStatus(current, _newest(), not current or is_known(current))


@cache
def _newest() -> str:
    """The one on which no other builds, read off the files; a test holds it against what Alembic says."""
    files = list(_MIGRATIONS.glob("versions/*.py"))
    built_on = {found[1] for each in files if (found := _BUILDS_ON.search(each.read_text("utf-8")))}
    (newest,) = {each.stem.partition("_")[0] for each in files} - built_on
    return newest


def is_known(revision: str) -> bool:
    """Whether this program has such a version; quick, since it reads the names of files alone."""
    return revision.isalnum() and any(_MIGRATIONS.glob(f"versions/{revision}_*.py"))


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
