"""The schema's version in a database: where it stands, and how it is brought up to date."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, text

if TYPE_CHECKING:  # Alembic loads every dialect, a quarter of a second that a site that stands need not pay
    from alembic.config import Config


@dataclass(frozen=True)
class SchemaStatus:
    current: str
    """Empty where the database holds no schema yet."""
    newest: str

    @property
    def up_to_date(self) -> bool:
        return self.current == self.newest


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest version; changes nothing where it is already there."""
    from alembic import command

    if status(engine).up_to_date:
        return
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # several may start at once; the later ones find it done
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('schema'))"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def status(engine: Engine) -> SchemaStatus:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision() or ""
    return SchemaStatus(current, ScriptDirectory.from_config(_config()).get_current_head() or "")


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
