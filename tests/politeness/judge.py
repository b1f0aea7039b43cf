"""Judges each request against what publishers may expect of a polite reader; what breaks a rule becomes a sentence.

It knows nothing of how the registry decides: only what each address said, and when.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
HOST_PAUSE = timedelta(seconds=2)
WHOLE_AFTER = timedelta(days=14)
ADOPT_FETCHES, ADOPT_AFTER = 5, WEEK
PERMANENT, REDIRECTS = (301, 308), (301, 302, 303, 307, 308)
UNWANTED = ("cookie", "referer", "origin", "from", "if-range", "range", "upgrade-insecure-requests")


@dataclass(frozen=True)
class Request:
    at: datetime
    host: str
    target: str
    headers: dict[str, str]

    @property
    def address(self) -> str:
        return self.host + self.target

    @property
    def validators(self) -> tuple[str, str]:
        return self.headers.get("if-none-match", ""), self.headers.get("if-modified-since", "")


@dataclass(frozen=True)
class Reply:
    """`asks` is the longest of what headers and feed ask for between visits, `dates` those of its entries."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    asks: timedelta = timedelta(0)
    retry_after: timedelta | None = None
    dates: Sequence[datetime] = ()
    to: str = ""
    """Address of a redirect."""
    lied: bool = False
    """A body that was kept back before by saying 304."""

    @property
    def works(self) -> bool:
        return self.status == 304 or (self.status == 200 and bool(self.dates))


@dataclass(frozen=True)
class Violation:
    at: datetime
    rule: str
    address: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.at:%d %b %H:%M:%S} {self.address}: {self.sentence} [{self.rule}]"


@dataclass
class Chain:
    """One fetch: where it began, and all hops since."""

    begun_at: str
    at: datetime
    to: str
    permanent: bool


@dataclass
class Known:
    """What an address said so far."""

    asked_at: datetime | None = None
    not_before: datetime | None = None
    because: str = ""
    pace: timedelta = HOUR
    failures: int = 0
    given: tuple[str, str] = ("", "")
    body_at: datetime | None = None
    hop_alone: bool = True
    """It was only ever asked on the way of a redirect."""
    sends_on: bool = False
    """Its last answer was a redirect: then nobody need keep its validators."""
    caught: bool = False
    """It was found to say 304 falsely."""
    gone: list[datetime] = field(default_factory=list)
    moves: list[tuple[datetime, str]] = field(default_factory=list)
    """Its last fetches, as long as all went to one place for good and worked."""

    @property
    def excused(self) -> bool:
        """Whether its validators may have been forgotten."""
        return self.hop_alone or self.sends_on

    def takes_over(self, old: "Known") -> None:
        self.asked_at, self.not_before, self.because = old.asked_at, old.not_before, old.because
        self.pace, self.failures = old.pace, old.failures


