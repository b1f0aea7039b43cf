"""How publishers behave: each temper answers the requests to one address, at the moment they are made."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.politeness.judge import Reply, Request
from tests.politeness.publications import Publication, http_date, tag_of

Temper = Callable[[Request], Reply]
Headers = dict[str, str]


@dataclass
class Feed:
    """Answers honestly; `gives` says with which validators: any of `tag`, `weak`, `date`, `one` (a tag that stays)."""

    publication: Publication
    gives: tuple[str, ...] = ("tag", "date")
    headers: Headers = field(default_factory=dict)
    asks: timedelta = timedelta(0)

    def __call__(self, request: Request) -> Reply:
        given = self.validators(request.at)
        if given and request.validators == (given.get("ETag", ""), given.get("Last-Modified", "")):
            return Reply(304, headers={**self.headers, **given}, asks=self.asks)
        return self.whole(request, given)

    def whole(self, request: Request, given: Headers) -> Reply:
        body = self.publication.body(request.at)
        return Reply(
            200,
            body,
            {**self.headers, **given, "Content-Type": "application/rss+xml"},
            asks=self.asks,
            dates=self.publication.shown_dates(request.at),
        )

    def validators(self, now: datetime) -> Headers:
        found = {}
        if "one" in self.gives:
            found["ETag"] = '"for ever the same"'
        elif "tag" in self.gives or "weak" in self.gives:
            tag = f'"{tag_of(self.publication.body(now))}"'
            found["ETag"] = f"W/{tag}" if "weak" in self.gives else tag
        if "date" in self.gives:
            found["Last-Modified"] = http_date(self.publication.changed_at(now))
        return found


@dataclass
class Liar(Feed):
    """Says 304 to whoever sends validators, whatever came since."""

    served_at: datetime | None = None
    kept_back_at: datetime | None = None

    def __call__(self, request: Request) -> Reply:
        if any(request.validators):
            self.kept_back_at = request.at
            return Reply(304, headers=self.validators(request.at))
        lied = self._came(self.served_at, self.kept_back_at)
        self.served_at = request.at
        return replace(self.whole(request, self.validators(request.at)), lied=lied)

    def _came(self, after: datetime | None, until: datetime | None) -> bool:
        """Whether anything came between two moments."""
        if after is None or until is None:
            return False
        return len(self.publication.numbers(until)) > len(self.publication.numbers(after))


@dataclass
class Between:
    """Behaves otherwise from one moment to another; None is the beginning or the end of time."""

    usual: Temper
    other: Temper
    begin: datetime | None = None
    end: datetime | None = None

    def __call__(self, request: Request) -> Reply:
        begun = self.begin is None or self.begin <= request.at
        over = self.end is not None and self.end <= request.at
        return (self.other if begun and not over else self.usual)(request)


def redirect(to: str, port: int, status: int) -> Temper:
    return lambda _: Reply(status, headers={"Location": f"http://{to.replace('/', f':{port}/', 1)}"}, to=to)


def gone(_: Request) -> Reply:
    return Reply(410, b"gone")


def web_page(_: Request) -> Reply:
    page = b"<!doctype html><html><head><title>We have moved</title></head><body>Hello</body></html>"
    return Reply(200, page, {"Content-Type": "text/html", "ETag": '"page"'})


def overloaded(wait: timedelta) -> Temper:
    """503, to come back after so long."""
    told = {"Retry-After": str(int(wait.total_seconds()))}
    return lambda _: Reply(503, b"too much", told, retry_after=wait)


def too_many(wait: timedelta, skew: timedelta) -> Temper:
    """429 until a date, by a clock that is wrong."""

    def answer(request: Request) -> Reply:
        its_now = request.at + skew
        headers = {"Date": http_date(its_now), "Retry-After": http_date(its_now + wait)}
        return Reply(429, b"too many", headers, retry_after=wait)

    return answer


def empty_at_first(temper: Temper, until: datetime) -> Temper:
    """200 without a body, as a publisher's broken cache gives it."""
    return Between(temper, lambda _: Reply(200, b"  "), end=until)


def with_cookies(temper: Temper) -> Temper:
    def answer(request: Request) -> Reply:
        reply = temper(request)
        return replace(reply, headers={**reply.headers, "Set-Cookie": "id=1; Path=/"})

    return answer


def for_members(temper: Temper, authorization: str) -> Temper:
    def answer(request: Request) -> Reply:
        if request.headers.get("authorization") != authorization:
            return Reply(401, headers={"WWW-Authenticate": "Basic"})
        return temper(request)

    return answer
