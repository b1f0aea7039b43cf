"""A backup is one whole moment, whatever is written meanwhile; it is put into an empty place, all of it or nothing."""

import errno
import hashlib
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pyotp
import pytest
from sqlalchemy import Connection, Engine, func, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select
from starlette.testclient import TestClient

from registry.domain.errors import InvalidInput, NotFound, RegistryError, RuleBroken
from registry.services.backups import archive, making, restoring
from registry.services.backups.archive import DATABASE, MANIFEST
from registry.services.log import verifying
from registry.services.people import accounts, deputies, second_factor, sign_in
from registry.services.people.acting import REGISTRY
from registry.settings import Settings
from registry.store import copying, delegations, schema
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Event, User
from registry.web.app import create_app
from tests.builders import UTC_ZONE, a_tool, the_cast
from tests.conftest import NOW, Beginning
from tests.postgres import Postgres

WRITERS = 8


@pytest.fixture
def here(tmp_path: Path, engine: Engine) -> Settings:
    """The registry that is backed up."""
    url = engine.url.render_as_string(hide_password=False)
    return Settings(data_dir=tmp_path / "here", database_url=url, name="Harbour office")


@pytest.fixture
def there(tmp_path: Path) -> Settings:
    """An empty place."""
    return Settings(data_dir=tmp_path / "there")


def two_people(session: Session, now: datetime) -> None:
    for name in ("Ada", "Rosa"):
        join(session, name)


@pytest.fixture
def beginning() -> Beginning:
    return two_people


