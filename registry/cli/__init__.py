"""The command line: one noun a file, each imported only when its command is called."""

import gc
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import registry
from registry.domain.errors import RegistryError

COMMANDS = {
    "check": "registry.cli.check:app",
    "import": "registry.cli.import_:app",
    "export": "registry.cli.export:app",
    "publish": "registry.cli.publish:app",
    "demo": "registry.cli.demo:app",
    "serve": "registry.cli.serve:app",
    "worker": "registry.cli.worker:app",
    "scrape": "registry.cli.scrape:app",
    "sources": "registry.cli.sources:app",
    "rules": "registry.cli.rules:app",
    "outside": "registry.cli.outside:app",
    "candidates": "registry.cli.triage:app",
    "users": "registry.cli.users:users",
    "tokens": "registry.cli.users:tokens",
    "webhooks": "registry.cli.webhooks:webhooks",
    "outbox": "registry.cli.webhooks:outboxes",
    "backup": "registry.cli.backup:backup",
    "restore": "registry.cli.backup:restore",
    "audit": "registry.cli.audit:app",
    "db": "registry.cli.db:app",
    "doctor": "registry.cli.doctor:app",
    "config": "registry.cli.config:app",
}
"""Command to the Typer that holds it; the order is that of `registry --help`."""
GARBAGE_AFTER = 50_000
"""New objects after which Python looks for circles of garbage: loading modules makes many objects and none of it."""


class LateGroup(TyperGroup):
    """Knows its commands by name alone, so that `registry check` does not pay for a web server."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(module), name)
        found._add_completion = False  # a shell is asked for the whole command line, never for one command
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LateGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A registry in which an organisation evaluates emerging technology in the open.",
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"registry {registry.__version__}")
        raise typer.Exit


@app.callback()
def _registry(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version.")
    ] = False,
) -> None:
    """The registry's command line."""


def main() -> None:
    """Run one command. A refusal is one sentence on standard error and exit code 1; wrong usage is 2."""
    gc.set_threshold(GARBAGE_AFTER, *gc.get_threshold()[1:])
    try:
        app()
    except RegistryError as refused:
        from registry.cli.common import visible

        print(*map(visible, refused.sentence.split("\n")), sep="\n", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        sentence = _of_the_place(error)
        if not sentence:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(1)


def _of_the_place(error: Exception) -> str:
    """What is wrong with the disk or the database, in one sentence; empty for a fault of ours."""
    from sqlalchemy.exc import DatabaseError  # only now: most commands never come here

    if isinstance(error, DatabaseError) or type(error).__module__.startswith("psycopg"):
        told = " ".join(str(getattr(error, "orig", error)).split())
        return f"The database cannot be used: {told}. `registry doctor` says more."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return ""
