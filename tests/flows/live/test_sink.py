"""Flushes of shards that wait for each other go to the warehouse as one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import polars as pl

from connectors.formats import NOBODY
from flows.live.sink import Writing
from flows.live.telling import Told
from flows.shard import Block
from tests.waiting import until


class Slow:
    """A stream whose first write ends when it is told to."""

    def __init__(self) -> None:
        self.left_alone = 0
        self.written: list[dict[str, pl.DataFrame]] = []
        self.began, self.go_on = threading.Event(), threading.Event()

    def write(self, rows: dict[str, pl.DataFrame], waiting: Callable[[str], None]) -> None:
        self.written.append(rows)
        self.began.set()
        assert self.go_on.wait(60)


def rows(*shards: int) -> pl.DataFrame:
    return pl.DataFrame({"camera_id": [f"camera-{shard}" for shard in shards]})


def test_what_comes_while_a_flush_is_under_way_is_the_next_one_whole() -> None:
    stream: Any = Slow()
    writing = Writing(stream, "native", NOBODY, content=1)
    tolds = [Told(shard) for shard in range(4)]

    def flush(shard: int) -> None:
        blocks = [Block("crowd_minute_log", rows(shard)), Block("health_minute_log", rows(shard))]
        writing.write(blocks[: 1 + shard % 2], tolds[shard])

    threads = [threading.Thread(target=flush, args=(shard,)) for shard in range(4)]
    threads[0].start()
    assert stream.began.wait(60)
    for thread in threads[1:]:
        thread.start()
    until(lambda: len(writing.queue) == 4)
    stream.go_on.set()
    for thread in threads:
        thread.join()
    first, second = stream.written
    assert first["crowd_minute_log"].equals(rows(0))
    assert {name: table.sort("camera_id").to_dict(as_series=False) for name, table in second.items()} == {
        "crowd_minute_log": rows(1, 2, 3).to_dict(as_series=False),
        "health_minute_log": rows(1, 3).to_dict(as_series=False),
    }
    assert [told.flushes for told in tolds] == [1, 1, 1, 1]
    assert [told.doing for told in tolds] == ["reading"] * 4
    assert writing.queue == []
