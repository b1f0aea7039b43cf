"""Peak memory and processor time of a process and its children, from the system's own count."""

import os
import resource
import time
from pathlib import Path


def family_mb() -> int:
    """In mebibytes; 0 where the system does not tell. Pages that processes share count once for each."""
    return sum(_peak_kb(of) for of in (os.getpid(), *_children())) // 1024


def family_cpu_s() -> float:
    """Seconds of processor, user and system, of this process and of its children, living or collected."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(map(_cpu_s, _children()))


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children() -> list[int]:
    own = str(os.getpid())
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/status")
        if _status(path).get("PPid") == own
    ]


def _peak_kb(pid: int) -> int:
    return int(_status(Path(f"/proc/{pid}/status")).get("VmHWM", "0 kB").split()[0])


def _status(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
