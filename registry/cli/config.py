"""`registry config`: each setting, and where it came from."""

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from registry.cli.common import AsJson, print_json, print_rows
from registry.settings import load_settings, origins

app = typer.Typer(no_args_is_help=True, help="Settings.")
MASK = "***"


@app.command()
def show(as_json: AsJson = False) -> None:
    """Every setting with its value and its origin; passwords and secrets are masked."""
    settings = load_settings()
    came_from = origins()
    rows = [
        {
            "setting": f"REGISTRY_{name.upper()}",
            "value": masked(name, getattr(settings, name)),
            "from": came_from.get(name, "default"),
        }
        for name in type(settings).model_fields
    ]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, none="")


def masked(name: str, value: object) -> object:
    """What may be shown of a setting: of a database address all but the password."""
    if name == "database_url" and isinstance(value, str) and value:
        try:
            return make_url(value).render_as_string(hide_password=True)
        except ArgumentError:
            return MASK
    if value and any(
        word in name for word in ("password", "token", "client_secret", "slack_secret", "teams_secret")
    ):
        return MASK
    return list(value) if isinstance(value, tuple) else value


@app.callback()
def _config() -> None:
    """Keeps `show` a command of its own."""
