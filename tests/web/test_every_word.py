"""Every word that a colleague meets goes through the catalogues: what nobody marked is seen in a language that
brackets each sentence, and in the templates themselves."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from httpx2 import Response
from sqlalchemy import Engine
from sqlmodel import AutoString, SQLModel, select
from starlette.testclient import TestClient

from registry.domain.rubric_words import NAMES as NAMES_OF_RUBRIC
from registry.services.notices import following, mails, outbox, spreading, steps, work_mails
from registry.services.people import invitations, losing, sign_in
from registry.settings import Settings
from registry.store.engine import snapshot, transaction
from registry.store.tables import Channel, Delivery, DeliveryKind, Follower, Role, User, UserRole, Verdict
from registry.translation import SUPPLIED
from registry.web.app import create_app
from registry.web.rendering import PACKAGE, SPOKEN, templates_dir
from registry.web.viewer import cookie_name
from tests.browser.every_answer import ASKED, prepare
from tests.builders_domain import the_rubric
from tests.conftest import Beginning
from tests.web.conftest import HandClock
from tests.web.pages.test_plain_words import CODES, HARDEST, LONGEST, grade, sentences

OPEN, CLOSE = "⟦", "⟧"
STARTS = (
    *("/", "/tools", "/verdicts", "/radar", "/radar/risk-fit", "/feeds", "/guidance", "/accessibility"),
    *("/request?name=iffy", "/challenge?tool=iffy", "/incident?tool=iffy", "/follow?tool=iffy", "/login"),
    *(
        "/verdicts?validity=lapsed&q=Plainly",
        "/tools?answer=yes",
        "/tools?answer=perhaps",
        "/radar?at=2090-01-01",
    ),
    *("/feeds/verdicts.json", "/feeds/verdicts.json?event=published&validity=lapsed", "/feeds.opml"),
    "/radar/backstage.json",
    *("/tools/iffy", "/tools/manifold?edition=Free", "/verdicts/1", "/verdicts/4", "/api", "/nowhere"),
    *(
        ASKED[each]
        for each in ("it depends", "prohibited", "under review", "did you mean", "a list of answers")
    ),
)
MOST_OF_A_KIND = 6
"""Pages of one path that the long form visits."""
SAID_BY_ATTRIBUTE = ("title", "alt", "aria-label", "placeholder", "data-copy")
WORDS_OF_THE_HOUSE = frozenset({"rubric", "moderation"})
VOID = frozenset({"meta", "link", "br", "hr", "img", "input", "path", "circle", "rect"})
NO_WORDS = r"https?://\S+|[\w.]+@[\w.]+|/\S+|\b\w+(?:\.\w+)+|\S+…|\b[FRK]\d+\b"
"""Addresses, hosts, what was cut off, quarters and criteria."""
NAMES = frozenset({
    *("Atom", "RSS", "JSON", "JSON Feed", "CSV", "Excel", "SVG", "OPML", "Slack", "Microsoft Teams", "Thunderbird"),
    *("Miniflux", "newsboat", "Feedly", "Technology registry", "Technology 1"),
})  # fmt: skip
"""Names that are the same in every language."""


class Texts(HTMLParser):
    """The texts of a page that somebody sees or hears, and those of its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.depth = 0
        """Of the sentences that are open; a link may stand within one."""
        self.open: list[tuple[str, bool]] = []
        """Elements around, and whether each, or one around it, is not to be said."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        silent = tag in ("script", "style", "code") or ("lang", "en") in attrs
        if not self._silent:
            self.found += [bare(value)[0] for name, value in attrs if name in SAID_BY_ATTRIBUTE and value]
        if tag not in VOID:
            self.open.append((tag, silent or self._silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text, self.depth = bare(data, self.depth)
        if not self._silent:
            self.found.append(text)

    @property
    def _silent(self) -> bool:
        return bool(self.open) and self.open[-1][1]


def bare(told: str, depth: int = 0) -> tuple[str, int]:
    """What stands outside the brackets, and how many are open at the end."""
    left = ""
    for sign in told:
        depth += (sign == OPEN) - (sign == CLOSE)
        left += sign if not depth else " "
    return left, depth


WORD = re.compile(r"[^\W\d_]{2,}")


def unmarked(body: str, data: Iterable[str], known: set[str]) -> set[str]:
    """What no sentence of the catalogue holds and is no data: longest data first, so that a part hides no whole.

    What stands on most pages is looked at once: it is `known` from then on.
    """
    parser = Texts()
    parser.feed(body)
    left = set()
    news = set(parser.found) - known
    known |= news
    for told in filter(WORD.search, news):
        text = " ".join(re.sub(NO_WORDS, " ", told).split())
        for each in sorted((each for each in data if each in text), key=len, reverse=True):
            text = text.replace(each, " ")
        if WORD.search(text):
            left.add(" ".join(told.split()))
    return left


def data_of(engine: Engine) -> set[str]:
    """Every text that stands in the database as somebody wrote it; codes, which are words of ours, are none."""
    found: set[str] = set()
    with snapshot(engine) as session:
        for table in SQLModel.metadata.tables.values():
            for column in table.columns:
                if type(column.type) is AutoString and column.name not in COLUMNS_OF_CODES:
                    found |= {
                        " ".join(each.split()) for each in session.exec(select(column).distinct()) if each
                    }
        found |= {each for pilot in session.exec(select(Verdict.pilot)) for each in pilot.values()}
    return {each for each in found if len(each) > 2}


COLUMNS_OF_CODES = frozenset({
    *("state", "status", "outcome", "kind", "action", "code", "reason_code", "mitigation", "risk", "fit", "role"),
    *("recommended", "data_ceiling", "duty", "check", "signal", "method", "tier", "answer", "data_class"),
})  # fmt: skip


@pytest.fixture(scope="module")
def bracketed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue that says every sentence as it is, in brackets."""
    place = tmp_path_factory.mktemp("locale") / "qq" / "LC_MESSAGES" / "registry.mo"
    place.parent.mkdir(parents=True)
    said = Catalog(locale="en")
    with (SUPPLIED / "registry.pot").open("rb") as file:
        for each in read_po(file):
            if each.id:
                forms = (each.id,) if isinstance(each.id, str) else tuple(each.id)
                marked = tuple(f"{OPEN}{form}{CLOSE}" for form in forms)
                said.add(each.id, marked[0] if len(marked) == 1 else marked, flags=each.flags)
    with place.open("wb") as file:
        write_mo(file, said)
    return place.parents[2]


