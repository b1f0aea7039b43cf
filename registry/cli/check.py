"""`registry check`: the answer, from a terminal or a script; read-only, and lean so that it comes at once."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.common import AsJson, print_json
from registry.domain.lookup import Question, exit_code

if TYPE_CHECKING:
    from registry.services.answers.lookup import LookUp
    from registry.settings import Settings

app = typer.Typer()

ASK = {
    "data_class": "what data you would put in (--data-class)",
    "account": "what account you would use (--account)",
    "audience": "who would use it (--audience)",
    "office": "which office you work for (--office)",
    "edition": "which edition you mean (--edition)",
}


@app.command()
def check(
    query: Annotated[str, typer.Argument(help="Name, address or package URL of a tool.")],
    edition: Annotated[str | None, typer.Option(help="Edition of the tool.")] = None,
    data_class: Annotated[str | None, typer.Option(help="Highest class of data that would go in.")] = None,
    account: Annotated[str | None, typer.Option(help="Type of account that would be used.")] = None,
    audience: Annotated[str | None, typer.Option(help="Who would use it.")] = None,
    office: Annotated[str | None, typer.Option(help="Code of the office that asks.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="As of this day; else now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """May I use it? Exit code 0 yes, 10 yes-if or pilot, 11 no, 12 not decided or no longer standing, 13 unknown."""
    from registry.services.answers import lookup
    from registry.settings import load_settings
    from registry.store.plain import opened

    settings, now = load_settings(), datetime.now(UTC)
    with opened(settings.resolved_database_url) as source:
        known = lookup.organisation(source, settings)
        at = lookup.moment(on.date() if on else None, known, now=now)
        question = Question(
            at=at,
            data_class=data_class,
            account=account,
            audience=audience,
            office=office,
            edition=edition,
        )
        found = lookup.check(source, query, question, known, now=now)
    told = lookup.told(found, base_url=settings.base_url)
    if as_json:
        print_json(told)
    else:
        _print(told, found, settings)
    raise typer.Exit(exit_code(found.answer))


def _print(told: dict[str, Any], found: "LookUp", settings: "Settings") -> None:
    print(told["sentence"])
    for number, each in enumerate(told["conditions"], start=1):
        due = f" (by {each['due_on']})" if each["due_on"] else ""
        print(f"  {number}. {each['text']}{due}")
    for name in told["depends_on"]:
        print(f"It depends on {ASK.get(name, name)}.")
    _print_tools("Use instead", told["alternatives"])
    _print_tools("Did you mean", told["suggestions"])
    for each in told["guidance"]:
        print(f"Guidance: {each}")
    for each in told["editions"]:
        print(f"Edition {each['name']}: {each['answer'].replace('_', ' ')}")
    if told["verdict"]:
        print(f"Verdict {told['verdict']['number']} of {_day(found, settings)}: {told['verdict']['url']}")
    if settings.contact:
        print(f"Ask: {settings.contact}")


def _print_tools(heading: str, listed: list[dict[str, str]]) -> None:
    if listed:
        named = "; ".join(f"{each['name']} ({each['answer'].replace('_', ' ')})" for each in listed)
        print(f"{heading}: {named}")


def _day(found: "LookUp", settings: "Settings") -> str:
    verdict = found.answer.verdict
    return verdict.decided_at.astimezone(settings.zone).date().isoformat() if verdict else ""
