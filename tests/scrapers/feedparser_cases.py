"""The public cases of feedparser: documents whose first comment says what must be read from them.

An expectation is read as a syntax tree and never evaluated; what speaks of a field that an entry does not keep
is left out.
"""

import ast
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from scrapers.entry import Entry, Parsed

ARCHIVE = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "feedparser-cases.tar.gz"
SITE = "http://127.0.0.1:8097/"
"""Where the cases were served when their expectations were written."""
DATES = ("published", "created", "updated")
"""Of several dates an entry keeps the first there is."""


@dataclass(frozen=True)
class Claim:
    """One comparison of an expectation: `path` ("entries", 0, "title") equals `value`, or is there at all."""

    path: tuple[Any, ...]
    value: Any

    def __str__(self) -> str:
        return f"{self.path} == {self.value!r}"


@dataclass(frozen=True)
class Case:
    name: str
    body: bytes
    url: str
    headers: dict[str, str]
    expectation: str
    claims: tuple[Claim, ...]


def cases(archive: Path = ARCHIVE) -> Iterator[Case]:
    with tarfile.open(archive) as members:
        for member in members:
            file = members.extractfile(member) if member.isfile() else None
            if file:
                yield _case(member.name, file.read())


def fault(claim: Claim, parsed: Parsed, case: Case) -> str | None:
    """None where what was read holds the claim or keeps no such field, else the two values in words.

    A text may be held as it was published or as what a person reads of it, were it HTML.
    """
    compared = _compared(claim, parsed, case)
    if (
        compared is None
        or compared[0] == compared[1]
        or compared == (squeezed(str(claim.value)), compared[1])
    ):
        return None
    return f"{claim}: {compared[0]!r}"


def applies(claim: Claim, parsed: Parsed, case: Case) -> bool:
    """Whether the claim speaks of a field that we keep."""
    return _compared(claim, parsed, case) is not None


def _case(name: str, body: bytes) -> Case:
    comment = _text(body).partition("-->")[0]
    headers = dict(re.findall(r"^\s*Header:\s*([\w-]+):[ \t]*(.*?)\s*$", comment, re.MULTILINE))
    headers = {key.lower(): value for key, value in headers.items()}
    found = re.search(r"Expect:\s*(.*?)\s*$", comment, re.DOTALL)
    expectation = " ".join(found[1].split()) if found else ""
    url = urljoin(SITE + "tests/" + name, headers.get("content-location", ""))
    url = url if url.startswith("http") else SITE + "tests/" + name
    return Case(name, body, url, headers, expectation, tuple(_claims(expectation)))


def _text(body: bytes) -> str:
    """The document's beginning as text, near enough to find its first comment."""
    if body.startswith(b"\x4c\x6f\xa7\x94"):
        return body.decode("cp037")
    narrow = body.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").replace(b"\0", b"")
    return narrow.decode("utf-8", "replace")


def _claims(expectation: str) -> Iterator[Claim]:
    tree = ast.parse(expectation, mode="eval").body
    for part in tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]:
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq):
            try:
                yield Claim(_path(part.left), ast.literal_eval(part.comparators[0]))
            except ValueError:
                continue
        elif isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not):
            yield Claim(_path(part.operand), False)
        elif isinstance(part, ast.Name):
            yield Claim((part.id,), True)


def _path(node: ast.expr) -> tuple[Any, ...]:
    """`entries[0]['title']` and `entries[0].title` as ("entries", 0, "title"); () for anything else."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return (*_path(node.value), node.slice.value)
    if isinstance(node, ast.Attribute):
        return (*_path(node.value), node.attr)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        return (f"{node.func.id}()", *_path(node.args[0]))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "has_key":
        return (*_path(node.func.value), *(ast.literal_eval(argument) for argument in node.args))
    return ()


def _compared(claim: Claim, parsed: Parsed, case: Case) -> tuple[Any, Any] | None:
    """(what we read, what is expected), in one shape; None where we keep no such field."""
    match claim.path:
        case ("bozo",):
            return parsed.malformed, claim.value
        case ("feed", "title") | ("feed", "title_detail", "value"):
            return squeezed(parsed.title), words(claim.value)
        case ("feed", "link"):
            return parsed.home, urljoin(case.url, claim.value)
        case ("feed", "ttl"):
            return parsed.ttl_s, int(claim.value) * 60
        case ("entries", int(number), *field) if number < len(parsed.entries):
            return _compared_entry(tuple(field), claim.value, parsed.entries[number], case)
        case ("ord()", "entries", 0, "description"):
            return parsed.entries[0].summary, chr(claim.value)
        case ("len()", "entries", 0, "tags"):
            return len(parsed.entries[0].tags), claim.value
    return None


def _compared_entry(field: tuple[Any, ...], value: Any, entry: Entry, case: Case) -> tuple[Any, Any] | None:
    match field:
        case ("title",) | ("title_detail", "value"):
            return squeezed(entry.title), words(value)
        case ("summary" | "description",) | ("summary_detail" | "description_detail", "value"):
            return squeezed(entry.summary), words(value)
        case ("content", 0, "value") if b"<summary" not in case.body and b"<description" not in case.body:
            return squeezed(entry.summary), words(value)
        case ("link",):
            return entry.link, urljoin(case.url, value) if value else ""
        case ("links", 0, "href") if b"rel=" not in case.body or b'"alternate"' in case.body:
            return entry.link, urljoin(case.url, value)
        case ("id" | "guid",):
            return entry.key, value
        case ("author",) | ("author_detail", "name") | ("author_detail", "email"):
            return (value if value in entry.author else entry.author), value
        case ("tags", int(), "term") | ("category",):
            return (value if value in entry.tags else entry.tags), value
        case (str(name),) if name.removesuffix("_parsed") in DATES and name.endswith("_parsed"):
            return entry.published_at, datetime(*value[:6], tzinfo=UTC)
    return None


def words(markup: str) -> str:
    """What a person reads of a piece of HTML, all spaces left out, found without any code of the scrapers."""
    reader = _Words()
    reader.feed(markup)
    reader.close()
    return squeezed("".join(reader.pieces))


def squeezed(text: str) -> str:
    return "".join(text.split())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data)
