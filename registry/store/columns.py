"""Column types that both databases need alike, and the naming of keys that migrations rely on."""

import json
from collections.abc import Collection
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    Enum,
    Index,
    String,
    any_,
    bindparam,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.util import PopulateDict
from sqlmodel import Session, SQLModel

from registry.store.plain import id_of as id_of

SQLModel.model_config["defer_build"] = (
    True  # a table validates nothing; its validators are made where one is asked for
)
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def EnumText(enum: type[StrEnum]) -> Enum:  # noqa: N802 - reads as the type that it makes
    """An enum kept by its value in a text column, so that a new member needs no migration."""
    return Enum(
        enum, native_enum=False, length=40, values_callable=lambda members: [each.value for each in members]
    )


class IndexWhere(Index):
    """Over the rows for which something holds, on both databases.

    `postgresql_where` would load all that speaks PostgreSQL wherever a table is loaded, on SQLite too.
    """

    def __init__(self, name: str, *columns: str, where: str, unique: bool = False) -> None:
        super().__init__(name, *columns, unique=unique)
        self._where = text(where)

    @cached_property
    def dialect_options(self) -> PopulateDict[str, Any]:
        return PopulateDict(self._options_of)

    def _options_of(self, dialect: str) -> Any:
        options = self._kw_reg_for_dialect_cls(dialect)
        options["where"] = self._where
        return options

    @property
    def dialect_kwargs(self) -> Any:
        """What a new migration is written from."""
        for dialect in ("sqlite", "postgresql"):
            _ = self.dialect_options[dialect]
        return super().dialect_kwargs


def json_column() -> Column[Any]:
    """A JSON value, replaced whole and never changed inside."""
    return Column(JSON, nullable=False)


def among(session: Session, column: Any, values: Collection[str] | Collection[int]) -> ColumnElement[bool]:
    """Whether a column is one of these values: one parameter in a statement of one text, however many they are."""
    if session.get_bind().dialect.name == "postgresql":
        found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
        return found
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    within: ColumnElement[bool] = column.in_(select(listed.c.value))
    return within


def among_given(session: Session, values: Collection[int]) -> dict[str, Any]:
    """The values of a statement that was made once with `is_given`."""
    return {
        "given": list(values) if session.get_bind().dialect.name == "postgresql" else json.dumps(list(values))
    }


def is_given(dialect: str, column: Any) -> ColumnElement[bool]:
    """As `among`, in a statement that is made once."""
    if dialect == "postgresql":
        found: ColumnElement[bool] = column == any_(bindparam("given", type_=ARRAY(column.type)))
        return found
    listed = func.json_each(bindparam("given", type_=String())).table_valued("value")
    within: ColumnElement[bool] = column.in_(select(listed.c.value))
    return within


def put(row: SQLModel, **values: Any) -> None:
    """Set the columns whose values are others: to ask costs a tenth of what it takes to set."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
