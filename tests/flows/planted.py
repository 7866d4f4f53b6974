"""Messages of every format that name persons: good ones, refused ones and broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tests.connectors import wire
from tests.flows.city import SECOND, START

PLATE, NAME, GENDER, AGE = "H 9321 PLANTED", "Budi-Planted Santoso", "perempuan-planted", "umur-planted-37"
VECTOR: Final = [0.7316529481 + at / 1e9 for at in range(64)]
PLANTED: Final = (PLATE, NAME, GENDER, AGE, "0.73165294", "planted", "PLANTED", "Planted")
PERSON: Final[dict[str, Any]] = {
    "plate": PLATE, "name": NAME, "gender": GENDER, "age": AGE, "embedding": VECTOR, NAME: 1,
    "attributes": {"license": PLATE, "face": {"vector": VECTOR, "gender": GENDER}},
}  # fmt: skip
WRONG: Final = (NAME, PLATE, VECTOR, PERSON, True, [NAME], 7.5e300)
"""What may stand where something else is meant."""


def _time(at: int) -> int:
    return START + at * SECOND


def broken(line: str) -> list[bytes]:
    """Return a line torn, doubled, wrapped, and in another encoding."""
    raw = line.encode()
    return [
        raw[: len(raw) * 2 // 3], raw[: raw.index(b"anted") + 5], raw + raw, b"[" + raw + b"]", raw[1:],
        b"\xff\xfe" + raw, raw.replace(b'"', b"'"), NAME.encode(), PLATE.encode() + b"\x00\x01",
        json.dumps(NAME).encode(), raw.replace(b"0.5", b"NaN"),
    ]  # fmt: skip


def _spoiled(message: dict[str, Any], inside: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a message with each of its fields, and of those of an object in it, holding what it should not."""
    found = [{**message, name: wrong} for name in message for wrong in WRONG]
    holder = next(name for name, value in message.items() if isinstance(value, list))
    return found + [{**message, holder: [{**inside, name: wrong}]} for name in inside for wrong in WRONG]


def native(at: int = 0, camera: str = "a", **changes: Any) -> dict[str, Any]:
    """Return a frame whose objects are called by persons' names."""
    thing = {"class": NAME, "box": [0.1, 0.2, 0.3, 0.5], "track": PLATE, "mask": NAME, "confidence": 0.5, **PERSON}
    signals = [{"kind": NAME, "zone": PLATE, "value": 0.5, **PERSON}]
    image = {"luma": 0.5, "hash": NAME, **PERSON}
    return {
        "camera": camera, "ts": _time(at), "ts_source": "capture", "seq": at, "objects": [thing], "signals": signals,
        "image": image, **PERSON, **changes,
    }  # fmt: skip


def natives() -> list[bytes]:
    """Return lines of native JSON."""
    good = [native(at) for at in range(90)]
    far = [native(at, f"ghost-{at % 2}") for at in range(9)] + [native(ts=1), native(ts=_time(10**8)), native(5, "a")]
    thing = native()["objects"][0]
    bad = [*_spoiled(native(91), thing), native(92, objects=[{**thing, "box": [9, 9, 1, 1]}])]
    times = [native(ts=f"{NAME} 2026"), native(ts="2026-01-05T25:00:00Z"), native(image=VECTOR), native(signals=NAME)]
    return [json.dumps(each).encode() for each in [*good, *far, *bad, *times]] + broken(json.dumps(native(93)))


def nvschemas() -> list[bytes]:
    """Return lines of nvschema, full and minimal."""
    box = {"leftX": 1.5, "topY": 2.5, "rightX": 30.5, "bottomY": 40.5}
    thing = {"id": PLATE, "bbox": box, "type": NAME, "confidence": 0.5, "info": {"mask": NAME, **PERSON}, **PERSON}
    frame = {
        "version": "4.0", "id": "7", "@timestamp": "2026-01-05T00:10:01.000Z", "sensorId": "a", "objects": [thing],
        "sensor": PERSON, "info": {"width": "640", **PERSON}, **PERSON,
    }  # fmt: skip
    small = f"{PLATE}|1|2|30|40|{NAME}|#|{PLATE}|{GENDER}|{AGE}|0.5|#|{'|'.join(map(str, VECTOR))}"
    texts = [
        small,
        small.replace("|0.5|", "|37|"),
        small.replace("|1|", f"|{NAME}|"),
        NAME,
        f"{PLATE}|1|2",
        "|" + small,
    ]
    good = [{**frame, "@timestamp": f"2026-01-05T00:11:{at:02}.000Z"} for at in range(40)]
    lines = [*good, *_spoiled(frame, thing), *({**frame, "objects": [text]} for text in texts)]
    return [json.dumps(each).encode() for each in [*lines, {**frame, "sensorId": NAME}]] + broken(json.dumps(frame))


