"""What offices get of a storm: `python -m benchmarks.storm`. Thousands of incidents begin within a minute, and end.

Rules, routes and receivers are those that ship; a desk looks every three seconds and an outbox is emptied into memory,
by a clock that is passed in: what takes long here is the limits of Telegram, not the machine.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from connectors.outbox import Entry, Outbox
from connectors.registry import rules as files
from connectors.telegram import Buttons
from flows.alerts import wording
from flows.alerts.delivering import Delivery
from flows.alerts.names import Names
from flows.alerts.running import LOOK_S, LOUD, REST_S
from operators.alerts.alert import Alert, worst
from operators.alerts.desk import Desk, Kept, Record
from schemas.rules import SEVERITIES, Rules

SECOND: Final = 1_000_000
NOON: Final = 1_767_589_200 * SECOND
AFTER_S: Final = 1_800
"""After the last end: what routes make wait is told by then."""
NEAR_US: Final = 660 * SECOND
"""So long after its end a look still sees an alert."""


class Sent(NamedTuple):
    """A message, or an edit of one."""

    at_s: float
    chat: str
    is_new: bool
    text: str


class Memory:
    """Takes messages; its clock goes on as it is told to."""

    def __init__(self) -> None:
        self.now_us = NOON
        self.sent: list[Sent] = []

    def send(self, chat: str, text: str, buttons: Buttons = (), to: int = 0) -> int:
        """Take one."""
        self._take(chat, text, is_new=True)
        return len(self.sent)

    def edit(self, chat: str, number: int, text: str, buttons: Buttons = ()) -> None:
        """Take a change."""
        self._take(chat, text, is_new=False)

    def _take(self, chat: str, text: str, *, is_new: bool) -> None:
        self.sent.append(Sent((self.now_us - NOON) / SECOND, chat, is_new, text))


def alerts(rules: Rules, kinds: list[str], count: int, last_s: int) -> list[Alert]:
    """Return so many, of incidents of these kinds, each of a camera of its own."""
    of, chance = {kind: rule for rule in rules.rule for kind in rule.incident}, random.Random(1)
    out = []
    for at in range(count):
        rule, kind = of[kinds[at % len(kinds)]], kinds[at % len(kinds)]
        fired_us = NOON + chance.randrange(60 * SECOND)
        over_us = fired_us + chance.randrange(60 * SECOND, last_s * SECOND)
        area, camera = f"33.74.{at % 16 + 1:02}.1001", f"smg-{at:05}"
        where = {"area": area, "kecamatan": area[:8], "kelurahan": area, "camera": camera, "place": camera}
        what = {"rule": rule.id, "kind": kind, "severity": rule.severity}
        labels = where | what | {"owner": "dishub", "category": "atcs", "zone": "", "site": f"nvr-{at // 20}"}
        out.append(Alert(f"{at:016x}", labels, fired_us, fired_us, over_us, over_us, over_us, "cleared"))
    return out


def as_of(alert: Alert, t_us: int) -> Alert:
    """Return an alert as it was known at a time."""
    if alert.ended(t_us):
        return alert
    return msgspec.structs.replace(alert, ended_us=None, known_us=None, over_us=None, why="")


def played(rules: Rules, some: list[Alert], folder: Path, until_us: int) -> tuple[list[Sent], float]:
    """Return what was sent of alerts, and the longest look's processor time [s]."""
    memory, outbox, by_id = Memory(), Outbox(folder), {rule.id: rule for rule in rules.rule}
    chats = {receiver.id: receiver.id for receiver in rules.receiver}
    delivery, desk = Delivery(outbox, memory, chats, lambda: memory.now_us), Desk(rules, Kept(NOON))
    look_us, longest_s = NOON, 0.0
    while memory.now_us < until_us:
        if memory.now_us >= look_us:
            look_us, began = memory.now_us + round(LOOK_S * SECOND), time.process_time()
            near = [each for each in some if each.fired_us < memory.now_us < each.until_us + NEAR_US]
            known = [as_of(each, memory.now_us) for each in near]
            entries = [
                Entry(
                    each.message, each.receiver, each.at_us, SEVERITIES.index(worst((*each.firing, *each.over))),
                    wording.text(each, by_id, Names()), is_loud=each.what in LOUD, is_over=each.what == "over",
                )
                for each in desk.see(known, Record(), memory.now_us)
            ]  # fmt: skip
            outbox.put(entries, "desk", msgspec.msgpack.encode(desk.kept()))
            longest_s = max(longest_s, time.process_time() - began)
        if not delivery.turn():
            memory.now_us += round(REST_S * SECOND)
    assert outbox.next_us() is None, "something is still to be told"
    outbox.close()
    return memory.sent, longest_s


def told(kinds: list[str], count: int, last_s: int) -> None:
    """Play a storm; print what came of it."""
    rules = files.load(files.shipped())
    some = alerts(rules, kinds, count, last_s)
    with tempfile.TemporaryDirectory() as folder:
        sent, longest_s = played(rules, some, Path(folder), NOON + (60 + last_s + AFTER_S) * SECOND)
    begun = [each.at_s for each in sent if each.is_new and "selesai" not in each.text.split("\n")[0].lower()]
    print(f"{count:,} incidents in a minute ({', '.join(kinds)}), each over within {last_s} s")
    print(f"    {len(sent)} messages and edits, {2 * count / len(sent):.0f} beginnings and ends each")
    print(f"    the first after {begun[0]:.0f} s, the last of what began after {max(begun):.0f} s, the last end after "
          f"{sent[-1].at_s:.0f} s")  # fmt: skip
    print(f"    the longest look took {longest_s:.2f} s of a core")
    for chat, number in sorted(Counter(each.chat for each in sent).items()):
        times = [each.at_s for each in sent if each.chat == chat]
        most = max(sum(at <= other < at + 60 for other in times) for at in times)
        least = min((b - a for a, b in pairwise(times)), default=0.0)
        print(f"    {chat:<12} {number:>4}, at most {most} a minute, at least {least:.1f} s apart")


def main() -> None:
    """Play two storms: of everything, and of what is told place by place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=5_000)
    parser.add_argument("--last", type=int, default=600, help="seconds within which all of them end")
    given = parser.parse_args()
    every = [kind for rule in files.load(files.shipped()).rule for kind in rule.incident]
    for kinds in (every, ["flood"]):
        told(kinds, given.incidents, given.last)


if __name__ == "__main__":
    main()
