"""`tilik run` on a real Kafka: what a replay says, whatever is killed meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.registry.writing import to_toml
from schemas.partitions import partition_of
from tests.brokers.kafka import KafkaBroker
from tests.flows.city import stream
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