@pytest.fixture
def beginning() -> Beginning:
    return prepare


@pytest.fixture
def bracketing(
    settings: Settings, bracketed: Path, site_engine: Engine, clock: HandClock
) -> Iterator[TestClient]:
    spoken = settings.model_copy(
        update={"language": "qq", "locale_dir": bracketed, "mail_dir": settings.data_dir}
    )
    app = create_app(spoken, engine=site_engine, clock=clock)
    with TestClient(app, raise_server_exceptions=False, headers={"Sec-Fetch-Site": "same-origin"}) as client:
        yield client


def links(body: str, at: str) -> set[str]:
    found = (urljoin(at, unescape(each)) for each in re.findall(r'<a [^>]*href="([^"#]+)', body))
    return {each for each in found if each.startswith("/") and not urlsplit(each).path.rpartition(".")[1]}


def as_page(reply: Response) -> str:
    """A page, or what people read of a feed and of a file for other programs, put as one."""
    kind = reply.headers.get("content-type", "").partition(";")[0]
    if kind == "text/html":
        return reply.text
    if kind == "text/x-opml":
        return re.sub(r'text="([^"]*)"', r"><p>\1</p><p ", reply.text)
    if not kind.endswith("json"):
        return ""
    told: list[Any] = [reply.json()]
    found = []
    while told:
        each = told.pop()
        for name, value in each.items():
            if isinstance(value, str) and name in READ_IN_FILES:
                found.append(value if name == "content_html" else escape(value))
            elif name == "tags":
                found += map(escape, value)
            elif isinstance(value, list):
                told += [one for one in value if isinstance(one, dict)]
    return "".join(f"<p>{each}</p>" for each in found)


READ_IN_FILES = frozenset({"title", "summary", "description", "content_html", "name"})


def said_in_english(
    client: TestClient, engine: Engine, addresses: list[str], *, further: bool = False
) -> str:
    """Each text that no sentence of the catalogues holds, with where it stands; `further`: behind each link too."""
    data = {*data_of(engine), *NAMES}
    seen, kinds, left, known = set(addresses), dict[str, int](), dict[str, str](), set[str]()
    for address in addresses:
        reply = client.get(address)
        body = as_page(reply)
        left |= dict.fromkeys(unmarked(body, data, known), address)
        for link in sorted(links(body, address) - seen) if further else ():
            parts = urlsplit(link)
            kind = re.sub(r"[\w-]+$", "", parts.path) + parts.query.partition("=")[0]
            kinds[kind] = kinds.get(kind, 0) + 1
            if kinds[kind] <= MOST_OF_A_KIND:
                seen.add(link)
                addresses.append(link)
    return "\n".join(f"{each!r}: {where}" for each, where in sorted(left.items()))


