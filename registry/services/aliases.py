"""The ways to say a tool as people write them in a list: a name, a domain, an address or a package URL."""

from registry.domain.errors import InvalidInput
from registry.domain.identity import name_key
from registry.services.matching import domain_key, purl_key
from registry.store.tables import Alias, AliasKind
from scrapers.links import has_public_suffix, host_of, identity_key, is_shared_host, link_key


def read_alias(text: str) -> tuple[AliasKind, str, str]:
    """Kind, text and key of one alias; `name:`, `domain:`, `path:` before it says what it would not be taken for.

    `node.js` and `ASP.NET` are names, `chat.example.com` is a domain. Raises InvalidInput.
    """
    said, _, rest = text.partition(":")
    if said in ("name", "domain", "path") and rest and not rest.startswith("//"):
        kind = AliasKind(said)
        return kind, rest, _key_as_said(kind, rest)
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
    host = domain_key(host_of(address))
    if is_shared_host(host):
        raise InvalidInput(f"“{text}” is a host that many share. Give the whole address of the tool on it.")
    return AliasKind.DOMAIN, host, host


def write_alias(alias: Alias) -> str:
    """The text that `read_alias` takes for this very alias."""
    wanted = (alias.kind, alias.key)
    spellings = (alias.text, alias.key, f"{alias.kind.value}:{alias.text}", f"{alias.kind.value}:{alias.key}")
    for each in spellings:
        try:
            kind, _, key = read_alias(each)
        except InvalidInput:
            continue
        if (kind, key) == wanted:
            return each
    return spellings[-1]


def _key_as_said(kind: AliasKind, text: str) -> str:
    if kind is AliasKind.NAME:
        return _kept(name_key(text), text)
    return domain_key(text) if kind is AliasKind.DOMAIN else text


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
