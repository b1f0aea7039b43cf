"""The values of the pages on what other registries decided, read and put into words; the acts are in outside.py."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.datastructures import QueryParams

from registry.domain.errors import RuleBroken
from registry.domain.language import day_text
from registry.domain.outcome import MEANINGS, Outcome
from registry.domain.outside import Outside
from registry.domain.values import dataclass
from registry.services.decisions import adoption
from registry.services.decisions.decision import Terms
from registry.services.outside import evidence
from registry.services.outside.evidence import Before, Piece
from registry.services.people.acting import Actor
from registry.settings import Settings
from registry.store import outside, tools
from registry.store.columns import id_of
from registry.store.outside import Wanted
from registry.store.tables import Role
from registry.web.deps import TRIAGERS
from registry.web.files import as_files
from registry.web.shapes import Form, Link, Option, Pager, Row
from registry.web.typed import number
from registry.web.understood import codes

MOST_LISTED = 100
PLACINGS = ("yes", "no", "aside")
PLACING_OPTIONS = (
    Option("", "All"),
    Option("yes", "Beside one"),
    Option("no", "Nobody knows yet"),
    Option("aside", "None of ours"),
)


@dataclass(frozen=True)
class Listed:
    """A list of them as it was asked for."""

    wanted: Wanted
    placed: str = ""

    @property
    def query(self) -> str:
        wanted = self.wanted
        told = [
            ("q", wanted.text),
            ("tool", wanted.tool),
            ("registry", str(wanted.source_id or "")),
            *(("outcome", each.value) for each in sorted(wanted.outcomes)),
            ("placed", self.placed),
        ]
        return urlencode([(name, value) for name, value in told if value])


@dataclass(frozen=True)
class OutsidePage:
    rows: Sequence[Piece]
    waiting: int
    """How many nobody has placed yet."""
    q: str
    registries: Sequence[Option]
    registry: str
    outcomes: Sequence[Option]
    outcome: str
    placings: Sequence[Option]
    placed: str
    pager: Pager
    formats: Sequence[Link]


@dataclass(frozen=True)
class ShownPage:
    piece: Piece
    facts: Sequence[Row]
    history: Sequence[Before]
    may_place: bool
    may_adopt: bool
    hindrance: str
    """Why it cannot be adopted, in a sentence."""
    candidate_url: str
    contradicted: bool
    """A tool of ours has its very name, and another address."""
    form: Form
    stale: str = ""


def read_wanted(query: QueryParams) -> Listed:
    """Raises InvalidInput for what is no value of a filter."""
    placed = query.get("placed", "")
    placed = placed if placed in PLACINGS else ""
    wanted = Wanted(
        tool=query.get("tool", "")[:120],
        source_id=number(query.get("registry", "")),
        outcomes=frozenset(codes(Outcome, [each for each in query.getlist("outcome") if each], "outcome")),
        placed={"yes": True, "no": False}.get(placed),
        set_aside=placed == "aside",
        text=query.get("q", "").strip()[:120],
    )
    return Listed(wanted, placed)


def found(
    session: Session, wanted: Wanted, *, after: int = 0, limit: int, today: date, now: datetime
) -> list[Piece]:
    rows = outside.page(session, wanted, after=after, limit=limit)
    by_id = {id_of(tool): tool for _, _, tool in rows if tool is not None}
    return evidence.pieces(
        session, [(row, source) for row, source, _ in rows], today=today, now=now, tools=by_id
    )


def list_page(
    session: Session, listed: Listed, *, after: int, settings: Settings, now: datetime
) -> OutsidePage:
    wanted, query = listed.wanted, listed.query
    today = now.astimezone(settings.zone).date()
    rows = found(session, wanted, after=after, limit=MOST_LISTED + 1, today=today, now=now)
    shown, count = rows[:MOST_LISTED], outside.count(session, wanted)
    more = ""
    if len(rows) > MOST_LISTED:
        more = "/outside-verdicts?" + "&".join(filter(None, [query, f"after={shown[-1].id}"]))
    registries = outside.registries(session)
    return OutsidePage(
        rows=shown,
        waiting=outside.count(session, Wanted(placed=False)),
        q=wanted.text,
        registries=[
            Option("", "All"),
            *(Option(str(source.id), f"{source.name} ({number_})") for source, number_ in registries),
        ],
        registry=str(wanted.source_id or ""),
        outcomes=[Option("", "All"), *(Option(each.value, MEANINGS[each].label) for each in Outcome)],
        outcome=next(iter(wanted.outcomes)).value if len(wanted.outcomes) == 1 else "",
        placings=PLACING_OPTIONS,
        placed=listed.placed,
        pager=Pager(f"{count} {'verdict' if count == 1 else 'verdicts'}", "", more),
        formats=as_files(f"/outside-verdicts.csv?{query}".rstrip("?")),
    )


def one(session: Session, outside_id: int, *, today: date, now: datetime) -> Piece:
    """Raises NotFound."""
    row = outside.get(session, outside_id)
    by_id = tools.by_ids(session, [row.tool_id]) if row.tool_id else {}
    told = [(row, outside.source_of(session, row))]
    return evidence.pieces(session, told, today=today, now=now, tools=by_id)[0]


def shown_page(
    session: Session,
    outside_id: int,
    user: Actor,
    terms: Terms,
    *,
    now: datetime,
    form: Form | None = None,
    stale: str = "",
) -> ShownPage:
    piece = one(session, outside_id, today=now.astimezone(terms.zone).date(), now=now)
    hindrance = ""
    if piece.tool is not None and Role.APPROVER in user.roles:
        try:
            adoption.model(session, outside_id, now=now, terms=terms)
        except RuleBroken as refused:
            hindrance = refused.sentence
    return ShownPage(
        piece=piece,
        facts=_facts(piece),
        history=evidence.history(session, piece),
        may_place=bool(user.roles & TRIAGERS),
        may_adopt=Role.APPROVER in user.roles,
        hindrance=hindrance,
        candidate_url=f"/inbox/{piece.row.candidate_id}" if piece.row.candidate_id else "",
        contradicted=piece.tool is None and bool(tools.by_name_keys(session, [piece.row.name_key])),
        form=form or Form({"tool": ""}),
        stale=stale,
    )


def _facts(piece: Piece) -> list[Row]:
    told: Outside = piece.outside
    on = day_text(told.decided_on) if told.decided_on else ""
    rows = [
        Row("Registry", piece.registry),
        Row(
            "Decided",
            f"{piece.label}{', ' + on if on else ''}{' by ' + told.decided_by if told.decided_by else ''}",
        ),
        Row("Covers", "; ".join(told.scope.lines) or "It is not limited"),
        Row("Until", day_text(told.ends_on) if told.ends_on else "No end is told"),
    ]
    if told.reason and not piece.stands:
        rows.append(Row("Why it stands no more", told.reason))
    if told.citation:
        rows.append(Row("The rule that they cite", told.citation))
    if told.adopted_from:
        whose = told.adopted_from["registry"] or "another registry"
        rows.append(Row("Taken over from", "this very registry" if piece.ours else whose))
    read_on = day_text(piece.read_at.date()) if piece.read_at else "Not yet"
    rows.append(Row("Their feed was last read", read_on))
    said = piece.row.said["url"]
    where = told.url or (f"{said} – not on the host of their feed" if said else "Not told")
    return [*rows, Row("Their page", where, Link("Open", told.url) if told.url else None)]
