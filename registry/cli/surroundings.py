"""What `registry doctor` looks at beside the database's content: folder, address, clock, and those that it reaches."""

import os
import re
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlmodel import Session

from registry import smtp
from registry.domain.errors import RuleBroken, SignInRefused
from registry.services.health import Check
from registry.services.log import verifying
from registry.services.log.signing import key_file
from registry.services.people import guessing, second_factor
from registry.settings import Settings
from registry.store import copying, events, log
from registry.store.engine import snapshot
from registry.store.plain import sqlite_module
from registry.store.second_factors import count_lacking

SKEW = timedelta(minutes=5)
BACKUP_DAYS = 7
GUESSED_DAYS = timedelta(days=7)
QUICK_LINES = 100_000
"""Of the log, that can be read in a second or two."""
SOUND_SQLITE = (3, 51, 3)
"""Versions 3.7.0 to 3.51.2 can corrupt a write-ahead log that two connections checkpoint at once."""
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?.*?>=\s*([0-9.]+)")


def soundness(engine: Engine) -> Check:
    """What SQLite says of its file; PostgreSQL keeps its own watch."""
    if engine.dialect.name != "sqlite":
        return Check("integrity", True, "PostgreSQL looks after its own pages.")
    with engine.connect() as connection:
        found = copying.faults(connection)
    told = f"The database file is damaged: {found[0]} Restore a backup: registry restore." if found else ""
    return Check("integrity", not found, told or "The database file is whole, and every key leads somewhere.")


def folder(settings: Settings) -> Check:
    """Whether the data can be written by us, and read by nobody else."""
    place = settings.data_dir.resolve()
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return Check("folder", False, f"{place} cannot be written to; make it, or give it to this user.")
    if stat.S_IMODE(place.stat().st_mode) & stat.S_IRWXO:
        return Check(
            "folder", True, f"Others on this machine can look into {place}; run chmod 700 on it.", True
        )
    return Check("folder", True, f"{place} is for its owner and group alone.")


def others_read(settings: Settings) -> Iterator[Check]:
    """Files and folders of secrets and mails that others on this machine can look into."""
    for place in (
        key_file(settings),
        settings.mail_dir,
        settings.oidc_client_secret_file,
        settings.smtp_password_file,
        settings.metrics_token_file,
    ):
        if place is not None and place.exists() and stat.S_IMODE(place.stat().st_mode) & stat.S_IRWXO:
            told = (
                f"Others on this machine can read {place}; run chmod {700 if place.is_dir() else 600} on it."
            )
            yield Check("readers", place != key_file(settings), told, warns=True)


def address(settings: Settings) -> Check:
    """Whether people can follow the links that mails and feeds hold, in safety."""
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    if host == "localhost" or _is_loopback(host):
        told = f"Links in mails and feeds lead to {settings.base_url}, this machine alone. Set REGISTRY_BASE_URL."
        return Check("address", True, told, warns=True)
    if parts.scheme != "https":
        told = f"{settings.base_url} is not secured: passwords can be read on the way. Serve it by https."
        return Check("address", False, told)
    if not settings.trusted_proxies:
        told = (
            "No proxy is trusted, so that all visitors of one count as one at the sign-in. "
            "Set REGISTRY_TRUSTED_PROXIES to its address."
        )
        return Check("address", True, told, warns=True)
    return Check("address", True, f"{settings.base_url}, behind {', '.join(settings.trusted_proxies)}.")


def clock(session: Session, now: datetime) -> Check:
    """Whether something is on the record that this machine's clock says is still to come."""
    newest = max((each.at for each in events.newest(session, limit=1)), default=now)
    if newest - now > SKEW:
        told = f"The log's newest event is of {newest:%Y-%m-%d %H:%M} UTC, and it is {now:%H:%M} here: set the clock."
        return Check("clock", False, told)
    return Check("clock", True, f"It is {now:%Y-%m-%d %H:%M} UTC here, after all that is on the record.")


def mail_server(settings: Settings) -> Iterator[Check]:
    """Whether somebody answers where mails are handed over; nothing is sent."""
    if settings.mail_dir is not None or not settings.smtp_host:
        return
    trouble = smtp.trouble(settings)
    told = f"{settings.smtp_host} cannot be reached ({trouble}). Look at REGISTRY_SMTP_HOST."
    yield Check("mail server", not trouble, told if trouble else f"{settings.smtp_host} answers.")


