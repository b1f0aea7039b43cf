"""A letter to bytes that any mail program reads: plain text, the same as simple HTML, and the headers they belong to.

Nothing in it is fetched from anywhere when it is read, and nothing tells us that it was.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from html import escape

WIDTH = 76


class _Whole(UnstructuredHeader, BaseHeader):
    """A header on one line: folded, a long address would be encoded, and no mail program would know it any more."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
for _name in ("list-id", "list-unsubscribe", "message-id"):
    _HEADERS.map_to_type(_name, _Whole)
_POLICY = SMTP.clone(max_line_length=WIDTH, header_factory=_HEADERS)


@dataclass(frozen=True)
class Item:
    """One thing that is told, with its page."""

    title: str
    url: str
    paragraphs: Sequence[str]
    language: str = "en"


@dataclass(frozen=True)
class Letter:
    """What is said. Texts are plain; each paragraph is one line, however long."""

    subject: str
    opening: Sequence[str]
    items: Sequence[Item] = ()
    action: tuple[str, str] | None = None
    """What the reader is asked to do, and the address where it is done."""
    closing: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()
    """At the end: words and address."""
    language: str = "en"
    """Of all of it but items in another one."""


@dataclass(frozen=True)
class Envelope:
    to: str
    """An address alone."""
    sender: str
    sender_name: str
    message_id: str
    """Without its angle brackets; the same each time that the letter is sent."""
    date: datetime
    list_name: str = ""
    list_id: str = ""
    """Of the list that it belongs to (RFC 2919), such as `verdicts.example.org`; empty: it belongs to none."""
    leave_url: str = ""
    """Where one request without a question ends such letters (RFC 8058)."""


def write(letter: Letter, envelope: Envelope) -> EmailMessage:
    """The whole message. Line ends in what goes into a header become spaces, so that it starts no header."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(envelope.sender, _line(envelope.sender_name))
    message["To"] = _address(envelope.to)
    message["Subject"] = _line(letter.subject)
    message["Date"] = format_datetime(envelope.date)
    message["Message-ID"] = f"<{_line(envelope.message_id)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 5: nobody's absence note answers it
    message["X-Auto-Response-Suppress"] = "All"
    if envelope.list_id:
        message["List-Id"] = f'"{_quotable(envelope.list_name)}" <{_line(envelope.list_id)}>'
        message["Precedence"] = "list"
    if envelope.leave_url:
        message["List-Unsubscribe"] = f"<{_line(envelope.leave_url)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(as_text(letter), cte="quoted-printable")
    message.add_alternative(as_html(letter), subtype="html", cte="quoted-printable")
    # Parts are told apart by the id, not by chance: the same letter is the same bytes.
    message.set_boundary(f"=_{_line(envelope.message_id).partition('@')[0]}")
    return message


def as_text(letter: Letter) -> str:
    blocks = [_wrapped(each) for each in letter.opening]
    for item in letter.items:
        underline = "-" * min(len(item.title), WIDTH)
        blocks += [f"{_wrapped(item.title)}\n{underline}", *map(_wrapped, item.paragraphs), item.url]
    if letter.action:
        blocks.append(f"{letter.action[0]}:\n{letter.action[1]}")
    blocks += [_wrapped(each) for each in letter.closing]
    if letter.links:
        blocks.append("\n".join(["-- ", *(f"{words}: {url}" for words, url in letter.links)]))
    return "\n\n".join(blocks) + "\n"


def as_html(letter: Letter) -> str:
    parts = [f'<!doctype html>\n<html lang="{escape(letter.language)}"><head><meta charset="utf-8">']
    parts.append('<meta name="color-scheme" content="light dark">')
    parts.append(f"<title>{escape(_line(letter.subject))}</title></head><body>")
    parts += [f"<p>{escape(each)}</p>" for each in letter.opening]
    for item in letter.items:
        other = item.language != letter.language
        opened, closed = (f'<div lang="{escape(item.language)}">', "</div>") if other else ("", "")
        parts.append(f"{opened}<h2>{_link(item.title, item.url)}</h2>")
        parts += [f"<p>{escape(each)}</p>" for each in item.paragraphs]
        parts += filter(None, [closed])
    if letter.action:
        parts.append(f"<p><strong>{_link(*letter.action)}</strong></p>")
    parts += [f"<p>{escape(each)}</p>" for each in letter.closing]
    if letter.links:
        parts.append(f"<hr><p>{' · '.join(_link(*each) for each in letter.links)}</p>")
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(_line(text), WIDTH, break_long_words=False, break_on_hyphens=False)


def _link(words: str, url: str) -> str:
    return f'<a href="{escape(url)}">{escape(words)}</a>'


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _quotable(text: str) -> str:
    return "".join(sign for sign in _line(text) if sign.isascii() and sign not in '"\\')


def _address(address: str, name: str = "") -> Address:
    """Raises ValueError or HeaderParseError for what is not one address."""
    return Address(display_name=name, addr_spec=address)
