"""The pairs in samples/: a document beside what must be read from it, hashes aside."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from scrapers.entry import Parsed

SAMPLES = Path(__file__).parent / "samples"
URL = "https://feeds.example/folder/feed.xml"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{Path(name).stem}.expected.json").read_text("utf-8"))
    return found


def as_expected(parsed: Parsed) -> dict[str, Any]:
    """A result as an `.expected.json` file has it: moments as text, no hash, no reading, nothing that is not said."""
    plain = json.loads(json.dumps(asdict(parsed), default=datetime.isoformat))
    for entry in plain["entries"]:
        del entry["content_hash"], entry["reading"]
        for name in ("related", "stated"):
            if not entry[name]:
                del entry[name]
    return {name: plain[name] for name in ("title", "home", "malformed", "ttl_s", "entries")}
