"""Where the processes of one `serve` put their measures, and the address on which they are told."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from registry.cli.common import utc_now
from registry.domain.errors import RuleBroken
from registry.settings import Settings
from registry.store.engine import make_engine

MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made there is its owner's alone


@contextmanager
def measuring(settings: Settings, *, workers: int, port: int) -> Iterator[None]:
    """Before a server process begins, so that all of them find the folder. Raises RuleBroken for a taken address."""
    _ = settings.metrics_secret  # a wrong one is told before anything is served
    if not settings.metrics_bind and not (settings.measured and workers > 1):
        yield
        return
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(settings, port))
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # read when the library is loaded
        if settings.metrics_bind:
            _tell(stack, settings, workers)
        yield


@contextmanager
def _folder(settings: Settings, port: int) -> Iterator[str]:
    """In memory: the library maps its files, and on a full disk the system ends a process that writes to one."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else settings.data_dir.resolve()
    place.mkdir(parents=True, exist_ok=True)
    for killed in place.glob(f"registry-metrics-{port}-*"):
        shutil.rmtree(killed, ignore_errors=True)
    with TemporaryDirectory(
        prefix=f"registry-metrics-{port}-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        yield folder


def _tell(stack: ExitStack, settings: Settings, workers: int) -> None:
    from registry.web import metrics

    engine = make_engine(settings.resolved_database_url)
    collectors = [*metrics.shared(), metrics.Stored(settings, engine, utc_now)]
    if workers == 1:
        collectors.append(metrics.of_this_process())
    stack.callback(engine.dispose)
    try:
        stack.enter_context(metrics.listening(settings.metrics_bind, lambda: metrics.told(collectors)))
    except OSError as error:
        raise RuleBroken(
            f"REGISTRY_METRICS_BIND {settings.metrics_bind} cannot be used: {error.strerror}. "
            "Choose another port."
        ) from error
