"""What is known of a tool, in one form for those who triage: its texts, its tags and the other ways to say it."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.tag import MOST_TAGS, most_used, parted
from registry.domain.values import dataclass
from registry.services.tools import editing
from registry.services.tools.editing import TEXTS, other_names
from registry.store import events, tags, tools
from registry.store.columns import id_of
from registry.store.tables import Event, Tool
from registry.web.deps import Asked, Now, Read, Slug, Triager, Tx
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Change, Form
from registry.web.typed import Fields, Typed, number

router = page_router("/tools")
TEMPLATE = "tools/edit.html"
LABELS = {
    "name": "Name",
    "vendor": "Vendor",
    "category": "Category",
    "homepage": "Home page",
    "description": "What it is",
    "guidance": "How to use it well",
    "tags": "Tags",
    "aliases": "Other names and addresses",
}
MOST_TOLD = 30
"""Changes in sight."""


@dataclass(frozen=True)
class Told:
    """One change that was made before."""

    event: Event
    changes: Sequence[Change]
    back: str
    """Where the form is filled in as it was before; empty for what changed nothing of the form."""


@dataclass(frozen=True)
class EditPage:
    name: str
    slug: str
    version: int
    form: Form
    most: Mapping[str, int]
    """How many signs each text holds."""
    categories: Sequence[str]
    """Those in use."""
    in_use: Sequence[str]
    """The tags that other tools have, the most used ones."""
    stale: str
    stored: Sequence[Change]
    """Where somebody changed it meanwhile: what is stored now, and what was typed."""
    back: Sequence[Change]
    """What the form puts back as it was before a change that was made; from what is stored now."""
    told: Sequence[Told]
    """Newest first."""
    most_tags: int = MOST_TAGS


@router.get("/{slug}/edit")
def show_form(request: Request, slug: Slug, read: Read, _user: Triager, back: Asked = "") -> Response:
    """`back` is the number of an event: the form is filled in with what was before it, to be kept or not."""
    return render(request, TEMPLATE, _page(read, slug, back=number(back)))


@router.post("/{slug}/edit")
def edit(request: Request, slug: Slug, tx: Tx, user: Triager, now: Now, typed: Fields) -> Response:
    try:
        with tx.begin_nested():
            editing.edit(
                tx,
                slug,
                with_texts={name: typed.one(name) for name in TEXTS if typed.has(name)},
                with_tags=parted(typed.one("tags")) if typed.has("tags") else None,
                with_aliases=_lines(typed.one("aliases")) if typed.has("aliases") else None,
                version=number(typed.one("version")) or 0,
                by=user,
                now=now,
            )
    except InvalidInput as refused:
        return render(request, TEMPLATE, _page(tx, slug, typed, refused), status=422)
    except StaleVersion as refused:
        return render(request, TEMPLATE, _page(tx, slug, typed, refused), status=409)
    return go(f"/tools/{slug}")


def _lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]


def _page(
    session: Session,
    slug: str,
    typed: Typed = Typed(),
    refused: InvalidInput | StaleVersion | None = None,
    back: int | None = None,
) -> EditPage:
    tool = tools.get(session, slug)
    session.refresh(tool)
    befell = [
        each for each in events.of_subject(session, "tool", id_of(tool)) if each.action == "tool.edited"
    ]
    undone = next((_shown(each.before) for each in befell if each.id == back), {})
    stored = _shown(_known(session, tool))
    values: dict[str, object] = {
        name: typed.one(name, undone.get(name, text)) for name, text in stored.items()
    }
    faults = refused.faults if isinstance(refused, InvalidInput) else {}
    stale = refused.sentence if isinstance(refused, StaleVersion) else ""
    differing = [
        Change(LABELS[name], _in_line(text), _in_line(str(values[name])))
        for name, text in stored.items()
        if text != values[name]
    ]
    has = parted(stored["tags"])
    return EditPage(
        name=tool.name,
        slug=slug,
        version=(number(typed.one("version")) or 0) if faults else tool.version,
        form=Form(values, faults),
        most=TEXTS,
        categories=tools.categories(session),
        in_use=[each for each in most_used(tags.counts(session)) if each not in has],
        stale=stale,
        stored=differing if stale else (),
        back=differing if undone else (),
        told=[_told(slug, each) for each in befell[:MOST_TOLD]],
    )


def _known(session: Session, tool: Tool) -> Mapping[str, object]:
    return {name: getattr(tool, name) for name in TEXTS} | {
        "tags": tags.of_tool(session, id_of(tool)),
        "aliases": other_names(tool, tools.aliases(session, id_of(tool))),
    }


def _shown(values: Mapping[str, object]) -> dict[str, str]:
    """As the form's fields hold them."""
    between = {"tags": ", ", "aliases": "\n"}
    return {
        name: value if isinstance(value, str) else between[name].join(value)
        for name in LABELS
        if isinstance(value := values.get(name), str | list | tuple)
    }


def _in_line(text: str) -> str:
    return ", ".join(text.splitlines())


def _told(slug: str, event: Event) -> Told:
    before, after = _shown(event.before), _shown(event.after)
    changes = [Change(LABELS[name], _in_line(before[name]), _in_line(after[name])) for name in before]
    return Told(event, changes, f"/tools/{slug}/edit?back={event.id}" if changes else "")