def test_no_page_says_a_word_that_cannot_be_translated(
    bracketing: TestClient, site_engine: Engine, settings: Settings, clock: HandClock
) -> None:
    assert not said_in_english(bracketing, site_engine, [*STARTS])
    with transaction(site_engine) as session:
        rosa = session.exec(select(User).join(UserRole).where(UserRole.role == Role.REVIEWER)).first()
        assert rosa is not None
        value = sign_in.start_session(session, rosa, secret=settings.secret, now=clock.now)
    bracketing.cookies.set(cookie_name(bracketing.app.state.parts), value)  # type: ignore[attr-defined]
    assert "Rosa" in bracketing.get("/account").text
    assert not said_in_english(bracketing, site_engine, ["/account"])


@pytest.mark.whole
def test_nor_does_any_page_that_they_lead_to(bracketing: TestClient, site_engine: Engine) -> None:
    assert not said_in_english(bracketing, site_engine, [*STARTS, *ASKED.values()], further=True)


SENT = (
    ("/login", {"email": "emil@example.org", "password": "wrong"}),
    ("/login", {"email": "", "password": ""}),
    ("/request", {"name": "", "homepage": "no address", "purpose": ""}),
    ("/request", {"name": "Iffy", "purpose": "To draw.", "needed_by": "x" * 100, "data_class": "secret"}),
    ("/request", {"name": "Iffy", "purpose": "To draw.", "contact": "emil@example.org"}),
    ("/request", {"name": "Brandnew", "purpose": "To draw."}),
    ("/challenge", {"tool": "", "text": ""}),
    ("/challenge", {"tool": "untouched", "text": "It changed."}),
    ("/challenge", {"tool": "iffy", "text": "It changed."}),
    ("/incident", {"tool": "plainlyy", "text": "It leaked.", "happened_on": "soon"}),
    ("/incident", {"tool": "iffy", "text": "It leaked.", "happened_on": "2199-01-01"}),
    ("/incident", {"tool": "iffy", "text": "It leaked.", "happened_on": "2026-01-01"}),
    ("/check/list", {"list": ""}),
    ("/check/list", {"list": "plainly\niffy\nnothing of the kind"}),
    ("/follow", {"address": "nobody", "how": "weekly", "wanted": "tool=iffy"}),
    ("/follow", {"address": "emil@example.org", "how": "weekly", "wanted": "tool=iffy"}),
    ("/follow", {"address": "emil@example.org", "wanted": "colour=red"}),
    ("/guidance", {}),
    ("/tools/iffy/quick-no", {"text": "typed"}),
)


def test_no_form_answers_with_a_word_that_cannot_be_translated(
    bracketing: TestClient, site_engine: Engine, settings: Settings
) -> None:
    told = [(f"POST {path} {typed}", bracketing.post(path, data=typed)) for path, typed in SENT]
    with snapshot(site_engine) as session:
        token = following.token_of(session.exec(select(Follower)).one(), secret=settings.secret)
    visits = ("", "/leave"), ("/confirm", "/how"), ("", "/leave")
    for paths in visits:
        for path in paths:
            ask = bracketing.post if path in ("/confirm", "/how") else bracketing.get
            told.append((f"/follow/…{path}", ask(f"/follow/{token}{path}")))
    told.append(("/follow/…/leave", bracketing.post(f"/follow/{token}/leave")))
    told.append(("/follow/…", bracketing.get(f"/follow/{token}")))
    typed = {line for _, fields in SENT for each in fields.values() for line in each.splitlines()}
    data = {*data_of(site_engine), *NAMES, *typed}
    known = set[str]()
    left = {each: asked for asked, reply in told for each in unmarked(reply.text, data, known)}
    assert not left, "\n".join(f"{each!r}: {where}" for each, where in left.items())