def protobufs() -> list[bytes]:
    """Return messages of nvschema as protobuf, with fields that nobody reads."""
    box = {"leftX": 1.5, "topY": 2.5, "rightX": 30.5, "bottomY": 40.5}
    thing = {"id": PLATE, "bbox": box, "type": NAME, "confidence": 0.5, "info": {"mask": NAME, "plate": PLATE}}
    frame = {"id": NAME, "timestamp": "2026-01-05T00:10:01+00:00", "sensorId": "a", "info": {"who": NAME}}
    vector = wire.held(6, b"".join(wire.real(1, each) for each in VECTOR))
    person = wire.held(5, wire.thing(thing) + vector + wire.held(7, NAME))
    good = [
        wire.frame({**frame, "timestamp": f"2026-01-05T00:12:{at:02}+00:00", "objects": [thing]}) + person
        for at in range(40)
    ]
    bad = [
        wire.frame({**frame, "sensorId": NAME, "objects": [thing]}),
        wire.frame({**frame, "timestamp": "1999-01-05T00:00:00+00:00", "objects": [thing]}),
        wire.frame({**frame, "objects": [{**thing, "confidence": 7.5}]}),
        wire.frame({**frame, "objects": [{**thing, "info": {"mask_confidence": NAME}}]}),
        wire.frame({**frame, "objects": [{**thing, "type": ""}]}),
        wire.held(4, NAME) + person,
    ]
    torn = [each for raw in (good[0], bad[0]) for each in (raw[:-9], raw + raw, raw[1:], NAME.encode())]
    return [*good, *bad, *torn]


def deepstreams() -> list[bytes]:
    """Return messages of DeepStream's full schema."""
    box = {"topleftx": 100, "toplefty": 100, "bottomrightx": 150, "bottomrighty": 120}
    kind = {"type": NAME, "make": NAME, "license": PLATE, "confidence": 0.5, **PERSON}
    thing = {"id": PLATE, "bbox": box, "vehicle": kind, NAME: {"confidence": 0.5, **PERSON}, **PERSON}
    message = {
        "messageid": NAME, "@timestamp": "2026-01-05T00:15:01.000Z", "sensor": {"id": "a", "description": NAME},
        "place": PERSON, "object": thing, "event": {"id": NAME, "type": NAME}, "videoPath": NAME, **PERSON,
    }  # fmt: skip
    good = [{**message, "@timestamp": f"2026-01-05T00:15:{at:02}.000Z"} for at in range(30)]
    spoiled = [{**message, name: wrong} for name in message for wrong in WRONG]
    inner = [{**message, "object": {**thing, name: wrong}} for name in thing for wrong in WRONG]
    far = {**thing, "bbox": {**box, "topleftx": 9e9, "bottomrightx": 9e9 + 1}}
    others = [{**message, "sensor": {"id": NAME}}, {**message, "object": far}, {**message, "object": {NAME: kind}}]
    lines = [*good, *spoiled, *inner, *others]
    return [json.dumps(each).encode() for each in lines] + broken(json.dumps(message))


def onvifs() -> list[bytes]:
    """Return messages of ONVIF Profile M, frames and events."""
    box = {"@left": 20, "@top": 80, "@right": 100, "@bottom": 30}
    kinds = [{"@Likelihood": 0.5, "#text": NAME, **PERSON}, {"#text": "Human"}]
    looks = {"Shape": {"BoundingBox": box, **PERSON}, "Class": {"Type": kinds, **PERSON}, "LicensePlateInfo": PERSON}
    thing = {"@ObjectId": PLATE, "Appearance": {**looks, "HumanFace": PERSON, **PERSON}, **PERSON}
    way = {"Translate": {"@x": -1, "@y": -1}, "Scale": {"@x": 0.003125, "@y": 0.00416667}}
    frame = {"@UtcTime": "2026-01-05T00:20:01Z", "@Source": "a", "Transformation": way, "Object": [thing], **PERSON}
    good = [{**frame, "@UtcTime": f"2026-01-05T00:20:{at:02}Z"} for at in range(30)]
    frames = [*good, *_spoiled(frame, thing), {**frame, "@Source": NAME}]
    events = [
        {"topic": topic, "payload": {"UtcTime": when, "Source": PERSON, "Data": data, **PERSON}}
        for topic in ("a/onvif-ej/VideoSource/ImageTooDark/x", f"{NAME}/onvif-ej/{PLATE}", NAME)
        for when in ("2026-01-05T00:21:01Z", NAME)
        for data in (PERSON, {"State": "true", **PERSON}, {"State": NAME}, NAME)
    ]
    lines = [*({"Frame": [one]} for one in frames), *events, {"Frame": NAME}, {"topic": NAME, "payload": NAME}]
    return [json.dumps(each).encode() for each in lines] + broken(json.dumps({"Frame": [frame], "x": 0.5}))


