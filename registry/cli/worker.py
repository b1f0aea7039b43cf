"""`registry worker`: scheduler and scrapers alone; any number may run on one database."""

import signal
import sys
import threading
from types import FrameType

import typer

from registry.cli.common import loading, opened

app = typer.Typer()


@app.command()
def worker() -> None:
    """Poll sources until interrupted; what is being read then is read to its end."""
    with loading():
        from registry.cli.logs import configure_logs
        from registry.clock import clock_after
        from registry.scheduler import Scheduler

    over = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with opened(in_service=True) as (settings, engine):
        configure_logs(settings.log_format)
        scheduler = Scheduler(engine, settings, clock=clock_after(engine))
        scheduler.start()
        print(f"Looking for due sources every {settings.tick_s} seconds. Ctrl-C ends it.", file=sys.stderr)
        over.wait()
        scheduler.stop()
