"""`tilik run` on a real Kafka: what a replay says, whatever is killed meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.registry.writing import to_toml
from connectors.warehouse import connect
from schemas.partitions import partition_of
from tests.brokers.kafka import KafkaBroker
from tests.flows.city import SECOND, START, stream
from tests.flows.live import children
from tests.flows.live.test_until_end import NAMES, REGISTRY, assert_equal, messages, replayed, stored

KILLS = 5
PARTITIONS = 3


@pytest.mark.slow
def test_runs_and_brokers_that_are_killed_lose_and_double_nothing(
    tmp_path: Path, empty_store: Callable[[str], str], kafka: KafkaBroker
) -> None:
    chance, registry, batch = random.Random(7), tmp_path / "registry.toml", stream(NAMES, 200)
    registry.write_text(to_toml(REGISTRY, "test"))
    topic = "frames-killed"
    url = kafka.create(topic, PARTITIONS)
    for partition in range(PARTITIONS):
        mine = [value for camera, value, _ in messages(batch) if partition_of(camera, PARTITIONS) == partition]
        kafka.produce(topic, mine, partition)
    state = tmp_path / "state"
    arguments = ["--source", url, "--registry", str(registry), "--warehouse", empty_store("live"),
                 "--state", str(state)]  # fmt: skip
    for turn in range(KILLS):
        process = children.start(arguments, size=chance.choice([1, 7, 40]))
        if turn == 2:
            kafka.kill()
            kafka.restart()
        children.killed(process, state, chance.randrange(1, 100), chance)
    summary = children.end(arguments)
    empty_store("replayed")
    other = replayed(tmp_path, registry, batch)
    left, right = stored(empty_store("live")), stored(empty_store("replayed"))
    assert_equal(left, right)
    assert (summary["frames"], summary["duplicates"]) == (other.frames, other.duplicates)


@pytest.mark.slow
def test_what_a_broker_removed_while_nobody_read_is_told_and_is_no_silence(
    tmp_path: Path, empty_store: Callable[[str], str], kafka: KafkaBroker
) -> None:
    registry, topic = tmp_path / "registry.toml", "frames-removed"
    registry.write_text(to_toml(REGISTRY, "test"))
    every = [value for _, value, _ in messages(stream(NAMES, 400))]
    third = len(every) // 3
    arguments = ["--source", kafka.create(topic), "--registry", str(registry), "--warehouse", empty_store("live"),
                 "--state", str(tmp_path / "state")]  # fmt: skip
    kafka.produce(topic, every[:third])
    children.end(arguments)
    kafka.produce(topic, every[third:])
    kafka.trim(topic, 0, 2 * third)
    summary = children.end(arguments)
    assert (summary["frames"], summary["dead_letters"]) == (len(every) - third, third)
    with connect(empty_store("live")) as store:
        letters = store.query("SELECT position, reason, count FROM dead_letters").rows
        told = store.query(
            "SELECT DISTINCT reason, state FROM health_minute WHERE camera_id IN ('a', 'b') AND frames = 0 "
            "AND ts >= {since:DateTime('UTC')} AND ts < {until:DateTime('UTC')}",
            {"since": START // SECOND + 180, "until": START // SECOND + 240},
        ).rows
    assert letters == [(third, "lost", third)]
    assert told == [("missed", "missed")]
