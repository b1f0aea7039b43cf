"""`registry doctor`: what is wrong here, one sentence a check."""

from collections.abc import Iterator
from dataclasses import asdict

import typer
from sqlalchemy import Engine

from registry.cli import surroundings
from registry.cli.common import AsJson, print_json, utc_now
from registry.domain.errors import RegistryError
from registry.services.entries import rereading
from registry.services.entries.holding import sentence
from registry.services.health import Check, agent, readiness, reading, secret_mode
from registry.services.log import checkpoints
from registry.services.notices.outbox import LEASE
from registry.settings import Settings, load_settings
from registry.store import guards, outbox, sources
from registry.store.engine import make_engine, snapshot
from registry.store.entries import held_by_source
from registry.store.tables import DeliveryState, Role
from registry.store.users import active_holders

app = typer.Typer()
FAILING = 3
"""Failures in a row that make a source one to look at."""


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is wrong here, or what should be set; exit code 1 where something is wrong."""
    settings = load_settings()
    engine = make_engine(settings.resolved_database_url)
    try:
        checks = list(_checks(settings, engine))
    finally:
        engine.dispose()
    if as_json:
        print_json([asdict(each) for each in checks])
    else:
        for each in checks:
            stands = "WRONG" if not each.ok else "warn " if each.warns else "ok   "
            print(f"{stands}  {each.name:11}  {each.sentence}")
    if not all(each.ok for each in checks):
        raise typer.Exit(1)


def _checks(settings: Settings, engine: Engine) -> Iterator[Check]:
    ready = readiness(settings, engine)
    yield from ready
    yield secret_mode(settings)
    yield agent(settings)
    yield _mail(settings)
    yield Check("time zone", True, f"Days end in {settings.time_zone}.")
    yield from surroundings.of_machine(settings, utc_now())
    if all(check.ok for check in ready):
        yield from surroundings.of_record(settings, engine, utc_now())
        yield reading(settings, engine, utc_now())
        yield from _stored(engine)
        yield _guards(engine)
        yield _log(settings, engine)


def _stored(engine: Engine) -> Iterator[Check]:
    with snapshot(engine) as session:
        admins = len(active_holders(session, Role.ADMIN))
        read = [each for each in sources.standings(session) if each.paused_at is None]
        failing = sorted(each.name for each in read if each.failures >= FAILING)
        given_up = sum(
            count for (_, its), count in outbox.counted(session).items() if its is DeliveryState.FAILED
        )
        oldest = outbox.oldest_due(session, utc_now())
        late = oldest is not None and utc_now() - oldest > LEASE
        told_out = _outbox(given_up, late)
        entries = _entries(rereading.ahead(session), sum(held_by_source(session).values()))
    none = "There is no admin. Make one: registry users add EMAIL --role admin"
    yield Check("admin", admins > 0, f"{admins} active." if admins else none)
    named = f"{len(failing)} of {len(read)}: {', '.join(failing)}" if failing else f"none of {len(read)}"
    told = f"Failed {FAILING} times in a row or more: {named}."
    yield Check("sources", not failing, told)
    yield Check("entries", True, entries)
    yield Check("outbox", True, told_out, warns=given_up > 0 or late)


def _guards(engine: Engine) -> Check:
    with snapshot(engine) as session:
        faults = guards.faults(session.connection())
    told = "Every trigger that refuses changes of what was decided is in force, and none was planted."
    return Check("guards", not faults, " ".join(faults) or told)


def _log(settings: Settings, engine: Engine) -> Check:
    try:
        newest, strange = checkpoints.newest(settings)
        with snapshot(engine) as session:
            goes_on = newest is None or checkpoints.goes_on_from(session, newest)
    except RegistryError as error:
        return Check("log", False, f"{error.sentence} `registry audit verify` says more.")
    also = "".join(f" {path} is no checkpoint that this registry's key signed." for path in strange)
    if newest is None:
        return Check("log", True, f"No checkpoint of the log was written yet.{also}", warns=bool(also))
    if goes_on:
        told = f"It goes on from its newest checkpoint, at {newest.size:,} lines.{also}"
        return Check("log", True, told, warns=bool(also))
    told = f"It does not go on from its newest checkpoint, at {newest.size:,} lines."
    return Check("log", False, f"{told} `registry audit verify` says more.")


def _mail(settings: Settings) -> Check:
    if settings.mail_dir is not None:
        return Check("mail", True, f"Mails are put into {settings.mail_dir} and not sent.", warns=True)
    if settings.smtp_host:
        return Check("mail", True, f"Mails go out by {settings.smtp_host} as {settings.smtp_sender}.")
    return Check("mail", True, "No mail is sent: REGISTRY_SMTP_HOST names no server.")


def _outbox(given_up: int, late: bool) -> str:
    told = "Something is due for longer than it should be: is `registry serve` or `registry worker` running? "
    last = (
        f"{given_up} were given up: `registry outbox list --state failed`."
        if given_up
        else "Nothing was given up."
    )
    return (told if late else "") + last


def _entries(outdated: int, held: int) -> str:
    told = "All stored entries have been read by today's extractor."
    if outdated:
        told = f"An older extractor has read {outdated:,}; `registry candidates reread` reads them again."
    return f"{told} {sentence(held)} `registry sources held SOURCE` shows them." if held else told
