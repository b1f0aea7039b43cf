"""What a process holds in memory, in large pages where Linux gives them: the processor finds it with fewer looks."""

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

LARGE = 2 << 20
"""Bytes, on every processor that is served on; elsewhere the system says no, and nothing is lost."""
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25
MAPS = Path("/proc/self/maps")


def in_large_pages() -> None:
    """Put what is held now into large pages, which takes some tenths of a second and a few megabytes of holes."""
    with suppress(OSError, AttributeError):
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        for start, size in whole(MAPS.read_text("ascii", "replace").splitlines()):
            if advise(start, size, MADV_HUGEPAGE) == 0:
                advise(start, size, MADV_COLLAPSE)


def whole(maps: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Address and size of what fills large pages within one piece of the process's own memory; as proc_pid_maps(5)."""
    for line in maps:
        span, rights, _, _, inode, *name = line.split()
        if inode == "0" and rights.startswith("rw") and name in ([], ["[heap]"]):
            first, end = (int(each, 16) for each in span.split("-"))
            start = -(-first // LARGE) * LARGE
            if end - start >= LARGE:
                yield start, (end - start) // LARGE * LARGE
