"""Where the processes of one `serve` put their measures, and the address on which they are told."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from registry.cli.common import utc_now
from registry.domain.errors import RuleBroken
from registry.settings import Settings
from registry.store.engine import make_engine


@contextmanager
def measuring(settings: Settings, *, workers: int, port: int) -> Iterator[None]:
    """Before a server process begins, so that all of them find the folder. Raises RuleBroken for a taken address."""
    _ = settings.metrics_secret  # a wrong one is told before anything is served
    if not settings.metrics_bind and not (settings.measured and workers > 1):
        yield
        return
    folder = settings.data_dir.resolve() / f"metrics-{port}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # read when the library is loaded
    if not settings.metrics_bind:
        yield
        return
    from registry.web import metrics

    engine = make_engine(settings.resolved_database_url)
    collectors = [*metrics.shared(), metrics.Stored(settings, engine, utc_now)]
    if workers == 1:
        collectors.append(metrics.of_this_process())
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        try:
            stack.enter_context(metrics.listening(settings.metrics_bind, lambda: metrics.told(collectors)))
        except OSError as error:
            raise RuleBroken(
                f"REGISTRY_METRICS_BIND {settings.metrics_bind} cannot be used: {error.strerror}. "
                "Choose another port."
            ) from error
        yield
