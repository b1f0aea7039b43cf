"""Who acts from a terminal: the person named with --as, else whoever is signed in to this machine."""

import getpass
from typing import Annotated

import typer
from sqlmodel import Session

from registry.domain.errors import NotFound
from registry.services.people.acting import Actor
from registry.services.people.passwords import fold_email
from registry.services.people.sign_in import as_actor
from registry.store import users
from registry.store.tables import Role

As = Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who acts; else the user of this machine.")]


def acting(session: Session, email: str = "") -> Actor:
    """Without an address the user of this machine, who may do everything: whoever runs commands here owns the data.

    Raises NotFound for an address that nobody has, or somebody who is disabled.
    """
    if not email:
        return Actor(None, _user_name(), frozenset(Role))
    user = users.find_by_email(session, fold_email(email))
    if user is None or user.disabled_at is not None:
        raise NotFound(f"Nobody here has the address {email}. `registry users list` shows who does.")
    return as_actor(session, user)


def _user_name() -> str:
    try:
        return getpass.getuser()[:120]
    except (OSError, KeyError):  # no such user in a bare container
        return "command line"
