"""What was heard in chats and is not handled yet, and answers that are to be sent: in the outbox's file.

An update is kept before the API is told that it has come, and handled with all that follows from it in one
transaction: who is killed anywhere handles it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Final, NamedTuple

from connectors.outbox import Outbox

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS heard (number INTEGER PRIMARY KEY, content BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS reply (number INTEGER PRIMARY KEY, chat TEXT NOT NULL, text TEXT NOT NULL, "
    "replied INTEGER NOT NULL, about TEXT NOT NULL, at_us INTEGER NOT NULL)",
)
_TO: Final = "heard"
"""Under which the number of the last update is kept that was handled."""


class Reply(NamedTuple):
    """An answer that is to be sent: to which update, where, to which message of the chat, about which of ours."""

    number: int
    chat: str
    text: str
    replied: int
    about: str
    at_us: int


class Inbox:
    """The inbox beside an outbox."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox, self._base = outbox, outbox.base
        for statement in _SCHEMA:
            self._base.execute(statement)

    def next(self) -> int:
        """Return the number from which on updates have not come yet."""
        (waiting,) = self._base.execute("SELECT max(number) FROM heard").fetchone()
        return max(waiting or 0, self._handled()) + 1

    def hear(self, updates: Sequence[tuple[int, bytes]]) -> bool:
        """Keep updates by their numbers, what has come before but once; say whether they are kept.

        Numbers that are lower than what was asked for begin anew: the Bot API counts on from anywhere after a week in
        which nothing came, and so does another bot. They are kept once all that came before is handled.
        """
        with self.outbox.whole():
            first = min((number for number, _ in updates), default=self.next())
            if first < self.next():
                if self.heard() is not None:
                    return False
                self.outbox.remember(_TO, str(first - 1).encode())
            self._base.executemany("INSERT OR IGNORE INTO heard VALUES (?, ?)", updates)
        return bool(updates)

    def heard(self) -> tuple[int, bytes] | None:
        """Return the oldest update that is not handled."""
        found = self._base.execute("SELECT number, content FROM heard ORDER BY number LIMIT 1").fetchone()
        return None if found is None else (int(found[0]), bytes(found[1]))

    def handled(
        self, number: int, rows: Sequence[bytes] = (), reply: Reply | None = None, again: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Note that an update was handled, with what follows.

        Parameters
        ----------
        rows
            Of the record.
        again
            Messages and receivers to whom they are sent anew.
        """
        with self.outbox.whole():
            self._base.execute("DELETE FROM heard WHERE number = ?", (number,))
            self.outbox.remember(_TO, str(number).encode())
            self.outbox.keep(rows)
            if reply is not None:
                self._base.execute("INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?, ?)", reply)
            for message, receiver in again:
                self.outbox.again(message, receiver)

    def replies(self) -> list[Reply]:
        """Return answers that are to be sent, the oldest first."""
        with closing(self._base.execute("SELECT * FROM reply ORDER BY number")) as found:
            return [Reply._make(row) for row in found]

    def replied(self, reply: Reply, remote: int) -> None:
        """Note that an answer was sent, as which message of its chat; 0: it is not sent any more."""
        with self.outbox.whole():
            self._base.execute("DELETE FROM reply WHERE number = ?", (reply.number,))
            if remote and reply.about:
                self.outbox.is_about(reply.chat, remote, reply.about)

    def _handled(self) -> int:
        kept = self.outbox.kept(_TO)
        return 0 if kept is None else int(kept)
