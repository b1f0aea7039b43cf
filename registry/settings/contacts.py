"""What a contact may be in a setting, and its URI."""

import re
from urllib.parse import urlsplit

MAIL_ADDRESS = re.compile(r"[^@\s<>\"(),:;]{1,64}@[^@\s<>\"(),:;]{1,189}", re.ASCII)
_PHONE = re.compile(r"\+[0-9][0-9 ().-]{5,30}", re.ASCII)


def contact_uri(contact: str) -> str:
    """An address, a page or a phone number as a URI; empty where it is none of them."""
    if MAIL_ADDRESS.fullmatch(contact):
        return f"mailto:{contact}"
    if contact.startswith("https://") and urlsplit(contact).hostname and not re.search(r"\s", contact):
        return contact
    if _PHONE.fullmatch(contact):
        return "tel:" + re.sub(r"[^+0-9]", "", contact)
    return ""
