"""Reads of tools and of everything by which people call them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, tuple_
from sqlalchemy import select as columns
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.util import identity_key
from sqlmodel import Session, and_, col, delete, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from registry.domain.errors import NotFound
from registry.domain.language import worded
from registry.domain.values import dataclass
from registry.store.columns import among
from registry.store.paging import NoMark
from registry.store.plain import rows
from registry.store.tables import Alias, AliasKind, Tool, ToolTag

if TYPE_CHECKING:
    from registry.store.plain import Source

MOST_PERMITTED = 50


def get(session: Session, slug: str) -> Tool:
    """Raises NotFound."""
    found = find(session, slug)
    if found is None:
        raise no_such(slug)
    return found


def find_id_by_name(session: Session, key: str) -> int | None:
    """Whose name has this `name_key`; None for an empty one too."""
    found = rows(session, "SELECT tool_id FROM alias WHERE kind = 'name' AND key = ?", key) if key else []
    return found[0][0] if found else None


def no_such(slug: str) -> NotFound:
    return NotFound(
        worded("There is no tool “{slug}” here. Look it up by name on the first page.", slug=slug)
    )


def get_id(source: "Source", slug: str) -> int:
    """Of the tool that has it. Raises NotFound."""
    for (tool_id,) in rows(source, "SELECT id FROM tool WHERE slug = ?", slug):
        return int(tool_id)
    raise no_such(slug)


def get_by_id(session: Session, tool_id: int) -> Tool:
    """Raises NotFound."""
    found = session.get(Tool, tool_id)
    if found is None:
        raise NotFound(worded("There is no such tool here. Look it up by name on the first page."))
    return found


def find(session: Session, slug: str) -> Tool | None:
    return session.exec(select(Tool).where(Tool.slug == slug)).first()


def by_ids(session: Session, tool_ids: Iterable[int]) -> dict[int, Tool]:
    """Of those that the session holds already nothing is asked."""
    wanted = set(tool_ids)
    held = {each: tool for each in wanted if (tool := session.identity_map.get(identity_key(Tool, each)))}
    missing = wanted - held.keys()
    found = session.exec(_by_ids(), params={"ids": list(missing)}) if missing else ()
    return held | {tool.id: tool for tool in found if tool.id is not None}


@cache
def _by_ids() -> SelectOfScalar[Tool]:
    return select(Tool).where(col(Tool.id).in_(bindparam("ids", expanding=True)))


def by_slugs(session: Session, slugs: Iterable[str]) -> dict[str, Tool]:
    wanted = set(slugs)
    if not wanted:
        return {}
    return {tool.slug: tool for tool in session.exec(select(Tool).where(col(Tool.slug).in_(wanted)))}


def names_by_slug(session: Session, slugs: Collection[str]) -> dict[str, str]:
    query = columns(col(Tool.slug), col(Tool.name)).where(among(session, col(Tool.slug), slugs))
    return {row.slug: row.name for row in session.connection().execute(query)} if slugs else {}


def by_name_keys(session: Session, keys: Iterable[str]) -> Sequence[Tool]:
    """Tools that one of these name keys certainly means, by name."""
    known = select(Alias.tool_id).where(Alias.kind == AliasKind.NAME, col(Alias.key).in_(set(keys)))
    return session.exec(select(Tool).where(col(Tool.id).in_(known)).order_by(col(Tool.name))).all()


def holding(session: Session, key: str, *, limit: int) -> Sequence[Tool]:
    """Tools of which some name's key, or their address, holds this one, the shortest names first."""
    called = select(Alias.tool_id).where(col(Alias.key).contains(key, autoescape=True))
    query = select(Tool).where(col(Tool.id).in_(called))
    return session.exec(query.order_by(func.length(Tool.name), col(Tool.id)).limit(limit)).all()


@dataclass(frozen=True)
class Narrowed:
    """Which tools a list shows."""

    categories: Collection[str] = ()
    tags: Collection[str] = ()
    """One of them is on the tool."""
    words: Sequence[str] = ()
    """Each stands in the name or the vendor, in small letters or capitals."""
    among: Collection[int] | None = None
    """Only these."""
    without: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """What a list says of a tool."""

    id: int
    slug: str
    name: str
    vendor: str
    category: str
    homepage: str
    description: str


ORDERS: dict[str, tuple[Any, ...]] = {
    "tool": (col(Tool.slug),),
    "category": (col(Tool.category), col(Tool.slug)),
}


