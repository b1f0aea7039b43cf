"""How a webhook's receiver knows that a message is ours: Standard Webhooks, version 1.0.0."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from registry.store.tables import Webhook

PREFIX = "whsec_"


def secret_of(webhook: Webhook, generation: int, *, secret: bytes) -> str:
    """The signing secret as its receiver keeps it; made of the registry's own key, and stored nowhere."""
    return PREFIX + base64.b64encode(_key(webhook, generation, secret)).decode("ascii")


def headers(webhook: Webhook, uid: str, body: bytes, *, secret: bytes, now: datetime) -> Mapping[str, str]:
    """Id, time and signatures of a message; after a rotation that of the secret before as well, for a while."""
    stamp = str(int(now.timestamp()))
    signed = f"{message_id(uid)}.{stamp}.".encode() + body
    generations = [webhook.generation]
    if webhook.both_until is not None and now < webhook.both_until:
        generations.append(webhook.generation - 1)
    signatures = [hmac.digest(_key(webhook, each, secret), signed, "sha256") for each in generations]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id(uid),
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode('ascii')}" for each in signatures),
    }


def message_id(uid: str) -> str:
    return f"msg_{uid}"


def _key(webhook: Webhook, generation: int, secret: bytes) -> bytes:
    """32 bytes."""
    text = f"webhook:{webhook.id}:{webhook.nonce}:{generation}".encode()
    return hmac.new(secret, text, hashlib.sha256).digest()
