"""One partition of a real Kafka is read whole, in order and once, whatever happens to the broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition

from connectors.kafka import topic as topics
from connectors.kafka.asking import Answer
from connectors.kafka.tail import KafkaTail
from connectors.records import Lost
from schemas.errors import SourceError
from tests.brokers.kafka import QUIET, KafkaBroker
from tests.connectors.kafka_reading import PATIENCE_S, Seen, opened, read_all, read_until, tail

pytestmark = pytest.mark.slow


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """A topic's name of this test's own."""
    return request.node.name.split("[")[0][5:].replace("_", "-")[:100]


def numbered(count: int, first: int = 0) -> list[bytes]:
    return [b'{"n":%d}' % each for each in range(first, first + count)]


def test_a_partition_is_read_from_its_first_record_to_its_last(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, 3)
    before = time.time_ns() // 1_000
    for partition in range(3):
        kafka.produce(topic, numbered(100 + partition, 1_000 * partition), partition)
    after = time.time_ns() // 1_000
    for partition in range(3):
        with closing(tail(url, partition)) as reader:
            seen = read_all(reader)
            assert seen.values == numbered(100 + partition, 1_000 * partition)
            assert seen.positions == list(range(100 + partition))
            assert (reader.position, reader.lag(), reader.lost(), reader.remarks()) == (100 + partition, 0, [], [])
            assert reader.source == f"{url}/{partition}"
            assert all(before - 1_000 <= each <= after for each in seen.arrival_us), "the broker's time of appending"


def test_reading_goes_on_at_a_position_and_what_is_new_is_seen(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(50))
    with closing(tail(url, 0, 30)) as reader:
        seen = read_all(reader)
        assert seen.positions == list(range(30, 50))
        kafka.produce(topic, numbered(5, 50))
        read_until(lambda now: len(now.values) == 25, reader, seen=seen)
        assert seen.values == numbered(25, 30)


def test_an_empty_partition_is_at_its_end(kafka: KafkaBroker, topic: str):
    with closing(tail(kafka.create(topic))) as reader:
        assert not reader.is_at_end, "nobody has looked"
        assert read_all(reader).values == []
        assert (reader.position, reader.lag()) == (0, 0)


def test_any_size_of_poll_gives_the_same_records(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(1_200))
    for most, most_bytes in ((1, 1 << 20), (7, 100), (1_000, 30), (100_000, 1 << 30)):
        with closing(tail(url)) as reader:
            seen = Seen()
            until = time.monotonic() + PATIENCE_S
            while len(seen.values) < 1_200 and time.monotonic() < until:
                seen.poll(reader, most, most_bytes)
            assert seen.values == numbered(1_200)
            assert seen.most <= min(most, most_bytes // 7 + 1)


def test_records_of_no_byte_and_of_five_megabytes_come_as_they_are(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, max_message_bytes="10000000")
    values = [b"", b"x" * 5_000_000, b"a\nb", b"", b"y" * 5_000_000, b"end"]
    kafka.produce(topic, values)
    with closing(tail(url)) as reader:
        assert read_all(reader).values == values


def test_a_record_without_a_value_is_counted_and_passed_over(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, [b"a", None, b"", None, b"b", None])
    with closing(tail(url)) as reader:
        seen = read_all(reader)
        assert (seen.values, seen.positions, reader.position) == ([b"a", b"", b"b"], [0, 2, 4], 6)
        assert reader.tombstones == 3


def test_a_transaction_that_was_given_up_is_not_read_and_its_marks_are_no_lag(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    writer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": topic, **QUIET})
    writer.init_transactions(30)
    for value, end in ((b"kept", writer.commit_transaction), (b"given up", writer.abort_transaction)):
        writer.begin_transaction()
        writer.produce(topic, value)
        writer.flush(30)
        end(30)
    with closing(tail(url)) as reader:
        assert read_all(reader).values == [b"kept"]
        assert (reader.position, reader.lag()) == (4, 0), "two records, two marks"


def test_a_broker_that_is_killed_in_the_middle_loses_and_doubles_nothing(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(3_000))
    with closing(tail(url)) as reader:
        seen = read_until(lambda now: len(now.values) >= 1_000, reader, most=100)
        kafka.kill()
        kafka.start()
        kafka.produce(topic, numbered(500, 3_000))
        read_until(lambda now: len(now.values) >= 3_500, reader, seen=seen)
        read_until(lambda _: reader.is_at_end, reader, seen=seen)
        assert seen.values == numbered(3_500)
        assert seen.positions == list(range(3_500))


@pytest.mark.parametrize("trouble", ["kill", "pause"])
def test_a_broker_that_is_away_is_no_quiet_street(kafka: KafkaBroker, topic: str, trouble: str):
    url = kafka.create(f"{topic}-{trouble}")
    kafka.produce(f"{topic}-{trouble}", numbered(10))
    with closing(tail(url)) as reader:
        seen = read_all(reader)
        getattr(kafka, trouble)()
        read_until(lambda _: not reader.is_at_end, reader, seen=seen)
        assert reader.lag() == 0, "as far as that is known"
        kafka.ensure()
        read_until(lambda _: reader.is_at_end, reader, seen=seen)
        kafka.produce(f"{topic}-{trouble}", numbered(10, 10))
        read_until(lambda now: len(now.values) == 20, reader, seen=seen)
        assert seen.values == numbered(20)


def test_an_end_that_goes_back_is_no_end_until_it_is_told_for_long(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(100))
    of = opened(url)
    with closing(KafkaTail(of, 0)) as reader:
        seen = read_until(lambda _: reader.lag() is not None, reader, most=0)
        for told in (0, 99):  # as a broker may that was restarted only just
            of._take_ends(Answer(of.clock(), {0: SimpleNamespace(offset=told)}))
            assert of.end(0) == 100
        of._take_ends(Answer(of.clock() + topics.BACK_S, {0: SimpleNamespace(offset=-1001)}))  # seen of librdkafka
        assert of.end(0) == 100
        read_until(lambda now: len(now.values) == 100, reader, seen=seen, most=10)
        of._take_ends(Answer(of.clock() + topics.BACK_S, {0: SimpleNamespace(offset=99)}))
        assert of.end(0) == 99, "it has lost a record"
    with closing(KafkaTail(opened(url), 0, 50)) as reader:
        reader._topic._take_ends(Answer(0.0, {0: SimpleNamespace(offset=49)}))
        assert reader.lag() is None, "it was read further before"


def test_a_broker_that_is_slow_is_read_to_its_end(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(20_000))
    with closing(tail(url)) as reader, kafka.slowed():
        assert read_all(reader, most=1_000).values == numbered(20_000)


def test_what_retention_took_before_the_reader_came_is_told_exactly(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(100))
    kafka.trim(topic, 0, 60)
    with closing(tail(url, 0, 25)) as reader:
        assert read_all(reader).positions == list(range(60, 100))
        assert reader.lost() == [Lost(25, 60)]
        assert reader.lost() == [], "told once"


def test_what_retention_took_of_a_stopped_reader_is_told_exactly(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, retention_bytes="100000", segment_bytes="1048576", file_delete_delay_ms="0")
    with closing(tail(url)) as reader:
        kafka.produce(topic, [b"x" * 100] * 10)
        seen = read_all(reader)
        reader.done(reader.position)
    kafka.produce(topic, [b"y" * 100_000] * 40)  # more than three segments: the older ones go
    until = time.monotonic() + PATIENCE_S
    while kafka.span(topic)[0] <= 10:
        assert time.monotonic() < until, "retention took nothing"
        time.sleep(0.1)
    with closing(tail(url, 0, seen.positions[-1] + 1)) as reader:
        again = read_all(reader)
        assert reader.lost() == [Lost(10, again.positions[0])]
        assert again.positions[-1] == 49
        assert again.positions[0] == kafka.span(topic)[0]


def test_a_partition_that_retention_emptied_is_lost_to_its_end(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(100))
    kafka.trim(topic, 0, 100)
    with closing(tail(url, 0, 40)) as reader:
        assert read_all(reader).values == []
        assert (reader.lost(), reader.position) == ([Lost(40, 100)], 100)


def test_a_position_behind_the_end_is_no_topic_that_was_read_before(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(10))
    with (
        closing(tail(url, 0, 1_000)) as reader,
        pytest.raises(SourceError, match="expected a record at 1000, it ends at 10"),
    ):
        read_all(reader)


def test_the_group_shows_what_is_done_and_decides_nothing(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    kafka.produce(topic, numbered(100))
    settings = {"TILIK_KAFKA_GROUP_ID": topic}
    with closing(tail(url, **settings)) as reader:
        read_all(reader)
        reader.done(70)
        reader.poll(1, 1)
        reader.done(90)
    asked = ConsumerGroupTopicPartitions(topic, [TopicPartition(topic, 0)])
    (answer,) = kafka.admin.list_consumer_group_offsets([asked]).values()
    assert [each.offset for each in answer.result(10).topic_partitions] == [90]
    with closing(tail(url, **settings)) as reader:
        assert read_all(reader).positions[0] == 0


def test_a_topic_that_grows_partitions_is_refused_with_what_it_takes(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, 2)
    with closing(tail(url, 1)) as reader:
        read_all(reader)
        kafka.grow(topic, 3)
        with pytest.raises(SourceError, match=r"expected 2 partitions, came 3: .* new topic .*--until-end"):
            read_until(lambda _: False, reader)


def test_one_topic_serves_partitions_on_many_threads(kafka: KafkaBroker, topic: str, monkeypatch: pytest.MonkeyPatch):
    """Brokers are asked without a rest, so that threads meet at every answer."""
    monkeypatch.setattr(topics, "ENDS_S", 0.0)
    monkeypatch.setattr(topics, "SHAPE_S", 0.0)
    url = kafka.create(topic, 6)
    for partition in range(6):
        kafka.produce(topic, numbered(2_000), partition)
    shared = opened(url)

    def read(partition: int) -> Seen:
        with closing(KafkaTail(shared, partition)) as reader:
            return read_all(reader, most=50)

    with ThreadPoolExecutor(6) as threads:
        assert [seen.values for seen in threads.map(read, range(6))] == [numbered(2_000)] * 6


def test_every_partition_of_a_topic_that_grows_is_refused(kafka: KafkaBroker, topic: str):
    shared = opened(kafka.create(topic, 2))
    readers = [KafkaTail(shared, partition) for partition in range(2)]
    kafka.grow(topic, 3)
    for reader in readers:
        with closing(reader), pytest.raises(SourceError, match="expected 2 partitions, came 3"):
            read_until(lambda _: False, reader)


def test_a_topic_that_is_deleted_is_told(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    with closing(tail(url)) as reader:
        read_all(reader)
        kafka.delete(topic)
        with pytest.raises(SourceError, match="is gone: its topic was deleted"):
            read_until(lambda _: False, reader)


def test_a_topic_that_was_made_anew_is_another(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic)
    with closing(tail(url)) as reader:
        read_all(reader)
        identity = opened(url).identity
        kafka.delete(topic)
        kafka.create(topic)
        assert opened(url).identity != identity
        with pytest.raises(SourceError, match="deleted"):
            read_until(lambda _: False, reader)


def test_senders_time_is_taken_as_it_is_and_said_once(kafka: KafkaBroker, topic: str):
    url = kafka.create(topic, message_timestamp_type="CreateTime")
    kafka.produce(topic, numbered(10))
    with closing(tail(url)) as reader:
        read_all(reader)
        assert [("LogAppendTime" in each) for each in reader.remarks()] == [True]
        kafka.produce(topic, numbered(10))
        read_all(reader)
        assert reader.remarks() == []


@pytest.fixture
def flood(kafka: KafkaBroker, topic: str) -> Iterator[str]:
    """A topic that is written to all the time."""
    url = kafka.create(topic)
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            kafka.produce(topic, [b"x" * 1_000] * 500)

    writer = threading.Thread(target=write)
    writer.start()
    yield url
    is_over.set()
    writer.join()


def test_a_reader_that_is_behind_is_not_at_the_end_and_knows_by_how_much(flood: str, kafka: KafkaBroker, topic: str):
    with closing(tail(flood)) as reader:
        read_until(lambda _: (reader.lag() or 0) > 1_000, reader, most=1)
        assert not reader.is_at_end
