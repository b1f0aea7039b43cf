"""The log as outsiders see it: how far it goes, signed; the key that signs; and that a verdict is in it."""

from fastapi import Response
from fastapi.responses import JSONResponse, PlainTextResponse

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.services.log import checkpoints, proving, signing
from registry.store import verdicts
from registry.web.deps import House, Now, Number, Read
from registry.web.routing import page_router

router = page_router()
FRESH = {"Cache-Control": "no-cache"}


@router.get("/log/checkpoint")
def show_checkpoint(read: Read, settings: House) -> Response:
    """Of the log as it is now; whoever keeps one can show later that nothing before it was changed."""
    return PlainTextResponse(checkpoints.sign(read, signing.signer(settings)).note, headers=FRESH)


@router.get("/log/consistency/{size}")
def show_consistency(size: Number, read: Read, settings: House) -> Response:
    """That the log begins with what somebody's checkpoint of so many lines signed, RFC 6962 2.1.2."""
    checkpoint = checkpoints.sign(read, signing.signer(settings))
    if size > checkpoint.size:
        raise NotFound(
            worded("The log has {lines} lines and not yet {size}.", lines=checkpoint.size, size=size)
        )
    path = [each.hex() for each in proving.since(read, size, checkpoint.size)]
    told = {"from": size, "to": checkpoint.size, "path": path, "checkpoint": checkpoint.note}
    return JSONResponse(told, headers=FRESH)


@router.get("/log/key")
def show_key(settings: House) -> Response:
    return PlainTextResponse(f"{signing.signer(settings).verifier}\n", headers=FRESH)


@router.get("/verdicts/{number}/proof")
def show_proof(number: Number, read: Read, settings: House, now: Now) -> Response:
    row = verdicts.get(read, number)
    if now < row.published_at:
        raise NotFound(
            worded("There is no verdict number {number}. See the list of verdicts.", number=number)
        )
    return JSONResponse(proving.prove(read, row, signing.signer(settings)), headers=FRESH)
