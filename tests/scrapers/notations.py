"""The ways to write an address of the network inside so that a reader may take it for something else."""

from collections.abc import Callable
from ipaddress import IPv4Address

INSIDE = ("127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "172.16.255.254", "0.0.0.0")

Notation = Callable[[IPv4Address], str]


def _octets(a: IPv4Address) -> list[int]:
    return list(a.packed)


def _dots(pattern: str) -> Notation:
    return lambda a: ".".join(format(octet, pattern) for octet in _octets(a))


def _digits(first: str, zero: str = "") -> Notation:
    """Digits of another script: 1 and those after it from `first` on, 0 at `zero` or right before them."""
    other = {str(n): chr(ord(first) + n - 1) for n in range(1, 10)} | {"0": zero or chr(ord(first) - 1)}
    return lambda a: "".join(other.get(c, c) for c in str(a))


def _in_v6(pattern: str) -> Notation:
    """`{a}` dotted, `{h}` as two groups, `{x}` its complement as two groups."""

    def notation(a: IPv4Address) -> str:
        inverted = int(a) ^ 0xFFFFFFFF
        return pattern.format(
            a=a, h=f"{int(a) >> 16:x}:{int(a) & 65535:x}", x=f"{inverted >> 16:x}:{inverted & 65535:x}"
        )

    return notation


def _around(pattern: str) -> Notation:
    return lambda a: pattern.replace("A", str(a))


def _percent(text: str) -> str:
    return "".join(f"%{ord(c):02x}" for c in text)


HOSTS: dict[str, Notation] = {
    # what a system's own reader (inet_aton) takes for an IPv4 address
    "plain": str,
    "one number": lambda a: str(int(a)),
    "one number, wrapped round": lambda a: str(int(a) + 2**32),
    "one number, padded": lambda a: f"{int(a):020d}",
    "one number with a dot": lambda a: f"{int(a)}.",
    "one octal number": lambda a: f"0{int(a):o}",
    "one octal number, padded": lambda a: f"0{int(a):030o}",
    "one octal number, new style": lambda a: f"0o{int(a):o}",
    "one hex number": lambda a: f"0x{int(a):08x}",
    "one hex number in capitals": lambda a: f"0X{int(a):08X}",
    "one hex number, padded": lambda a: f"0x{int(a):032x}",
    "one hex number, wrapped round": lambda a: f"0xdead{int(a):08x}",
    "one hex number, bare": lambda a: f"{int(a):08x}h.1",
    "octal parts": lambda a: ".".join(f"0{octet:o}" for octet in _octets(a)),
    "octal parts, padded": lambda a: ".".join(f"{octet:016o}" for octet in _octets(a)),
    "decimal parts, padded": _dots("04d"),
    "decimal parts, wrapped round": lambda a: ".".join(str(octet + 256) for octet in _octets(a)),
    "hex parts": _dots("#x"),
    "hex parts in capitals": _dots("#X"),
    "hex parts, padded": _dots("#010x"),
    "mixed parts": lambda a: "0x{:x}.0{:o}.{}.0x{:x}".format(*_octets(a)),
    "two parts": lambda a: f"{_octets(a)[0]}.{int(a) & 0xFFFFFF}",
    "three parts": lambda a: "{}.{}.{}".format(*_octets(a)[:2], int(a) & 0xFFFF),
    "two parts, hex": lambda a: f"0x{_octets(a)[0]:x}.0x{int(a) & 0xFFFFFF:x}",
    "three parts, octal": lambda a: "0{:o}.0{:o}.0{:o}".format(*_octets(a)[:2], int(a) & 0xFFFF),
    "five parts": _around("A.0"),
    "a sign": _around("+A"),
    "underscores": lambda a: f"{int(a):_d}",
    "an exponent": lambda a: f"{int(a)}e0",
    # dots
    "a closing dot": _around("A."),
    "two closing dots": _around("A.."),
    "an opening dot": _around(".A"),
    "double dots": lambda a: str(a).replace(".", ".."),
    "ideographic dots": lambda a: str(a).replace(".", "。"),
    "full-width dots": lambda a: str(a).replace(".", "．"),
    "half-width dots": lambda a: str(a).replace(".", "｡"),
    "leaders for dots": lambda a: str(a).replace(".", "․"),
    "commas for dots": lambda a: str(a).replace(".", ","),
    "escaped dots": lambda a: str(a).replace(".", "%2e"),
    "escaped ideographic dots": lambda a: str(a).replace(".", "%E3%80%82"),
    # digits
    "full-width digits": _digits("１"),
    "digits in circles": _digits("①", "⓪"),
    "digits in brackets": _digits("⑴", "0"),
    "digits with full stops": _digits("⒈", "0"),
    "black digits in circles": _digits("❶", "⓿"),
    "bold digits": _digits("𝟏"),
    "double-struck digits": _digits("𝟙"),
    "monospace digits": _digits("𝟷"),
    "subscript digits": _digits("₁"),
    "superscript digits": lambda a: str(a).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")),
    "Arabic digits": _digits("١"),
    "Devanagari digits": _digits("१"),
    "Thai digits": _digits("๑"),
    "full-width x": lambda a: f"0ｘ{int(a):x}",
    "small capital o": lambda a: str(a).replace("0", "ᴏ"),
    # escapes
    "all escaped": lambda a: _percent(str(a)),
    "all escaped twice": lambda a: _percent(str(a)).replace("%", "%25"),
    "one number, escaped": lambda a: _percent(str(int(a))),
    "a NUL, escaped": _around("A%00.example.org"),
    "a line end, escaped": _around("A%0d%0a.example.org"),
    "a space, escaped": _around("A%20"),
    "a slash, escaped": _around("A%2f.example.org"),
    "an at, escaped": _around("example.org%40A"),
    # characters that a reader may drop
    "a tab": lambda a: str(a).replace(".", ".\t", 1),
    "a line end": lambda a: str(a).replace(".", ".\n", 1),
    "a carriage return": lambda a: str(a).replace(".", "\r.", 1),
    "a NUL": lambda a: str(a).replace(".", ".\0", 1),
    "a backspace": lambda a: str(a).replace(".", ".\b", 1),
    "a soft hyphen": lambda a: str(a).replace(".", "\u00ad.", 1),
    "a zero-width space": lambda a: str(a).replace(".", "\u200b.", 1),
    "a joiner": lambda a: str(a).replace(".", "\u2060.", 1),
    "a byte-order mark": lambda a: "\ufeff" + str(a),
    "a variation selector": lambda a: str(a).replace(".", "\ufe0f.", 1),
    "a turn to the left": lambda a: "\u202e" + str(a)[::-1],
    "a space before": _around(" A"),
    "a space after": _around("A "),
    "a no-break space": _around("\u00a0A"),
    # IPv6
    "mapped": _in_v6("[::ffff:{a}]"),
    "mapped, hex": _in_v6("[::ffff:{h}]"),
    "mapped, in full": _in_v6("[0:0:0:0:0:ffff:{h}]"),
    "mapped, in capitals": _in_v6("[::FFFF:{a}]"),
    "mapped, padded": _in_v6("[0000:0000:0000:0000:0000:ffff:{a}]"),
    "mapped, octal": lambda a: "[::ffff:" + ".".join(f"0{o:o}" for o in _octets(a)) + "]",
    "mapped and scoped": _in_v6("[::ffff:{a}%25lo]"),
    "translated": _in_v6("[::ffff:0:{a}]"),
    "compatible": _in_v6("[::{a}]"),
    "compatible, hex": _in_v6("[::{h}]"),
    "NAT64": _in_v6("[64:ff9b::{a}]"),
    "NAT64, hex": _in_v6("[64:ff9b::{h}]"),
    "NAT64 of a site": _in_v6("[64:ff9b:1::{a}]"),
    "6to4": _in_v6("[2002:{h}::]"),
    "6to4 with a host": _in_v6("[2002:{h}::1]"),
    "Teredo": _in_v6("[2001:0:{h}:0:0:{x}]"),
    "Teredo, as client": _in_v6("[2001::{x}]"),
    "ISATAP": _in_v6("[2a00:1450::5efe:{a}]"),
    "ISATAP, marked unique": _in_v6("[2a00:1450::200:5efe:{a}]"),
    "ISATAP, link-local": _in_v6("[fe80::5efe:{a}]"),
    "unique-local": _in_v6("[fd00::{h}]"),
    "site-local": _in_v6("[fec0::{h}]"),
    "scoped": _in_v6("[fe80::{h}%25eth0]"),
    "scoped, unescaped": _in_v6("[fe80::{h}%eth0]"),
    "scoped by an empty name": _in_v6("[fe80::{h}%25]"),
    "multicast": _in_v6("[ff02::{h}]"),
    "dead space": _in_v6("[100::{h}]"),
    "documentation": _in_v6("[2001:db8::{h}]"),
    "nothing but zeros": lambda _: "[::]",
    "loopback": lambda _: "[::1]",
    "loopback, in full": lambda _: "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "loopback, with an IPv4 tail": lambda _: "[::0.0.0.1]",
    "loopback without brackets": lambda _: "::1",
    "brackets round an IPv4 address": _around("[A]"),
    "brackets, escaped": _in_v6("%5B::ffff:{a}%5D"),
    "full-width brackets": _in_v6("［::ffff:{a}］"),
    "a later version": _in_v6("[v1.{a}]"),
    "a name behind the brackets": _in_v6("[::ffff:{a}].example.org"),
    # who is asked for, and where
    "a name before it": _around("example.org@A"),
    "a name and a port before it": _around("example.org:80@A"),
    "two ats": _around("example.org@example.net@A"),
    "a full-width at": _around("example.org＠A"),
    "a slash in the user": _around("example.org%2f@A"),
    "a fragment in the user": _around("example.org%23@A"),
    "an empty user": _around("@A"),
    "an empty user and password": _around(":@A"),
    "a backslash and an at": _around("example.org\\@A"),
    "an at and a backslash": _around("A\\@example.org"),
    "a port and a backslash": _around("A:80\\@example.org"),
    "a semicolon": _around("A;@example.org"),
    "a port": _around("A:8080"),
    "a padded port": _around("A:0080"),
    "an empty port": _around("A:"),
    "a full-width port": _around("A:８０"),
    "a port with a sign": _around("A:+80"),
    "a port of its own protocol": _around("A:22"),
    "two ports": _around("A:80:80"),
}
"""What stands between `http://` and the path."""

NAMES: dict[str, str] = {
    "localhost": "localhost",
    "a closing dot": "localhost.",
    "capitals": "LocalHost",
    "full-width letters": "ｌｏｃａｌｈｏｓｔ",
    "letters in circles": "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "a long s": "localhoſt",
    "a script l": "ℓocalhost",
    "a Kelvin sign": "blac\u212a.localhost",
    "a soft hyphen": "local\u00adhost",
    "a zero-width joiner": "local\u200dhost",
    "punycode of nothing": "xn--localhost-",
    "punycode of plain letters": "xn--localhost.xn--",
    "punycode of a digit": "xn--127-.0.0.1",
    "a NUL, escaped": "localhost%00.example.org",
    "below localhost": "anything.localhost",
    "a domain": "localhost.localdomain",
    "the IPv6 one": "ip6-localhost",
    "the host of containers": "host.docker.internal",
    "the metadata name": "metadata.google.internal",
    "a user before it": "example.org@localhost",
}

ADDRESSES: dict[str, str] = {
    "no slash": "http:A",
    "one slash": "http:/A/",
    "three slashes": "http:///A/",
    "five slashes": "http://///A/",
    "backslashes": "http:\\\\A/",
    "a slash and a backslash": "http:/\\A/",
    "no scheme": "//A/",
    "nothing but the address": "A/",
    "a space before": " http://A/",
    "a control character before": "\x01http://A/",
    "a tab in the scheme": "ht\ttp://A/",
    "full-width scheme": "ｈｔｔｐ://A/",
    "full-width slashes": "http:／／A/",
    "full-width colon": "http：//A/",
    "another colon": "http;//A/",
    "a scheme in a scheme": "http:http://A/",
    "url:": "url:http://A/",
    "feed:": "feed:http://A/",
    "feed://": "feed://A/",
    "view-source:": "view-source:http://A/",
    "jar:": "jar:http://A/!/feed",
    "blob:": "blob:http://A/1",
    "ftp:": "ftp://A/",
    "gopher:": "gopher://A:80/_GET",
    "dict:": "dict://A:11211/stat",
    "ldap:": "ldap://A/",
    "file:": "file://A/etc/passwd",
    "ws:": "ws://A/",
    "http+unix:": "http+unix://A/socket",
    "data:": "data:text/xml,http://A/",
    "javascript:": "javascript:fetch('http://A/')",
}
"""Whole addresses; `A` stands for the one inside."""
