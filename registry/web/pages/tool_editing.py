"""A tool's tags and the other ways to say it, in one form for those who triage."""

from collections.abc import Sequence

from fastapi import Request, Response
from sqlmodel import Session

from registry.domain.errors import InvalidInput, StaleVersion
from registry.domain.tag import MOST_TAGS, most_used, parted
from registry.domain.values import dataclass
from registry.services.tools import editing
from registry.services.tools.editing import other_names
from registry.store import tags, tools
from registry.store.columns import id_of
from registry.web.deps import Now, Read, Slug, Triager, Tx
from registry.web.render import go, render
from registry.web.routing import page_router
from registry.web.shapes import Change, Form
from registry.web.typed import Fields, Typed, number

router = page_router("/tools")
TEMPLATE = "tools/edit.html"
LABELS = {"tags": "Tags", "aliases": "Other names and addresses"}


@dataclass(frozen=True)
class EditPage:
    name: str
    slug: str
    version: int
    form: Form
    in_use: Sequence[str]
    """The tags that other tools have, the most used ones."""
    stale: str = ""
    stored: Sequence[Change] = ()
    """Where somebody changed it meanwhile: what is stored now, and what was typed."""
    most_tags: int = MOST_TAGS


@router.get("/{slug}/edit")
def show_form(request: Request, slug: Slug, read: Read, _user: Triager) -> Response:
    return render(request, TEMPLATE, _page(read, slug))


@router.post("/{slug}/edit")
def edit(request: Request, slug: Slug, tx: Tx, user: Triager, now: Now, typed: Fields) -> Response:
    try:
        with tx.begin_nested():
            editing.edit(
                tx,
                slug,
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
    session: Session, slug: str, typed: Typed = Typed(), refused: InvalidInput | StaleVersion | None = None
) -> EditPage:
    tool = tools.get(session, slug)
    session.refresh(tool)
    has = tags.of_tool(session, id_of(tool))
    stored = {
        "tags": ", ".join(has),
        "aliases": "\n".join(other_names(tool, tools.aliases(session, id_of(tool)))),
    }
    values: dict[str, object] = {name: typed.one(name, text) for name, text in stored.items()}
    faults = refused.faults if isinstance(refused, InvalidInput) else {}
    stale = refused.sentence if isinstance(refused, StaleVersion) else ""
    return EditPage(
        name=tool.name,
        slug=slug,
        version=(number(typed.one("version")) or 0) if faults else tool.version,
        form=Form(values, faults),
        in_use=[each for each in most_used(tags.counts(session)) if each not in has],
        stale=stale,
        stored=[
            Change(LABELS[name], text.replace("\n", ", "), str(values[name]).replace("\n", ", "))
            for name, text in stored.items()
            if stale and text != values[name]
        ],
    )
