"""What a verdict's scope covers, dimension by dimension, and which values of a dimension there are to ask
for."""

from collections.abc import Callable, Iterable

from registry.domain import wording
from registry.domain.answer import House
from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key
from registry.domain.verdict import Scope, Verdict

DIMENSIONS = ("data_class", "account", "audience", "office")
"""The fields of a question that a scope limits, besides the edition."""

LIMITS = ("data_class", "account", "audience")
"""Outside of these a verdict says no; outside of its offices it says nothing."""


def covers(dimension: str, scope: Scope, value: str, house: House) -> bool:
    if dimension == "data_class":
        return _covers_data(scope, value, house)
    named = _NAMED[dimension](scope)
    if dimension == "audience":  # which people write as they like
        value, named = name_key(value), frozenset(map(name_key, named))
    return not named or value in named


def covers_edition(verdict: Verdict, edition: str) -> bool:
    """A verdict that names no edition covers them all."""
    return not verdict.scope.edition or name_key(verdict.scope.edition) == name_key(edition)


def values(dimension: str, scopes: Iterable[Scope], house: House) -> tuple[str, ...]:
    """All values to ask for: the house's, or where it lists none those that a scope names, and "" for all
    others."""
    if listed := _LISTED[dimension](house):
        return listed
    named = frozenset[str]().union(*(_NAMED[dimension](scope) for scope in scopes))
    once = {name_key(value) if dimension == "audience" else value: value for value in sorted(named - {""})}
    return (*once.values(), "")


def require_known(dimension: str, value: str | None, house: House) -> None:
    """Raise InvalidInput, naming the allowed ones, for a value that the house does not have."""
    listed = _LISTED[dimension](house)
    if value is None or value in listed or (dimension == "audience" and not listed):
        return
    fault = wording.not_allowed(dimension, value, listed, house)
    raise InvalidInput(fault, {dimension: fault})


def _covers_data(scope: Scope, value: str, house: House) -> bool:
    if scope.data_ceiling is None:
        return True
    classes = house.data_classes
    if value not in classes or scope.data_ceiling not in classes:
        # A class that is no longer set has no rank: it covers itself alone.
        return value == scope.data_ceiling
    return classes.index(value) <= classes.index(scope.data_ceiling)


_NAMED: dict[str, Callable[[Scope], frozenset[str]]] = {
    "data_class": lambda scope: (
        frozenset() if scope.data_ceiling is None else frozenset({scope.data_ceiling})
    ),
    "account": lambda scope: scope.accounts,
    "audience": lambda scope: scope.audience,
    "office": lambda scope: scope.offices,
}

_LISTED: dict[str, Callable[[House], tuple[str, ...]]] = {
    "data_class": lambda house: house.data_classes,
    "account": lambda house: house.account_types,
    "audience": lambda house: house.audiences,
    "office": lambda house: house.offices,
}
