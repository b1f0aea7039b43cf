"""`registry worker` ends when it is told to, in seconds, whatever it is waiting for."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from registry.domain.proposal import Announcer
from registry.services.notices import following
from registry.services.people.acting import REGISTRY
from registry.services.sources import sources
from registry.store.engine import make_engine, snapshot, transaction
from registry.store.tables import Delivery, DeliveryState, Source
from tests.conftest import in_whole
from tests.receiving import ALL_BUT_THE_END, NOT_A_WORD, a_silent_mail_server, mail_server
from tests.scrapers import hostile
from tests.scrapers.hostile import HostileServer, Play, Visit

SYS_TGKILL = {"x86_64": 234, "aarch64": 131}
"""The kernel's number for a signal to one thread, by kind of machine."""
LESS_THAN_A_FETCH_MAY_TAKE_S = 40
LESS_THAN_A_MAIL_MAY_TAKE_S = 20


@contextmanager
def a_worker(folder: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [str(Path(sys.executable).with_name("registry")), "worker"]
    environment = os.environ | {
        "REGISTRY_DATA_DIR": str(folder),
        "REGISTRY_DATABASE_URL": "",
        "REGISTRY_ALLOW_PRIVATE_CIDRS": "127.0.0.0/8",
        **settings,
    }
    worker = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE)
    try:
        assert worker.stderr is not None
        assert b"Ctrl-C ends it" in worker.stderr.readline()
        yield worker
    finally:
        worker.kill()
        worker.communicate()


def test_it_ends_whichever_of_its_threads_the_system_hands_the_signal_to(tmp_path: Path) -> None:
    with a_worker(tmp_path) as worker:
        others = {int(each.name) for each in Path(f"/proc/{worker.pid}/task").iterdir()} - {worker.pid}
        number = SYS_TGKILL[os.uname().machine]
        assert ctypes.CDLL(None).syscall(number, worker.pid, max(others), signal.SIGTERM) == 0
        assert worker.wait(20) == 0


@pytest.mark.parametrize("play", [hostile.silence, *in_whole([hostile.slow_body])])
def test_it_waits_for_no_slow_publisher_and_gives_the_source_back(
    tmp_path: Path, migrated_file: Path, play: Play
) -> None:
    asked = threading.Event()

    def noted(visit: Visit) -> None:
        asked.set()
        play(visit)

    shutil.copy(migrated_file, tmp_path / "registry.sqlite3")
    engine = make_engine(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    with HostileServer() as server:
        with transaction(engine) as session:
            url = server.plays("/feed", noted)
            sources.add_source(
                session, url=url, announcer=Announcer.LAUNCH_FEED, by=REGISTRY, now=datetime.now(UTC)
            )
        with a_worker(tmp_path) as worker:
            asked.wait()
            worker.terminate()
            assert worker.wait(LESS_THAN_A_FETCH_MAY_TAKE_S) == 0
    with snapshot(engine) as session:
        source = session.exec(select(Source)).one()
    assert (source.lease_owner, source.failures, source.fetched_at) == ("", 0, None)
    engine.dispose()


@pytest.mark.parametrize("said", [NOT_A_WORD, *in_whole([ALL_BUT_THE_END])])
def test_it_waits_for_no_silent_mail_server_and_the_letter_goes_out_later(
    tmp_path: Path, migrated_file: Path, said: int
) -> None:
    shutil.copy(migrated_file, tmp_path / "registry.sqlite3")
    engine = make_engine(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    with transaction(engine) as session:
        following.ask(session, address="emil@office.example", wanted="", weekly=False, now=datetime.now(UTC))

    def letter() -> Delivery:
        with snapshot(engine) as session:
            return session.exec(select(Delivery)).one()

    with a_silent_mail_server(said) as (port, waited_for), a_worker(tmp_path, **mailing(port)) as worker:
        assert waited_for.wait(60)
        worker.terminate()
        assert worker.wait(LESS_THAN_A_MAIL_MAY_TAKE_S) == 0
    assert (letter().state, letter().attempts, letter().lease_owner) == (DeliveryState.WAITING, 0, "")
    with mail_server() as mails, a_worker(tmp_path, **mailing(mails.port)) as worker:
        until = time.monotonic() + 60
        while letter().state is DeliveryState.WAITING:
            assert time.monotonic() < until
            time.sleep(0.05)
        worker.terminate()
        assert worker.wait(60) == 0
    assert (letter().state, letter().attempts, len(mails.taken)) == (DeliveryState.SENT, 1, 1)
    engine.dispose()


def mailing(port: int) -> dict[str, str]:
    return {
        "REGISTRY_SMTP_HOST": "127.0.0.1",
        "REGISTRY_SMTP_PORT": str(port),
        "REGISTRY_SMTP_SECURITY": "none",
        "REGISTRY_SMTP_SENDER": "registry@office.example",
        "REGISTRY_TICK_S": "1",
    }
