"""Which address may be kept as a tool's home page: the one rule for pages, API, requests and imports.

In feeds nobody can be asked to write another one: there the scrapers leave out what must not stand in an address.
"""

from registry.domain.errors import InvalidInput
from scrapers.links import canonical_url, host_of, names_a_user

MOST_SIGNS = 2_000


def read_home_page(written: str) -> str:
    """The address with its scheme; empty stays empty.

    Raises InvalidInput for what is no web address, or another one than it looks like.
    """
    address = written.strip()
    if address and "://" not in address:
        address = f"https://{address}"
    if not address:
        return ""
    if not canonical_url(address) or len(address) > MOST_SIGNS:
        raise _refused("The home page is no web address. Write it out, such as https://example.org.")
    if names_a_user(address):
        raise _refused(
            f"This home page leads to {host_of(address)}. Leave out what stands before the “@” in it."
        )
    return address


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, {"homepage": sentence})