def dlstreamers() -> list[bytes]:
    """Return frames of DL Streamer."""
    bounds = {"x_min": 0.1, "y_min": 0.1, "x_max": 0.3, "y_max": 0.4}
    found = {"bounding_box": bounds, "label": NAME, "confidence": 0.5, **PERSON}
    thing = {"detection": found, "id": PLATE, "roi_type": NAME, "type": {"label": PLATE, **PERSON}, **PERSON}
    frame = {
        "timestamp": 0, "resolution": {"width": 640, "height": 480}, "source": f"rtsp://{NAME}", "tags": PERSON,
        "objects": [thing], **PERSON,
    }  # fmt: skip
    lines = [*({**frame, "timestamp": at * 10**9} for at in range(30)), *_spoiled(frame, thing), {"tensors": VECTOR}]
    return [json.dumps(each).encode() for each in lines] + broken(json.dumps(frame))


def scenescapes() -> list[bytes]:
    """Return frames of SceneScape."""
    box = {"x": 10, "y": 20, "width": 30, "height": 40}
    thing = {
        "id": PLATE, "category": NAME, "confidence": 0.5, "bounding_box_px": box, "reid": VECTOR, "facemask": NAME,
        **PERSON,
    }  # fmt: skip
    frame = {"id": "a", "timestamp": "2026-01-05T00:25:01Z", "objects": [thing], **PERSON}
    good = [{**frame, "timestamp": f"2026-01-05T00:25:{at:02}Z"} for at in range(30)]
    others = [
        {"topic": NAME, "payload": {**frame, "id": NAME}}, {**frame, "objects": {NAME: [thing]}},
        {**frame, "objects": {NAME: [{**thing, "facemask": {"label": NAME, "confidence": NAME}, "category": None}]}},
        {**frame, "objects": {NAME: NAME}},
    ]  # fmt: skip
    lines = [*good, *_spoiled(frame, thing), *others]
    return [json.dumps(each).encode() for each in lines] + broken(json.dumps({**frame, "x": 0.5}))


def frigates() -> list[bytes]:
    """Return messages of Frigate."""
    after = {
        "id": PLATE, "camera": "a", "frame_time": START / 1e6 + 1_680, "label": NAME, "sub_label": [NAME, 0.9],
        "score": 0.5, "box": [10, 20, 30, 40], "start_time": START / 1e6 + 1_680, "attributes": PERSON, **PERSON,
    }  # fmt: skip
    event = {"type": "new", "before": after, "after": after, **PERSON}
    good = [{**event, "after": {**after, "frame_time": START / 1e6 + 1_680 + at}} for at in range(30)]
    spoiled = [{**event, "after": {**after, name: wrong}} for name in after for wrong in WRONG]
    spoiled += [{**event, name: wrong} for name in event for wrong in WRONG]
    topics = ["frigate/events", "frigate/reviews", "frigate/available", f"frigate/{NAME}/status/detect", NAME]
    others = [{"topic": topic, "payload": told} for topic in topics for told in (event, NAME, PERSON, "online")]
    lines = [*good, *spoiled, *others, {**event, "after": {**after, "camera": NAME}}]
    return [json.dumps(each).encode() for each in lines] + broken(json.dumps({**event, "x": 0.5}))


