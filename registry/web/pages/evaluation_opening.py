"""Opening an evaluation: what the tool is to be used for, then the tier that follows from it and who scores."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from fastapi import Request as WebRequest
from fastapi import Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput
from registry.domain.evaluation import ProposedTier, Tier, propose_tier, target_on
from registry.domain.values import dataclass
from registry.services.evaluations import assigning
from registry.services.evaluations import evaluation as rounds
from registry.services.people.acting import Actor
from registry.services.people.house import house as house_of
from registry.settings import Settings
from registry.store import evaluations, offices, requests, tools, users
from registry.store.columns import id_of
from registry.store.tables import Request, Tool
from registry.web.deps import Asked, House, Now, Read, Triager, Tx
from registry.web.pages.evaluation_page import EFFECTS, YES_NO, use_words
from registry.web.pages.evaluation_people import Asking, asking
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form, Option, Row
from registry.web.typed import Fields, Typed, number
from registry.web.words import words

router = page_router("/evaluations")

TIERS = {
    Tier.ONE: "One scorecard, decided within 5 working days.",
    Tier.TWO: "Two scorecards, decided within 20 days.",
    Tier.THREE: "Three scorecards, among them privacy, security and accessibility; decided within 60 days.",
}
EFFECT_OPTIONS = (
    Option("none", "None"),
    Option("people", "Yes", "It helps to judge, rank or address people, or they depend on what comes out."),
    Option("rights", "Yes, on their rights", "Such as benefits, permits, employment, or who is looked into."),
)
YES_NO_OPTIONS = (Option("no", "No"), Option("yes", "Yes"))
MOST_ASKED = 5
MOST_PURPOSE = 500
SINGLE = ("purpose", "data_class", "effect", "costs", "public_account", "edition", "versions")
SEVERAL = ("accounts", "audience", "offices")


@dataclass(frozen=True)
class OpenPage:
    """`proposed` is None at the first step, which asks about the use; the second one shows the tier and asks people."""

    tool_name: str
    tool_slug: str
    data_classes: Sequence[Option]
    accounts: Sequence[Option]
    audiences: Sequence[Option]
    offices: Sequence[Option]
    owners: Sequence[Option]
    form: Form
    proposed: ProposedTier | None = None
    tiers: Sequence[Option] = ()
    answers: Sequence[Row] = ()
    hidden: Sequence[tuple[str, str]] = ()
    asking: Asking | None = None
    running_url: str = ""
    """Of the evaluation that is under way already."""
    asked: Sequence[Request] = ()
    """What colleagues asked it for, newest first; the form begins with the newest."""
    effects: Sequence[Option] = EFFECT_OPTIONS
    yes_no: Sequence[Option] = YES_NO_OPTIONS


@router.get("/new")
def show_opening(request: WebRequest, read: Read, _user: Triager, house: House, tool: Asked = "") -> Response:
    found = tools.get(read, tool)
    asked = requests.of_tool(read, id_of(found))
    given = (
        {"purpose": (asked[0].purpose[:MOST_PURPOSE],), "data_class": (asked[0].data_class,)} if asked else {}
    )
    page = replace(_first_step(read, house, found, Typed(given), {}), asked=asked[:MOST_ASKED])
    return render(request, "evaluations/open.html", page)


@router.post("")
def open_one(request: WebRequest, tx: Tx, user: Triager, now: Now, house: House, typed: Fields) -> Response:
    """`action` is propose, for the tier and the reviewers that follow from the answers; change; or it opens."""
    tool = tools.get(tx, typed.one("tool"))
    today, action = now.astimezone(house.zone).date(), typed.one("action")
    if action == "change":
        return render(request, "evaluations/open.html", _first_step(tx, house, tool, typed, {}))
    proposed = _proposed(typed, house)
    if action == "propose":
        faults = _use_faults(typed)
        if faults:
            page = _first_step(tx, house, tool, typed, faults)
            return render(request, "evaluations/open.html", page, status=422)
        page = _second_step(tx, house, tool, typed, proposed, {}, user, today=today, now=now)
        return render(request, "evaluations/open.html", page)
    tier = typed.one("tier") or str(proposed.tier.value)
    try:
        with tx.begin_nested():
            opened = rounds.open_evaluation(
                tx,
                id_of(tool),
                tier=int(tier) if tier in ("1", "2", "3") else 0,
                owner_id=number(typed.one("owner")) or user.person_id,
                intended_use=_intended_use(typed),
                reviewers=_people(typed),
                edition=typed.one("edition"),
                proposed=proposed if typed.has("effect") else None,
                tier_reason=typed.one("tier_reason"),
                zone=house.zone,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        if set(refused.faults) & {*SINGLE, *SEVERAL}:
            page = _first_step(tx, house, tool, typed, refused.faults)
        else:
            page = _second_step(tx, house, tool, typed, proposed, refused.faults, user, today=today, now=now)
        return render(request, "evaluations/open.html", page, status=422)
    return go(f"/evaluations/{opened.id}")


def _use_faults(typed: Typed) -> dict[str, str]:
    asked = {
        "purpose": "Say what it is to be used for.",
        "data_class": "Choose the highest class of information entered.",
        "effect": "Say whether it has an effect on people.",
        "costs": "Say whether it costs more than a trivial sum.",
        "public_account": "Say whether it needs a public account.",
    }
    return {name: sentence for name, sentence in asked.items() if not typed.one(name)}


def _proposed(typed: Typed, house: Settings) -> ProposedTier:
    return propose_tier(
        typed.one("data_class"),
        house.data_classes,
        effect=typed.one("effect"),
        costs=typed.one("costs"),
        public_account=typed.one("public_account"),
    )


def _first_step(
    session: Session, settings: Settings, tool: Tool, typed: Typed, faults: Mapping[str, str]
) -> OpenPage:
    house = house_of(session, settings)
    names = {office.code: office.name for office in offices.rules(session)}
    single: dict[str, object] = {key: typed.one(key) for key in SINGLE}
    several = {key: typed.several(key) for key in SEVERAL}
    running = evaluations.find_running(session, id_of(tool), typed.one("edition"))
    kept = [(name, each) for name in ("owner", "tier", "reviewers") for each in typed.several(name)]
    return OpenPage(
        tool_name=tool.name,
        tool_slug=tool.slug,
        data_classes=[Option(each, words(each)) for each in house.data_classes],
        accounts=[Option(each, words(each)) for each in house.account_types],
        audiences=[Option(each, words(each)) for each in house.audiences],
        offices=[Option(each, names.get(each, each)) for each in house.offices],
        owners=(),
        form=Form(single | several, faults),
        hidden=kept,
        running_url=f"/evaluations/{running.id}" if running else "",
    )


def _second_step(
    session: Session,
    settings: Settings,
    tool: Tool,
    typed: Typed,
    proposed: ProposedTier,
    faults: Mapping[str, str],
    user: Actor,
    *,
    today: date,
    now: datetime,
) -> OpenPage:
    first = _first_step(session, settings, tool, typed, {})
    chosen = typed.one("tier")
    tier = Tier(int(chosen)) if chosen in ("1", "2", "3") else proposed.tier
    owner = typed.one("owner") or str(user.id)
    choice = assigning.choice(session, id_of(tool), tier, solo=settings.solo, today=today, now=now)
    whom = asking(choice, tier)
    return OpenPage(
        tool_name=tool.name,
        tool_slug=tool.slug,
        data_classes=first.data_classes,
        accounts=first.accounts,
        audiences=first.audiences,
        offices=first.offices,
        owners=[
            Option(str(each.user.id), each.user.name)
            for each in assigning.successors(users.everybody(session))
        ],
        form=Form(
            {
                "tier": str(tier.value),
                "tier_reason": typed.one("tier_reason"),
                "owner": owner,
                "reviewers": typed.several("reviewers") if typed.has("reviewers") else whom.proposed,
            },
            faults,
        ),
        proposed=proposed,
        tiers=[
            Option(
                str(each.value),
                f"Tier {each.value}{' (proposed)' if each is proposed.tier else ''}",
                f"{told} By {target_on(each, today):%-d %B %Y}.",
            )
            for each, told in TIERS.items()
        ],
        answers=_answers(typed),
        hidden=[
            *((key, typed.one(key)) for key in SINGLE),
            *((key, each) for key in SEVERAL for each in typed.several(key)),
        ],
        asking=whom,
    )


def _answers(typed: Typed) -> list[Row]:
    told = [Row("Purpose", typed.one("purpose")), Row("Information", words(typed.one("data_class")))]
    told += [
        Row(label, answers.get(typed.one(key), ""))
        for key, label, answers in (
            ("effect", "Effect on people", EFFECTS),
            ("costs", "Costs more than a trivial sum", YES_NO),
            ("public_account", "Public account", YES_NO),
        )
    ]
    told += [Row(key.capitalize(), use_words(typed.several(key))) for key in SEVERAL if typed.several(key)]
    return told + [Row(key.capitalize(), typed.one(key)) for key in ("edition", "versions") if typed.one(key)]


def _people(typed: Typed) -> list[int]:
    """Ids of the reviewers who were chosen."""
    return [found for each in typed.several("reviewers") if (found := number(each)) is not None]


def _intended_use(typed: Typed) -> dict[str, object]:
    single = ("purpose", "data_class", "versions", "effect", "costs", "public_account")
    use: dict[str, object] = {key: typed.one(key) for key in single}
    return use | {key: list(typed.several(key)) for key in SEVERAL}
