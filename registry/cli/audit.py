"""`registry audit`: the log of what happened, verified, and checkpoints of it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from registry.cli.acting import acting
from registry.cli.common import AsJson, opened, print_json, utc_now
from registry.cli.progress import counting
from registry.domain.errors import InvalidInput, RuleBroken
from registry.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The log of what happened.")


@app.command()
def verify(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint", metavar="FILE", help="One that somebody kept elsewhere; may be repeated."
        ),
    ] = None,
    key: Annotated[
        str,
        typer.Option("--key", help="The public key to believe, as /log/key shows it; else this registry's."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Derive the log again; exit code 1, naming the first bad number, where it is not what was recorded."""
    from registry.services.log import checkpoints, renewing, signing
    from registry.services.log.verifying import verify as derive
    from registry.store.engine import snapshot

    with opened(begun=True) as (settings, engine), counting("Reading the log") as heard:
        outside = checkpoints.outside(settings, checkpoint or (), key=signing.verifier(key) if key else None)
        report = derive(engine, outside, heard=heard)
        with snapshot(engine) as session:
            replaced = renewing.told(session)
    if as_json:
        print_json(
            {
                "sound": report.sound,
                "first_bad": report.first_bad,
                "size": report.size,
                "root": report.root,
                "checkpoints": report.checkpoints,
                "covered": report.covered,
                "keys_replaced": replaced,
                "faults": [{"number": each.number, "sentence": each.sentence} for each in report.faults],
            }
        )
    elif report.sound:
        print(f"The log is as it was recorded: {report.size:,} lines, root {report.root}.")
        print(_covered(report.size, report.covered, report.checkpoints, signing.folder(settings)))
    for sentence in replaced if not as_json else ():
        print(sentence)
    for each in report.faults:
        print(each.sentence, file=sys.stderr)
    if not report.sound:
        if report.first_bad is not None:
            print(f"The first bad number is {report.first_bad}.", file=sys.stderr)
        raise typer.Exit(1)


@app.command("checkpoint")
def write_checkpoint() -> None:
    """Sign how far the log goes now, put it beside the other checkpoints, and print it."""
    from registry.services.log import checkpoints

    with opened(begun=True) as (settings, engine):
        checkpoints.write(engine, settings)
        newest = checkpoints.last(settings)
    if newest is None:
        print("Nothing has happened yet.", file=sys.stderr)
    else:
        print(newest.note, end="")


@app.command("new-key")
def new_key() -> None:
    """Sign checkpoints by another key, where the one before is lost for good; on record, and told by `verify`."""
    from registry.services.log import renewing
    from registry.store.engine import transaction

    with opened(begun=True) as (settings, engine), transaction(engine) as session:
        made = renewing.new_key(session, settings, by=acting(session), now=utc_now())
    print("Hand out the new public key to whoever keeps watch:", file=sys.stderr)
    print(made)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Ending in .jsonl or .csv.")],
    first: Annotated[int, typer.Option("--from", min=1, help="The first number.")] = 1,
    last: Annotated[int | None, typer.Option("--to", min=1, help="The last number; else the log's.")] = None,
) -> None:
    """Write the log down: .jsonl has the very lines that are hashed, .csv columns for people, with names."""
    from registry.services.log import exporting
    from registry.store.engine import snapshot

    write = exporting.WRITERS.get(file.suffix.lower())
    if write is None:
        raise InvalidInput(f"“{file}” ends neither in .jsonl nor in .csv.")
    with opened(begun=True) as (_settings, engine), snapshot(engine) as session, file.open("wb") as out:
        count = write(session, out, first, last)
    print(f"{count:,} lines written to {file}.", file=sys.stderr)


@app.command()
def prove(
    verdict: Annotated[int, typer.Argument(min=1, help="Its number.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", dir_okay=False, help="Else standard output.")
    ] = None,
) -> None:
    """Write down, for an outsider, that a verdict is in the log; the same as /verdicts/NUMBER/proof."""
    from registry.services.log import proving, signing
    from registry.store import verdicts
    from registry.store.engine import snapshot

    with opened(begun=True) as (settings, engine), snapshot(engine) as session:
        row = verdicts.get(session, verdict)
        if row.published_at > utc_now():
            raise RuleBroken(
                f"Verdict {verdict} can still be taken back, until {row.published_at:%H:%M} UTC."
            )
        proof = proving.prove(session, row, signing.signer(settings))
    if file is None:
        print_json(proof)
    else:
        file.write_text(json.dumps(proof, indent=2) + "\n", "utf-8")


@app.command("check-proof")
def check_proof(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="As /verdicts/NUMBER/proof gives it.")
    ],
    key: Annotated[
        str,
        typer.Option("--key", help="The public key to believe, as /log/key shows it; else this registry's."),
    ] = "",
) -> None:
    """Say what a proof shows; exit code 1 where it shows nothing. Needs no network and, with --key, no registry."""
    from registry.services.log import proving, signing

    settings = load_settings()
    known = signing.verifier(key) if key else signing.known(settings)
    if known is None:
        raise InvalidInput(
            f"The key of this registry is missing from {signing.key_file(settings)}. Give the public key with --key."
        )
    try:
        proof = json.loads(file.read_text("utf-8"))
    except ValueError:
        raise InvalidInput(f"{file} is no proof: it holds no JSON.") from None
    print(proving.check(proof, known))


def _covered(size: int, covered: int, count: int, folder: Path) -> str:
    if not count:
        return (
            f"There is no checkpoint in {folder}: that nothing was cut off its end, or changed and hashed again, "
            "cannot be shown."
        )
    agreed = "One checkpoint agrees" if count == 1 else f"{count:,} checkpoints agree"
    if covered == size:
        return f"{agreed} with it, to its end."
    return f"{agreed} with it, up to number {covered:,}. A change of what comes later, if hashed again, would not show."
