"""`python -m benchmarks.kafka`: JSON frames a CPU second out of a real Kafka, beside one object a message.

A broker is started on loopback. All variants read the same records of one partition in one
run; CPU time is this process's (the client's threads too), not the broker's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from confluent_kafka import OFFSET_BEGINNING

from benchmarks.load import frames
from connectors.formats import to_json_lines
from connectors.kafka import parse
from connectors.kafka.settings import of_environment
from connectors.kafka.tail import KafkaTail
from connectors.kafka.topic import Topic
from tests.brokers.kafka import KafkaBroker

TOPIC = "frames"
MOST, MOST_BYTES = 16_384, 16 << 20


def polled(url: str, count: int) -> Iterator[int]:
    """Read by Tilik's own tail: an item a poll."""
    tail = KafkaTail(Topic(parse(url), of_environment({})), 0)
    while tail.position < count:
        came = tail.poll(MOST, MOST_BYTES)
        yield len(came)
        if not len(came):
            time.sleep(0.001)
    tail.close()


def consumed(broker: KafkaBroker, topic: str, count: int, batch: int = 1_000) -> Iterator[list[KafkaSourceMessage]]:
    """Read a partition by Bytewax's own source: an object a message."""
    source = KafkaSource([broker.bootstrap], [topic], starting_offset=OFFSET_BEGINNING, batch_size=batch)
    part = source.build_part("bench", f"0-{topic}", None)
    read = 0
    while read < count:
        came = part.next_batch()
        read += len(came)
        yield came
    part.close()


def rate(work: Callable[[], Iterator[int]], repeats: int) -> float:
    """Return records a CPU second, of the fastest of some runs."""
    best = 0.0
    for _ in range(repeats):
        before = time.process_time()
        count = sum(work())
        best = max(best, count / (time.process_time() - before))
    return best


def decoded(lines: list[bytes]) -> Iterator[int]:
    """Decode by `json.loads` alone, from memory: what a record costs anyway."""
    for line in lines:
        json.loads(line)
    yield len(lines)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    few = to_json_lines(frames(100, 100)).splitlines()
    lines = [few[n % len(few)] for n in range(given.frames)]
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(Path(folder) / "broker")
        broker.start()
        try:
            url = broker.create(TOPIC)
            broker.produce(TOPIC, lines)
            variants = {
                "idiomatic: Bytewax's KafkaSource, an object a message": lambda: map(
                    len, consumed(broker, TOPIC, given.frames)
                ),
                "tail: an item a poll": lambda: polled(url, given.frames),
                "json.loads alone, from memory": lambda: decoded(lines),
            }
            found = {name: rate(work, given.repeats) for name, work in variants.items()}
        finally:
            broker.stop()
    base = next(iter(found.values()))
    print(f"{given.frames:,} frames of {sum(map(len, few)) / len(few):,.0f} bytes")
    for name, speed in found.items():
        print(f"{name:<55} {speed:>10,.0f} records a CPU second {speed / base:>6.2f} x")


if __name__ == "__main__":
    main()