def lines(
    session: Session,
    narrowed: Narrowed = Narrowed(),
    *,
    sort: str = "tool",
    after: str = "",
    before: str = "",
    limit: int,
) -> list[Line]:
    """Those after the tool of that slug, or the last ones before it; `sort` is one of ORDERS, turned by a minus.

    Raises NoMark where there is no such tool.
    """
    order, turned = ORDERS[sort.removeprefix("-")], sort.startswith("-") != bool(before)
    named = (Tool.id, Tool.slug, Tool.name, Tool.vendor, Tool.category, Tool.homepage, Tool.description)
    query = columns(*(col(each) for each in named)).where(*_narrowing(session, narrowed)).limit(limit)
    if beside := after or before:
        mark = session.connection().execute(columns(*order).where(col(Tool.slug) == beside)).first()
        if mark is None:
            raise NoMark(beside)
        place = tuple(mark)
        query = query.where(tuple_(*order) < place if turned else tuple_(*order) > place)
    query = query.order_by(*(each.desc() if turned else each for each in order))
    found: Iterable[Any] = session.connection().execute(query)
    made = [Line(*row) for row in found]
    return made[::-1] if before else made


def _narrowing(session: Session, narrowed: Narrowed) -> list[ColumnElement[bool]]:
    found = [_holds(word) for word in narrowed.words]
    if narrowed.categories:
        found.append(col(Tool.category).in_(narrowed.categories))
    if narrowed.tags:
        bearing = select(ToolTag.tool_id).where(col(ToolTag.tag).in_(narrowed.tags))
        found.append(col(Tool.id).in_(bearing))
    if narrowed.among is not None:
        found.append(among(session, col(Tool.id), narrowed.among))
    if narrowed.without:
        found.append(~among(session, col(Tool.id), narrowed.without))
    return found


def _holds(word: str) -> ColumnElement[bool]:
    return or_(
        col(Tool.name).icontains(word, autoescape=True), col(Tool.vendor).icontains(word, autoescape=True)
    )


def category_counts_of(session: Session, words: Sequence[str]) -> dict[str, int]:
    """Category -> how many of its tools hold each of these words in their name or vendor."""
    query = columns(col(Tool.category), func.count()).where(*(_holds(word) for word in words))
    found: Iterable[Any] = session.connection().execute(query.group_by(col(Tool.category)))
    return dict(map(tuple, found))


def ids_holding(session: Session, words: Sequence[str]) -> Sequence[int]:
    """The tools that hold each of these words in their name or vendor, by their slugs."""
    query = columns(col(Tool.id)).where(*(_holds(word) for word in words)).order_by(*ORDERS["tool"])
    found: Iterable[Any] = session.connection().execute(query)
    return [tool_id for (tool_id,) in found]


def slugs(session: Session) -> Sequence[str]:
    return session.exec(select(Tool.slug).order_by(col(Tool.slug))).all()


def sorted_in(session: Session, *, limit: int) -> list[tuple[int, str, str, str]]:
    """Id, name, description and category of the newest tools that somebody gave a category or a tag."""
    tagged = select(ToolTag.tool_id)
    query = columns(*(col(each) for each in (Tool.id, Tool.name, Tool.description, Tool.category)))
    query = query.where(or_(Tool.category != "", col(Tool.id).in_(tagged)))
    rows: Iterable[Any] = session.connection().execute(query.order_by(col(Tool.id).desc()).limit(limit))
    return [tuple(row) for row in rows]


def with_guidance(session: Session) -> Sequence[Tool]:
    return session.exec(select(Tool).where(Tool.guidance != "").order_by(col(Tool.name))).all()


def category_counts(session: Session) -> Sequence[tuple[str, int]]:
    """Every category by name with how many tools it has; the empty name stands for none."""
    query = select(Tool.category, func.count()).group_by(Tool.category).order_by(Tool.category)
    return session.exec(query).all()


def ids_by_category(session: Session) -> dict[str, list[int]]:
    """Category -> its tools; the empty name stands for none."""
    found: dict[str, list[int]] = {}
    for category, tool_id in session.connection().execute(columns(col(Tool.category), col(Tool.id))):
        found.setdefault(category, []).append(tool_id or 0)
    return found


def in_category(session: Session, category: str, *, limit: int = 50) -> Sequence[Tool]:
    return session.exec(
        select(Tool).where(Tool.category == category).order_by(col(Tool.name)).limit(limit)
    ).all()


def by_vendor(session: Session, vendor_names: Iterable[str]) -> Sequence[Tool]:
    return session.exec(
        select(Tool).where(col(Tool.vendor).in_(set(vendor_names))).order_by(col(Tool.name))
    ).all()


def alike(session: Session, *, category: str, vendor: str) -> Sequence[Tool]:
    """Tools of the category or of the vendor; an empty one is nobody's."""
    either = [col(Tool.category) == category] if category else []
    either += [col(Tool.vendor) == vendor] if vendor else []
    return session.exec(select(Tool).where(or_(*either))).all() if either else []


def vendors(session: Session) -> Sequence[str]:
    return session.exec(select(Tool.vendor).where(Tool.vendor != "").distinct()).all()