ASKED_WRONGLY: tuple[tuple[str, str, Any], ...] = (
    *(
        ("GET", path, None)
        for path in ("/tools.pdf", "/tools?colour=red", "/verdicts/999", "/suggest?q=a&b=c")
    ),
    *(
        ("GET", path, None)
        for path in ("/check?q=iffy&colour=red", "/log/consistency/9999", "/request/nobodys")
    ),
    *(("GET", path, None) for path in ("/.well-known/security.txt", "/people", "/verdicts?page=soon")),
    *(("DELETE", "/tools", None), ("POST", "/request", "no form"), ("POST", "/check/list", "x" * 2_000_000)),
    *(("GET", f"/api/v1/check?q={q}", None) for q in ("", "iffy&q=plainly", "iffy&on=soon", "x" * 3_000)),
    *(
        ("GET", f"/api/v1/tools?{asked}", None)
        for asked in ("limit=0", "limit=x", "limit=9999", "cursor=x", "x=1")
    ),
    *(
        ("POST", "/api/v1/check", sent)
        for sent in ({}, {"queries": []}, {"queries": "a"}, {"queries": ["a"] * 2_000})
    ),
    *(
        ("POST", "/api/v1/check", sent)
        for sent in ("{", '{"a": 1, "a": 2}', r'{"queries": ["\ud800"]}', "[" * 99_999)
    ),
    *(("POST", "/api/v1/check", {"queries": ["a"], each: 7}) for each in ("on", "colour", "data_class")),
    *(("POST", f"/api/v1/{noun}", {}) for noun in ("requests", "challenges", "incidents", "follows")),
    ("POST", "/api/v1/follows", {"address": "zoe@example.org", "weekly": "daily"}),
    ("POST", "/api/v1/follows", {"address": "zoe@example.org", "wanted": "tool=iffy"}),
    ("DELETE", "/api/v1/follows/nobodys", None),
    *(("POST", f"/api/v1/chat/{where}", {}) for where in ("slack", "teams")),
    *(
        ("GET", f"/feeds/verdicts.atom?{asked}", None)
        for asked in (
            "outcom=x",
            "part=2",
            "archive=soon",
            "archive=2026-10&before=9",
            "before=soon",
            "archive=2020-01",
        )
    ),
    ("GET", "/feeds/verdicts.atom?archive=2026-10&first=99999", None),
)
"""Method, address, and what is sent: an object as JSON, a text as it stands."""


def test_no_refusal_says_a_word_that_cannot_be_translated(
    bracketing: TestClient, site_engine: Engine, settings: Settings, clock: HandClock
) -> None:
    told = []
    for method, path, sent in ASKED_WRONGLY:
        kind = "application/json" if path.startswith("/api/") else "multipart/form-data; boundary=x"
        body = sent if isinstance(sent, str | None) else json.dumps(sent)
        reply = bracketing.request(method, path, content=body, headers={"Content-Type": kind})
        told.append((f"{method} {path[:60]} {str(sent)[:60]}", reply))
    told += [
        ("another host", bracketing.get(path, headers={"Host": "a.example"})) for path in ("/", "/api/v1/x")
    ]
    with transaction(site_engine) as session:
        rosa = session.exec(select(User).join(UserRole).where(UserRole.role == Role.REVIEWER)).first()
        assert rosa is not None
        value = sign_in.start_session(session, rosa, secret=settings.secret, now=clock.now)
    bracketing.cookies.set(cookie_name(bracketing.app.state.parts), value)  # type: ignore[attr-defined]
    told.append(("a page of another role", bracketing.get("/people")))
    data, known, left = {*data_of(site_engine), *NAMES, *CODES_ASKED_FOR}, set[str](), dict[str, str]()
    for asked, reply in told:
        body = reply.text
        if "json" in reply.headers["content-type"]:
            each = reply.json()
            said = [each.get("title", ""), each.get("detail", ""), *each.get("faults", {}).values()]
            body = "".join(f"<p>{escape(sentence)}</p>" for sentence in said)
        left |= dict.fromkeys(unmarked(body, data, known), asked)
    assert not left, "\n".join(f"{each!r}: {where}" for each, where in left.items())


CODES_ASKED_FOR = frozenset({"queries", "limit", "cursor", "weekly", "colour", "wanted", "address", "body"})


