"""What a command says while it works: notes and progress on stderr, results on stdout."""

from __future__ import annotations

import codecs
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO, Final, NoReturn

from flows.settings import Settings
from schemas.errors import TilikError
from schemas.plain import plain, plain_text

LOG: Final = "TILIK_LOG"
CLOSED: Final = 128 + signal.SIGPIPE
"""Exit code of a command whose reader has gone, as shells know it."""
LINE_S: Final = 60.0
"""Between two lines of who is not on a terminal; ours."""


def note(text: str, event: str = "note", **fields: str | float) -> None:
    """Write one line for the person who waits (stderr), or for a program that collects lines (`TILIK_LOG=json`).

    Parameters
    ----------
    event
        What happened, in a word that stays the same.
    fields
        What a program would otherwise have to read out of the text.
    """
    line = plain(text)
    if os.environ.get(LOG) == "json":
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": at, "pid": os.getpid(), "event": event, "text": line, **fields})
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def say(text: str) -> None:
    """Write a result of one or more lines (stdout)."""
    sys.stdout.write(plain_text(text) + "\n")
    sys.stdout.flush()


@contextmanager
def read_to_its_end() -> Iterator[BinaryIO]:
    """Yield where a long result is written (stdout); who stops reading ends the command in silence, as with any other.

    Raises
    ------
    SystemExit
        `| head` has seen enough.
    """
    out = sys.stdout.buffer
    try:
        yield out
        out.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(CLOSED) from None


def pour(pieces: Iterable[bytes]) -> None:
    """Write a result that is long (stdout), for as long as somebody reads it; a terminal gets no control codes."""
    with read_to_its_end() as out:
        for piece in _shown(pieces) if sys.stdout.isatty() else pieces:
            out.write(piece)


def _shown(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for text in codecs.iterdecode(pieces, "utf-8", "replace"):
        yield plain_text(text).encode()


def announce(settings: Settings) -> None:
    """Say what a long command runs with."""
    note(f"settings: {settings.line()}")


def fail(text: str, code: int) -> NoReturn:
    """Write why a command ends, and end it."""
    for line in text.split("\n") if text else ["failed without a reason"]:
        note(f"tilik: {line}", "failed", code=code)
    raise SystemExit(code)


def why(error: BaseException) -> str:
    """Return what a command says of an error that ends it."""
    if isinstance(error, TilikError):
        return str(error)
    return f"unexpected {type(error).__name__}: {error}. TILIK_DEBUG=1 shows where."


def wait_for_interrupt() -> None:
    """Sleep until Ctrl-C or a polite kill, which raise KeyboardInterrupt alike."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    while True:
        signal.pause()


class _Lines:
    """Says now and then how far something is, for who reads a log."""

    def __init__(self, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.what, self.clock = what, clock
        self.said_s = clock()

    def __call__(self, done: int, total: int) -> None:
        now_s = self.clock()
        if total and now_s - self.said_s >= LINE_S:
            self.said_s = now_s
            note(f"{self.what}: {100 * done // total} %", "progress", done=done, total=total)


@contextmanager
def progress(what: str, unit: str = "percent") -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal, elsewhere a line a minute; yields `report(done, total)`."""
    if not sys.stderr.isatty():
        yield _Lines(what)
        return
    from rich.console import Console  # noqa: PLC0415  start-up time
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    amount = TaskProgressColumn() if unit == "percent" else MofNCompleteColumn()
    bar = Progress(
        TextColumn(what), BarColumn(), amount, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
