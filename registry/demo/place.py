"""Where the demo lives: a folder of its own in the data folder, what is noted there, and the settings it runs with."""

import hashlib
import json
import os
import shutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from registry.domain.errors import RuleBroken
from registry.domain.values import dataclass
from registry.settings import Settings

CONTACT = "technology@office.example"
ZONE = "UTC"
"""The office's verdicts are told in days of this zone."""


@dataclass(frozen=True)
class SignIn:
    """One person of the cast, with the value of a sign-in link that serves again and again."""

    name: str
    email: str
    roles: tuple[str, ...]
    link: str


@dataclass(frozen=True)
class Note:
    """What a later start must know of a demo that is there."""

    made_at: datetime
    """The moment that the office's story and the sample sources are told from."""
    feeds_port: int
    audiences: tuple[str, ...]
    people: tuple[SignIn, ...]
    summary: dict[str, Any]


class Place:
    """The folder `demo` below the data folder: database, secret and note."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "demo"
        self._note = self.folder / "demo.json"

    def note(self) -> Note | None:
        """None where there is no demo, a half-made one, or one of another version of the content or schema."""
        try:
            kept = json.loads(self._note.read_text("utf-8"))
            if kept["edition"] != edition():
                return None
            return Note(
                made_at=datetime.fromisoformat(kept["made_at"]),
                feeds_port=kept["feeds_port"],
                audiences=tuple(kept["audiences"]),
                people=tuple(SignIn(**{**each, "roles": tuple(each["roles"])}) for each in kept["people"]),
                summary=kept["summary"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, note: Note) -> None:
        self._save({"edition": edition(), **asdict(note), "made_at": note.made_at.isoformat()})

    def clear(self) -> None:
        """Remove the demo and nothing else. Raises RuleBroken for a folder that no demo made."""
        if not self.folder.exists() and not self.folder.is_symlink():
            return
        if self.folder.is_symlink() or not self.folder.is_dir():
            raise RuleBroken(f"{self.folder} is no folder of the demo. Move it away first.")
        if any(self.folder.iterdir()) and not self._note.exists():
            raise RuleBroken(f"{self.folder} holds something that is not the demo's. Move it away first.")
        shutil.rmtree(self.folder)

    def begin(self) -> None:
        """Make the folder anew, marked as the demo's from the first moment, so that a half-made one is known."""
        self.clear()
        self.folder.mkdir(mode=0o700, parents=True)
        self._save({"edition": ""})

    def settings(self, base: Settings, *, audiences: tuple[str, ...], port: int) -> Settings:
        """The demo's settings: nothing of the real registry but how logs are written and how often it ticks."""
        plain = {name: field.default for name, field in Settings.model_fields.items()}
        own = {
            "data_dir": self.folder.resolve(),
            "base_url": f"http://127.0.0.1:{port}",
            "allow_private_cidrs": ("127.0.0.0/8",),
            "audiences": audiences,
            "contact": CONTACT,
            "time_zone": ZONE,
            "language": base.language,
            "locale_dir": base.locale_dir,
            "mail_dir": self.folder.resolve() / "mails",
            "log_format": base.log_format,
            "tick_s": base.tick_s,
        }
        return base.model_copy(update=plain | own)

    def _save(self, data: dict[str, Any]) -> None:
        part = self._note.with_suffix(".part")
        with open(part, "w", encoding="utf-8", opener=_for_the_owner) as file:  # it holds sign-in links
            json.dump(data, file, indent=1, ensure_ascii=False)
        part.replace(self._note)


def edition() -> str:
    """Tells one version of the demo's content and of the schema from another."""
    here, store = Path(__file__).parent, Path(__file__).parent.parent / "store"
    digest = hashlib.sha256()
    for path in sorted([*here.rglob("*"), *store.glob("migrations/versions/*.py")]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
