"""Values: the standard library's dataclasses, made in a third of the time.

For a frozen class the library writes and compiles six methods, a millisecond each time a process loads it, and a site
loads five hundred. Here it writes `__init__` alone; comparing, hashing and telling is shared by all of them.
"""

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, **said):
        """As the library's, but that a frozen value is held so by mypy and no longer by the running program.

        What is not frozen, or wants more than `kw_only`, is made by the library as ever.
        """
        if cls is None:
            return lambda found: dataclass(found, frozen=frozen, **said)
        if not frozen or said.keys() - {"kw_only"}:
            return dataclasses.dataclass(frozen=frozen, **said)(cls)
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the library makes one out of the signature
        dataclasses.dataclass(eq=False, repr=False, **said)(cls)
        compared = [each.name for each in dataclasses.fields(cls) if each.compare]
        cls._compared = attrgetter(*compared or ["__class__"])
        for name, shared in (("__eq__", _equal), ("__hash__", _hash), ("__repr__", _told)):
            if name not in cls.__dict__:
                setattr(cls, name, shared)
        return cls


def _equal(self: Any, other: Any) -> Any:
    return self._compared(self) == self._compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(self._compared(self))


def _told(self: Any) -> str:
    said = (f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(said)})"
