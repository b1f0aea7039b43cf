"""The answer as a chat command: Slack's slash command and Teams' outgoing webhook, each signed by its sender.

Sources: "Verifying requests from Slack" and "Create an Outgoing Webhook" in the vendors' documentation for developers.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from urllib.parse import parse_qs, urlencode

from registry.domain.language import ENGLISH, Language
from registry.domain.values import dataclass
from registry.services.answers.lookup import LookUp
from registry.web.words import answer_heading

SLACK_WINDOW_S = 300
"""How old a signed message may be: one that was overheard cannot be sent again for long."""
MOST_SIGNS = 2_000
_MENTION = re.compile(r"<at\b[^>]*>.*?</at>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_LINK = re.compile(r"<(https?://[^|<>]+)(?:\|[^<>]*)?>")


def slack_signed(body: bytes, *, timestamp: str, signature: str, secret: str, now: datetime) -> bool:
    """Whether `signature` (header X-Slack-Signature) is of this body at this second, not long ago."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > SLACK_WINDOW_S:
        return False
    signed = b":".join((b"v0", timestamp.encode(), body))
    expected = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def teams_signed(body: bytes, *, authorization: str, secret: str) -> bool:
    """Whether the header Authorization, `HMAC <base64>`, is of this body; `secret` is the token that Teams showed."""
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = "HMAC " + base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(expected.encode(), authorization.encode())


def slack_asked(body: bytes) -> str:
    """What stands after the command; of a link, where Slack makes one of an address, where it leads."""
    given = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return _LINK.sub(r"\1", given.get("text", [""])[0][:MOST_SIGNS]).strip()


def teams_asked(text: str) -> str:
    """What stands at the beginning of the message beside our own name; Teams sends HTML."""
    return unescape(_TAG.sub(" ", _MENTION.sub(" ", text[:MOST_SIGNS]))).strip()


@dataclass(frozen=True)
class Dialect:
    """How a chat writes bold words, links, lines, and text that means nothing but itself."""

    bold: str
    link: str
    """With `url` and `label` to be filled in."""
    gap: str
    plain: Callable[[str], str]


def _slack_plain(text: str) -> str:
    # Slack reads three signs as its own, and wants just these written as entities.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams_plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~])", r"\\\1", text)


SLACK = Dialect("*{}*", "<{url}|{label}>", "\n", _slack_plain)
TEAMS = Dialect("**{}**", "[{label}]({url})", "\n\n", _teams_plain)


def reply(found: LookUp, base_url: str, dialect: Dialect, language: Language = ENGLISH) -> str:
    """The answer in a few lines, with a link to the whole of it."""
    answer, plain, say = found.answer, dialect.plain, language.gettext
    heading = dialect.bold.format(plain(answer_heading(answer.code.value, len(answer.conditions), language)))
    lines = [f"{heading} – {plain(found.tool.name)}" if found.tool else heading, plain(answer.sentence)]
    lines += [f"{number}. {plain(each.text)}" for number, each in enumerate(answer.conditions, 1)]
    for told, near in (
        (say("Rather use: {near}."), found.alternatives),
        (say("Did you mean {near}?"), found.suggestions),
    ):
        if near:
            lines.append(told.format(near=", ".join(plain(each.tool.name) for each in near[:3])))
    url = f"{base_url}/check?{urlencode({'q': found.query})}"
    return dialect.gap.join([*lines, dialect.link.format(url=url, label=say("The whole answer"))])