@pytest.fixture(scope="module")
def packed_once(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of a registry with Ada and Rosa, to be copied."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("packed"), name="Harbour office")
    shutil.copy(migrated_file, settings.data_dir / DATABASE)
    engine = make_engine(settings.resolved_database_url)
    with transaction(engine) as session:
        two_people(session, NOW)
    making.back_up(settings, engine, settings.data_dir / "backup.zip", now=NOW)
    engine.dispose()
    return settings.data_dir / "backup.zip"


@pytest.fixture
def packed(packed_once: Path, tmp_path: Path) -> Path:
    """A backup of one's own, to do anything with."""
    return Path(shutil.copy(packed_once, tmp_path / "backup.zip"))


def join(session: Session, name: str) -> None:
    accounts.add_user(
        session, email=f"{name}@example.org", name=name, roles=["reviewer"], by=REGISTRY, now=NOW
    )


def names(settings: Settings) -> list[str]:
    engine = make_engine(settings.resolved_database_url)
    with snapshot(engine) as session:
        found = session.exec(select(User.name).order_by(User.name)).all()
    engine.dispose()
    return list(found)


def test_nobody_is_signed_in_after_a_restore(
    engine: Engine, here: Settings, there: Settings, tmp_path: Path
) -> None:
    """Whoever was then may have been shut out since."""
    with transaction(engine) as session:
        ada = session.exec(select(User).where(User.name == "Ada")).one()
        cookie = sign_in.start_session(session, ada, secret=here.secret, now=NOW)
        link = sign_in.make_link(
            session, ada.id or 0, secret=here.secret, valid_for=timedelta(days=1), by=REGISTRY, now=NOW
        )
    making.back_up(here, engine, tmp_path / "with.zip", now=NOW, with_secret=True)
    restoring.restore(there, tmp_path / "with.zip")
    restored = make_engine(there.resolved_database_url)
    with snapshot(restored) as session:
        assert there.secret == here.secret
        assert sign_in.find_by_session(session, cookie, secret=there.secret, now=NOW) is None
        with pytest.raises(NotFound):
            sign_in.get_link(session, link, secret=there.secret, now=NOW)
    restored.dispose()


def test_tags_deputies_and_second_factors_come_along_and_with_the_secret_a_code_signs_in_as_before(
    engine: Engine, here: Settings, there: Settings, tmp_path: Path
) -> None:
    """Copied while others write; without the secret every second factor says that it is void."""
    password, day, over = "a quiet brown river", NOW.date(), threading.Event()
    with transaction(engine) as session:
        cast = the_cast(session, NOW)
        rosa, email = cast["rosa"].person_id, session.get_one(User, cast["rosa"].id).email
        a_tool(session, now=NOW, tagged=["open-source", "notes"])
        deputies.delegate(session, rosa, first_day=day, last_day=day, zone=UTC_ZONE, by=cast["amir"], now=NOW)
        accounts.set_password(session, rosa, password, by=REGISTRY, now=NOW)
        key = second_factor.begin(session, rosa, house_name="", secret=here.secret, now=NOW)
        app = pyotp.TOTP(key.text)
        codes = second_factor.confirm(
            session, rosa, app.at(NOW), secret=here.secret, by=cast["rosa"], now=NOW
        )

    def write() -> None:
        nth = 0
        while not over.wait(0.01):
            nth += 1
            with transaction(engine) as session:
                join(session, f"w{nth}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        plain = making.back_up(here, engine, tmp_path / "plain.zip", now=NOW)
        making.back_up(here, engine, tmp_path / "whole.zip", now=NOW, with_secret=True)
    finally:
        over.set()
        writer.join()
    assert [plain.counts[each] for each in ("tool_tag", "delegation", "second_factor", "recovery_code")] == [
        2, 1, 1, 10,
    ]  # fmt: skip
    later = NOW + timedelta(minutes=1)
    for name, given_codes, told in (
        ("whole", (app.at(later), codes[0]), 303),
        ("plain", (app.at(later),), 422),
    ):
        place = there.model_copy(update={"data_dir": tmp_path / name})
        done = restoring.restore(place, tmp_path / f"{name}.zip")
        assert done.manifest.counts["delegation"] == 1
        restored = make_engine(place.resolved_database_url)
        with snapshot(restored) as session:
            assert [who.name for _, who in delegations.approvers_of(session, rosa, now=later)] == ["Amir"]
        assert verifying.verify(restored).sound
        site = create_app(place, engine=restored, clock=lambda: later)
        for code in given_codes:
            browser = TestClient(site, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False)
            asked = browser.post("/login", data={"email": email, "password": password})
            assert asked.headers["location"] == "/login/code"
            given = browser.post("/login/code", data={"one_time_code": code})
            assert (given.status_code, "own key was changed" in given.text) == (told, told == 422)
        restored.dispose()


@pytest.mark.both_databases
def test_what_is_restored_is_what_was_backed_up(
    engine: Engine, here: Settings, there: Settings, tmp_path: Path
) -> None:
    packed = tmp_path / "backup.zip"
    making.back_up(here, engine, packed, now=NOW)
    done = restoring.restore(there, packed)
    assert names(there) == ["Ada", "Rosa"]
    assert there.data_dir.stat().st_mode & 0o077 == 0
    assert all(each.stat().st_mode & 0o077 == 0 for each in there.data_dir.iterdir())
    with engine.connect() as connection:
        assert done.manifest.counts == copying.counts(connection)
    assert (done.manifest.database, done.schema) == (engine.dialect.name, schema.status(engine).newest)
    assert packed.stat().st_mode & 0o077 == 0


def test_a_registry_grows_from_one_file_to_postgresql(
    there: Settings, packed: Path, postgres: Postgres
) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        grown = there.model_copy(update={"database_url": url})
        restoring.restore(grown, packed)
        assert names(grown) == ["Ada", "Rosa"]
        target = make_engine(url)
        stack.callback(target.dispose)
        with transaction(target) as session:
            join(session, "Emil")  # its ids stand above those that came, and triggers are at work again
        with target.connect() as connection:
            query = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'"
            assert connection.execute(text(query)).scalar() == 0
            assert connection.execute(text("SELECT count(*) FROM tool_change")).scalar() is not None


def gone_within(monkeypatch: pytest.MonkeyPatch, step: str, url: str) -> None:
    """PostgreSQL ends every connection to the database, as when it is stopped, once some tables have been carried."""
    carry, tables = getattr(copying, step), count(1)

    def carried(*given: Any) -> None:
        if next(tables) == 5:
            admin = make_engine(url)
            with admin.connect() as connection:
                others = "datname = current_database() AND pid <> pg_backend_pid()"
                connection.execute(
                    text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
                )
            admin.dispose()
        carry(*given)

    monkeypatch.setattr(copying, step, carried)


@pytest.mark.whole
def test_where_postgresql_goes_while_a_backup_is_made_there_is_none_and_the_next_is_whole(
    there: Settings, packed: Path, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database() as url:
        grown = there.model_copy(update={"database_url": url})
        restoring.restore(grown, packed)
        engine, folder = make_engine(url), tmp_path / "backups"
        with monkeypatch.context() as going:
            gone_within(going, "_insert", url)
            with pytest.raises(OperationalError):
                making.back_up(grown, engine, folder / "b.zip", now=NOW)
        assert list(folder.iterdir()) == []
        assert making.back_up(grown, engine, folder / "b.zip", now=NOW).counts["user"] == 2
        engine.dispose()


@pytest.mark.whole
def test_where_postgresql_goes_while_a_backup_is_put_back_nothing_is_there_and_it_may_be_tried_again(
    there: Settings, packed: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database() as url:
        grown = there.model_copy(update={"database_url": url})
        with monkeypatch.context() as going:
            gone_within(going, "_copy_in", url)
            with pytest.raises((OperationalError, psycopg.OperationalError)):
                restoring.restore(grown, packed)
        engine = make_engine(url)
        with engine.connect() as connection:
            assert copying.holds_data(connection) == {}
        engine.dispose()
        restoring.restore(grown, packed)
        assert names(grown) == ["Ada", "Rosa"]


@pytest.mark.whole
def test_a_backup_under_load_is_one_moment(
    engine: Engine, here: Settings, there: Settings, tmp_path: Path
) -> None:
    """Eight write people, each with its event, while copies are made: in every copy each person has the event."""
    over, written = threading.Event(), []

    def write(writer: int) -> None:
        nth = 0
        while not over.is_set():
            nth += 1
            with transaction(engine) as session:
                join(session, f"w{writer}n{nth}")
            written.append((writer, nth))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for each in threads:
        each.start()
    made = []
    try:
        for nth in range(2):
            before = len(written)
            manifest = making.back_up(here, engine, tmp_path / f"{nth}.zip", now=NOW)
            made.append((before, manifest, len(written) + WRITERS))
    finally:
        over.set()
        for each in threads:
            each.join()
    assert len(written) > made[0][0], "they wrote while it was copied"
    for nth, (before, manifest, after) in enumerate(made):
        assert before <= manifest.counts["user"] <= after, "what was acknowledged before is in it"
        place = there.model_copy(update={"data_dir": tmp_path / f"place{nth}"})
        restoring.restore(place, tmp_path / f"{nth}.zip")
        restored = make_engine(place.resolved_database_url)
        with snapshot(restored) as session:
            added = set(session.exec(select(Event.subject_id).where(Event.action == "user.added")).all())
            assert added == set(session.exec(select(User.id)).all())
            assert session.exec(select(func.max(Event.id))).one() == manifest.last_event
        restored.dispose()


def test_a_place_that_somebody_uses_is_left_alone(here: Settings, packed: Path) -> None:
    with pytest.raises(RuleBroken, match=r"in use: it holds rows \(2 in event, 2 in user\)"):
        restoring.restore(here, packed)
    assert names(here) == ["Ada", "Rosa"]


def test_a_dry_run_looks_through_and_puts_nothing_anywhere(there: Settings, packed: Path) -> None:
    assert restoring.restore(there, packed, dry_run=True).manifest.counts["user"] == 2
    assert list(there.data_dir.iterdir()) == []


def test_a_dry_run_may_be_made_beside_the_running_registry(here: Settings, packed: Path) -> None:
    restoring.restore(here, packed, dry_run=True)
    assert names(here) == ["Ada", "Rosa"]


def rewrite(packed: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """The archive anew, each member as `change` gives it; None leaves it out."""
    with zipfile.ZipFile(packed) as old:
        members = {name: change(name, old.read(name)) for name in old.namelist()}
    with zipfile.ZipFile(packed, "w") as new:
        for name, body in members.items():
            if body is not None:
                new.writestr(name, body)


def flipped(name: str, body: bytes) -> bytes:
    return body if name != DATABASE else body[:5000] + bytes([body[5000] ^ 1]) + body[5001:]


def told(**other: object) -> Callable[[str, bytes], bytes]:
    return lambda name, body: body if name != MANIFEST else json.dumps(json.loads(body) | other).encode()


def without(left_out: str) -> Callable[[str, bytes], bytes | None]:
    return lambda name, body: None if name == left_out else body


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (flipped, "damaged or changed"),
        (told(counts={"user": 3}), "user holds 2 rows, and the manifest says 3"),
        (told(schema="0002"), "the manifest says 0002"),
        (told(schema="9999"), "written by a newer version of the registry"),
        (told(schema="**a"), "written by a newer version of the registry"),
        (told(format=2), "A newer version of the registry made this backup"),
        (told(members={}), "does not hold what its manifest says"),
        (told(made_at="yesterday"), r"manifest is not as it should be \(made_at:"),
        (told(settings=["a"]), r"\(settings:"),
        (told(settings=None), r"\(settings:"),
        (told(counts={"user": "2"}), r"\(counts.user:"),
        (told(counts=[]), r"\(counts:"),
        (told(counts=None), r"\(counts:"),
        (told(last_event=-1), r"\(last_event:"),
        (told(members={DATABASE: {"bytes": "1", "sha256": ""}}), r"\(members.registry.sqlite3.bytes:"),
        (told(members=["secret"]), r"\(members:"),
        (lambda name, body: body if name == DATABASE else b"[" * 200_000, "manifest is not as it should be"),
        (lambda name, body: body if name == DATABASE else b"\xff", "manifest is not as it should be"),
        (without(MANIFEST), "has no manifest"),
        (without(DATABASE), "does not hold what its manifest says"),
        (lambda name, body: body if name == DATABASE else b"[", "manifest is not as it should be"),
    ],
)
def test_a_backup_that_is_not_what_it_should_be_restores_nothing(
    there: Settings, packed: Path, change: Callable[[str, bytes], bytes | None], sentence: str
) -> None:
    rewrite(packed, change)
    with pytest.raises(RegistryError, match=sentence):
        restoring.restore(there, packed)
    assert not holds_anything(there)


def test_a_manifest_learns_no_other_settings_than_those_that_people_read(
    there: Settings, packed: Path
) -> None:
    with zipfile.ZipFile(packed) as whole:
        settings = json.loads(whole.read(MANIFEST))["settings"]
    asked = {"oidc_client_secret": "x", "smtp_password": "x", "no_such_thing": "x", "name": "Other"}
    rewrite(packed, told(settings=settings | asked))
    kept = there.model_copy(update={"oidc_client_secret": "of this place"})
    assert set(restoring.restore(kept, packed).settings) == {"REGISTRY_NAME"}


@pytest.mark.parametrize(
    "name", ["a\x1b[2J.toml", "a\nb.toml", "..toml", "a\u202eb.toml", "a" * 96 + ".toml"]
)
def test_a_rubric_file_has_a_plain_name(
    here: Settings, there: Settings, engine: Engine, packed: Path, tmp_path: Path, name: str
) -> None:
    members = {f"rubrics/{name}": {"bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()}}
    with zipfile.ZipFile(packed, "a") as more:
        more.writestr(f"rubrics/{name}", b"")
    with zipfile.ZipFile(packed) as whole:
        members |= json.loads(whole.read(MANIFEST))["members"]
    rewrite(packed, told(members=members))
    with pytest.raises(InvalidInput, match="does not hold what its manifest says"):
        restoring.restore(there, packed)
    (tmp_path / "rubrics").mkdir()
    (tmp_path / "rubrics" / name).touch()
    ours = here.model_copy(update={"rubrics_dir": tmp_path / "rubrics"})
    with pytest.raises(RuleBroken, match="Rename it"):
        making.back_up(ours, engine, tmp_path / "other.zip", now=NOW)


@pytest.mark.whole
def test_a_backup_with_any_wrong_byte_is_refused_in_words_or_sound(there: Settings, packed: Path) -> None:
    """Where a byte means nothing to whom reads it, such as a date, all that was written still comes."""
    whole, directory = packed.read_bytes(), zipfile.ZipFile(packed).start_dir
    places = [*range(0, directory, directory // 40), *range(directory, len(whole))]
    for place in places:
        for wrong in (0x00, whole[place] ^ 0xFF):
            packed.write_bytes(whole[:place] + bytes([wrong]) + whole[place + 1 :])
            with suppress(RegistryError):
                look_through(packed, there.data_dir / f"{place}-{wrong}")
    assert not holds_anything(there)


def look_through(packed: Path, folder: Path) -> None:
    with archive.opened(packed) as (members, manifest), archive.beside(folder) as beside:
        for name in manifest.members:
            archive.unpack(members, manifest, name, beside / name)


@pytest.mark.parametrize(("offset", "value"), [(6, 99), (8, 1), (10, 99), (10, 12), (10, 14)])
def test_a_member_that_is_encrypted_or_of_an_unknown_kind_is_refused(
    there: Settings, packed: Path, offset: int, value: int
) -> None:
    whole = bytearray(packed.read_bytes())
    first = zipfile.ZipFile(packed).start_dir  # version to read it, flags, method of compression
    whole[first + offset] = value
    packed.write_bytes(whole)
    with pytest.raises(InvalidInput, match=r"The backup cannot be read: .* Nothing was restored\."):
        restoring.restore(there, packed)
    assert not holds_anything(there)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_half_a_backup_restores_nothing(there: Settings, packed: Path, share: float) -> None:
    whole = packed.read_bytes()
    packed.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InvalidInput, match="no whole backup"):
        restoring.restore(there, packed)
    assert not holds_anything(there)


@pytest.mark.parametrize(
    ("tampering", "sentence"),
    [
        (
            "UPDATE user_role SET user_id = 77 WHERE user_id = 1",
            "of user_role names a user that is not there",
        ),
        ("UPDATE alembic_version SET version_num = '**'", "Its schema is \\*\\*, and the manifest says"),
        ("INSERT INTO alembic_version VALUES ('x')", "Its schema is .* and "),
        ("UPDATE event SET action = 'user.disabled' WHERE id = 2", "Number 2 does not fit its hash"),
    ],
)
def test_rows_that_are_not_as_they_were_written_restore_nothing(
    there: Settings, packed: Path, tmp_path: Path, tampering: str, sentence: str
) -> None:
    """Though every sum in the manifest was made to fit."""

    def tamper(connection: Connection) -> None:
        made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _ in made:
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(tampering))
        for _, sql in made:
            connection.exec_driver_sql(sql)

    with pytest.raises(InvalidInput, match=sentence):
        restoring.restore(there, resealed(packed, tmp_path, tamper))
    assert not holds_anything(there)


@pytest.mark.parametrize(
    ("tampering", "sentence"),
    [
        ("DROP TRIGGER event_is_kept", "trigger event_is_kept"),
        ("CREATE TRIGGER mine AFTER UPDATE ON user BEGIN DELETE FROM user; END", "trigger mine on user"),
        ("CREATE VIEW mine AS SELECT * FROM user", "view mine"),
    ],
)
def test_a_database_without_its_guards_or_with_others_restores_nothing(
    there: Settings, packed: Path, tmp_path: Path, tampering: str, sentence: str
) -> None:
    def tamper(connection: Connection) -> None:
        connection.exec_driver_sql(tampering)

    with pytest.raises(InvalidInput, match=sentence):
        restoring.restore(there, resealed(packed, tmp_path, tamper))
    assert not holds_anything(there)


def resealed(packed: Path, folder: Path, tamper: Callable[[Connection], None]) -> Path:
    """The same backup with another database, and a manifest that fits."""
    file = folder / "broken.sqlite3"
    with zipfile.ZipFile(packed) as old:
        file.write_bytes(old.read(DATABASE))
        manifest = json.loads(old.read(MANIFEST))
    broken = copying.file_engine(file)
    with broken.begin() as connection:
        tamper(connection)
    broken.dispose()
    members = archive.pack(folder / "new.zip", {DATABASE: file})
    manifest["members"] = {name: each.__dict__ for name, each in members.items()}
    with zipfile.ZipFile(folder / "new.zip", "a") as new:
        new.writestr(MANIFEST, json.dumps(manifest))
    return folder / "new.zip"


def holds_anything(settings: Settings) -> bool:
    return settings.data_dir.exists() and any(settings.data_dir.iterdir())


def test_an_interrupted_backup_leaves_nothing_behind(
    here: Settings, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(archive, "seal", interrupted)
    folder = tmp_path / "backups"
    with pytest.raises(KeyboardInterrupt):
        making.back_up(here, engine, folder / "b.zip", now=NOW)
    assert list(folder.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over_unless_asked(
    here: Settings, engine: Engine, packed: Path
) -> None:
    before = packed.read_bytes()
    with pytest.raises(RuleBroken, match="is there already"):
        making.back_up(here, engine, packed, now=NOW)
    assert packed.read_bytes() == before
    making.back_up(here, engine, packed, now=NOW, replace=True)


def test_without_its_secret_a_backup_says_what_ends(here: Settings, there: Settings, packed: Path) -> None:
    assert restoring.restore(there, packed).secret == "none"


@pytest.mark.whole
def test_the_secret_comes_where_it_was_asked_for(
    here: Settings, there: Settings, engine: Engine, tmp_path: Path
) -> None:
    plain, whole = tmp_path / "plain.zip", tmp_path / "whole.zip"
    secret = here.secret
    making.back_up(here, engine, plain, now=NOW)
    making.back_up(here, engine, whole, now=NOW, with_secret=True)
    assert secret not in plain.read_bytes()
    assert restoring.restore(there, plain, dry_run=True).secret == "another"
    assert restoring.restore(there, whole).secret == "restored"
    assert there.secret == secret
    assert there.secret_path.stat().st_mode & 0o077 == 0
    elsewhere = Settings(data_dir=tmp_path / "elsewhere")
    elsewhere.data_dir.mkdir()
    elsewhere.secret_path.write_text("another secret that is long enough")
    with pytest.raises(RuleBroken, match="holds another"):
        restoring.restore(elsewhere, whole)


@pytest.mark.whole
def test_rubric_files_of_the_office_come_along_and_other_settings_are_named(
    here: Settings, there: Settings, engine: Engine, tmp_path: Path
) -> None:
    rubrics = tmp_path / "rubrics"
    rubrics.mkdir()
    (rubrics / "our own.toml").write_text("name = 1")
    paris = here.model_copy(update={"rubrics_dir": rubrics, "time_zone": "Europe/Paris"})
    making.back_up(paris, engine, tmp_path / "b.zip", now=NOW)
    done = restoring.restore(there, tmp_path / "b.zip")
    assert done.rubrics == there.data_dir / "rubrics"
    assert (done.rubrics / "our own.toml").read_text() == "name = 1"
    assert done.settings["REGISTRY_TIME_ZONE"] == ("Europe/Paris", "UTC")


@pytest.mark.whole
def test_an_empty_registry_that_was_only_upgraded_takes_a_backup(
    there: Settings, packed: Path, migrated_file: Path
) -> None:
    there.data_dir.mkdir()
    shutil.copy(migrated_file, there.data_dir / DATABASE)
    restoring.restore(there, packed)
    assert names(there) == ["Ada", "Rosa"]


def test_before_an_upgrade_a_backup_is_made_and_the_last_three_stay(
    old: tuple[Settings, Engine],
) -> None:
    settings, engine = old
    made = [
        making.back_up_before_upgrade(settings, engine, now=NOW.replace(minute=minute)) for minute in range(4)
    ]
    left = sorted((settings.data_dir / "backups").iterdir())
    assert left == sorted(each for each in made[1:] if each is not None)
    schema.upgrade(engine)
    assert making.back_up_before_upgrade(settings, engine, now=NOW) is None


@pytest.fixture
def old(tmp_path: Path, older_file: Path) -> Iterator[tuple[Settings, Engine]]:
    """A registry whose schema is that of the oldest kept file."""
    settings = Settings(data_dir=tmp_path / "old")
    settings.data_dir.mkdir()
    shutil.copy(older_file, settings.data_dir / DATABASE)
    engine = make_engine(settings.resolved_database_url)
    yield settings, engine
    engine.dispose()


def test_whose_disk_is_full_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuleBroken, match="PostgreSQL's disk"), making.room(tmp_path):
        raise psycopg.errors.DiskFull("could not extend file")
    with pytest.raises(RuleBroken, match=str(tmp_path)), making.room(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
