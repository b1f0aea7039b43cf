"""Which addresses an outgoing request may reach: public ones, and the networks that the configuration opens.

It reads URLs and judges addresses; it never looks a name up nor connects.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

from scrapers.errors import FetchError

IPAddress = IPv4Address | IPv6Address

# IANA special-purpose registry. Python's is_global differs between patch releases, so we keep a table.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a large cloud's host agent, reachable from inside its machines alone
        "169.254.0.0/16",  # link-local, and the metadata services of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Only 2000::/3 is handed out. Mapped, compatible, NAT64, unique-local, link-local and multicast lie outside.
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3ffe::/16",  # handed back
        "3fff::/20",  # documentation
    )
)
# RFC 5214 6.1: the interface half of an ISATAP address is 00-00-5E-FE or 02-00-5E-FE, then an IPv4 address.
_ISATAP_MASK, _ISATAP = 0xFCFFFFFF, 0x00005EFE

_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9_-]+|0x[0-9a-f]*", re.ASCII)
_MOST_REMEMBERED = 500
"""Characters: what strangers write takes no more memory than this."""
_AUTHORITY = re.compile(r"^[^:/?#]*://([^/?#]*)")


def is_public(address: IPAddress) -> bool:
    """Whether an address is one that anybody on the internet would reach, in its plain form."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address.scope_id is not None or address not in _GLOBAL_UNICAST_V6:
        return False
    if (int(address) >> 32) & _ISATAP_MASK == _ISATAP:
        return False
    return not any(address in network for network in _NOT_PUBLIC_V6)


@dataclass(frozen=True)
class AddressRule:
    """Public addresses on ports 80, 443 and 1024 upward; any port in the networks that are opened by name."""

    opened: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def opening(cls, cidrs: Iterable[str]) -> "AddressRule":
        """Raises ValueError where one of `cidrs` is no network, or has bits set beyond its length."""
        return cls(tuple(ip_network(cidr) for cidr in cidrs))

    def check(self, address: IPAddress, port: int) -> None:
        """Raises FetchError `private_address`, or `bad_address` for a port that is no web server's."""
        if any(address.version == network.version and address in network for network in self.opened):
            return
        if not is_public(address):
            raise FetchError(
                "private_address",
                f"{address} is not a public address, so it is not asked. If this is a server of your own, "
                "have an administrator open its network in REGISTRY_ALLOW_PRIVATE_CIDRS.",
            )
        if port not in (80, 443) and port < 1024:
            raise FetchError(
                "bad_address",
                f"Port {port} does not belong to a web server. Check the address for a typing error.",
            )


def read_url(text: str) -> httpx2.URL:
    """Read an absolute http or https address: host folded, in ASCII and without a closing dot, no fragment.

    Raises FetchError `bad_address` where two readers could disagree about the host it names.
    """
    return _remembered_url(text) if len(text) <= _MOST_REMEMBERED else _url(text)


def _url(text: str) -> httpx2.URL:
    authority = _AUTHORITY.match(text)
    if authority and "\\" in authority[1]:
        raise _bad_address()
    try:
        url = httpx2.URL(text.partition("#")[0])
        host = url.raw_host.decode("ascii")
        if host.endswith("."):
            host = host[:-1]
            url = url.copy_with(host=host)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as exc:
        raise _bad_address() from exc
    port = 80 if url.port is None else url.port
    if url.scheme not in ("http", "https") or not 1 <= port <= 65535:
        raise _bad_address()
    if literal(host) is None and not _is_host_name(host):
        raise _bad_address()
    return url


_remembered_url = lru_cache(maxsize=2048)(_url)  # the same ones are asked again and again


def literal(host: str) -> IPAddress | None:
    """The address that a host writes out in its one usual form (no brackets), or None for everything else."""
    return _remembered_literal(host) if len(host) <= _MOST_REMEMBERED else _literal(host)


def _literal(host: str) -> IPAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


_remembered_literal = lru_cache(maxsize=2048)(_literal)


def _is_host_name(host: str) -> bool:
    # A name whose last label is a number is an IPv4 address to some readers (0x7f.1, 127.1, 2130706433).
    last_label = host.rpartition(".")[2]
    return len(host) <= 253 and bool(_HOST_NAME.fullmatch(host)) and not _NUMERIC_LABEL.fullmatch(last_label)


def _bad_address() -> FetchError:
    # The address is not repeated: it may hold a password.
    return FetchError(
        "bad_address",
        "This is not an address that can be fetched. Write it out in full, such as https://example.org/feed.",
    )
