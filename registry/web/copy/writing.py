"""Follows the links of the site from page to page, until all that a copy holds is made and lies ready in its folder."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from http import HTTPStatus

from registry.domain.errors import RuleBroken
from registry.domain.values import dataclass
from registry.services.answers.shown import Shown
from registry.web.copy.documents import address_of_tool, group_of_feed
from registry.web.copy.folder import Folder, Group, Origin
from registry.web.copy.standing import Standing
from registry.web.copy.workers import Made, Making, Site

SEEDS = (
    "/", "/tools", "/verdicts", "/feeds", "/guidance", "/accessibility", "/radar", "/a-z", "/feeds.opml",
    "/robots.txt", "/sitemap.xml", "/opensearch.xml",
)  # fmt: skip
MAY_BE_MISSING = frozenset({"/sitemap.xml"})
"""No page leads there."""
FEEDS = "/feeds/verdicts."
Track = Callable[[int, int], None]
"""Hears how many pages are done and how many are known of."""


@dataclass
class Writing:
    site: Site
    standing: Standing
    place: Folder
    file: Callable[[str], str]
    """Where the copy holds an address."""
    track: Track
    leading: dict[str, str] = field(default_factory=dict)
    """Each file that some page leads to, with such a page."""
    _made: set[str] = field(default_factory=set)
    """Addresses."""
    _waiting: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SEEDS, ""))
    """Each address with who leads there."""
    _asked: Mapping[str, str] = field(default_factory=dict)
    _before: dict[str, str] = field(default_factory=dict)
    """Address of a page of a list, to that of the page before it."""
    _spelled: dict[str, str] = field(default_factory=dict)
    _groups: dict[str, tuple[Shown, list[str]]] = field(default_factory=dict)
    _tools_left: set[str] = field(default_factory=set)

    def write_all(self, makes: Making) -> None:
        """Raises RuleBroken where the site does not answer what it leads to."""
        called = self.site.called
        self._made.add(self.site.copy.script_url)
        self._tools_left = {address_of_tool(slug) for slug in called}
        self._write_groups({slug: slug for slug in called}, makes.tools)
        while asked := {address: by for address, by in self._waiting.items() if self.file(address)}:
            self._asked = asked
            feeds = dict.fromkeys(address.partition("?")[2] for address in asked if address.startswith(FEEDS))
            documents = makes.places([*feeds])
            self._write_groups({query: group_of_feed(query) for query in documents}, makes.feeds)
            rest = [address for address in asked if address not in self._made]
            for each in makes.pages([(address, self._before.get(address, "")) for address in rest]):
                self._write(each)
        for name, (shown, addresses) in self._groups.items():
            self.place.group(name, Group(self.standing.read_from(shown), shown, addresses))

    def _write_groups(
        self, names: Mapping[str, str], make: Callable[[Sequence[str]], Iterator[Made]]
    ) -> None:
        """All documents of each, which is made where it would not be read from the same rows; `names` has the name of
        its group."""
        wanted: list[str] = []
        for each, name in names.items():
            kept = self._kept(name)
            for document in kept:
                self._write(document)
            if not kept:
                wanted.append(each)
        for document in make(wanted):
            self._write(document)

    def _kept(self, name: str) -> list[Made]:
        """What lies there of the group, where it would be read from the same rows."""
        group, origins = self.place.groups.get(name), self.site.origins
        if group is None or not self.standing.holds(group, self.place.state):
            return []
        paths = [self.file(address) for address in group.addresses]
        if not origins.keys() >= {*paths}:
            return []
        return [
            Made(address, path, HTTPStatus.OK, None, origins[path][0], group=name, shown=group.shown)
            for address, path in zip(group.addresses, paths, strict=True)
        ]

    def _write(self, each: Made) -> None:
        self._waiting.pop(each.address, None)
        if each.status == HTTPStatus.NOT_FOUND and each.address in MAY_BE_MISSING:
            return
        if each.status != HTTPStatus.OK:
            raise RuleBroken(
                f"{each.address}, to which {self._asked.get(each.address) or 'the site'} leads, answers {each.status}. "
                "Nothing was written."
            )
        self._made.add(each.address)
        # One text for each address, however many lead there: they came from other processes, each with its own.
        wants: Sequence[str] = tuple(self._spelled.setdefault(address, address) for address in each.wants)
        following = each.next
        if each.body is None:
            kept = self.place.keep(each.path)
            wants, following = kept.wants, kept.next
        else:
            origin = Origin(each.made_of, wants, each.meant, following) if each.made_of else None
            self.place.take(each.path, each.body, origin)
        if following:
            self._before.setdefault(following, each.address)
        if each.path.endswith(".html"):
            for target in each.leads_to if each.body is not None else map(self.file, wants):
                self.leading.setdefault(target, each.path)
        for address in wants:
            if address not in self._made:
                self._waiting.setdefault(address, each.address)
        if each.group:
            self._groups.setdefault(each.group, (each.shown, []))[1].append(each.address)
        self._tools_left.discard(each.address)
        # Nobody has counted what belongs to the tools that are still to come: as much as to those before.
        done = len(self.site.called) - len(self._tools_left)
        ahead = len(self._made) * len(self._tools_left) // (done or 1)
        self.track(len(self._made), len(self._made) + max(len(self._waiting), ahead))
