"""The ways to say a tool as people write them in a list: a name, a domain, an address or a package URL."""

import re
import unicodedata
from typing import Protocol

from registry.domain.disguise import is_disguised, plain
from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key
from registry.domain.spelling import agrees
from registry.services.answers.asking import domain_key, program_key, purl_key
from registry.store.tables import Alias, AliasKind
from scrapers.links import (
    has_public_suffix,
    host_of,
    identity_key,
    is_shared_host,
    link_key,
    registrable_domain,
)

INSTALLERS = re.compile(
    r"(?:app|helper|install(?:er)?|launcher|main|run|setup|start|unins000|uninstall(?:er)?|updater?)\.exe"
)
"""Files by which anything at all is put in place or begun."""


class Named(Protocol):
    """What is asked of a tool whose home page is weighed."""

    name: str
    homepage: str


def read_alias(text: str, of: str = "") -> tuple[AliasKind, str, str]:
    """Kind, text and key of one alias; `name:`, `domain:`, `path:`, `exe:` before it says which it is, where it
    would be taken for another.

    `node.js` and `ASP.NET` are names, `chat.example.com` is a domain, `Teams.exe` is a program. A host that many
    share is a domain of the tool that is called so (`of`). Raises InvalidInput.
    """
    _require_plain(text)
    return _read(text, of)


def require_name(text: str) -> None:
    """Raises InvalidInput for what can be no name of a tool."""
    if not name_key(text):
        raise InvalidInput("Give the tool’s name.")
    _require_plain(text)


def _read(text: str, of: str) -> tuple[AliasKind, str, str]:
    said, _, rest = text.partition(":")
    if said in ("name", "domain", "path", "exe") and rest and not rest.startswith("//"):
        kind = AliasKind(said)
        return kind, rest, _key_as_said(kind, rest)
    if re.fullmatch(r"[^/\\:]+\.exe", text, re.IGNORECASE):
        return AliasKind.EXE, text, _program(text)
    if text.lower().startswith("pkg:"):
        return AliasKind.PURL, text, _kept(purl_key(text), text)
    address = _address(text)
    if not address:
        return AliasKind.NAME, text, _kept(name_key(text), text)
    identity = identity_key(address)
    path = link_key(address).split("?")[0]
    if identity.startswith("pkg:"):
        return AliasKind.PURL, identity, identity
    if "/" in path:
        key = identity if "/" in identity else path
        return AliasKind.PATH, key, key
    host = _owned(domain_key(host_of(address)), text)
    if is_shared_host(host) and not agrees(of, host):
        raise InvalidInput(
            f"“{text}” is a host that many share. Give the whole address of the tool on it, "
            f"or write “domain:{host}” where the host itself is the tool."
        )
    return AliasKind.DOMAIN, host, host


def home_key(tool: Named) -> str:
    """The strong key of a tool's home page: also of a host that many share, where it is the tool itself."""
    key = identity_key(tool.homepage)
    if key or "/" in link_key(tool.homepage):
        return key
    host = domain_key(host_of(tool.homepage))
    somebodys = registrable_domain(host) and is_shared_host(host)
    return host if somebodys and agrees(tool.name, host) else ""


def is_vendors_page(key: str, *, name: str, vendor: str) -> bool:
    """Whether a home page's key is called as the vendor is, and not as the tool."""
    return "/" not in key and agrees(vendor, key) and not agrees(name, key)


def write_alias(alias: Alias) -> str:
    """The text that `read_alias` takes for this very alias; where it would spell it otherwise, its key, so that what
    is read and written again stays the same."""
    kind = alias.kind.value
    spellings = (alias.text, f"{kind}:{alias.text}", alias.key, f"{kind}:{alias.key}")
    for place, each in enumerate(spellings):
        try:
            found = read_alias(each)
        except InvalidInput:
            continue
        if found == (alias.kind, alias.text if place < 2 else found[1], alias.key):
            return each
    return spellings[-1]


def _key_as_said(kind: AliasKind, text: str) -> str:
    if kind is AliasKind.NAME:
        return _kept(name_key(text), text)
    if kind is AliasKind.EXE:
        return _program(text)
    return _owned(domain_key(text), text) if kind is AliasKind.DOMAIN else _page(text)


def _page(text: str) -> str:
    host, _, path = text.partition("/")
    if not path.strip() or not re.fullmatch(r"[^\s:@\\]+\.[^\s:@\\]+(?::\d+)?", host):
        raise InvalidInput(
            f"“{text[:60]}” is no page’s address. Write its host and its path, such as codehost.example/owner/tool."
        )
    return text


def _require_plain(text: str) -> None:
    """Raises InvalidInput where it does not show what it holds."""
    hidden = (unicodedata.category(sign) for sign in text if not sign.isprintable())
    if is_disguised(text) or any(each in ("Cc", "Cs", "Zl", "Zp") for each in hidden):
        seen = "".join(sign for sign in plain(text)[:60] if sign.isprintable())
        raise InvalidInput(
            f"“{seen}” holds signs that cannot be seen or that only look like others. Type it anew by hand."
        )


def _owned(host: str, text: str) -> str:
    """A host that somebody registered, or one below it."""
    if "." not in host or not registrable_domain(host):
        raise InvalidInput(
            f"“{text[:60]}” is nobody’s own domain: others’ addresses end in it too, or it means another place in each "
            "network. Give the tool’s own host, such as chat.example.com."
        )
    return host


def _program(text: str) -> str:
    key = _kept(program_key(text), text)
    if INSTALLERS.fullmatch(key) or re.search(r"[/\\]", key):
        raise InvalidInput(
            f"“{text[:60]}” is no file that one program alone is run by. Give its name, without a folder."
        )
    return key


def _kept(key: str, text: str) -> str:
    if not key or len(key) > 500:
        raise InvalidInput(f"“{text[:60]}” is no name, domain or package URL that can be looked up.")
    return key


def _address(text: str) -> str:
    if text.lower().startswith(("http://", "https://")):
        return text if host_of(text) else ""
    host = text.partition("/")[0]
    written_as_name = "/" not in text and text != text.lower()
    if any(sign.isspace() for sign in text) or "@" in host or written_as_name or not has_public_suffix(host):
        return ""
    return f"https://{text}"
