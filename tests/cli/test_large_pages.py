"""What is held in large pages."""

import subprocess
import sys
from pathlib import Path

import pytest

from registry.cli.large_pages import LARGE, whole

GIVEN = Path("/sys/kernel/mm/transparent_hugepage/enabled")
HOLDING = """
from pathlib import Path
from registry.cli.large_pages import in_large_pages

def large() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages:"))

held = [str(number) * 10 for number in range(400_000)]
before = large()
in_large_pages()
print(large() - before, held[399_999] == "399999" * 10)
"""


def test_whole_large_pages_of_the_process_itself_are_found_and_nothing_else() -> None:
    maps = [
        "00200000-00600000 rw-p 00000000 00:00 0 ",
        "00700000-00d80000 rw-p 00000000 00:00 0                          [heap]",
        "01000000-01200000 rw-p 00000000 08:01 77                         /usr/lib/libc.so.6",
        "01200000-01400000 r-xp 00000000 00:00 0                          [vdso]",
        "01400000-01600000 rw-p 00000000 00:00 0                          [stack]",
        "01600000-01800000 r--p 00000000 00:00 0 ",
        "01810000-01b00000 rw-p 00000000 00:00 0 ",
        "01c10000-01df0000 rw-p 00000000 00:00 0 ",
    ]
    assert list(whole(maps)) == [(0x200000, 2 * LARGE), (0x800000, 2 * LARGE)]


@pytest.mark.parametrize("name", ["/nowhere", "."])
def test_where_the_system_tells_nothing_the_site_runs_without(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry.cli import large_pages

    monkeypatch.setattr(large_pages, "MAPS", Path(name))
    large_pages.in_large_pages()


def test_what_is_held_is_the_same_and_lies_in_large_pages_where_they_are_given() -> None:
    told = subprocess.run([sys.executable, "-c", HOLDING], capture_output=True, text=True, check=True)
    moved_kb, same = told.stdout.split()
    assert same == "True"
    assert int(moved_kb) > 0 or not GIVEN.exists() or "[never]" in GIVEN.read_text()
