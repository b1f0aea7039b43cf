"""A letter as mail programs read it: both texts alike, headers that hold, and nothing in them that was not meant."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from registry.publish.mail import Envelope, Item, Letter, as_html, write
from tests.conftest import NOW

URL = "https://registry.example/follow/1234567-0123456789abcdef0123456789abcdef01234567/leave"
ENVELOPE = Envelope(
    to="emil@office.example",
    sender="registry@office.example",
    sender_name="Registre des technologies évaluées",
    message_id="0123456789abcdef0123456789abcdef@office.example",
    date=NOW,
    list_name='The "registry"',
    list_id="verdicts.registry.example",
    leave_url=URL,
)
LETTER = Letter(
    "Kitewick: Approved – “yes” & more",
    ["One thing changed."],
    [
        Item(
            "Kitewick <script>",
            "https://registry.example/verdicts/1?a=1&b=2",
            ["It is 5 > 4 & safe.", "x" * 200],
        )
    ],
    action=("See it", "https://registry.example/"),
    closing=["You get this because you follow."],
    links=[("Leave", URL)],
)


def read(message: EmailMessage) -> Any:
    return message_from_bytes(message.as_bytes(), policy=default)


def test_what_was_written_is_what_is_read() -> None:
    message = read(write(LETTER, ENVELOPE))
    assert message["Subject"] == LETTER.subject
    assert message["From"] == "Registre des technologies évaluées <registry@office.example>"
    assert message["To"] == "emil@office.example"
    plain = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    html = message.get_body(("html",)).get_content()
    assert "Kitewick <script>\n----" in plain
    assert "x" * 200 in plain
    assert "<script>" not in html
    assert 'href="https://registry.example/verdicts/1?a=1&amp;b=2"' in html
    assert "5 &gt; 4 &amp; safe" in html


def test_headers_that_programs_read_stand_whole_on_one_line() -> None:
    raw = write(LETTER, ENVELOPE).as_bytes().split(b"\r\n")
    assert f"List-Unsubscribe: <{URL}>".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert b'List-Id: "The registry" <verdicts.registry.example>' in raw
    assert b"Message-ID: <0123456789abcdef0123456789abcdef@office.example>" in raw
    assert b"Auto-Submitted: auto-generated" in raw


def test_no_line_is_longer_than_mail_allows() -> None:
    assert max(len(line) for line in write(LETTER, ENVELOPE).as_bytes().split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: all@x.example", "a\nBcc: all@x.example", "a\rb", "a\x00b", "a\u2028b"]
)
def test_no_text_starts_a_header_of_its_own(evil: str) -> None:
    message = read(
        write(
            replace(LETTER, subject=evil),
            replace(ENVELOPE, sender_name=evil, list_name=evil, message_id=evil, leave_url=evil),
        )
    )
    assert message["Bcc"] is None
    assert set(message.keys()) == set(read(write(LETTER, ENVELOPE)).keys())


def test_an_address_that_holds_more_than_one_is_refused() -> None:
    for evil in ("emil@x.example\r\nBcc: all@x.example", "emil@x.example, all@x.example"):
        with pytest.raises(Exception, match=r"."):
            write(LETTER, replace(ENVELOPE, to=evil)).as_bytes()


def test_the_same_letter_is_the_same_bytes_each_time() -> None:
    assert write(LETTER, ENVELOPE).as_bytes() == write(LETTER, ENVELOPE).as_bytes()


def test_items_in_another_language_than_the_rest_are_marked_so() -> None:
    html = as_html(replace(LETTER, language="es"))
    assert html.startswith('<!doctype html>\n<html lang="es">')
    assert html.count('<div lang="en"><h2>') == len(LETTER.items) == html.count("</div>")
    assert "<div" not in as_html(LETTER)
