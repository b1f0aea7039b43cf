"""The machine-readable verdict as XML, one element for each field, under a namespace of our own: docs/feeds.md."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from registry.publish.elements import branch, leaf
from registry.publish.notice import NAMESPACE

PREFIX = "registry"
DECLARED = (f"xmlns:{PREFIX}", NAMESPACE)
"""To stand on the root of a document that holds one."""


def verdict(told: Mapping[str, Any]) -> str:
    """As one element. What is null is left out; a list has one `item` for each value."""
    return _element(f"{PREFIX}:verdict", told)


def _element(name: str, value: Any) -> str:
    if isinstance(value, str):
        return leaf(name, value)
    if isinstance(value, Mapping):
        return branch(name, _fields(value))
    if isinstance(value, Sequence):
        return branch(name, [_element(f"{PREFIX}:item", each) for each in value])
    if isinstance(value, bool):
        return leaf(name, "true" if value else "false")
    return leaf(name, str(value))


def _fields(value: Mapping[str, Any]) -> Iterator[str]:
    for name, each in value.items():
        if each is not None:
            yield _element(f"{PREFIX}:{name}", each)
