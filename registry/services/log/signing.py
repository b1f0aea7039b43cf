"""The key that signs checkpoints, and signed notes as https://c2sp.org/signed-note has them: Ed25519 alone."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry.domain.errors import InvalidInput, RuleBroken
from registry.domain.values import dataclass
from registry.settings import Settings
from registry.settings.made_once import make_once

ED25519 = b"\x01"
SUFFIX = ".checkpoint"
_PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True)
class Verifier:
    """Who may have signed: a name, which is also the first line of a checkpoint, and a public key."""

    name: str
    key: bytes
    """The 32 bytes of the public key."""

    @property
    def hint(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(f"{self.name}\n".encode() + ED25519 + self.key).digest()[:4]

    def __str__(self) -> str:
        """As it is handed out: `name+hash+key`."""
        return f"{self.name}+{self.hint.hex()}+{_text(ED25519 + self.key)}"

    def signed(self, note: str) -> bool:
        """Whether one of the note's signatures is by this key; others are passed over."""
        text, parted, signatures = note.rpartition("\n\n")
        if not parted or not signatures.endswith("\n"):
            return False
        for each in signatures.splitlines():
            dash, name, value = [*each.split(" "), "", ""][:3]
            blob = _bytes(value)
            if (dash, name, blob[:4]) != ("—", self.name, self.hint):
                continue
            try:
                Ed25519PublicKey.from_public_bytes(self.key).verify(blob[4:], f"{text}\n".encode())
            except InvalidSignature:
                return False
            return True
        return False


@dataclass(frozen=True)
class Signer:
    verifier: Verifier
    key: Ed25519PrivateKey

    def sign(self, text: str) -> str:
        """The note of a text, which ends with a line's end."""
        blob = self.verifier.hint + self.key.sign(text.encode())
        return f"{text}\n— {self.verifier.name} {_text(blob)}\n"

    def __str__(self) -> str:
        """As the key's file holds it."""
        seed = self.key.private_bytes_raw()
        return f"{_PRIVATE}{self.verifier.name}+{self.verifier.hint.hex()}+{_text(ED25519 + seed)}"


def key_file(settings: Settings) -> Path:
    return settings.audit_key_file or settings.data_dir / "audit-key"


def known(settings: Settings) -> Verifier | None:
    """Who signs here, for those who check; None where the key is missing, which is not made for that."""
    return signer(settings).verifier if key_file(settings).exists() else None


def folder(settings: Settings) -> Path:
    """Where checkpoints are put."""
    return settings.checkpoint_dir or settings.data_dir / "checkpoints"


def kept(settings: Settings) -> Sequence[Path]:
    """The files of all checkpoints that were written, the shortest log first."""
    return sorted(folder(settings).glob(f"*{SUFFIX}"))


def make(settings: Settings) -> None:
    """A new key, readable by its owner alone; one that is there stays."""
    place = urlsplit(settings.base_url)
    made = _signer(f"{place.netloc.rpartition('@')[2]}{place.path}/log", Ed25519PrivateKey.generate())
    make_once(key_file(settings), f"{made}\n")


def signer(settings: Settings) -> Signer:
    """The key of this registry; made at first use. Raises InvalidInput.

    Raises RuleBroken where it is missing and has signed before: another one is made on purpose alone, see renewing.py.
    """
    path = key_file(settings)
    if not path.exists():
        if kept(settings):
            raise RuleBroken(
                "The key that signed the checkpoints here is missing, so that nothing is signed. Put its file back "
                "from a backup; where it is lost for good, make another one: registry audit new-key."
            )
        make(settings)
    return signer_in(settings)


def signer_in(settings: Settings) -> Signer:
    """The key in its file, which is there. Raises InvalidInput."""
    path = key_file(settings)
    told = path.read_text("ascii", errors="replace").strip()
    name, hint, blob = _parts(told.removeprefix(_PRIVATE))
    if not told.startswith(_PRIVATE) or len(blob) != 33:
        raise InvalidInput(f"{path} holds no key that signs checkpoints. Put it back from a backup.")
    found = _signer(name, Ed25519PrivateKey.from_private_bytes(blob[1:]))
    if found.verifier.hint.hex() != hint:
        raise InvalidInput(f"The key in {path} is damaged. Put it back from a backup.")
    return found


def verifier(told: str) -> Verifier:
    """The public key that somebody handed out. Raises InvalidInput."""
    name, hint, blob = _parts(told.strip())
    found = Verifier(name, blob[1:])
    if len(blob) != 33 or blob[:1] != ED25519 or found.hint.hex() != hint:
        raise InvalidInput("This is no key that verifies checkpoints; the site shows it at /log/key.")
    return found


def _signer(name: str, key: Ed25519PrivateKey) -> Signer:
    return Signer(Verifier(name, key.public_key().public_bytes_raw()), key)


def _parts(told: str) -> tuple[str, str, bytes]:
    name, _, rest = told.partition("+")
    hint, _, key = rest.partition("+")
    return name, hint, _bytes(key)


def _text(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def _bytes(text: str) -> bytes:
    """Empty where it is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
