"""Messages that are to be sent, kept until they are, in one SQLite file with what their sender has to remember.

What a message says is stored together with what its sender has to remember, in one transaction, before anything is
sent. A message that changes before it was sent is sent once, as it stands then. Who is killed between sending and
noting it finds the message marked: an edit is then sent again, which changes nothing; whether a first message arrived,
the API does not tell, so it is sent again, and said to be maybe the second.

Rows of the record wait here, too, until the warehouse has them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = "outbox.sqlite"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
    id TEXT NOT NULL, receiver TEXT NOT NULL, at_us INTEGER NOT NULL, severity INTEGER NOT NULL,
    text TEXT NOT NULL, loud INTEGER NOT NULL, is_over INTEGER NOT NULL,
    told_loud INTEGER NOT NULL DEFAULT 0, told_text TEXT NOT NULL DEFAULT '', remote INTEGER NOT NULL DEFAULT 0,
    is_sending INTEGER NOT NULL DEFAULT 0, next_us INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    refused TEXT NOT NULL DEFAULT '', PRIMARY KEY (id, receiver)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, content BLOB NOT NULL);
"""
_COLUMNS: Final = "id, receiver, at_us, severity, text, loud, is_over, told_loud, told_text, remote, is_sending, tries"


class Entry(NamedTuple):
    """What a message says now.

    Attributes
    ----------
    is_loud
        It is sent as a message of its own, not as an edit of the one before.
    severity
        0 the least.
    """

    id: str
    receiver: str
    at_us: int
    severity: int
    text: str
    is_loud: bool
    is_over: bool


class Waiting(NamedTuple):
    """A message that is not told as it stands.

    Attributes
    ----------
    loud, told_loud
        How often it is to be sent, and was.
    remote
        What the last one sent is known by there, 0 where none was.
    is_sending
        Somebody was about to send it, and was killed.
    """

    id: str
    receiver: str
    at_us: int
    severity: int
    text: str
    loud: int
    is_over: bool
    told_loud: int
    told_text: str
    remote: int
    is_sending: bool
    tries: int

    @property
    def is_new(self) -> bool:
        """Whether it is to be sent, not edited."""
        return self.told_loud < self.loud


class Outbox:
    """An outbox in a folder; one process has it at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(folder / FILE, isolation_level=None, timeout=5.0)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of it."""
        self._base.close()

    def kept(self, name: str) -> bytes | None:
        """Return what was remembered under a name."""
        found = self._base.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def put(self, entries: Sequence[Entry], name: str, value: bytes, rows: Sequence[bytes] = ()) -> None:
        """Take what messages say now, what is to be remembered with it, and rows of the record: all or nothing."""
        with self._whole():
            for each in entries:
                self._base.execute(
                    "INSERT INTO message (id, receiver, at_us, severity, text, loud, is_over) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (id, receiver) DO UPDATE SET at_us = excluded.at_us, severity = excluded.severity, "
                    "text = excluded.text, loud = loud + excluded.loud, is_over = excluded.is_over, next_us = 0",
                    (each.id, each.receiver, each.at_us, each.severity, each.text, each.is_loud, each.is_over),
                )
            self._base.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))
            self._keep(rows)

    def _keep(self, rows: Sequence[bytes]) -> None:
        self._base.executemany("INSERT INTO record (content) VALUES (?)", [(row,) for row in rows])

    def rows(self, most: int = -1) -> list[tuple[int, bytes]]:
        """Return rows of the record that the warehouse does not have yet, with their numbers, the oldest first."""
        return self._base.execute("SELECT number, content FROM record ORDER BY number LIMIT ?", (most,)).fetchall()

    def stored(self, number: int) -> None:
        """Note that the warehouse has rows up to a number."""
        self._base.execute("DELETE FROM record WHERE number <= ?", (number,))

    def waiting(self, now_us: int) -> list[Waiting]:
        """Return what may be told now, the worst first, then the oldest."""
        with closing(
            self._base.execute(
                f"SELECT {_COLUMNS} FROM message WHERE refused = '' AND next_us <= ? AND "
                "(told_loud < loud OR told_text != text) ORDER BY severity DESC, at_us, id, receiver",
                (now_us,),
            )
        ) as found:
            return [Waiting._make(row)._replace(is_over=bool(row[6]), is_sending=bool(row[10])) for row in found]

    def next_us(self) -> int | None:
        """Return when something may be told next; None where nothing waits."""
        found = self._base.execute(
            "SELECT min(next_us) FROM message WHERE refused = '' AND (told_loud < loud OR told_text != text)"
        ).fetchone()
        return None if found[0] is None else int(found[0])

    def begin(self, some: Sequence[Waiting]) -> None:
        """Note that these are about to be sent."""
        self._each("UPDATE message SET is_sending = 1", some)

    def told(self, some: Sequence[Waiting], remote: int) -> None:
        """Note that these were told as they stand, by one message."""
        with self._whole():
            for each in some:
                self._base.execute(
                    "UPDATE message SET told_loud = ?, told_text = ?, remote = ?, is_sending = 0, tries = 0 "
                    "WHERE id = ? AND receiver = ?",
                    (each.loud, each.text, remote, each.id, each.receiver),
                )

    def later(self, some: Sequence[Waiting], next_us: int) -> None:
        """Note that these were not sent, and when they may be tried again."""
        self._each("UPDATE message SET is_sending = 0, tries = tries + 1, next_us = ?", some, next_us)

    def lost(self, some: Sequence[Waiting]) -> None:
        """Note that the messages of these are gone there: they are sent anew."""
        self._each("UPDATE message SET is_sending = 0, remote = 0, told_loud = loud - 1", some)

    def refuse(self, some: Sequence[Waiting], why: str) -> None:
        """Note that these are never to be sent, and why."""
        self._each("UPDATE message SET is_sending = 0, refused = ?", some, why)

    def refused(self) -> list[tuple[str, str, str]]:
        """Return id, receiver and reason of what was never sent."""
        found = self._base.execute("SELECT id, receiver, refused FROM message WHERE refused != '' ORDER BY at_us, id")
        return [tuple(row) for row in found]

    def forget(self, before_us: int) -> None:
        """Forget what is over and told since before a time."""
        self._base.execute(
            "DELETE FROM message WHERE is_over AND at_us < ? AND (refused != '' OR told_text = text)", (before_us,)
        )

    def _each(self, change: str, some: Sequence[Waiting], *given: object) -> None:
        with self._whole():
            for each in some:
                self._base.execute(f"{change} WHERE id = ? AND receiver = ?", (*given, each.id, each.receiver))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")
