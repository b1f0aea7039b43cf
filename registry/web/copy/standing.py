"""What a copy was made of, row by row: whether it says already all that the registry would say now, and where it does
not, which of its documents would still be read from the same rows. No page is asked for to know it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from registry.domain.values import dataclass
from registry.services.answers.shown import Shown
from registry.services.verdicts.turn import next_turn
from registry.settings import Settings
from registry.store import copied, tools
from registry.store.copied import Told
from registry.web import feeds
from registry.web.copy.digest import digest, of_program
from registry.web.copy.folder import Group, State
from registry.web.rendering import Copy


@dataclass
class Standing:
    state: State
    """All that a copy is made of, down to the last row, and when time alone makes it another one."""
    _around: str
    """Of what every document is made of, whoever is shown."""
    _rows: Told
    _categories: Mapping[str, Sequence[int]]

    def read_from(self, shown: Shown) -> str:
        """Digest of the rows that a document which tells of these tools is read from."""
        if shown.tools is None or shown.listed:
            return self.state.made_of
        rows = {*shown.tools, *(each for name in shown.categories for each in self._categories.get(name, ()))}
        return digest([self._around, [(each, self._rows.of_tools.get(each)) for each in sorted(rows)]])

    def holds(self, group: Group, since: State | None) -> bool:
        """Whether the documents would be read from the same rows as they were into a copy of that state."""
        in_time = since is not None and since.since <= self.state.since < since.until
        return in_time and group.read_from == self.read_from(group.shown)


def standing_of(session: Session, settings: Settings, copy: Copy, *, now: datetime) -> Standing:
    rows, around = copied.told(session), [of_program(), copy, settings.model_dump(mode="json")]
    turns = next_turn(session, now=now, zone=settings.zone), feeds.next_turn(session, now)
    state = State(digest([*around, rows.whole]), now, min(turns))
    return Standing(state, digest([*around, rows.of_any]), rows, tools.ids_by_category(session))
