"""`registry demo`: the whole line on sample sources of its own, in a folder of its own, then the site."""

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.common import loading
from registry.domain.errors import RuleBroken

if TYPE_CHECKING:
    from registry.demo.place import Note, Place
    from registry.jobs import Refreshed
    from registry.settings import Settings
    from registry.web.parts import Parts

app = typer.Typer()

HOST = "127.0.0.1"
SCHEDULER_AFTER_S = 2.0
STALE = timedelta(days=7)
"""After so long some of the demo's verdicts have come to another state by themselves."""


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the site; 0 takes any.")] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Make the demo and end.")] = False,
    reset: Annotated[bool, typer.Option(help="Begin anew; deletes the demo's folder alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print data alone, as JSON.")] = False,
) -> None:
    """Show everything on invented tools: scrape sample sources on loopback, then serve the site until interrupted."""
    from registry.demo.place import Place
    from registry.settings import load_settings

    base = load_settings()
    place = Place(base.data_dir)
    port = port if no_serve else _free(port)
    if reset:
        place.clear()
    note = place.note() or _make(place, base, port)
    settings = place.settings(base, audiences=note.audiences, port=port)
    if as_json:
        json.dump(_told(note, settings), sys.stdout, indent=2, ensure_ascii=False, default=str)
        sys.stdout.write("\n")
    else:
        print(_greeting(note, settings, serving=not no_serve), flush=True)
    if not no_serve:
        sys.stdout.flush()
        _serve(note, settings, port)


def _make(place: "Place", base: "Settings", port: int) -> "Note":
    import logging

    from registry.demo import seeding

    def tell(refreshed: "Refreshed") -> None:
        print(f"  {_line(refreshed)}", file=sys.stderr, flush=True)

    quiet = logging.getLogger("registry")  # what it would say of a source is told line by line here
    before = quiet.level
    quiet.setLevel(logging.ERROR)
    print("Making the demo: an office's past, then its sources.", file=sys.stderr, flush=True)
    try:
        return seeding.seed(place, base, port=port, now=datetime.now(UTC), tell=tell)
    finally:
        quiet.setLevel(before)


def _line(refreshed: "Refreshed") -> str:
    if not refreshed.ok:
        return f"{refreshed.name}: {refreshed.error}"
    brought = refreshed.brought
    told = f"{refreshed.name}: {brought.entries} entries"
    if brought.verdicts:
        return f"{told}, {brought.verdicts} verdicts of another registry"
    return f"{told}, {brought.candidates} new candidates" if brought.candidates else told


def _serve(note: "Note", settings: "Settings", port: int) -> None:
    with loading():
        import uvicorn

        from registry.cli.logs import configure_logs
        from registry.cli.serve import SERVER
        from registry.demo.publisher import Publisher
        from registry.web.app import create_app

        app = create_app(settings, beside=(_scheduling_soon,))
    configure_logs(settings.log_format)
    with ExitStack() as stack:
        try:
            stack.enter_context(Publisher(note.made_at, port=note.feeds_port))
        except OSError:
            print(
                f"Port {note.feeds_port} is taken, so the sample sources cannot be read now. "
                "The rest works; `registry demo --reset` gives them another port.",
                file=sys.stderr,
            )
        uvicorn.run(app, host=HOST, port=port, **SERVER)


@contextmanager
def _scheduling_soon(parts: "Parts") -> Iterator[None]:
    """The scheduler, a moment after the site: the first page need not wait for what reads sources to be loaded."""
    from registry.cli.serve import scheduling

    ended = threading.Event()
    with ExitStack() as stack:

        def begin() -> None:
            if not ended.wait(SCHEDULER_AFTER_S):
                stack.enter_context(scheduling(parts))

        thread = threading.Thread(target=begin, name="demo scheduler", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _free(port: int) -> int:
    """The port itself, or a free one for 0. Raises RuleBroken, before anything is made, where it is taken."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError as error:
            raise RuleBroken(f"Port {port} cannot be used here. Choose another one with --port.") from error
        return int(tried.getsockname()[1])


def _told(note: "Note", settings: "Settings") -> dict[str, Any]:
    return {
        "url": settings.base_url,
        "folder": str(settings.data_dir),
        "made_at": note.made_at,
        **note.summary,
        "people": [
            {
                "name": each.name,
                "email": each.email,
                "roles": each.roles,
                "sign_in": f"{settings.base_url}/sign-in/{each.link}",
            }
            for each in note.people
        ],
    }


def _greeting(note: "Note", settings: "Settings", *, serving: bool) -> str:
    told = note.summary
    width = max(len(each.name) for each in note.people)
    roles = max(len(", ".join(each.roles)) for each in note.people)
    lines = [
        f"The demo's site is {_bold(settings.base_url)}",
        f"{told['sources']} sources, {told['entries']} entries, {sum(told['candidates'].values())} candidates, "
        f"{told['tools']} tools, {sum(told['verdicts'].values())} verdicts. All of them are invented.",
        "",
        "Open a link to sign in as one of the office:",
        *(
            f"  {each.name.ljust(width)}  {', '.join(each.roles).ljust(roles)}"
            f"  {settings.base_url}/sign-in/{each.link}"
            for each in note.people
        ),
        "",
    ]
    age = datetime.now(UTC) - note.made_at
    if age > STALE:
        lines.append(
            f"This demo is {age.days} days old, and time has changed some answers. `--reset` begins anew."
        )
    if settings.mail_dir is not None:
        lines.append(f"No mail leaves it: mails are files in {settings.mail_dir}.")
    ending = "Ctrl-C ends it." if serving else "`registry demo` serves it."
    return "\n".join([*lines, f"{ending} It is kept in {settings.data_dir}; `--reset` begins anew."])


def _bold(text: str) -> str:
    plain = "NO_COLOR" in os.environ or not sys.stdout.isatty()
    return text if plain else f"\033[1m{text}\033[0m"
