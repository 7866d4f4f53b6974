"""What a live run measures is what its processes say; unknown is not zero."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from flows.live import measures, place, telling
from flows.live.telling import Partition, Process, Told
from schemas.errors import SourceError
from tests.flows.scraping import read


@pytest.fixture
def where(tmp_path: Path) -> place.Place:
    found = place.opened(tmp_path / "state", 2, {"memory:1": "memory:topic"}, 1)
    found.processes.mkdir()
    return found


def said(where: place.Place, *told: Told) -> None:
    telling.write(where.processes / "000.json", Process(1, list(told)))


def test_the_page_is_openmetrics_and_says_what_shards_say(where: place.Place) -> None:
    first = Told(0, began_us=1, counts={"frames": 7, "late": 2}, letters={"not_json": 3}, doing="idle")
    first.partitions = {"a": Partition("a", lag=5, lost=4), "b": Partition("b", lag=6)}
    first.newest_us = time.time_ns() // 1000 - 90_000_000
    for seconds in (0.001, 0.2, 100.0):
        first.flushed(seconds)
    second = Told(1, began_us=1, doing="waiting", partitions={"a": Partition("a")})
    said(where, first, second)
    with measures.served(where, range(2), 0, lambda: 9) as port:
        code, text = read(port, "/metrics")
    assert code == 200
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    of = ("shard", "0")
    assert found["tilik_frames_total", of] == 7
    assert found["tilik_dead_letters_total", ("reason", "not_json"), of] == 3
    assert found["tilik_queued_records", of] == 11
    assert ("tilik_queued_records", ("shard", "1")) not in found
    assert found["tilik_lost_records_total", of] == 4
    assert 90 <= found["tilik_behind_seconds", of] < 120
    assert ("tilik_behind_seconds", ("shard", "1")) not in found
    assert found["tilik_waiting", ("shard", "1")] == 1
    assert found["tilik_insert_seconds_bucket", ("le", "0.25"), of] == 2
    assert found["tilik_insert_seconds_count", of] == 3
    assert found["tilik_restarts_total",] == 9


def test_alive_is_who_speaks_and_ready_is_who_reads(where: place.Place) -> None:
    with measures.served(where, range(2), 0) as port:
        assert read(port, "/healthz") == (503, "shards 0, 1\n")
        said(where, Told(0, doing="idle"), Told(1, doing="waiting"))
        assert read(port, "/healthz") == (200, "ok\n")
        assert read(port, "/readyz") == (503, "shards 1\n")
        said(where, Told(0, doing="idle"), Told(1, doing="reading"))
        assert read(port, "/readyz") == (200, "ok\n")
        assert read(port, "/secret")[0] == 404
        with pytest.raises(SourceError, match=f"--metrics-port {port}"), measures.served(where, range(2), port):
            pass
