"""What processes say of themselves: for their owner alone, timed by a clock that nobody sets, read by people."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.formats import Chunk, Live, ReadOptions
from connectors.formats.chunks import dead_letters, no_frames
from connectors.records import Records
from flows.dataflow import Plan, ShardLogic, Tick
from flows.live import place, status, supervising, telling
from flows.live.feed import Feed, FeedSource
from flows.live.supervising import Child, Supervisor
from flows.live.telling import Process, Told
from flows.thresholds import Thresholds
from operators import city as cities
from schemas.local_time import OFFSET_US
from tests.flows.live.tails import ListTail, topic
from tests.flows.live.test_until_end import REGISTRY

HOUR_US = 3_600_000_000
UNTIL_US = 1_767_571_200_000_000  # 2026-01-05T00:00:00Z


@pytest.fixture
def where(tmp_path: Path) -> place.Place:
    found = place.opened(tmp_path / "state", 2, {"memory:1": "memory:topic"}, 1)
    telling.tidy(found.processes)
    return found


def test_status_says_how_far_the_second_flow_is_and_who_was_started_again(where: place.Place) -> None:
    telling.write(where.processes / "000.json", Process(1, [Told(0, doing="idle")], second_us=UNTIL_US))
    telling.write(where.processes / "supervisor.json", Process(2, [], restarts=3, second_us=UNTIL_US + HOUR_US))
    found = status.look(where)
    assert (found["restarts"], found["second_us"], found["missing"]) == (3, UNTIL_US + HOUR_US, [1])
    said = status.table(found)
    assert OFFSET_US == 7 * HOUR_US
    assert "stated up to 05.01. 08:00" in said
    assert "started again: 3" in said


def test_the_second_flow_has_looked_no_further_than_shards_have_come(where: place.Place) -> None:
    told = Told(0, doing="idle", newest_us=UNTIL_US, reached_us=UNTIL_US + HOUR_US // 2)
    telling.write(where.processes / "000.json", Process(1, [told], second_us=UNTIL_US + HOUR_US))
    assert status.look(where)["second_us"] == UNTIL_US + HOUR_US // 2


def test_of_two_processes_that_had_a_shard_the_one_that_has_it_is_told(where: place.Place) -> None:
    said, now_us = "waiting for process 5 on x, which is writing rows of shard 0 of this stream", telling.clock_us()
    waits = [Told(0, beat_us=now_us, doing="waiting", waits_for=said)]
    telling.write(where.processes / "000.json", Process(1, waits))
    ended = [Told(shard, beat_us=now_us + 1, doing="ended") for shard in (0, 1)]
    telling.write(where.processes / "000-001.json", Process(2, ended))
    found = status.look(where)
    assert [(shard["shard"], shard["doing"]) for shard in found["shards"]] == [(0, "waiting"), (1, "ended")]
    assert f"  {said}" in status.table(found)
    assert "waiting: waiting" not in status.table(found)


@pytest.mark.parametrize(
    ("seconds", "said"), [(119, "119 s"), (120, "2 min"), (7_200, "2 h"), (28_277_988, "327 days")]
)
def test_how_far_a_shard_is_behind_is_said_in_a_unit_that_people_take(
    where: place.Place, monkeypatch: pytest.MonkeyPatch, seconds: int, said: str
) -> None:
    monkeypatch.setattr(status.time, "time", lambda: UNTIL_US / 1e6 + seconds)
    telling.write(where.processes / "000.json", Process(1, [Told(0, doing="idle", newest_us=UNTIL_US)]))
    assert status.table(status.look(where)).splitlines()[1].endswith(f"  {said}")


def test_nothing_is_said_of_what_nobody_knows(where: place.Place) -> None:
    found = status.look(where)
    assert (found["restarts"], found["second_us"]) == (0, None)
    assert "second flow" not in status.table(found)


def test_a_poll_that_costs_much_says_of_each_part_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    now_us, told = [0], Told(0)
    monkeypatch.setattr(telling, "clock_us", lambda: now_us[0])
    of = topic([("a", b"[", 0)] * 3, 1)

    def read(live: Live, records: Records, source: str) -> Iterator[Chunk]:
        for _ in range(len(records)):
            now_us[0] += HOUR_US
            yield Chunk(no_frames(source), dead_letters([], source, 0), 0, 0)

    monkeypatch.setattr(Live, "read", read)
    beats: list[int] = []
    monkeypatch.setattr(Told, "beat", lambda self: beats.append(telling.clock_us()))
    feed = Feed(0, {"memory": lambda at: ListTail(of, 0, 0)}, "native", ReadOptions(0), lambda: None, told)
    FeedSource(feed).build_part("", "memory", None).next_batch()
    assert beats == [0, HOUR_US, 2 * HOUR_US, 3 * HOUR_US]


def test_a_shard_says_of_each_item_that_it_goes_on() -> None:
    beats: list[int] = []
    plan = Plan(cities.build(REGISTRY), Thresholds(), 1, since_us=0, now_us=0, beat=lambda: beats.append(1))
    ShardLogic(plan, None).on_batch([(0, Tick(UNTIL_US)), (0, Tick(UNTIL_US))])
    assert len(beats) == 2


def test_what_is_said_is_its_owners_alone(where: place.Place) -> None:
    path = where.processes / "000.json"
    telling.write(path, Process(1, []))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_clock_that_is_set_makes_nobody_silent(where: place.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(0, doing="idle")
    told.beat()
    telling.write(where.processes / "000.json", Process(1, [told]))
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + 1e9)
    monkeypatch.setattr(time, "time_ns", lambda: int((wall() + 1e9) * 1e9))
    assert status.look(where)["shards"][0]["doing"] == "idle"
    kept = Supervisor.__new__(Supervisor)
    kept._kill_if_hanging(Child((0, 0), None), telling.read(where.processes)[0])  # type: ignore[arg-type]


def test_who_says_nothing_for_long_hangs(where: place.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    told, killed = Told(0, doing="idle"), []

    class Hanging:
        def kill(self) -> None:
            killed.append("killed")

        def wait(self) -> None:
            killed.append("waited for")

    told.beat()
    telling.write(where.processes / "000.json", Process(1, [told]))
    now_us = telling.clock_us()
    monkeypatch.setattr(telling, "clock_us", lambda: now_us + round(supervising.HANGS_S * 1e6) + 1_000_000)
    kept = Supervisor.__new__(Supervisor)
    kept._kill_if_hanging(Child((0, 0), Hanging()), telling.read(where.processes)[0])  # type: ignore[arg-type]
    assert killed == ["killed", "waited for"]
    assert status.look(where)["shards"][0]["doing"] == "gone"


def test_who_spoke_before_the_machine_was_started_again_is_gone(where: place.Place) -> None:
    path = where.processes / "000.json"
    telling.write(path, Process(1, [Told(0, doing="idle")]))
    process = msgspec.json.decode(path.read_bytes(), type=Process)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(process, place="host another-boot 1")))
    assert status.look(where)["missing"] == [0, 1]
