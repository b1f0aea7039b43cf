"""Acts on several candidates: a page that says what will happen and asks for what is missing, then the act."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, RuleBroken, StaleVersion
from registry.domain.triage import DismissReason, Verb
from registry.domain.values import dataclass
from registry.services.candidates import bulk
from registry.services.candidates.bulk import Changed, Order, Plan
from registry.services.candidates.labels import parted
from registry.services.candidates.recording import Chosen
from registry.services.people.acting import Actor
from registry.store import candidates, inbox
from registry.store.columns import id_of
from registry.web.deps import House, Now, Several, Text, Triager, Tx
from registry.web.inbox_filter import wanted_in
from registry.web.pages.inbox import Keys, inside, told_of
from registry.web.pages.inbox_view import REASONS, inbox_page, watch_day
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Form, Option
from registry.web.typed import number

router = page_router("/inbox")
MOST_NAMED = 40
WORDS = {
    Verb.ACCEPT: ("Accept", "will become tools"),
    Verb.DISMISS: ("Dismiss", "will be dismissed"),
    Verb.WATCH: ("Watch", "will be put on watch"),
    Verb.MERGE: ("Merge", "will go into the one that stays"),
    Verb.LABEL: ("Label", "will bear the label"),
    Verb.REOPEN: ("Make new again", "will be new again"),
}


@dataclass(frozen=True)
class BulkPage:
    verb: str
    title: str
    sentence: str
    """What will happen to how many."""
    news: str
    """What has changed since the list, or this page, was shown; empty where nothing has."""
    names: Sequence[str]
    more: int
    """How many names are left out."""
    refused: Sequence[str]
    """Names with why each stays as it is."""
    form: Form
    count: int
    mark: str
    ids: Sequence[str]
    query: str
    all: bool
    up_to: int
    listed: int
    back: str
    button: str
    into_options: Sequence[Option]
    reasons: Sequence[Option] = REASONS


@router.post("/bulk")
def act_on_several(
    request: Request,
    tx: Tx,
    user: Triager,
    settings: House,
    now: Now,
    act: Text = "",
    ids: Several = (),
    all: Text = "",  # noqa: A002 - its name in the form
    query: Text = "",
    up_to: Text = "",
    listed: Text = "",
    mark: Text = "",
    reason: Text = "",
    note: Text = "",
    until: Text = "",
    into: Text = "",
    add: Text = "",
    back: Text = "",
    keys: Keys = "",
) -> Response:
    """Without `mark`, the page that says what will happen; with it, the act on exactly what that page said.

    `all` means all that the filter in `query` matches; those that came in after that page was shown are left out.
    """
    typed = {"reason": reason, "note": note, "until": until, "into": into, "add": add}
    limit = number(up_to) or inbox.newest_id(tx)
    wanted = replace(wanted_in(query).filter(zone=settings.zone, now=now), up_to=limit)
    chosen = bulk.matching(tx, wanted) if all else [_read_as(each) for each in ids]
    asked = _Asked(act, typed, ids, all, query, limit, number(listed) or 0, inside(back))
    try:
        order, faults = _order(tx, act, typed, chosen, now)
        if not mark:
            plan = bulk.plan(tx, chosen, order, by=user, now=now)
            return render(request, "inbox/bulk.html", _page(tx, asked, plan, now))
        if faults:
            raise InvalidInput(" ".join(faults.values()), faults)
        done = bulk.act(tx, chosen, order, by=user, now=now, mark=mark)
    except Changed as changed:
        page = _page(tx, asked, changed.plan, now, changed=True)
        return render(request, "inbox/bulk.html", page, status=409)
    except InvalidInput as refused:
        if mark and "ids" not in refused.faults:
            plan = bulk.plan(tx, chosen, order, by=user, now=now)
            page = _page(tx, asked, plan, now, faults=refused.faults)
            return render(request, "inbox/bulk.html", page, status=422)
        return _list(request, tx, query, user, settings.zone, now, keys, refused.sentence, 422)
    except (RuleBroken, StaleVersion) as refused:
        return _list(request, tx, query, user, settings.zone, now, keys, refused.sentence, 409)
    return go(told_of(back, done=id_of(done)))


@dataclass(frozen=True)
class _Asked:
    act: str
    typed: Mapping[str, str]
    ids: Sequence[str]
    all: str
    query: str
    up_to: int
    listed: int
    back: str


def _order(
    session: Session, act: str, typed: Mapping[str, str], chosen: Sequence[Chosen], now: datetime
) -> tuple[Order, Mapping[str, str]]:
    """What was asked as far as it can be read, and what of it cannot."""
    if act not in {each.value for each in bulk.VERBS}:
        raise InvalidInput("Choose what to do with them.", {"act": "is not known"})
    faults: dict[str, str] = {}
    day: date | None = None
    if typed["until"]:
        try:
            day = date.fromisoformat(typed["until"])
        except ValueError:
            faults["until"] = "Write the day as year-month-day, such as 2027-03-31."
        if day is not None and day <= now.date():
            faults["until"] = "Choose a day to come to watch them until."
            day = None
    into = _into(session, typed["into"], chosen) if Verb(act) is Verb.MERGE else None
    if typed["into"] and number(typed["into"]) is None:
        faults["into"] = "Choose which one stays, or type its number."
    reason = DismissReason(typed["reason"]) if typed["reason"] in set(DismissReason) else None
    order = Order(
        Verb(act), reason=reason, note=typed["note"], until=day, into=into, add=tuple(parted(typed["add"]))
    )
    return order, faults


def _into(session: Session, typed: str, chosen: Sequence[Chosen]) -> int | None:
    """The one that stays: as chosen, else the one of which most is heard."""
    if typed:
        return number(typed)
    rows = inbox.rows(
        session, list(candidates.by_id(session, [each.id for each in chosen[:MOST_NAMED]]).values())
    )
    best = max(rows, key=lambda row: (row.mentions + row.requests, -id_of(row.candidate)), default=None)
    return id_of(best.candidate) if best else None


def _page(
    session: Session,
    asked: _Asked,
    plan: Plan,
    now: datetime,
    *,
    changed: bool = False,
    faults: Mapping[str, str] | None = None,
) -> BulkPage:
    verb = Verb(asked.act)
    word, will = WORDS[verb]
    options = _stays(session, asked, plan) if verb is Verb.MERGE else []
    values = dict(asked.typed)
    values["until"] = values["until"] or watch_day(now).isoformat()
    if verb is Verb.MERGE and not values["into"] and options:
        values["into"] = options[0].value
    counted = "1 candidate" if plan.count == 1 else f"{plan.count:,} candidates"
    return BulkPage(
        verb=verb.value,
        title=f"{word} {counted}?" if plan.count else f"{word}: nothing to do",
        sentence=f"{counted} {will}." if plan.count else "None of them can be treated so.",
        news=_news(asked, plan, changed),
        names=plan.names[:MOST_NAMED],
        more=max(0, plan.count - MOST_NAMED),
        refused=[f"{each.name or 'A candidate'}: {each.error.sentence}" for each in plan.refused],
        form=Form(values, faults or {}),
        count=plan.count,
        mark=plan.mark,
        ids=[] if asked.all else asked.ids,
        query=asked.query,
        all=bool(asked.all),
        up_to=asked.up_to,
        listed=plan.count,
        back=asked.back,
        button=f"{word} {counted}",
        into_options=options,
    )


def _news(asked: _Asked, plan: Plan, changed: bool) -> str:
    total = plan.count + len(plan.refused)
    if changed:
        return (
            f"Somebody was at it meanwhile: it was {_count(asked.listed)}, and is {_count(plan.count)} now. "
            "Nothing was done yet. What came in since is left out."
        )
    if asked.all and asked.listed and asked.listed != total:
        return f"{_count(asked.listed)} matched when the list was shown; {_count(total)} do now."
    return ""


def _count(number: int) -> str:
    return "1 candidate" if number == 1 else f"{number:,} candidates"


def _stays(session: Session, asked: _Asked, plan: Plan) -> list[Option]:
    """Those chosen, the one that would stay first; none where they are too many to be read."""
    ids = [each.id for each in plan.chosen]
    first = number(asked.typed["into"]) or _into(session, "", plan.chosen)
    ids = list(dict.fromkeys([*([first] if first else []), *ids]))[:MOST_NAMED]
    found = candidates.by_id(session, ids)
    return [Option(str(each), f"{found[each].name} (no. {each})") for each in ids if each in found]


def _list(
    request: Request,
    session: Session,
    query: str,
    user: Actor,
    zone: ZoneInfo,
    now: datetime,
    keys: str,
    sentence: str,
    status: int,
) -> Response:
    page = inbox_page(
        session, wanted_in(query), user=user, zone=zone, now=now, keys=keys != "off", refused=[sentence]
    )
    return render(request, "inbox/list.html", page, status=status)


def _read_as(typed: str) -> Chosen:
    """Id and version of `12:3`; zeros, which nothing has, for anything else."""
    candidate_id, _, version = typed.partition(":")
    return Chosen(number(candidate_id) or 0, number(version) or 0)
