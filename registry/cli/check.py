"""`registry check`: the answer, from a terminal or a script; read-only, and lean so that it comes at once."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.common import AsJson, print_json
from registry.domain.language import gettext_noop as _
from registry.domain.language import said, worded
from registry.domain.lookup import Question, exit_code
from registry.domain.typed import clean
from registry.web.words import small_words

if TYPE_CHECKING:
    from registry.services.answers.lookup import LookUp
    from registry.settings import Settings

app = typer.Typer()

ASK = {
    "data_class": _("what data you would put in (--data-class)"),
    "account": _("what account you would use (--account)"),
    "audience": _("who would use it (--audience)"),
    "office": _("which office you work for (--office)"),
    "edition": _("which edition you mean (--edition)"),
    "tool": _("which of the tools at this address you mean"),
}


def _as_asked(query: str) -> str:
    """By the API's rules, which refuses what is blank or too long to mean anything."""
    from registry.services.answers.asking import MOST_SIGNS

    asked = clean(query)
    if not asked:
        raise typer.BadParameter("Say which tool you mean: its name, address or package URL.")
    if len(asked) > MOST_SIGNS:
        raise typer.BadParameter(f"That is longer than {MOST_SIGNS:,} characters; give a name or an address.")
    return asked


@app.command()
def check(
    query: Annotated[str, typer.Argument(callback=_as_asked, help="Name, address or package URL of a tool.")],
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
    from registry.services.answers import answer_object, lookup
    from registry.settings import load_settings
    from registry.store.plain import opened

    settings, now = load_settings(), datetime.now(UTC)
    with opened(settings.resolved_database_url) as source:
        known = lookup.organisation(source, settings)
        at = lookup.moment(on.date() if on else None, known, now=now)
        question = Question(
            at=at,
            data_class=clean(data_class or "") or None,
            account=clean(account or "") or None,
            audience=clean(audience or "") or None,
            office=clean(office or "") or None,
            edition=clean(edition or "") or None,
        )
        found = lookup.check(source, query, question, known, now=now)
    told = answer_object.told(found, base_url=settings.base_url)
    if as_json:
        print_json(told)
    else:
        _print(told, found, settings)
    raise typer.Exit(exit_code(found.answer))


def _print(told: dict[str, Any], found: "LookUp", settings: "Settings") -> None:
    def tell(written: str, **gaps: object) -> None:
        print(worded(written, **gaps).said(settings.words))

    def tools_told(listed: list[dict[str, str]]) -> str:
        named = ((each["name"], answer_told(each)) for each in listed)
        return "; ".join(f"{name} ({answer})" for name, answer in named)

    def answer_told(each: dict[str, str]) -> str:
        return said(small_words(each["answer"]), settings.words)

    print(told["sentence"])
    for number, each in enumerate(told["conditions"], start=1):
        due = worded(" (by {day})", day=each["due_on"]).said(settings.words) if each["due_on"] else ""
        print(f"  {number}. {each['text']}{due}")
    for name in told["depends_on"]:
        tell(_("It depends on {what}."), what=worded(ASK.get(name, name)))
    if told["alternatives"]:
        tell(_("Use instead: {tools}"), tools=tools_told(told["alternatives"]))
    if told["suggestions"]:
        tell(_("Did you mean: {tools}"), tools=tools_told(told["suggestions"]))
    for each in told["guidance"]:
        tell(_("Guidance: {text}"), text=each)
    for each in told["editions"]:
        tell(_("Edition {name}: {answer}"), name=each["name"], answer=answer_told(each))
    if told["verdict"]:
        verdict, day = told["verdict"], _day(found, settings)
        tell(_("Verdict {number} of {day}: {url}"), number=verdict["number"], day=day, url=verdict["url"])
    if settings.contact:
        tell(_("Ask: {contact}"), contact=settings.contact)


def _day(found: "LookUp", settings: "Settings") -> str:
    verdict = found.answer.verdict
    return verdict.decided_at.astimezone(settings.zone).date().isoformat() if verdict else ""
