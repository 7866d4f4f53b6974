"""What is put into a topic stands there once, in its camera's partition, whatever happens to the broker."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import pytest

from connectors.kafka.tail import KafkaTail
from connectors.kafka.writer import BufferFull, KafkaWriter
from connectors.records import Origin
from schemas.errors import SourceError
from schemas.partitions import partition_of
from tests.brokers.kafka import KafkaBroker
from tests.connectors.kafka_reading import PATIENCE_S, opened, read_all

pytestmark = pytest.mark.slow
CAMERAS = ["", "a", "smg-001", "sim-0042", "pasar johar", "simpang-lima-é", "監視", *(f"cam-{n}" for n in range(60))]


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """A topic's name of this test's own."""
    return request.node.name.split("[")[0][5:].replace("_", "-")[:100]


@contextmanager
def writing(url: str, environment: Mapping[str, str] | None = None, wait_s: float = 0.0) -> Iterator[KafkaWriter]:
    writer = KafkaWriter(opened(url, environment), wait_s)
    try:
        yield writer
    finally:
        writer._producer.purge()


def partition(url: str, number: int) -> list[bytes]:
    with closing(KafkaTail(opened(url), number)) as reader:
        return read_all(reader).values


def fill(writer: KafkaWriter, value: bytes, told: list[str]) -> int:
    """Put a record again and again until there is no room; returns how many found some."""
    for put in range(100_000):
        try:
            writer.put("c", value, on_delivery=told.append)
        except BufferFull as full:
            assert f"{put:,} records wait for brokers that take none" in str(full)  # noqa: PT017 # the count is told
            return put
    raise AssertionError("there is always room")


def wait(writer: KafkaWriter) -> None:
    """Do nothing but what a writer does between two records."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        writer.serve(0.05)


def test_a_camera_is_in_the_partition_that_its_name_says(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, 7)
    with writing(url) as writer:
        for camera in CAMERAS[1:]:
            writer.put(camera, camera.encode())
        assert writer.flush(PATIENCE_S) == 0
        assert (writer.delivered, writer.failed, writer.waiting) == (len(CAMERAS) - 1, 0, 0)
    for number in range(7):
        due = [camera.encode() for camera in CAMERAS[1:] if partition_of(camera, 7) == number]
        assert partition(url, number) == due
    assert {partition_of(camera, 7) for camera in CAMERAS[1:]} == set(range(7)), "every one was looked at"


def test_a_record_without_a_camera_goes_anywhere(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, 2)
    with writing(url) as writer:
        writer.put("", b"whose?")
        writer.flush(PATIENCE_S)
    assert sorted(partition(url, 0) + partition(url, 1)) == [b"whose?"]


def test_where_a_record_came_from_is_read_again(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    origins = [None, Origin("frigate", "frigate/events"), Origin("native"), Origin("onvif", "a/b", "smg-é"), None]
    with writing(url) as writer:
        for number, origin in enumerate(origins):
            writer.put("c", b"%d" % number, origin)
        writer.flush(PATIENCE_S)
    with closing(KafkaTail(opened(url), 0)) as reader:
        came = reader.poll(10, 1_000)
        until = time.monotonic() + PATIENCE_S
        while not len(came) and time.monotonic() < until:
            came = reader.poll(10, 1_000)
    assert [came.kinds[each] for each in came.kind] == ["", "frigate", "native", "onvif", ""]
    assert came.topic is not None
    assert came.camera is not None
    assert [None if each < 0 else came.topics[each] for each in came.topic] == [
        None, "frigate/events", None, "a/b", None,
    ]  # fmt: skip
    assert [None if each < 0 else came.cameras[each] for each in came.camera] == [None, None, None, "smg-é", None]


def test_a_broker_that_is_killed_while_it_is_written_to_has_every_record_once(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    values = [b"%d" % number for number in range(20_000)]
    with writing(url, wait_s=PATIENCE_S) as writer:
        for number, value in enumerate(values):
            writer.put("c", value)
            if number in (5_000, 12_000):
                writer.serve(0.05)
                kafka.restart()
        assert writer.flush(PATIENCE_S) == 0
    assert partition(url, 0) == values


def test_a_broker_that_takes_nothing_fills_the_buffer_and_says_so_then_all_is_there(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    bound = {"TILIK_KAFKA_QUEUE_BUFFERING_MAX_KBYTES": "1000"}
    told: list[str] = []
    with writing(url, bound) as writer:
        writer.put("c", b"first")
        writer.flush(PATIENCE_S)
        kafka.pause()
        put = fill(writer, b"x" * 10_000, told)
        assert 50 <= put <= 110, "bounded by bytes"
        assert (writer.waiting, told) == (put, [])
        assert writer.flush(0.2) == put, "nothing expires"
        kafka.resume()
        assert writer.flush(PATIENCE_S) == 0
        assert told == [""] * put
    assert partition(url, 0) == [b"first"] + [b"x" * 10_000] * put


def test_a_record_that_is_too_large_is_refused_by_name_of_the_settings(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, max_message_bytes="100000")
    noise = bytes(range(256)) * 2
    large = b"".join(noise[n % 256 : n % 256 + 7] * (n % 5 + 1) for n in range(60_000))
    told: list[str] = []
    with writing(url, {"TILIK_KAFKA_COMPRESSION_TYPE": "none"}) as writer:
        writer.put("c", large, on_delivery=told.append)
        writer.put("c", b"x" * 11_000_000, on_delivery=told.append)
        writer.put("c", b"small", on_delivery=told.append)
        writer.flush(PATIENCE_S)
        assert sum("raise max.message.bytes of the topic" in each for each in told) == 2
        assert (writer.failed, writer.delivered, told.count("")) == (2, 1, 1), "who was told goes on"
        writer.put("c", large)
        with pytest.raises(SourceError, match=r"larger than the topic takes: raise max.message.bytes .*3 records"):
            writer.flush(PATIENCE_S)
    assert partition(url, 0) == [b"small"]


def test_a_topic_that_is_deleted_ends_the_writing(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    with writing(url) as writer:
        writer.put("c", b"a")
        writer.flush(PATIENCE_S)
        kafka.delete(topic)
        with pytest.raises(SourceError, match="deleted"):
            wait(writer)


def test_a_topic_that_grows_ends_the_writing_before_cameras_move(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, 2)
    with writing(url) as writer:
        kafka.grow(topic, 4)
        with pytest.raises(SourceError, match="expected 2 partitions, came 4"):
            wait(writer)


def test_a_user_who_may_not_write_is_told(kafka: KafkaBroker, topic: str):
    kafka.create(topic)
    kafka.allow("alice", topic, "READ")
    kafka.allow("bob", topic, "READ")
    with writing(kafka.secure_url(topic), kafka.settings()) as writer:
        writer.put("c", b"a")
        with pytest.raises(SourceError, match="user 'bob' may not use the topic"):
            writer.flush(PATIENCE_S)