def test_no_mail_says_a_word_that_cannot_be_translated(
    bracketing: TestClient, site_engine: Engine, clock: HandClock
) -> None:
    spoken, now = bracketing.app.state.parts.settings, clock.now + timedelta(days=9)  # type: ignore[attr-defined]
    bracketing.post(
        "/request", data={"name": "Brandnew", "purpose": "To draw.", "contact": "emil@example.org"}
    )
    with transaction(site_engine) as session:
        for weekly, wanted in ((True, ""), (False, "outcome=rejected")):
            following.ask(session, address="zoe@example.org", wanted=wanted, weekly=weekly, now=clock.now)
        for each in session.exec(select(Follower)):
            following.confirm(each, now=clock.now - timedelta(days=900))
        following.ask(session, address="zoe@example.org", wanted="category=Chat", weekly=True, now=clock.now)
        for nth, user in enumerate(
            session.exec(select(User).join(UserRole).where(UserRole.role == Role.REVIEWER))
        ):
            user.password_hash = "some" if nth else ""
            invitations.mail_reset(session, user.email, secret=spoken.secret, now=now)
            outbox.write(session, Channel.MAIL, DeliveryKind.FACTOR_RESET, about=str(user.id), now=now)
            for change in losing.CHANGES:
                losing.tell(session, user.id, change, mails=True, now=now)
        while spreading.spread(session, spoken, now):
            pass
        steps.look(session, spoken, clock.now)
        work_mails.look(session, spoken, now)
    data, kinds, left, known = {*data_of(site_engine), *NAMES}, set(), dict[str, str](), set[str]()
    with snapshot(site_engine) as session:
        for row in session.exec(select(Delivery)):
            mail = mails.mail_of(session, row, spoken, now)
            if not isinstance(mail, str):
                kinds.add(row.kind)
                body: Any = mail.message.get_body(("html",))
                left |= dict.fromkeys(unmarked(body.get_content(), data, known), row.kind.value)
                left |= dict.fromkeys(
                    unmarked(f"<p>{mail.message['Subject']}</p>", data, known), row.kind.value
                )
    assert kinds == set(DeliveryKind) - {DeliveryKind.TEST, DeliveryKind.PING}
    assert not left, "\n".join(f"{each!r}: {where}" for each, where in left.items())


def used_by(name: str) -> set[str]:
    """A template and all that it is put together from, but what staff alone is shown."""
    source = (templates_dir() / name).read_text()
    parts = set(re.findall(r'(?:include|extends|from|import) "([^"]+)"', source))
    return {name}.union(*map(used_by, parts))


@pytest.mark.parametrize("name", sorted(set().union(*map(used_by, SPOKEN))))
def test_a_template_holds_no_sentence_outside_of_the_catalogues(name: str) -> None:
    source = (templates_dir() / name).read_text()
    for silent in (r"{#.*?#}", r"{%-?\s*trans\b.*?endtrans\s*-?%}", r"{%.*?%}", r"{{.*?}}"):
        source = re.sub(silent, "", source, flags=re.DOTALL)
    parser = Texts()
    parser.feed(source)
    said = {" ".join(each.split()) for each in parser.found if re.search(r"[^\W\d_]{2,}", each)}
    # What stands beside an element's attributes that the template puts together is no text.
    assert not {each for each in said - NAMES if '="' not in each and not each.startswith("M h")}


def test_what_a_script_says_on_a_public_page_is_given_to_it_in_the_registrys_language() -> None:
    scripts = (PACKAGE / "static" / "js" / "copy.js", PACKAGE / "static" / "copy" / "page.js")
    said = {each for path in scripts for each in re.findall(r'(?:say|inWords)\("([^"]+)"', path.read_text())}
    given = (templates_dir() / "partials" / "script_words.html").read_text()
    assert len(said) == 12
    assert said == set(re.findall(r'"([^"]+)": _\("\1"\)', given))


def test_every_sentence_of_a_public_page_is_plain() -> None:
    """The measure and its limits are those of `test_plain_words`; a single sentence may be harder than a page."""
    told = []
    with (SUPPLIED / "registry.pot").open("rb") as file:
        for each in read_po(file):
            text = each.id if isinstance(each.id, str) else each.id[-1]
            text = re.sub(r"{\w+}|%\(\w+\)s", "it", re.sub(r"<[^>]+>", "", text))
            if len(text.split()) >= 8 and "Web Content Accessibility Guidelines" not in text:
                told.append(text.rstrip(".") + ".")
    assert grade(" ".join(told)) <= HARDEST - 3
    assert not [text for text in told if grade(text) > HARDEST + 4]
    assert not [text for text in told if max(map(len, sentences(text)), default=0) > LONGEST]
    inside = {
        code for code in CODES - WORDS_OF_THE_HOUSE for text in told if re.search(rf"\b{code}\b", text, re.I)
    }
    assert not inside


def test_every_name_of_the_supplied_rubric_can_be_said() -> None:
    rubric = the_rubric()
    assert {each.name for each in (*rubric.criteria, *rubric.knock_outs)} == set(NAMES_OF_RUBRIC)
