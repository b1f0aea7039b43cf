"""Seconds from process start to the first page of `registry demo`, and the memory it then holds, as a table or JSON."""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

PATIENCE_S = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="second starts to take the median of")
    parser.add_argument("--json", action="store_true", help="print data alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first = start(Path(folder))
        later = [start(Path(folder)) for _ in range(asked.times)]
    told = {
        "first_start_s": first["seconds"],
        "second_start_s": statistics.median(each["seconds"] for each in later),
        "second_starts_s": [each["seconds"] for each in later],
        "memory_mb": statistics.median(each["memory_mb"] for each in later),
        "end_s": statistics.median(each["end_s"] for each in later),
        "exit": sorted({each["exit"] for each in (first, *later)}),
    }
    if asked.json:
        print(json.dumps(told, indent=2))
        return
    for name, value in told.items():
        print(f"{name.ljust(16)}  {value}")


def start(folder: Path) -> dict[str, Any]:
    """One start and one end, by the interrupt of a terminal."""
    port = free_port()
    command = [sys.executable, "-m", "registry", "demo", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own module, no shell
        command,
        # As people run it: what was compiled before need not be compiled again.
        env={
            **{name: said for name, said in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "REGISTRY_DATA_DIR": str(folder),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_page(f"http://127.0.0.1:{port}/", process)
        seconds = time.perf_counter() - began
        time.sleep(2)  # its scheduler has looked around once
        memory = resident_mb(process.pid)
        ended = time.perf_counter()
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=PATIENCE_S)
    finally:
        process.kill()
    return {
        "seconds": round(seconds, 2),
        "memory_mb": memory,
        "end_s": round(time.perf_counter() - ended, 2),
        "exit": code,
    }


def wait_for_page(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 - our own address
                if reply.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    process.kill()
    raise SystemExit("The demo gave no page.")


def resident_mb(pid: int) -> int:
    """Resident memory of a process with its children; 0 where the system does not tell."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue
        if int(lines["Pid"]) == pid or int(lines["PPid"]) == pid:
            total += int(lines.get("VmRSS", "0 kB").split()[0])
    return total // 1024


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


if __name__ == "__main__":
    main()