def provider(settings: Settings, now: datetime) -> Iterator[Check]:
    """Whether the OpenID provider describes itself as the settings say."""
    if not settings.oidc_issuer:
        return
    from registry.jobs import agent_of
    from registry.openid.provider import Provider
    from registry.openid.replies import Wire

    try:
        Provider(settings, Wire(settings, agent=agent_of(settings))).description(now)
    except SignInRefused as refused:
        yield Check(
            "provider",
            False,
            f"{settings.oidc_issuer} cannot be used: {refused}. Look at REGISTRY_OIDC_ISSUER.",
        )
    else:
        yield Check("provider", True, f"{settings.oidc_issuer} describes itself.")


def backups(settings: Settings, now: datetime) -> Check:
    """How old the newest backup is that lies where backups are put."""
    place = settings.backup_dir or settings.data_dir / "backups"
    newest = (
        max((each.stat().st_mtime for each in place.glob("*.zip")), default=None) if place.is_dir() else None
    )
    if newest is None:
        told = f"None is in {place}. Make them daily: registry backup FILE; where they lie elsewhere, this is nothing."
        return Check("backups", True, told, warns=True)
    days = int((now.timestamp() - newest) // 86_400)
    told = f"The newest in {place} is {days} days old."
    return Check(
        "backups", True, told if days <= BACKUP_DAYS else f"{told} Make them daily.", days > BACKUP_DAYS
    )


def record(engine: Engine) -> Check:
    """Whether the log holds, where it is short enough to be read now."""
    try:
        with engine.connect() as connection:
            size = log.head(connection).size
    except RuleBroken as error:
        return Check("log", False, f"{error.sentence} `registry audit verify` says more.")
    if size > QUICK_LINES:
        return Check("log", True, f"{size:,} events; `registry audit verify` reads them all.")
    found = verifying.verify(engine)
    if found.sound:
        return Check("log", True, f"All {found.size:,} events are as they were recorded.")
    return Check("log", False, f"{found.faults[0].sentence} `registry audit verify` says more.")


def second_factors(session: Session, settings: Settings, now: datetime) -> Check:
    """Whether those who sign in with a code can, whether those who must have one do, and whether anybody guesses."""
    count, void = second_factor.count_void(session, secret=settings.secret)
    if void:
        told = (
            f"{void} of {count} were made with another secret and open nothing. Put the right REGISTRY_SECRET_FILE "
            "back, or reset each: registry users reset-second-factor EMAIL."
        )
        return Check("factors", False, told)
    lacking = count_lacking(session, second_factor.ASKED_OF[settings.second_factor])
    guessed = events.subjects_since(session, guessing.GUESSED, at=now - GUESSED_DAYS)
    told = f"{count} people have a second factor here."
    if lacking:
        told += f" {lacking} whose roles ask for one have none yet, and can do nothing here."
    if guessed:
        told += (
            f" In the last week codes of {len(guessed)} were guessed at: /audit?action={guessing.GUESSED}."
        )
    return Check("factors", True, told, warns=bool(lacking or guessed))


def versions() -> Check:
    """Whether every library is at least what the registry needs, and SQLite free of a fault that loses data."""
    old = []
    for each in requires("tech-registry") or ():
        asked = REQUIREMENT.match(each.partition(";")[0])
        if asked is None or "extra ==" in each:
            continue
        try:
            found = version(asked[1])
        except PackageNotFoundError:
            continue  # for another kind of machine
        if _numbers(found) < _numbers(asked[2]):
            old.append(f"{asked[1]} {found}, not {asked[2]}")
    sqlite = sqlite_module().sqlite_version
    if old:
        return Check("versions", False, f"Too old: {', '.join(old)}. Install the registry again.")
    if _numbers(sqlite) < SOUND_SQLITE:
        told = f"SQLite {sqlite} has a fault that can lose what two processes write; take one process, or PostgreSQL."
        return Check("versions", True, told, warns=True)
    return Check("versions", True, f"Every library is new enough; SQLite {sqlite}.")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"[0-9]+", text)[:4])


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def of_machine(settings: Settings, now: datetime) -> Iterator[Check]:
    """What can be looked at without a database."""
    yield folder(settings)
    yield from others_read(settings)
    yield address(settings)
    yield versions()
    yield backups(settings, now)
    yield from mail_server(settings)
    yield from provider(settings, now)


def of_record(settings: Settings, engine: Engine, now: datetime) -> Iterator[Check]:
    """What a database with today's schema shows."""
    yield soundness(engine)
    yield record(engine)
    with snapshot(engine) as session:
        yield clock(session, now)
        yield second_factors(session, settings, now)