class Judge:
    """Hears every request and every reply. `told` are the addresses that the reader was given."""

    def __init__(
        self, told: Sequence[str], *, agent_names: Sequence[str], secrets: Sequence[str] = ()
    ) -> None:
        self.violations: list[Violation] = []
        self._told, self._agent_names, self._secrets = set(told), agent_names, set(secrets)
        self._known: dict[str, Known] = defaultdict(Known)
        self._chains: dict[tuple[str, datetime], Chain] = {}
        self._host_asked_at: dict[str, datetime] = {}
        self._host_rests_until: dict[str, datetime] = {}
        self._now_at: dict[str, int] = defaultdict(int)

    def hears(self, request: Request) -> Chain:
        """A request begins; gives the fetch that it is part of."""
        chain = self._chains.pop((request.address, request.at), None)
        begins = chain is None
        if chain is None:
            chain = Chain(request.address, request.at, request.address, permanent=True)
        known = self._known[request.address]
        for judge in (self._agent, self._junk, self._credentials, self._validators):
            judge(request)
        if begins:
            for judge in (self._address, self._gone, self._interval, self._host):
                judge(request)
            known.asked_at, known.hop_alone = request.at, False
        self._at_once(request)
        return chain

    def ends(self, request: Request) -> None:
        self._now_at[request.host] -= 1

    def says(self, request: Request, chain: Chain, reply: Reply) -> None:
        """A reply is about to go out."""
        known = self._known[request.address]
        if reply.status in REDIRECTS:
            chain.to, chain.permanent = reply.to, chain.permanent and reply.status in PERMANENT
            self._chains[reply.to, request.at] = chain
            known.sends_on = True
            return
        known.sends_on = False
        if reply.status in (200, 304):
            tag, date = reply.headers.get("ETag", ""), reply.headers.get("Last-Modified", "")
            known.given = (
                (tag, date) if reply.status == 200 else (tag or known.given[0], date or known.given[1])
            )
        if reply.status == 200:
            known.body_at, known.caught = request.at, known.caught or reply.lied
        self._expect(self._known[chain.begun_at], request, chain, reply, known)

    def silence(self, host: str, at: datetime) -> None:
        """A name was looked up and there was none: a visit that failed."""
        for address in (each for each in self._told if each.partition("/")[0] == host):
            self._interval(Request(at, host, address.removeprefix(host), {}))
            known = self._known[address]
            known.asked_at = at
            self._wait_after_failure(known, at, None)

    def _expect(self, start: Known, request: Request, chain: Chain, reply: Reply, end: Known) -> None:
        """What the reply at the end of a fetch means for the next fetch of the same address."""
        at = request.at
        if reply.works:
            if reply.dates:
                newest = sorted(reply.dates, reverse=True)[:21]
                gap_s = median((later - earlier).total_seconds() for later, earlier in pairwise(newest))
                start.pace = min(max(timedelta(seconds=gap_s // 2), HOUR), DAY)
            waits = [
                (start.pace, "half the usual gap, and never under an hour"),
                (min(reply.asks, WEEK), "max-age, Expires, ttl or sy:"),
                (DAY if not any(end.given) or end.caught else HOUR, "without validators once a day"),
                (min(reply.retry_after or timedelta(0), WEEK), "Retry-After"),
            ]
            wait, start.because = max(waits)
            start.failures, start.not_before = 0, at + wait
            start.gone.clear()
        else:
            self._wait_after_failure(start, at, reply.retry_after)
        if reply.status == 429 and start.not_before:
            self._host_rests_until[request.host] = at + min(reply.retry_after or HOUR, WEEK)
        if reply.status == 410:
            start.gone.append(at)
            start.not_before, start.because = at + DAY, "410: once more after a day"
        moved = chain.permanent and chain.to != chain.begun_at and reply.works
        if not moved or (start.moves and start.moves[-1][1] != chain.to):
            start.moves.clear()
        if moved:
            start.moves.append((at, chain.to))

    def _wait_after_failure(self, known: Known, at: datetime, retry_after: timedelta | None) -> None:
        known.failures += 1
        wait = max(min(known.pace * 2 ** min(known.failures, 10), DAY), known.pace)
        known.not_before, known.because = at + wait, "failures double the pause up to a day"
        if retry_after is not None and min(retry_after, WEEK) > wait:
            known.not_before, known.because = at + min(retry_after, WEEK), "Retry-After"

    def _agent(self, request: Request) -> None:
        agent = request.headers.get("user-agent", "")
        for name in self._agent_names:
            if name not in agent:
                self._blame(request, "agent", f"the agent {agent!r} does not name {name!r}")
        if "mozilla" in agent.lower():
            self._blame(request, "agent", "it pretends to be a browser")

    def _junk(self, request: Request) -> None:
        for name in UNWANTED:
            if name in request.headers:
                self._blame(request, "junk", f"it sends {name}: {request.headers[name]}")
        known = request.address in self._told or request.address in self._known_targets()
        if not known and "?" in request.target:
            self._blame(request, "junk", "it adds to the query")

    def _known_targets(self) -> set[str]:
        return {to for known in self._known.values() for _, to in known.moves} | set(self._known)

    def _credentials(self, request: Request) -> None:
        if "authorization" in request.headers and request.host not in self._secrets:
            self._blame(request, "credentials", "it sends a password that belongs to another host")

    def _validators(self, request: Request) -> None:
        known, sent = self._known[request.address], request.validators
        stale = known.body_at is not None and request.at - known.body_at >= WHOLE_AFTER
        if any(sent) and sent != known.given:
            self._blame(request, "validators", f"it sends {sent}, and was last given {known.given}")
        elif any(sent) and known.caught:
            self._blame(request, "validators", "it sends validators that it knows to lie")
        elif any(sent) and stale:
            self._blame(request, "validators", "after 14 days of 304 it does not ask for the whole")
        elif any(known.given) and not any(sent) and not (stale or known.caught or known.excused):
            self._blame(request, "validators", "it asks for the whole though it was given validators")

    def _address(self, request: Request) -> None:
        if request.address not in self._told:
            for old in sorted(self._told):
                if self._adoptable(old) == request.address:
                    self._told.remove(old)
                    self._told.add(request.address)
                    self._known[request.address].takes_over(self._known[old])
                    return
            self._blame(request, "moves", "nobody told it this address, and no lasting redirect leads there")
        elif self._adoptable(request.address):
            self._blame(request, "moves", "it still asks here, though this address moved for good long ago")

    def _adoptable(self, address: str) -> str:
        moves = self._known[address].moves
        if len(moves) < ADOPT_FETCHES or moves[-1][0] - moves[0][0] < ADOPT_AFTER:
            return ""
        return moves[-1][1]

    def _gone(self, request: Request) -> None:
        gone = self._known[request.address].gone
        if gone and gone[-1] - gone[0] >= DAY:
            self._blame(request, "gone", "it was told twice, a day apart, that this is gone")

    def _interval(self, request: Request) -> None:
        known = self._known[request.address]
        if known.not_before is not None and request.at < known.not_before and known.asked_at is not None:
            early, after = known.not_before - request.at, request.at - known.asked_at
            self._blame(
                request, "interval", f"asked again after {after}, {early} too early ({known.because})"
            )

    def _host(self, request: Request) -> None:
        until = self._host_rests_until.get(request.host)
        if until is not None and request.at < until:
            self._blame(request, "host", f"this host asked for rest until {until:%d %b %H:%M}")
        last = self._host_asked_at.get(request.host)
        if last is not None and request.at - last < HOST_PAUSE:
            self._blame(request, "host", "two visits to one host within two seconds")
        self._host_asked_at[request.host] = request.at

    def _at_once(self, request: Request) -> None:
        self._now_at[request.host] += 1
        if self._now_at[request.host] > 1:
            self._blame(request, "host", "two requests to one host at once")

    def _blame(self, request: Request, rule: str, sentence: str) -> None:
        self.violations.append(Violation(request.at, rule, request.address, sentence))
