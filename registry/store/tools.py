"""Reads of tools and of the ways in which people say them."""

from sqlmodel import Session, col, select

from registry.domain.errors import NotFound
from registry.store.tables import Tool


def get(session: Session, tool_id: int) -> Tool:
    tool = session.get(Tool, tool_id)
    if tool is None:
        raise NotFound(f"There is no tool {tool_id}.")
    return tool


def find_by_slug(session: Session, slug: str) -> Tool | None:
    return session.exec(select(Tool).where(Tool.slug == slug)).first()


def free_slug(session: Session, slug: str) -> str:
    """`slug` itself, or with the lowest number from 2 on that nobody has."""
    taken = set(session.exec(select(Tool.slug).where(col(Tool.slug).startswith(slug, autoescape=True))).all())
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free
