"""The pool of child processes that parse, each with its own limits on processor time, memory and patience.

What comes back is JSON and never a pickle, so that a document which takes a child over gains nothing here.
"""

import gc
import json
import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from scrapers.entry import Entry, Parsed
from scrapers.errors import ParseError

Reader = Callable[..., Any]
PARSES_PER_CHILD = 500
"""A child is replaced after so many documents, so that what a library leaks stays small."""
MOST_HELD = 0.4
"""Of its memory a child may still hold after a document; the next one, which may be innocent, needs the rest."""
MAX_REPLY = 256 * 2**20
LENGTH = struct.Struct(">I")
GARBAGE_AFTER = 20_000
"""New objects after which a child looks for circles: a document makes many, and next to none."""
CLOSED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")
"""Beginnings of the audit events that a child is refused: a document has nobody to ask and nothing to start."""


class Workers:
    """Parses documents in child processes, `count` at once; may be shared by any number of threads."""

    def __init__(
        self,
        *,
        count: int = 2,
        cpu_s: float = 20,
        memory_mb: int = 512,
        timeout_s: float = 30,
        reader: str = "",
    ) -> None:
        """`cpu_s` and `timeout_s` hold for one document, `memory_mb` (of address space) for one child.

        `reader` names a function, `module:name`, that the children call for each entry: it takes the entry, the
        `kind` and what `parse` was `given`, and what it gives stands in the entry's `reading`.
        """
        self._started_with = (str(cpu_s), str(memory_mb), reader)
        self._timeout_s = timeout_s
        self._count = count
        self._closed = False
        self._busy: set[_Child] = set()
        self._children: queue.Queue[_Child | None] = queue.Queue()
        for _ in range(count):
            self._children.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(
        self,
        kind: str,
        body: bytes,
        *,
        url: str,
        headers: Mapping[str, str],
        given: Mapping[str, str] | None = None,
    ) -> Parsed:
        """What the scraper of that kind makes of a document, and the reader of its entries where it is `given` any.

        Raises ParseError: the scraper's own, `unknown_kind`, or `parser_killed` where the child ran out of
        time or memory or died; a new one reads the next document. Raises RuntimeError after `close`.
        """
        child = self._children.get()
        reply = None
        try:
            if self._closed:
                raise RuntimeError("The parsers are closed.")
            if child is None or not child.fit():
                child = self._renewed(child)
            question = {"kind": kind, "url": url, "headers": dict(headers), "given": given}
            self._busy.add(child)
            reply = child.ask(question, body, self._timeout_s)
        finally:
            self._busy.discard(child)
            if child is not None and reply is None:
                child.stop()
                child = None
            self._children.put(child)
        try:
            return _parsed(reply or {})
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ParseError(
                "parser_killed",
                "Reading the document took too long or too much memory, so it was stopped."
                " It is tried again next time; if this stays so, the feed is broken or hostile.",
            ) from None

    def give_up(self) -> None:
        """Whatever is being parsed now fails with ParseError `parser_killed`."""
        for child in list(self._busy):
            child.kill()

    def close(self) -> None:
        """Wait for documents being parsed (their time-out at most) and end every child; may be repeated."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._count):
            child = self._children.get()
            if child is not None:
                child.stop()
        self._children.put(
            None
        )  # whoever still waits for a child gets one after another to this, and is told

    def _renewed(self, old: "_Child | None") -> "_Child":
        if old is not None:
            old.stop()
        return _Child(*self._started_with)


class _Child:
    """One process, given one document at a time over a pipe."""

    def __init__(self, *started_with: str) -> None:
        root = str(Path(__file__).resolve().parent.parent)
        command = [sys.executable, "-P", "-m", "scrapers.workers", *started_with]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(root),
            process_group=None if sys.platform == "win32" else 0,  # Ctrl-C is for the parent alone
        )
        self._parsed = 0

    def fit(self) -> bool:
        return self._process.poll() is None and self._parsed < PARSES_PER_CHILD

    def ask(self, question: Mapping[str, Any], body: bytes, timeout_s: float) -> dict[str, Any] | None:
        """The child's answer; None where it died or was killed for taking longer than `timeout_s`."""
        self._parsed += 1
        alarm = threading.Timer(timeout_s, self._process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            _send(self._pipe(self._process.stdin), json.dumps(question).encode(), body)
            answer = json.loads(_receive(self._pipe(self._process.stdout)))
            if not isinstance(answer, dict) or answer.get("died"):
                return None
            if answer.pop("spent", False):
                self._parsed = PARSES_PER_CHILD
            return answer
        except (OSError, EOFError, ValueError):
            return None
        finally:
            alarm.cancel()

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        """End the process and collect it, so that no zombie stays."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # unsent bytes for a process that is gone
                    continue

    @staticmethod
    def _pipe(pipe: Any) -> BinaryIO:
        found: BinaryIO = pipe
        return found


def _environment(root: str) -> dict[str, str]:
    """What a child needs to start, and nothing of the service's settings and secrets."""
    kept = {
        name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ
    }
    return kept | {"PYTHONPATH": root, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}


def _send(pipe: BinaryIO, *parts: bytes) -> None:
    for part in parts:
        pipe.write(LENGTH.pack(len(part)))
        pipe.write(part)
    pipe.flush()


def _receive(pipe: BinaryIO) -> bytes:
    """The next part of a message. Raises EOFError where the other side is gone, ValueError if too long."""
    length = LENGTH.unpack(_exactly(pipe, LENGTH.size))[0]
    if length > MAX_REPLY:
        raise ValueError("a message longer than any can be")
    return _exactly(pipe, length)


def _exactly(pipe: BinaryIO, length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _parsed(reply: Mapping[str, Any]) -> Parsed:
    if "code" in reply:
        raise ParseError(reply["code"], reply["sentence"], suggested=tuple(reply["suggested"]))
    entries = tuple(_entry(values) for values in reply["entries"])
    return Parsed(**{**reply, "entries": entries})


def _entry(values: Mapping[str, Any]) -> Entry:
    moment = values["published_at"]
    published_at = datetime.fromisoformat(moment) if moment else None
    return Entry(**{**values, "tags": tuple(values["tags"]), "published_at": published_at})


def _answer(question: Mapping[str, Any], body: bytes, reader: Reader | None) -> dict[str, Any]:
    """In the child: the document's entries, or the error, as plain JSON values."""
    from scrapers.catalogue import SCRAPERS

    scraper = SCRAPERS.get(question["kind"])
    try:
        if scraper is None:
            raise ParseError("unknown_kind", f"There is no scraper of the kind “{question['kind']}”.")
        parsed = scraper(body, url=question["url"], headers=question["headers"])
        kind, given = question["kind"], question["given"]
        read = partial(reader, kind=kind, **given) if reader is not None and given is not None else None
        entries = [vars(entry) | {"reading": read and read(entry)} for entry in parsed.entries]
        return {**vars(parsed), "entries": entries}
    except ParseError as error:
        return {"code": error.code, "sentence": error.sentence, "suggested": error.suggested}
    except (MemoryError, RecursionError):
        return {"died": True}


def _limit(cpu_s: float, memory_mb: int) -> None:
    """Allow the next document its processor time, and the process its memory."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime + cpu_s) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed if hard < 0 else min(allowed, hard), hard))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_doors() -> None:
    """For the rest of this process: no network, no other process, no file but to read it."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(CLOSED) or (event == "open" and _writes(*arguments[1:])):
        raise PermissionError(f"A document may not do this: {event}")


def _writes(mode: str | None, flags: int) -> bool:
    return not set(mode or "").isdisjoint("wax+") or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _held_mb() -> float:
    """The address space of this process, which its limit counts; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _named(reader: str) -> Reader | None:
    module, _, name = reader.partition(":")
    return getattr(import_module(module), name) if reader else None


def _serve(cpu_s: float, memory_mb: int, reader: Reader | None = None) -> None:
    """In the child: answer one question after another until the parent closes the pipe or dies."""
    close_doors()
    gc.freeze()  # what was imported stays, and need not be looked through for garbage
    gc.set_threshold(GARBAGE_AFTER)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a library that prints must not speak into the pipe
    while True:
        _limit(cpu_s, memory_mb)
        try:
            question, body = json.loads(_receive(questions)), _receive(questions)
        except EOFError:
            return
        answer = _answer(question, body, reader)
        if _held_mb() > memory_mb * MOST_HELD:
            answer["spent"] = True
        _send(answers, json.dumps(answer, default=datetime.isoformat).encode())


if __name__ == "__main__":
    _serve(float(sys.argv[1]), int(sys.argv[2]), _named(sys.argv[3]))
