"""`registry publish`: the public site as files that any web server can hand out."""

import os
import re
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from registry.cli.common import AsJson, opened, print_json, utc_now
from registry.domain.errors import InvalidInput
from scrapers.addresses import read_url
from scrapers.errors import FetchError

app = typer.Typer()
_NOT_IN_A_PATH = re.compile(r"[\s\x00-\x1f\"'<>\\^`{|}?#&]")
FEW = 300
"""Tools; a second process takes longer to start than it saves for fewer."""


@app.command()
def publish(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", file_okay=False, help="New, empty, or published before.")
    ],
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="URL", help="Where DIR will be served; feeds and search then lead there."
        ),
    ] = "",
    alone: Annotated[
        bool,
        typer.Option("--alone", help="Its readers cannot reach the registry itself: nothing leads there."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the public pages, feeds and a look-up into DIR; only what changed is written again."""
    from registry.cli.progress import counting
    from registry.store import tools
    from registry.store.engine import snapshot
    from registry.web.copy.making import publish as make

    own_url = _plain(at) if at else ""
    began = time.monotonic()
    with opened() as (settings, engine):
        with snapshot(engine) as session:
            number = tools.count(session)
        processes = 1 if number < FEW else max(os.cpu_count() or 1, 1)
        with counting("Writing pages") as track:
            report = make(
                settings,
                engine,
                folder,
                now=utc_now(),
                own_url=own_url,
                alone=alone,
                processes=processes,
                track=track,
            )
    took = time.monotonic() - began
    if report.changed_meanwhile:
        print(
            "Something was recorded meanwhile. Publish again to have all of it everywhere.", file=sys.stderr
        )
    if as_json:
        print_json({**report.told(), "seconds": round(took, 1)})
        return
    wrote = report.written
    print(
        f"{folder}: {report.files:,} files, {wrote.bytes / 1e6:.1f} MB, for {report.tools:,} tools in {took:.0f} s. "
        f"{wrote.new:,} new, {wrote.changed:,} changed, {wrote.same:,} left as they were, {wrote.gone:,} removed. "
        "Every link between them was followed."
    )


def _plain(at: str) -> str:
    """The address of a folder on the web, as pages and feeds can bear it. Raises InvalidInput for any other."""
    try:
        url = read_url(at)
        if not url.userinfo and not _NOT_IN_A_PATH.search(at):
            return str(url).rstrip("/")
    except FetchError:
        pass
    raise InvalidInput(
        "Write the whole address (--at), such as https://tools.office.example, and nothing behind its path."
    )