def categories(session: Session) -> Sequence[str]:
    return session.exec(
        select(Tool.category).where(Tool.category != "").distinct().order_by(Tool.category)
    ).all()


def categories_among(session: Session, names: Collection[str]) -> frozenset[str]:
    """Those of these that a tool has."""
    asked = select(Tool.category).where(col(Tool.category).in_(sorted(names))).distinct()
    return frozenset(session.exec(asked))


def count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Tool)).one()


def every(session: Session) -> Sequence[Tool]:
    """All of them, in the order in which they came."""
    return session.exec(select(Tool).order_by(col(Tool.id))).all()


def described(session: Session) -> Iterator[tuple[int, str, str, str, str, str, str, str]]:
    """Id, slug, name, home page, vendor, category, description and guidance of every tool, in their order of coming."""
    told = (Tool.id, Tool.slug, Tool.name, Tool.homepage, Tool.vendor, Tool.category)
    query = columns(*(col(each) for each in (*told, Tool.description, Tool.guidance)))
    return _rows(session, query.order_by(col(Tool.id)))


def every_alias(session: Session) -> Sequence[Alias]:
    return session.exec(select(Alias).order_by(col(Alias.id))).all()


def aliases(session: Session, tool_id: int) -> Sequence[Alias]:
    return aliases_of(session, [tool_id]).get(tool_id, ())


def aliases_of(session: Session, tool_ids: Collection[int]) -> Mapping[int, Sequence[Alias]]:
    """Tool id -> the ways to say it, by kind and text."""
    query = select(Alias).where(among(session, Alias.tool_id, tool_ids))
    found: dict[int, list[Alias]] = {}
    for each in session.exec(query.order_by(col(Alias.kind), col(Alias.text))):
        found.setdefault(each.tool_id, []).append(each)
    return found


def known_by(session: Session, keys: Iterable[tuple[AliasKind, str]]) -> Sequence[Alias]:
    """The aliases that have one of these keys; one query."""
    wanted: dict[AliasKind, list[str]] = {}
    for kind, key in keys:
        wanted.setdefault(kind, []).append(key)
    if not wanted:
        return []
    same = (and_(col(Alias.kind) == kind, col(Alias.key).in_(found)) for kind, found in wanted.items())
    return session.exec(select(Alias).where(or_(*same))).all()


def newest_alias(session: Session) -> int:
    """The number of the name that came last; 0 where there is none."""
    return session.exec(select(func.max(col(Alias.id)))).one() or 0


def _rows(session: Session, query: Any) -> Iterator[Any]:
    """Rows one after the other, so that a hundred thousand are not held at once."""
    for some in session.connection().execute(query.execution_options(yield_per=5_000)).partitions():
        yield from some


def names_of(session: Session, tool_ids: Iterable[int]) -> Sequence[Alias]:
    """Every name of these tools."""
    wanted = set(tool_ids)
    return session.exec(
        select(Alias)
        .where(Alias.kind == AliasKind.NAME, col(Alias.tool_id).in_(wanted))
        .order_by(col(Alias.id))
    ).all()


def drop_aliases(session: Session, alias_ids: Collection[int]) -> None:
    session.exec(delete(Alias).where(among(session, Alias.id, alias_ids)))


def drop(session: Session, tool_ids: Collection[int]) -> int | None:
    """Delete tools with their tags; gives the first that something else in the store refers to, if any: then not all
    are gone."""
    session.exec(delete(ToolTag).where(among(session, ToolTag.tool_id, tool_ids)))
    try:
        with session.begin_nested():
            session.exec(delete(Tool).where(among(session, Tool.id, tool_ids)))
    except IntegrityError:
        for tool_id in tool_ids:  # which one it is, only the database knows
            try:
                with session.begin_nested():
                    session.exec(delete(Tool).where(col(Tool.id) == tool_id))
            except IntegrityError:
                return tool_id
    return None


def slugs_among(session: Session, wanted: Collection[str]) -> set[str]:
    """Those of these that some tool has."""
    return set(session.exec(select(Tool.slug).where(among(session, Tool.slug, wanted))).all())


def slugs_from(session: Session, beginning: str) -> set[str]:
    """Every slug that begins so."""
    return set(
        session.exec(select(Tool.slug).where(col(Tool.slug).startswith(beginning, autoescape=True))).all()
    )


def names_since(session: Session, alias_id: int) -> Sequence[tuple[int, str, int]]:
    """Number, key and tool of the names with a higher number than the given one, in that order."""
    query = select(Alias.id, Alias.key, Alias.tool_id).where(
        Alias.kind == AliasKind.NAME, col(Alias.id) > alias_id
    )
    return [
        (number or 0, key, tool_id) for number, key, tool_id in session.exec(query.order_by(col(Alias.id)))
    ]
