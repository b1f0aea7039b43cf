"""Sites in processes of their own, and a steady load on them over connections that are kept open."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
CONNECTIONS = 32


def serve_command(port: int) -> list[str]:
    """A site without a scheduler."""
    return [str(Path(sys.executable).with_name("registry")), "serve", "--no-scheduler", "--port", str(port)]


@contextmanager
def served(folder: str, database: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    port = free_port()
    environment = os.environ | {"REGISTRY_DATA_DIR": folder, "REGISTRY_DATABASE_URL": f"sqlite:///{database}"}
    with process(serve_command(port), port, environment) as started:
        yield port, started


@contextmanager
def hello(folder: str) -> Iterator[int]:
    """The same server with the same settings around the smallest FastAPI application."""
    port = free_port()
    source = (
        "import uvicorn\nfrom fastapi import FastAPI\nfrom registry.cli.serve import SERVER\napp = FastAPI()\n"
        "@app.get('/')\nasync def hello():\n    return {'hello': 'world'}\n"
        f"uvicorn.run(app, port={port}, **SERVER)\n"
    )
    file = Path(folder) / "hello.py"
    file.write_text(source, "utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT.parent)}
    with process([sys.executable, str(file)], port, environment):
        yield port


@contextmanager
def datasette(folder: str, database: Path) -> Iterator[int]:
    """Its port, or 0 where it is not installed (`pip install datasette`, in any environment on the path)."""
    program = shutil.which("datasette")
    if program is None:
        yield 0
        return
    copy = Path(folder) / "datasette" / "registry.db"
    copy.parent.mkdir()
    shutil.copy(database, copy)
    port = free_port()
    with process([program, "serve", "-i", str(copy), "--port", str(port)], port, dict(os.environ)):
        yield port


@contextmanager
def process(
    command: list[str], port: int, environment: dict[str, str], *, most_s: float = 60
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        try:
            wait_for(port, "/", most_s=most_s)
            yield started
        finally:
            started.terminate()


def wait_for(port: int, path: str, *, most_s: float = 60) -> None:
    ends = time.monotonic() + most_s
    while time.monotonic() < ends:
        try:
            with socket.create_connection(("127.0.0.1", port), 30) as link:
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                if link.recv(64):
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing answers on port {port}")


def wait_until_idle(pid: int) -> None:
    """Until the process has done what it does after its start, and would do beside what is to be measured."""
    before = -1
    while (spent := _ticks(pid)) != before:
        before = spent
        time.sleep(0.5)


def _ticks(pid: int) -> int:
    """Of the processor, by all its threads."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def memory_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024)


def load(port: int, paths: list[str], seconds: float) -> tuple[float, float]:
    """Replies a second and the 99th percentile of their times, in seconds, over 32 connections kept open, by wrk.

    wrk takes one processor, so that the site has the other, and one that answers quickly is not held up by who asks.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ",".join(f'"{path}"' for path in paths)
        script.write(
            f"local paths, at = {{{listed}}}, 0\n"
            "request = function()\n"
            "  at = at % #paths + 1\n"
            '  return wrk.format("GET", paths[at])\n'
            "end\n"
            "done = function(summary, latency)\n"
            "  local errors = summary.errors.status + summary.errors.timeout\n"
            '  print("told", summary.requests / summary.duration, latency:percentile(99) / 1e6, errors)\n'
            "end\n"
        )
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "-s", script.name]
        ran = subprocess.run(  # noqa: S603
            [*command, f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True
        )
    told = next(line for line in ran.stdout.splitlines() if line.startswith("told"))
    rate, late, errors = map(float, told.split()[1:])
    assert not errors, ran.stdout
    return rate * 1e6, late


def asked_once(port: int, paths: list[str]) -> float:
    """Replies a second, each question once: computed, not remembered."""
    begun = time.perf_counter()
    asyncio.run(_ask_all(port, iter(paths)))
    return len(paths) / (time.perf_counter() - begun)


async def _ask_all(port: int, paths: Iterator[str]) -> None:
    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path in paths:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in head[:16], head
            at = head.lower().find(b"content-length: ")
            if at >= 0:
                await reader.readexactly(int(head[at + 16 : head.index(b"\r", at)]))
            else:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
        writer.close()

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))


def percentile(times: list[float], which: int) -> float:
    return sorted(times)[min(len(times) * which // 100, len(times) - 1)]
