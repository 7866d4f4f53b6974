"""The camera that decides a partition is the one that the format's own reader finds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.formats import Live, ReadOptions
from connectors.ingest.cameras import BY_TOPIC, CAMERA_AT, camera_of
from connectors.ingest.cameras import _sensor as sensor
from connectors.records import Origin, records

ANY = st.one_of(
    st.none(), st.booleans(), st.integers(0, 99), st.text(max_size=4), st.lists(st.text(max_size=2), max_size=2)
)
THING = {"id": "1", "Person": {}, "bbox": {"topleftx": 1, "toplefty": 1, "bottomrightx": 5, "bottomrighty": 5}}
TRACK = {
    "id": "1767571200.1-a", "camera": "smg-001", "frame_time": 1767571200.1, "label": "person", "score": 0.9,
    "start_time": 1767571200.1, "end_time": None, "box": [1, 1, 50, 50], "false_positive": False,
}  # fmt: skip
NOW_US = 1_800_000_000_000_000


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("native", {"camera": "smg-001", "ts": "2026-01-05T00:00:00Z", "objects": []}),
        ("nvschema", {"sensorId": "smg-001", "timestamp": "2026-01-05T00:00:00Z", "objects": []}),
        ("nvschema", {"sensorId": 17, "timestamp": "2026-01-05T00:00:00Z", "objects": []}),
        ("nvschema", {"timestamp": "2026-01-05T00:00:00Z", "objects": []}),
        ("onvif", {"Frame": [{"@UtcTime": "2026-01-05T00:00:00Z", "@Source": "smg-001"}]}),
        ("onvif", {"Frame": {"@UtcTime": "2026-01-05T00:00:00Z", "@Source": "smg-001"}}),
        ("onvif", {"topic": "kota/smg-9/onvif-mj/x", "payload": {"Frame": [{"@UtcTime": "2026-01-05T00:00:00Z"}]}}),
        ("frigate", {"topic": "frigate/events", "payload": {"type": "new", "before": {}, "after": TRACK}}),
        ("frigate", {"type": "new", "before": {}, "after": TRACK}),
        ("opendatacam", {"frame": 1, "detections": []}),
        ("scenescape", {"id": "smg-001", "timestamp": "2026-01-05T00:00:00Z", "objects": {}}),
        ("scenescape", {"timestamp": "2026-01-05T00:00:00Z", "objects": {}}),
        ("dlstreamer", {"objects": [], "timestamp": 1, "resolution": {"width": 10, "height": 10}}),
        (
            "deepstream",
            {"messageid": "1", "@timestamp": "2026-01-05T00:00:00Z", "sensor": {"id": "smg-001"}, "object": THING},
        ),
    ],
    ids=str,
)
def test_it_is_the_one_that_the_reader_finds(kind, message):
    value = json.dumps(message).encode()
    options = ReadOptions(now_us=NOW_US, camera="named", fps=10.0, start_us=NOW_US - 10**9, size=(100, 100))
    live = Live(kind, options)
    chunks = [*live.read(records([value], [0], [NOW_US], kind), "x"), *live.rest("x")]
    found = [camera for chunk in chunks for camera in chunk.batch.frames["camera"].to_list()]
    assert found, [chunk.dead.to_dicts() for chunk in chunks]
    assert camera_of(Origin(kind, "", "named"), value) == found[0]


@pytest.mark.parametrize(
    ("origin", "camera"),
    [
        (Origin("onvif", "kota/smg-9/onvif-mj/x", "hint"), "smg-9"),
        (Origin("onvif", "elsewhere", "hint"), "hint"),
        (Origin("frigate", "frigate/gate/status/detect"), "gate"),
        (Origin("frigate", "frigate/available"), ""),
        (Origin("frigate", "frigate/events", "hint"), "hint"),
        (Origin("scenescape", "scenescape/data/camera/gate", "hint"), "gate"),
        (Origin("dlstreamer", "dl/gate", ""), "gate"),
        (Origin("dlstreamer", "dl/gate", "hint"), "hint"),
        (Origin("unheard-of", "", "hint"), "hint"),
        (Origin("native", "", ""), ""),
    ],
)
def test_what_a_message_does_not_say_its_topic_or_its_sender_does(origin, camera):
    assert camera_of(origin, b"online") == camera


@given(
    st.sampled_from(sorted({*CAMERA_AT, *BY_TOPIC})),
    st.dictionaries(st.sampled_from(["camera", "sensorId", "sensor", "after", "topic", "Frame", "id"]), ANY),
)
def test_whatever_a_message_says_there_is_an_answer(kind, message):
    assert isinstance(camera_of(Origin(kind), json.dumps(message).encode()), str)


@given(st.binary(max_size=60))
def test_whatever_bytes_come_there_is_an_answer(value):
    for kind in (*CAMERA_AT, *BY_TOPIC, "nvschema-protobuf", "arrow"):
        assert isinstance(camera_of(Origin(kind), value), str)


@given(st.lists(st.tuples(st.integers(1, 20), st.binary(max_size=200)), max_size=8), st.text(max_size=200))
def test_a_sensor_is_found_among_any_fields(fields, name):
    def field(number, body):
        return (
            bytes([number << 3 & 0x7F | 2 | (0x80 if number > 15 else 0)])
            + (bytes([number >> 4]) if number > 15 else b"")
            + _varint(len(body))
            + body
        )

    body = b"".join(field(number, raw) for number, raw in fields if number != 4)
    assert sensor(body + field(4, name.encode()) + b"\x08\x96\x01\x11" + bytes(8) + b"\x1d" + bytes(4)) == name


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])
