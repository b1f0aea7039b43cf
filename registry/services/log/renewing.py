"""Another key for checkpoints, where the one before is lost: made on purpose, on record, told to whoever verifies."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.errors import RuleBroken
from registry.services.log import checkpoints, signing
from registry.services.people.acting import Actor, record
from registry.settings import Settings
from registry.store import events

REPLACED = "audit_key.replaced"
THE_LOG = ("log", 0)


def new_key(session: Session, settings: Settings, *, by: Actor, now: datetime) -> signing.Verifier:
    """Sign by another key from now on. What was signed before is put aside, for those who kept the public key.

    Raises RuleBroken where the key is there.
    """
    path, place = signing.key_file(settings), signing.folder(settings)
    if path.exists():
        raise RuleBroken(f"The key is there, in {path}. Another one is made only where it is lost.")
    signed = signing.kept(settings)
    aside = place / f"before-{now:%Y%m%dT%H%M%S}"
    after = {"checkpoints": len(signed), "put_aside": aside.name if signed else ""}
    signing.make(settings)
    made = signing.signer_in(settings).verifier
    record(session, REPLACED, THE_LOG, by=by, now=now, after={"key": str(made), **after})
    if signed:
        aside.mkdir(mode=0o700)
        for each in (*signed, place / checkpoints.LEAVES):
            if each.exists():
                each.rename(aside / each.name)
    return made


def told(session: Session) -> Sequence[str]:
    """A sentence about each time that the key was replaced, for whoever verifies the log."""
    return [
        f"The key that signs was replaced on {each.at:%Y-%m-%d} by {each.actor}: of "
        f"{each.after['checkpoints']} checkpoints signed before, {each.after['put_aside'] or 'no folder'} holds what "
        "is left. Hold the log against them with --checkpoint and the earlier public key as --key."
        for each in events.of_action(session, REPLACED)
    ]
