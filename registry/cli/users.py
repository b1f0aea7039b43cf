"""`registry users` and `registry tokens`: people, from a terminal."""

import sys
from datetime import timedelta
from typing import Annotated, Any

import typer

from registry.cli.acting import acting
from registry.cli.common import AsJson, opened, print_json, print_rows, utc_now
from registry.domain.errors import InvalidInput
from registry.services.evaluations import leaving
from registry.services.people import accounts, api_tokens, losing, passwords, sign_in
from registry.store import users as store
from registry.store.columns import id_of
from registry.store.engine import snapshot, transaction

users = typer.Typer(no_args_is_help=True, help="People and their roles.")
tokens = typer.Typer(no_args_is_help=True, help="API tokens.")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")]
Many = list[str]


@users.command("add")
def add(
    email: Email,
    role: Annotated[
        Many, typer.Option(help="employee, reviewer, approver, admin, auditor; may be repeated.")
    ],
    name: Annotated[str, typer.Option(help="As others see it; else the address's first part.")] = "",
    office: Annotated[Many | None, typer.Option(help="Code of an office; none means all.")] = None,
    area: Annotated[Many | None, typer.Option(help="What they know well, such as privacy.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read a password from standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a person. Without a password they come in by a sign-in link (`registry users link`)."""
    password = _read_password() if password_stdin else None
    with opened() as (settings, engine), transaction(engine) as session:
        added = accounts.add_user(
            session,
            email=email,
            name=name,
            roles=role,
            offices=office or (),
            areas=area or (),
            password=password,
            house_name=settings.name,
            breached=settings.breach_list,
            by=acting(session),
            now=utc_now(),
        )
        told = _told(store.person(session, id_of(added)))
    if as_json:
        print_json(told)
    else:
        print(f"Added {told['name']} <{told['email']}> as {', '.join(told['roles'])}.")


@users.command("list")
def list_people(as_json: AsJson = False) -> None:
    """Everybody, disabled people too."""
    with opened() as (_settings, engine), snapshot(engine) as session:
        rows = [_told(person) for person in store.everybody(session)]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, none="Nobody yet. Add the first admin: registry users add EMAIL --role admin")


@users.command("erase")
def erase(email: Email) -> None:
    """Take the name and address of somebody who is disabled away; what they did stays, as a former colleague's."""
    with opened() as (_settings, engine), transaction(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        accounts.erase(session, id_of(person), by=acting(session), now=utc_now())
    print("Erased. Verdicts that they decided still bear their name.", file=sys.stderr)


@users.command("disable")
def disable(
    email: Email,
    successor: Annotated[
        str, typer.Option(metavar="EMAIL", help="Who takes over the evaluations and scorecards left open.")
    ] = "",
) -> None:
    """Shut a person out; their sessions and tokens end at once, and their open work goes to the successor."""
    with opened() as (settings, engine), transaction(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        work = leaving.open_work(session, id_of(person))
        heir = store.get_by_email(session, passwords.fold_email(successor)) if successor else None
        try:
            accounts.disable(
                session,
                id_of(person),
                successor_id=id_of(heir) if heir else None,
                solo=settings.solo,
                by=acting(session),
                now=utc_now(),
            )
        except InvalidInput as refused:
            owned = ", ".join(f"{tool.name} ({evaluation.id})" for evaluation, tool, _owner in work.owned)
            raise InvalidInput(f"{refused.sentence} --successor names them. Owned: {owned}.") from refused
    print(f"{person.name} is disabled.", file=sys.stderr)
    if not work.nothing:
        took = f"{heir.name} takes over what they may" if heir else "the owners of the evaluations ask others"
        print(
            f"{len(work.owned)} evaluations, {len(work.owed)} scorecards left open: {took}.", file=sys.stderr
        )


@users.command("password")
def password(email: Email) -> None:
    """Give a person a new password, read from standard input; it signs them out everywhere."""
    new = _read_password()
    with opened() as (settings, engine), transaction(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        accounts.set_password(
            session,
            id_of(person),
            new,
            house_name=settings.name,
            breached=settings.breach_list,
            by=acting(session),
            now=utc_now(),
        )
    print(f"{person.name} has a new password.", file=sys.stderr)


@users.command("link")
def link(
    email: Email, hours: Annotated[int, typer.Option(min=1, max=168, help="How long it works.")] = 72
) -> None:
    """Print a link that signs the person in, once."""
    with opened() as (settings, engine), transaction(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        value = sign_in.make_link(
            session,
            id_of(person),
            secret=settings.secret,
            valid_for=timedelta(hours=hours),
            by=acting(session),
            now=utc_now(),
        )
    print(f"{settings.base_url}/sign-in/{value}")


@users.command("sign-out")
def sign_out(email: Email) -> None:
    """End a person's sessions; their tokens go on."""
    with opened() as (_settings, engine), transaction(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        ended = sign_in.end_all(session, id_of(person), by=acting(session), now=utc_now())
    print(f"{ended} sessions of {person.name} ended.", file=sys.stderr)


@users.command("reset-second-factor")
def reset_second_factor(email: Email) -> None:
    """Take the second factor of somebody away who lost it; it signs them out everywhere, and a mail tells them."""
    with opened() as (settings, engine), transaction(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        losing.reset_second_factor(
            session, id_of(person), mails=settings.mails, by=acting(session), now=utc_now()
        )
    print(f"{person.name} signs in without a second factor, until they set up another one.", file=sys.stderr)


@tokens.command("create")
def create_token(
    email: Email,
    scope: Annotated[Many, typer.Option(help=f"{', '.join(api_tokens.SCOPES)}; may be repeated.")],
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    days: Annotated[int, typer.Option(help="Days until it expires.", min=1, max=api_tokens.TOKEN_DAYS)] = 90,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, this once."""
    with opened() as (settings, engine), transaction(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        token, value = api_tokens.create_token(
            session,
            id_of(person),
            name=name,
            scopes=scope,
            days=days,
            secret=settings.secret,
            by=acting(session),
            now=utc_now(),
        )
        told = {
            "id": token.id,
            "token": value,
            "scopes": token.scopes.split(),
            "expires_at": token.expires_at,
        }
    if as_json:
        print_json(told)
    else:
        print(f"Keep it: it is shown this once. It expires on {token.expires_at:%Y-%m-%d}.", file=sys.stderr)
        print(value)


@tokens.command("list")
def list_tokens(email: Email, as_json: AsJson = False) -> None:
    """A person's tokens, newest first; never their values."""
    with opened() as (_settings, engine), snapshot(engine) as session:
        person = store.get_by_email(session, passwords.fold_email(email))
        rows = [
            token.model_dump(include={"id", "name", "scopes", "expires_at", "last_used_at", "revoked_at"})
            for token in store.tokens_of(session, id_of(person))
        ]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, none="No token.")


@tokens.command("revoke")
def revoke_token(token_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """End a token."""
    with opened() as (_settings, engine), transaction(engine) as session:
        token = api_tokens.revoke_token(session, token_id, by=acting(session), now=utc_now())
    print(f"The token {token.name} is revoked.", file=sys.stderr)


def _read_password() -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise InvalidInput("No password came on standard input.")
    return line


def _told(person: store.Person) -> dict[str, Any]:
    user = person.user
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "roles": sorted(person.roles),
        "offices": list(person.offices),
        "areas": list(person.areas),
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
        "second_factor": person.second_factor,
    }
