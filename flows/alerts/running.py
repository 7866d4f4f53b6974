"""`tilik alerts run`: rules over what is stored, looked at every few seconds, and messages sent as they follow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from connectors.mail import Server
from connectors.outbox import WEBHOOK, Entry, Outbox
from connectors.warehouse import Warehouse
from flows.alerts import names, payload, record, wording
from flows.alerts.chatting import Chatting
from flows.alerts.delivering import Delivery
from flows.alerts.evaluating import Evaluation
from flows.alerts.following import Following
from flows.alerts.reading import Reader
from flows.alerts.receivers import Reached
from flows.alerts.record import Recent, Said
from flows.console import note
from operators.alerts.alert import Alert, worst
from operators.alerts.desk import Desk, Kept
from operators.alerts.groups import Notice
from schemas.errors import WarehouseError
from schemas.rules import SEVERITIES, Rules
from schemas.rules.durations import said

LOOK_S: Final = 3.0
"""Between two looks, ours: an incident is told within ten seconds of its being stored."""
NAMES_S: Final = 600.0
"""Between two looks at what cameras and places are called, ours."""
REST_S: Final = 0.2
STATED_US: Final = 10_000_000
"""So long after its end a minute is looked at, ours: what cameras send in time is stored by then."""
REMEMBER_US: Final = 300_000_000
"""Up to when was looked is kept at least so often, ours: with thousands of alerts that is megabytes."""
ROWS: Final = 10_000
"""Of the record that are stored at once, ours."""
RECENT_US: Final = 2 * 86_400_000_000
"""So far back a look reads what was said of messages that are over, ours: that changes what stands below them."""
FORGET_US: Final = 30 * 86_400_000_000
"""So long what was told stays in the outbox, ours."""
DESK: Final = "desk"
LOUD: Final = ("new", "again", "escalated")
"""Notices that are messages of their own; others are edits."""


@dataclass
class Asked:
    """What to run by.

    Attributes
    ----------
    reached
        Who is told, and how.
    mail
        Who takes mail; None where nobody is told by it.
    lateness_us
        So late frames restate a minute.
    until_end
        What is stored now is told of, and nothing is waited for but those who take it.
    """

    rules: Rules
    warehouse: str
    state: Path
    reached: Reached
    lateness_us: int
    mail: Server | None = None
    until_end: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], int] = lambda: time.time_ns() // 1000


class Running:
    """One process: it looks, and delivers."""

    def __init__(
        self,
        asked: Asked,
        outbox: Outbox,
        warehouse: Warehouse,
        delivery: Delivery | None = None,
        chatting: Chatting | None = None,
    ) -> None:
        self.asked, self.outbox, self.warehouse = asked, outbox, warehouse
        self.delivery, self.chatting = delivery, chatting
        self.by_id = {rule.id: rule for rule in asked.rules.rule}
        self.takes_simulated = {receiver.id: receiver.simulated for receiver in asked.rules.receiver}
        self.looked_s = self.named_s = self.forgot_s = -NAMES_S
        self.following: Following | None = None
        self.kept = outbox.kept(DESK)
        self.stored, self.stored_us = b"", 0
        self.said = ""

    def run(self) -> None:
        """Look and deliver until it is to stop; to the end of what is stored, until all of it is told."""
        while not self.asked.stop.is_set():
            if time.monotonic() - self.looked_s >= LOOK_S and not (self.asked.until_end and self.looked_s > 0):
                self.look()
                self.looked_s = time.monotonic()
            if self._turn():
                continue
            if self.asked.until_end and self.outbox.next_us() is None:
                self._store()
                return
            self.asked.stop.wait(REST_S)

    def _turn(self) -> bool:
        """Handle what was heard, else deliver what is due; say whether there was anything."""
        is_heard = self.chatting is not None and self.chatting.turn()
        return is_heard or (self.delivery is not None and self.delivery.turn())

    def look(self) -> None:
        """Evaluate, and put what follows into the outbox; a warehouse that is away is looked at again."""
        try:
            self._look()
            self._store()
        except WarehouseError as error:
            if self.asked.until_end:
                raise  # nobody looks again
            if str(error) != self.said:
                note(f"waiting: {error}", "warehouse")
            self.said = str(error)
        else:
            self.said = ""

    def _look(self) -> None:
        notices, kept, known, said = self._notices()
        told = [each for each in notices if self._is_told(each)]
        entries = [entry for each in told for entry in self._entries(each, known)]
        rows = [msgspec.msgpack.encode(row) for each in told for row in record.of_notice(each)]
        kept_now = msgspec.msgpack.encode(kept)
        if entries or rows or self._is_to_be_kept(kept):
            self.outbox.put(entries, DESK, kept_now, rows)
            self.stored, self.stored_us = kept_now, kept.until_us
        if time.monotonic() - self.forgot_s >= NAMES_S:
            self.outbox.forget(self.asked.clock() - FORGET_US)
            self.forgot_s = time.monotonic()
        self.kept = kept_now  # only now: what could not be put is looked at again
        if self.chatting is not None:
            self.chatting.knows(kept, said, known, self._recent(kept).since_us)

    def _is_to_be_kept(self, kept: Kept) -> bool:
        """Say whether more has changed than up to when was looked: that alone is kept now and then."""
        is_old = not 0 <= kept.until_us - self.stored_us < REMEMBER_US
        return is_old or msgspec.msgpack.encode(Kept(self.stored_us, kept.groups, kept.seen)) != self.stored

    def _notices(self) -> tuple[Sequence[Notice], Kept, names.Names, Said]:
        kept, is_first = self.desk_kept(), self.kept is None
        if not self.asked.until_end and kept.until_us > self.asked.clock():
            self._put_right(kept.until_us - self.asked.clock())
        following = self._followed()
        reader = following.evaluation.reader
        now_us = max(kept.until_us, reader.newest_us()) if self.asked.until_end else self.asked.clock()
        if is_first and not self.asked.until_end:
            kept.until_us = now_us
        desk = Desk(self.asked.rules, kept)
        since_us = min(desk.until_us, now_us) if kept.until_us else reader.oldest_us()
        alerts = following.alerts(since_us - self.asked.lateness_us, now_us)
        said = self._said(min((alert.fired_us for alert in alerts), default=now_us), self._recent(kept))
        return desk.see(alerts, said.record, now_us), desk.kept(), reader.names, said

    def said_of(self, message: str) -> Said:
        """Return what people have said of a message; of a warehouse that is away, what waits to be stored alone."""
        pending = [row for row in self._pending() if row.values["message"] == message]
        try:
            return record.read_of(self.warehouse, message, pending)
        except WarehouseError:
            return record.joined({}, pending)

    def desk_kept(self) -> Kept:
        """Return what the desk remembers."""
        return Kept() if self.kept is None else msgspec.msgpack.decode(self.kept, type=Kept)

    def _said(self, since_us: int, recent: Recent) -> Said:
        """Return what people have said of alerts that were told since a time; what waits to be stored, too."""
        return record.read_recent(self.warehouse, since_us, recent, self._pending())

    def _recent(self, kept: Kept) -> Recent:
        """Return of which messages it is read whole what was said: of all where nobody looks again."""
        if self.asked.until_end:
            return Recent(0)
        since_us = self.asked.clock() - RECENT_US
        told = (group.message for group in kept.groups if group.message is not None)
        return Recent(since_us, [message.id for message in told if message.first_us < since_us])

    def _pending(self) -> list[record.Row]:
        return [msgspec.msgpack.decode(content, type=record.Row) for _, content in self.outbox.rows()]

    def _store(self) -> None:
        """Bring rows of the record that wait into the warehouse."""
        while rows := self.outbox.rows(ROWS):
            record.store(self.warehouse, [msgspec.msgpack.decode(content, type=record.Row) for _, content in rows])
            self.outbox.stored(rows[-1][0])

    def _put_right(self, back_us: int) -> None:
        """Begin anew by a clock that went back."""
        note(f"the clock is {said(back_us / 1e6)} before the last look: going on by it", "clock")
        self.following = None
        self.outbox.hurry()

    def _followed(self) -> Following:
        """Return what follows the warehouse, with names that are not old."""
        if self.following is None:
            reader = Reader(self.warehouse, names.read(self.warehouse))
            stated_us = 0 if self.asked.until_end else STATED_US
            evaluation, told = Evaluation(reader, self.asked.rules), list(self._told())
            self.following = Following(evaluation, self.asked.lateness_us, stated_us, told)
        elif time.monotonic() - self.named_s < NAMES_S:
            return self.following
        else:
            self.following.evaluation.names.read_again(self.warehouse)
        self.named_s = time.monotonic()
        return self.following

    def _told(self) -> Iterator[Alert]:
        """Yield alerts that were told of before this program was started, each once."""
        yield from {alert.key: alert for group in self.desk_kept().groups for alert in group.alerts.values()}.values()

    def _is_told(self, notice: Notice) -> bool:
        """Say whether its receiver can be told; simulated alerts go to nobody who does not ask for them.

        Of one who was told, and whom nothing reaches any more, the record says how it went on.
        """
        if self.outbox.has(notice.message, notice.receiver):
            return True
        is_simulated = any(alert.simulated for alert in (*notice.firing, *notice.over))
        is_reached = any(self.asked.reached.ways(notice.receiver))
        return is_reached and (not is_simulated or self.takes_simulated[notice.receiver])

    def _entries(self, notice: Notice, known: names.Names) -> Iterator[Entry]:
        """Yield what a notice says, by each way that its receiver has."""
        every = (*notice.firing, *notice.over)
        text = wording.text(notice, self.by_id, known)
        for way, address in self.asked.reached.ways(notice.receiver):
            yield Entry(
                notice.message,
                notice.receiver,
                notice.at_us,
                SEVERITIES.index(worst(every)),
                payload.body(notice, text, self.by_id, known) if way == WEBHOOK else text,
                notice.what in LOUD,
                notice.what == "over",
                way,
                address,
            )
