"""What is wrong here: the checks that `/readyz` and `registry doctor` share, each told in one sentence."""

import shutil
import stat
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from registry.domain.values import dataclass
from registry.services import gauges
from registry.services.rubrics import rubric_files
from registry.settings import Settings
from registry.store import schema
from registry.store.engine import reach, snapshot, takes_more
from registry.store.trouble import has_no_room, lets_nobody_in

MIN_FREE_BYTES = 200_000_000


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    sentence: str
    warns: bool = False
    """Nothing is broken, and yet somebody should do what the sentence says."""


def readiness(settings: Settings, engine: Engine) -> list[Check]:
    """Whether requests can be served: database, schema, disk; and whether a rubric file wants mending."""
    database = _database(engine)
    if not database.ok:
        return [database, _folders(settings, engine)]
    known, disk = _schema(engine), _disk(settings, engine)
    return [database, known, disk, *([_rubrics(settings, engine)] if known.ok else [])]


def reading(settings: Settings, engine: Engine, now: datetime) -> Check:
    """Whether sources are read when their time has come, by whatever process of this registry."""
    with snapshot(engine) as session:
        late = gauges.lag_s(session, now)
    if late <= patience(settings).total_seconds():
        return Check("reading", True, "No source has been due for long.")
    sentence = (
        f"A source has been due for {late // 60:,.0f} minutes and nobody reads it: "
        "is `registry serve` or `registry worker` running?"
    )
    return Check("reading", True, sentence, warns=True)


def patience(settings: Settings) -> timedelta:
    """How long a round of sources may take before something is taken to be wrong."""
    return timedelta(minutes=10, seconds=3 * settings.tick_s)


def secret_mode(settings: Settings) -> Check:
    """Whether others on this machine can read the secret; makes it where it is missing."""
    path = settings.secret_path
    if len(settings.secret) < 32:
        return Check("secret", False, f"The secret in {path} is shorter than 32 characters; replace it.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Check("secret", False, f"Others can read {path}; run chmod 600 on it.")
    return Check("secret", True, f"{path} is readable by its owner alone.")


def agent(settings: Settings) -> Check:
    """Whether publishers whose feeds we read can tell whom to write to."""
    if settings.contact:
        return Check("agent", True, f"Publishers see in each request that {settings.contact} answers for it.")
    return Check(
        "agent",
        True,
        f"Publishers see {settings.base_url} in each request and nobody to write to. "
        "Set REGISTRY_CONTACT, best to an e-mail address.",
        warns=True,
    )


def _database(engine: Engine) -> Check:
    try:
        reach(engine)
    except SQLAlchemyError as error:
        if has_no_room(error) or lets_nobody_in(error):
            return Check(
                "database", False, "The database cannot be opened: its disk is full, or takes nothing."
            )
        own = " Is PostgreSQL running? If not, its own log says why." if _is_server(engine) else ""
        return Check("database", False, f"The database cannot be reached ({type(error).__name__}).{own}")
    return Check("database", True, f"The database answers ({engine.dialect.name}).")


def _schema(engine: Engine) -> Check:
    found = schema.status(engine)
    if found.up_to_date:
        return Check("schema", True, f"The schema is at {found.current}, the newest.")
    return Check("schema", False, found.sentence)


def _rubrics(settings: Settings, engine: Engine) -> Check:
    """Never failing: what is stored and in force goes on, whatever becomes of a file."""
    with snapshot(engine) as session:
        found = rubric_files.look(session, settings.rubrics_dir)
    if not found.faults:
        fresh = f"; {len(found.fresh)} not stored yet" if found.fresh else ""
        return Check("rubrics", True, f"Every rubric file can be used{fresh}.")
    told = "1 rubric file" if len(found.faults) == 1 else f"{len(found.faults)} rubric files"
    return Check("rubrics", True, f"{told} cannot be used; /rubrics says why.", warns=True)


def _disk(settings: Settings, engine: Engine) -> Check:
    if takes_more(engine):
        return _folders(settings, engine)
    told = "PostgreSQL says that its disk is full: nothing can be written until there is room again."
    return Check("disk", False, told)


def _folders(settings: Settings, engine: Engine) -> Check:
    own = () if _is_server(engine) else (Path(engine.url.database or "").parent,)
    free = min(shutil.disk_usage(_existing(each)).free for each in (settings.data_dir, *own))
    sentence = f"{free // 1_000_000} MB are free where the data is."
    return Check("disk", free >= MIN_FREE_BYTES, sentence)


def _is_server(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"


def _existing(folder: Path) -> Path:
    folder = folder.resolve()
    return next(each for each in (folder, *folder.parents) if each.is_dir())
