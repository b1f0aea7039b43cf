"""Reads rubric and decision table files key by key, naming the key in each refusal; what the keys mean is
left to others."""

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from registry.domain.errors import RubricInvalid

Choice = TypeVar("Choice", bound=StrEnum)


class Table:
    """One table of a file. Each reader raises RubricInvalid; `close` refuses the keys that nobody read."""

    def __init__(self, values: object, path: str = "") -> None:
        if not isinstance(values, dict):
            raise RubricInvalid(f"{path}: must be a table, is {_shown(values)}.")
        self.path = path
        self._values: dict[str, object] = values
        self._read: set[str] = set()

    def where(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def refuse(self, key: str, fault: str) -> RubricInvalid:
        return RubricInvalid(f"{self.where(key)}: {fault}.")

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def has(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> object:
        self._read.add(key)
        if key not in self._values:
            raise self.refuse(key, "is missing")
        return self._values[key]

    def text(self, key: str) -> str:
        """One line or more of words, without the space around them."""
        value = self.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(key, f"must be text, is {_shown(value)}")
        return value.strip()

    def whole(self, key: str) -> int:
        """A whole number of 1 or more."""
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self.refuse(key, f"must be a whole number of 1 or more, is {_shown(value)}")
        return value

    def flag(self, key: str) -> bool:
        """`true` or `false`; false where the key is absent."""
        if not self.has(key):
            return False
        value = self.get(key)
        if not isinstance(value, bool):
            raise self.refuse(key, f"must be true or false, is {_shown(value)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts in the file's order; empty where the key is absent."""
        if not self.has(key):
            return ()
        value = self.get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise self.refuse(key, f"must be a list of texts, is {_shown(value)}")
        return tuple(each.strip() for each in value)

    def choice(self, key: str, choices: type[Choice]) -> Choice:
        return self._chosen(key, self.text(key), choices)

    def choices(self, key: str, choices: type[Choice]) -> frozenset[Choice]:
        """`"any"`, one of the choices, or a list of them."""
        value = self.get(key)
        if value == "any":
            return frozenset(choices)
        named = value if isinstance(value, list) else [value]
        if not named:
            raise self.refuse(key, "must name at least one value, is empty")
        return frozenset(self._chosen(key, each, choices) for each in named)

    def table(self, key: str) -> "Table":
        return Table(self.get(key), self.where(key))

    def tables(self, key: str) -> tuple["Table", ...]:
        """A list of tables, numbered from 1 in what is said of them."""
        value = self.get(key)
        if not isinstance(value, list) or not value:
            raise self.refuse(key, f"must be a list of tables, is {_shown(value)}")
        return tuple(Table(each, f"{self.where(key)}.{number}") for number, each in enumerate(value, start=1))

    def close(self) -> None:
        for key in self._values:
            if key not in self._read:
                raise self.refuse(key, f"is not a key here; known are {', '.join(sorted(self._read))}")

    def _chosen(self, key: str, value: object, choices: type[Choice]) -> Choice:
        if not isinstance(value, str) or value not in _values(choices):
            raise self.refuse(key, f"must be one of {', '.join(_values(choices))}, is {_shown(value)}")
        return choices(value)


def open_table(body: bytes) -> Table:
    """The whole file as one table. Raises RubricInvalid where the bytes are not TOML in UTF-8."""
    try:
        return Table(tomllib.loads(body.decode("utf-8")))
    except RecursionError as fault:
        raise RubricInvalid("The file cannot be read: its tables are nested too deep.") from fault
    except ValueError as fault:  # broken TOML, broken UTF-8 and a number of absurd length alike
        raise RubricInvalid(f"The file cannot be read: {fault}.") from fault


def _values(choices: Iterable[StrEnum]) -> tuple[str, ...]:
    return tuple(each.value for each in choices)


def _shown(value: object) -> str:
    """The value as in the file, short enough for a sentence."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value[:40]}"' if value else "empty"
    return str(value)[:40]