def opendatacams() -> list[bytes]:
    """Return lines of OpenDataCam, in each of its shapes."""
    thing = {"x": 100, "y": 100, "w": 50, "h": 20.5, "name": NAME, "confidence": 0.5, "id": PLATE, **PERSON}
    frame = {"frame": 1, "detections": [thing], **PERSON}
    sse = {"trackerDataForLastFrame": {"frameIndex": 3, "data": [thing], **PERSON}, "videoResolution": PERSON, **PERSON}
    document = {"timestamp": {"$date": NAME}, "objects": [thing], **PERSON}
    good = [{**frame, "frame": at} for at in range(20)]
    lines = [*good, *_spoiled(frame, thing), sse, document, {"counterHistory": PERSON}]
    return (
        [json.dumps(each).encode() for each in lines]
        + [b"data: " + json.dumps(sse).encode()]
        + broken(json.dumps(frame))
    )


def mots() -> list[bytes]:
    """Return rows of MOTChallenge, a vector and names behind and between them."""
    tail = f"{PLATE},{NAME},{','.join(map(str, VECTOR))}"
    rows = [f"{at},{at},10,10,50,50,1,1,1,1,{tail.split(',', 2)[2]}" for at in range(1, 20)]
    rows += [f"{NAME},1,10,10,50,50,1", f"21,{PLATE},10,10,50,50,1,{tail}", f"22,1,10,10,nan,50,1,1,1,1,{tail}"]
    rows += [tail, NAME, f"23;1;10;10;-5;50;1;{NAME}", f"24 1 10 10 50 50 1 {PLATE}", f"99999999999,1,1,1,1,1,{NAME}"]
    return [row.encode() for row in rows] + [b"\xff\xfe" + NAME.encode(), f'25,1,"{NAME}",{PLATE},1'.encode()]


def write_arrow(path: Path) -> None:
    """Write rows that are good, refused and of wrong kinds, with columns that nobody asked for."""
    person = pa.array([json.dumps(PERSON)] * 7)
    things = [[{"class": NAME, "box": [0.1, 0.2, 0.3, 0.5], "track": PLATE, "plate": PLATE, "confidence": 0.5}]] * 7
    things[3] = [{"class": NAME, "box": None, "track": PLATE, "plate": PLATE, "confidence": 0.5}]
    things[4] = [{"class": NAME, "box": [9.0, 9.0, 1.0, 1.0], "track": PLATE, "plate": NAME, "confidence": 37.0}]
    columns = {
        "camera": ["a", "a", "ghost", "a", "a", NAME, "a"],
        "ts": [str(NAME), "2026-01-05T00:30:01Z", "2026-01-05T00:30:02Z", *["2026-01-05T00:30:03Z"] * 4],
        "ts_source": ["capture", PLATE, *[None] * 5],
        "objects": things,
        "plate": person,
        NAME: person,
    }
    found = pa.table(columns)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, found.schema) as writer:
        writer.write_table(found)


def foreign_arrows(folder: Path) -> list[Path]:
    """Write files that are no Arrow, and Arrow whose columns, fields and zones are called by persons' names."""
    texts = {"text": b"Planted Budi, H 9321", "bytes": b"PLANTED\0\1\2", "apostrophes": b"'Planted'"}
    for name, raw in texts.items():
        (folder / f"{name}.arrow").write_bytes(raw)
    for name, table in _named().items():
        with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        pq.write_table(table, folder / f"{name}.parquet.arrow")
    return sorted(folder.glob("*.arrow"))


def _named() -> dict[str, pa.Table]:
    """Return tables that are refused for what they lack or for a type, with planted names in it."""
    good = {"camera": pa.array(["a"]), "ts": pa.array(["2026-01-05T00:40:00Z"])}
    person = pa.array([{NAME: 1, PLATE: 2}])
    things = pa.array([[{"class": "car", "box": [0.1, 0.2, 0.3, 0.5], NAME: PLATE}]])
    zone = pa.array([0], pa.timestamp("us", tz=f"Planted/{NAME}"))
    return {
        "a column that lacks": pa.table({**good, NAME: person, PLATE: person}),
        "a field that lacks": pa.table({**good, "objects": pa.array([[{"box": [0.1] * 4, NAME: PLATE}]])}),
        "signals that lack": pa.table({**good, "objects": things, "signals": pa.array([[{"zone": "a", NAME: 1}]])}),
        "objects as a struct": pa.table({**good, "objects": person}),
        "a picture as a list": pa.table({**good, "objects": things, "image": pa.array([[{"luma": 1, NAME: 1}]])}),
        "a camera as a struct": pa.table({**good, "camera": person, "objects": things}),
        "a width with a zone": pa.table({**good, "objects": things, "width": zone}),
        "a map": pa.table({**good, "objects": pa.array([[(NAME, {PLATE: 1})]], pa.map_(pa.string(), person.type))}),
    }
