"""Into Kafka where there is one: accepted means that the brokers have it, in the camera's partition."""

from __future__ import annotations

import json
import os
from contextlib import closing, contextmanager

import pytest

from connectors.ingest.kafka_keeper import KafkaKeeper
from connectors.kafka.tail import KafkaTail
from schemas.partitions import partition_of
from tests.brokers.kafka import KafkaBroker
from tests.connectors.kafka_reading import opened, read_all
from tests.connectors.posting import served

pytestmark = pytest.mark.slow


@contextmanager
def into(url: str, folder):
    with served(KafkaKeeper(opened(url)), folder) as door:
        yield door


def test_a_message_lies_in_its_cameras_partition_with_where_it_came_from(kafka: KafkaBroker, tmp_path):
    url = kafka.create("ingested", 3)
    cameras = [f"smg-{number:03d}" for number in range(12)]
    with into(url, tmp_path) as door:
        body = b"\n".join(b'{"camera":"%b"}' % camera.encode() for camera in cameras)
        assert door.post("/v1/frames/native", body).said == {"accepted": 12}
        for camera in cameras:
            assert door.post(f"/v1/frames/opendatacam?camera={camera}", b"{}").said == {"accepted": 1}
    found = []
    for number in range(3):
        with closing(KafkaTail(opened(url), number)) as tail:
            read = read_all(tail)
        found += [json.loads(value).get("camera") for value in read.values]
        named = [json.loads(value)["camera"] for value in read.values if value != b"{}"]
        assert [partition_of(camera, 3) for camera in named] == [number] * len(named)
        assert read.values.count(b"{}") == len(named)
    assert sorted(camera for camera in found if camera) == cameras


def test_a_broker_that_is_away_is_told_and_waited_for(kafka: KafkaBroker, tmp_path, monkeypatch):
    url = kafka.create("away", 1)
    with into(url, tmp_path) as door:
        assert door.post("/v1/frames/native", b'{"camera":"a"}').status == 202
        kafka.pause()
        monkeypatch.setattr("connectors.ingest.kafka_keeper.DELIVERED_S", 1.0)
        assert door.post("/v1/frames/native", b'{"camera":"b"}').status == 503
        kafka.resume()
        monkeypatch.setattr("connectors.ingest.kafka_keeper.DELIVERED_S", 30.0)
        assert door.post("/v1/frames/native", b'{"camera":"c"}').status == 202
    with closing(KafkaTail(opened(url), 0)) as tail:
        values = read_all(tail).values
    assert {b'{"camera":"a"}', b'{"camera":"c"}'} <= set(values)


def test_a_message_that_the_topic_does_not_take_is_too_large(kafka: KafkaBroker, tmp_path):
    url = kafka.create("small", 1, **{"max.message.bytes": "100000"})
    with into(url, tmp_path) as door:
        assert door.post("/v1/frames/native", b'{"camera":"small"}').status == 202
        assert door.post("/v1/frames/nvschema-protobuf?camera=a", os.urandom(300_000)).status == 413
        assert door.post("/v1/frames/native", b'{"camera":"small"}').status == 202
