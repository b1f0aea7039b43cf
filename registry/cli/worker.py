"""`registry worker`: scheduler and scrapers alone; any number may run on one database."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from registry.cli.common import loading, opened

app = typer.Typer()


@app.command()
def worker() -> None:
    """Poll sources until interrupted; what is being read then is done with in seconds, or given back."""
    with loading():
        from registry.cli.logs import configure_logs
        from registry.clock import clock_after
        from registry.scheduler import Scheduler

    with told_to_end() as wait, opened(in_service=True) as (settings, engine):
        configure_logs(settings.log_format)
        scheduler = Scheduler(engine, settings, clock=clock_after(engine))
        scheduler.start()
        print(f"Looking for due sources every {settings.tick_s} seconds. Ctrl-C ends it.", file=sys.stderr)
        wait()
        scheduler.stop()


@contextmanager
def told_to_end() -> Iterator[Callable[[], object]]:
    """What it gives waits for SIGTERM or Ctrl-C, whichever thread of the process the system hands them to.

    Python runs a handler in the main thread alone, and a lock that waits there is not woken by another's signal; the
    pipe is.
    """
    told, tells = os.pipe()
    os.set_blocking(tells, False)
    before = signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    heard = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: os.read(told, 1)
    finally:
        for each, handler in heard.items():
            signal.signal(each, handler)
        signal.set_wakeup_fd(before)
        os.close(tells)
        os.close(told)
