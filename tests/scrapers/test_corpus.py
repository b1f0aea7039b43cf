"""Files of the world outside: wherever another parser finds entries so do we, and what has none gives a reason."""

import pytest
from feedparser_cases import ARCHIVE

from benchmarks.parsing import members, read

pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the corpus is not beside this checkout")

SAMPLED = {"feeds-2011": 30, "feeds-fixtures": 25, "feedparser-cases": 40, "producthunt-2024": 60}
SNAPSHOTS = {f"replay-{name}-2025": 30 for name in ("anthropic-news", "ollama", "openai-research")}


@pytest.mark.parametrize(("archive", "every"), [*SAMPLED.items(), *SNAPSHOTS.items()])
def test_entries_are_found_wherever_another_parser_finds_some(archive, every, request):
    """Every tenth in the long form; `python -m benchmarks.parsing` reads them all."""
    whole = request.config.getoption("--whole")
    files = members(ARCHIVE.with_name(f"{archive}.tar.gz"), every=10 if whole else every)
    readings = [read(document) for document in files]
    missed = [reading.name for reading in readings if reading.missed]
    assert len(missed) <= len(readings) * 0.002, missed
    assert all(reading.same_again for reading in readings)
    assert all(reading.sentence for reading in readings if reading.code)
