"""Messages that are to be sent, kept until they are, in one SQLite file with what their sender has to remember.

What a message says is stored together with what its sender has to remember, in one transaction, before anything is
sent. A message that changes before it was sent is sent once, as it stands then. Who is killed between sending and
noting it finds the message marked: an edit is then sent again, which changes nothing; whether a first message arrived,
the API does not tell, so it is sent again, and said to be maybe the second.

A receiver that is told by several ways has a message by each, and each gets as far as it does. Rows of the record
wait here, too, until the warehouse has them.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Container, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from schemas.errors import StateError

FILE: Final = "outbox.sqlite"
TELEGRAM: Final = "telegram"
WEBHOOK: Final = "webhook"
EMAIL: Final = "email"
WAIT_S: Final = 30.0
"""For another thread that writes, ours."""
_VERSION: Final = 2
"""Of the file, kept in it; before the first, all messages went by Telegram, before the second nobody answered."""
_MESSAGE: Final = """
CREATE TABLE IF NOT EXISTS message (
    id TEXT NOT NULL, receiver TEXT NOT NULL, at_us INTEGER NOT NULL, severity INTEGER NOT NULL,
    text TEXT NOT NULL, loud INTEGER NOT NULL, is_over INTEGER NOT NULL,
    told_loud INTEGER NOT NULL DEFAULT 0, told_text TEXT NOT NULL DEFAULT '', remote INTEGER NOT NULL DEFAULT 0,
    is_sending INTEGER NOT NULL DEFAULT 0, next_us INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,
    refused TEXT NOT NULL DEFAULT '', way TEXT NOT NULL, address TEXT NOT NULL,
    foot TEXT NOT NULL DEFAULT '', answer TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (id, receiver, way, address)
) WITHOUT ROWID"""
_KEPT: Final = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_RECORD: Final = "CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, content BLOB NOT NULL)"
_ABOUT: Final = (
    "CREATE TABLE IF NOT EXISTS about (chat TEXT, number INTEGER, id TEXT NOT NULL, PRIMARY KEY (chat, number)) "
    "WITHOUT ROWID"
)
_INDEX: Final = "CREATE INDEX IF NOT EXISTS waits ON message (way, next_us) WHERE {}"
_COLUMNS: Final = (
    "id, receiver, at_us, severity, text || foot, loud, is_over, told_loud, told_text, remote, is_sending, tries, way, "
    "address, answer"
)
_WAITS: Final = "refused = '' AND (told_loud < loud OR told_text != text || foot)"
_THIS: Final = "WHERE id = ? AND receiver = ? AND way = ? AND address = ?"


class Entry(NamedTuple):
    """What a message says now.

    Attributes
    ----------
    is_loud
        It is sent as a message of its own, not as an edit of the one before.
    severity
        0 the least.
    text
        As its way takes it: what people read, or a webhook's body.
    address
        Where a receiver has several of one way, which of them.
    """

    id: str
    receiver: str
    at_us: int
    severity: int
    text: str
    is_loud: bool
    is_over: bool
    way: str = TELEGRAM
    address: str = ""


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
    answer
        How somebody has answered it, '' where nobody has.
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
    way: str
    address: str
    answer: str

    @property
    def is_new(self) -> bool:
        """Whether it is to be sent, not edited."""
        return self.told_loud < self.loud


class Outbox:
    """An outbox in a folder; one process has it at a time, and each of its threads opens it for itself.

    Raises
    ------
    StateError
        A newer version wrote it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(folder / FILE, os.O_CREAT | os.O_RDWR, 0o600))  # it holds what people wrote
        self.folder = folder
        self.base = sqlite3.connect(folder / FILE, isolation_level=None, timeout=WAIT_S)
        self.base.execute("PRAGMA journal_mode = WAL")
        self.base.execute("PRAGMA synchronous = FULL")
        with self.whole():
            self._bring_up()

    def _bring_up(self) -> None:
        """Make its tables, or bring those of a former version to what they are now."""
        (version,) = self.base.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise StateError(f"{self.folder / FILE}: a newer Tilik wrote it: run that one, or give another --state")
        former = [name for _, name, *_ in self.base.execute("PRAGMA table_info(message)")] if version < _VERSION else []
        if former:
            self.base.execute("ALTER TABLE message RENAME TO former")
        for table in (_MESSAGE, _KEPT, _RECORD, _ABOUT):
            self.base.execute(table)
        if former:
            had, by = ", ".join(former), "" if version else f", '{TELEGRAM}', ''"
            self.base.execute(
                f"INSERT INTO message ({had}{', way, address' if by else ''}) SELECT {had}{by} FROM former"
            )
            self.base.execute("DROP TABLE former")
        self.base.execute(_INDEX.format(_WAITS))
        if version < _VERSION:
            self.base.execute(f"PRAGMA user_version = {_VERSION}")

    def close(self) -> None:
        """Let go of it."""
        self.base.close()

    def kept(self, name: str) -> bytes | None:
        """Return what was remembered under a name."""
        found = self.base.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def remember(self, name: str, value: bytes) -> None:
        """Remember something under a name."""
        self.base.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def put(self, entries: Sequence[Entry], name: str, value: bytes, rows: Sequence[bytes] = ()) -> None:
        """Take what messages say now, what is to be remembered with it, and rows of the record: all or nothing.

        What was refused is tried again when it is sent anew.
        """
        with self.whole():
            for each in entries:
                self.base.execute(
                    "INSERT INTO message (id, receiver, at_us, severity, text, loud, is_over, way, address) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, receiver, way, address) DO UPDATE SET "
                    "at_us = excluded.at_us, severity = excluded.severity, text = excluded.text, "
                    "loud = loud + excluded.loud, is_over = excluded.is_over, next_us = 0, "
                    "refused = CASE WHEN excluded.loud THEN '' ELSE refused END",
                    each,
                )
            self.remember(name, value)
            self.keep(rows)

    def keep(self, rows: Sequence[bytes]) -> None:
        """Take rows of the record, within a transaction of `whole`."""
        self.base.executemany("INSERT INTO record (content) VALUES (?)", [(row,) for row in rows])

    def rows(self, most: int = -1) -> list[tuple[int, bytes]]:
        """Return rows of the record that the warehouse does not have yet, with their numbers, the oldest first."""
        return self.base.execute("SELECT number, content FROM record ORDER BY number LIMIT ?", (most,)).fetchall()

    def stored(self, number: int) -> None:
        """Note that the warehouse has rows up to a number."""
        self.base.execute("DELETE FROM record WHERE number <= ?", (number,))

    def waiting(self, now_us: int, way: str = TELEGRAM) -> list[Waiting]:
        """Return what may be told now by a way, the worst first, then the oldest."""
        with closing(
            self.base.execute(
                f"SELECT {_COLUMNS} FROM message WHERE way = ? AND next_us <= ? AND {_WAITS} "
                "ORDER BY severity DESC, at_us, id, receiver, address",
                (way, now_us),
            )
        ) as found:
            return [Waiting._make(row)._replace(is_over=bool(row[6]), is_sending=bool(row[10])) for row in found]

    def leave(self, known: Container[tuple[str, str, str]]) -> None:
        """Refuse what waits for whom nobody tells any more; `known` has receivers with way and address."""
        found = self.base.execute(f"SELECT DISTINCT receiver, way, address FROM message WHERE {_WAITS}").fetchall()
        with self.whole():
            for each in found:
                if each not in known:
                    self.base.execute(
                        "UPDATE message SET is_sending = 0, refused = 'nobody is told there any more' "
                        f"WHERE receiver = ? AND way = ? AND address = ? AND {_WAITS}",
                        each,
                    )

    def next_us(self) -> int | None:
        """Return when something may be told next; None where nothing waits."""
        found = self.base.execute(f"SELECT min(next_us) FROM message WHERE {_WAITS}").fetchone()
        return None if found[0] is None else int(found[0])

    def begin(self, some: Sequence[Waiting]) -> None:
        """Note that these are about to be sent."""
        self._each("UPDATE message SET is_sending = 1", some)

    def told(self, some: Sequence[Waiting], remote: int, whom: str = "") -> None:
        """Note that these were told as they stand, by one message to somebody: replies to it are about them."""
        with self.whole():
            if remote and some[0].way == TELEGRAM:
                self.is_about(whom, remote, some[0].id)
            for each in some:
                self.base.execute(
                    f"UPDATE message SET told_loud = ?, told_text = ?, remote = ?, is_sending = 0, tries = 0 {_THIS}",
                    (each.loud, each.text, remote, *_this(each)),
                )

    def is_about(self, chat: str, number: int, message: str) -> None:
        """Note, within a transaction of `whole`, which message of ours one of a chat is about."""
        self.base.execute("INSERT OR REPLACE INTO about VALUES (?, ?, ?)", (chat, number, message))

    def about(self, chat: str, number: int) -> str:
        """Return which message of ours one of a chat is about; '' of others."""
        found = self.base.execute("SELECT id FROM about WHERE chat = ? AND number = ?", (chat, number)).fetchone()
        return "" if found is None else str(found[0])

    def has(self, message: str, receiver: str) -> bool:
        """Say whether a receiver was to be told a message, by whatever way."""
        found = self.base.execute("SELECT 1 FROM message WHERE id = ? AND receiver = ? LIMIT 1", (message, receiver))
        return found.fetchone() is not None

    def answered(self, message: str, foot: str, answer: str) -> None:
        """Note what stands below a message in chats; what was told by a digest alone has no place for it."""
        self.base.execute(
            f"UPDATE message SET foot = ?, answer = ? WHERE id = ? AND way = '{TELEGRAM}' AND "
            "(remote != 0 OR told_loud = 0) AND (foot != ? OR answer != ?)",
            (foot, answer, message, foot, answer),
        )

    def again(self, message: str, receiver: str) -> None:
        """Note, within a transaction of `whole`, that a message is to be sent anew in a receiver's chat."""
        self.base.execute(
            f"UPDATE message SET loud = told_loud + 1, next_us = 0, refused = '' WHERE id = ? AND receiver = ? AND "
            f"way = '{TELEGRAM}'",
            (message, receiver),
        )

    def later(self, some: Sequence[Waiting], next_us: int) -> None:
        """Note that these were not sent, and when they may be tried again."""
        self._each("UPDATE message SET is_sending = 0, tries = tries + 1, next_us = ?", some, next_us)

    def lost(self, some: Sequence[Waiting]) -> None:
        """Note that the messages of these are gone there: they are sent anew."""
        self._each("UPDATE message SET is_sending = 0, remote = 0, told_loud = loud - 1", some)

    def hurry(self) -> None:
        """Note that what was to be tried later may be tried now: the clock went back."""
        self.base.execute(f"UPDATE message SET next_us = 0 WHERE {_WAITS}")

    def refuse(self, some: Sequence[Waiting], why: str) -> None:
        """Note that these are never to be sent, and why."""
        self._each("UPDATE message SET is_sending = 0, refused = ?", some, why)

    def refused(self) -> list[tuple[str, str, str]]:
        """Return id, receiver and reason of what was never sent."""
        found = self.base.execute("SELECT id, receiver, refused FROM message WHERE refused != '' ORDER BY at_us, id")
        return [tuple(row) for row in found]

    def forget(self, before_us: int) -> None:
        """Forget what is over and told since before a time."""
        self.base.execute(f"DELETE FROM message WHERE is_over AND at_us < ? AND NOT ({_WAITS})", (before_us,))
        self.base.execute("DELETE FROM about WHERE id NOT IN (SELECT id FROM message)")

    def _each(self, change: str, some: Sequence[Waiting], *given: object) -> None:
        with self.whole():
            for each in some:
                self.base.execute(f"{change} {_THIS}", (*given, *_this(each)))

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Do what is within all or not at all."""
        self.base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self.base.in_transaction:  # a disk that is full has ended it already
                self.base.execute("ROLLBACK")
            raise
        self.base.execute("COMMIT")


def _this(each: Waiting) -> tuple[str, str, str, str]:
    return each.id, each.receiver, each.way, each.address
