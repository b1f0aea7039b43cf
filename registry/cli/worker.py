"""`registry worker`: scheduler and scrapers alone; any number may run on one database."""

import logging
import signal
import sys
import threading
from types import FrameType

import typer

from registry.cli.common import opened

app = typer.Typer()


@app.command()
def worker() -> None:
    """Poll sources until interrupted; what is being read then is read to its end."""
    from registry.scheduler import Scheduler

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    over = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with opened(in_service=True) as (settings, engine):
        scheduler = Scheduler(engine, settings)
        scheduler.start()
        print(f"Looking for due sources every {settings.tick_s} seconds. Ctrl-C ends it.", file=sys.stderr)
        over.wait()
        scheduler.stop()
