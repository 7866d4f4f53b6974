"""Messages of the formats that are lines, as senders write them, and what becomes of them on bad days."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import numpy as np

from tests.connectors import wire

START_US: Final = 1_767_571_200_000_000  # 2026-01-05T00:00:00Z
STEP_US: Final = 100_000
CAMERAS: Final = 8
VALUES: Final = (
    b"1e400", b"-0", b"9223372036854775808", b"-9223372036854775809", b"0.9300000000000000001", b"NaN", b"-Infinity",
    b"null", b"true", b'"x"', b'""', b"[]", b"{}", b"[[[[]]]]", b"1" * 400, b"0." + b"3" * 60, b'"\\ud800"',
    b'"\\u0000"', b"1e-400", b"65536", b"-1", b'"2026-01-05T24:00:00Z"', b'"9999-12-31T23:59:59Z"',
    b'"0001-01-01T00:00:00+14:00"',
)  # fmt: skip
"""What may stand where a value stood."""
WORDS: Final = (
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x00",
    b"\xc3",
    b"\xed\xa0\x80",
    b"{",
    b"}",
    b"[",
    b'"',
    b",",
    b"\\",
    b"\r",
)

Rng = np.random.Generator


def native(rng: Rng, number: int) -> bytes:
    """Return a frame of native JSON."""
    things = [
        {"class": "car", "box": [0.1, 0.2, 0.3, 0.4], "confidence": 0.5, "track": str(number % 7), "mask": "masked"}
    ]
    said = {
        "camera": f"c{number % CAMERAS}",
        "ts": START_US + number * STEP_US,
        "seq": number,
        "width": 1920,
        "objects": things * int(rng.integers(0, 4)),
        "signals": [{"kind": "flood", "value": 0.25}],
        "image": {"luma": 0.5, "hash": "9f3c"},
    }
    return json.dumps(said).encode()


def nvschema(rng: Rng, number: int) -> bytes:
    """Return a frame of nvschema, in either shape."""
    full = {
        "id": "1",
        "bbox": {"leftX": 9, "topY": 9, "rightX": 19, "bottomY": 19},
        "type": "Person",
        "confidence": 0.5,
        "info": {"mask": "masked"},
    }
    thing = full if rng.random() < 0.5 else "2|9|9|19|19|Car|#|||0.5"
    said = {
        "sensorId": f"c{number % CAMERAS}",
        "timestamp": _iso(START_US + number * STEP_US),
        "id": str(number),
        "info": {"width": 100, "height": 100},
        "objects": [thing] * int(rng.integers(0, 4)),
    }
    return json.dumps(said).encode()


def protobuf(rng: Rng, number: int) -> bytes:
    """Return a frame of nvschema as protobuf."""
    told = json.loads(nvschema(rng, number))
    return wire.frame(told | {"objects": [each for each in told["objects"] if isinstance(each, dict)]})


def deepstream(rng: Rng, number: int) -> bytes:
    """Return an object of DeepStream's full schema, some of a frame."""
    box = {"topleftx": 9, "toplefty": 9, "bottomrightx": 19, "bottomrighty": 19}
    said = {
        "messageid": str(number),
        "@timestamp": _iso(START_US + number // 3 * STEP_US),
        "sensor": {"id": f"c{number // 3 % CAMERAS}"},
        "object": {"id": str(number % 5), "speed": 0, "vehicle": {"type": "sedan", "confidence": 0.5}, "bbox": box},
        "event": {"id": "1", "type": ""},
    }
    return json.dumps(said).encode()


def onvif(rng: Rng, number: int) -> bytes:
    """Return a frame of ONVIF's metadata, now and then an event."""
    camera, when = f"c{number % CAMERAS}", _iso(START_US + number * STEP_US)
    if rng.random() < 0.1:
        data = {"UtcTime": when, "Source": {}, "Data": {"State": bool(rng.random() < 0.5)}}
        return json.dumps({"topic": f"{camera}/onvif-ej/VideoSource/ImageTooDark/x", "payload": data}).encode()
    box = {"@left": 20, "@top": 80, "@right": 100, "@bottom": 30}
    thing = {"@ObjectId": 1, "Appearance": {"Shape": {"BoundingBox": box}, "Class": {"Type": [{"#text": "Human"}]}}}
    way = {"Translate": {"@x": -1, "@y": -1}, "Scale": {"@x": 0.003125, "@y": 0.00416667}}
    frame = {"@UtcTime": when, "@Source": camera, "Transformation": way, "Object": [thing] * int(rng.integers(0, 4))}
    return json.dumps({"Frame": [frame]}).encode()


def dlstreamer(rng: Rng, number: int) -> bytes:
    """Return a frame of DL Streamer, its boxes in either unit."""
    bounds = {"x_min": 0.1, "y_min": 0.1, "x_max": 0.2, "y_max": 0.3}
    share = {"detection": {"bounding_box": bounds, "label": "car", "confidence": 0.5}, "id": 3}
    thing = share if rng.random() < 0.5 else {"x": 9, "y": 9, "w": 10, "h": 10, "roi_type": "car"}
    said = {"timestamp": number * 10**8, "resolution": {"width": 100, "height": 100}, "source": "rtsp://x"}
    return json.dumps(said | {"objects": [thing] * int(rng.integers(0, 4))}).encode()


def scenescape(rng: Rng, number: int) -> bytes:
    """Return a frame of SceneScape, its objects in a list or by their kinds."""
    thing = {"id": 1, "category": "person", "confidence": 0.5, "facemask": {"label": "mask"}}
    thing["bounding_box_px"] = {"x": 9, "y": 9, "width": 10, "height": 10}
    things = [thing] * int(rng.integers(0, 4))
    said = {"id": f"c{number % CAMERAS}", "timestamp": _iso(START_US + number * STEP_US)}
    return json.dumps(said | {"objects": things if rng.random() < 0.5 else {"person": things}}).encode()


def frigate(rng: Rng, number: int) -> bytes:
    """Return a message of Frigate: mostly a track's event, now and then a review or a status."""
    camera, at = f"c{number % CAMERAS}", (START_US + number * STEP_US) / 1e6
    if rng.random() < 0.05:
        word = ("online", "offline", "disabled")[number % 3]
        return json.dumps({"topic": f"frigate/{camera}/status/detect", "payload": word}).encode()
    kind = ("new", "update", "end")[number // CAMERAS % 3]
    after = {"id": f"t{number // CAMERAS // 3}", "camera": camera, "frame_time": at, "label": "car", "score": 0.5}
    after |= {"box": [9, 9, 19, 19], "start_time": at, "end_time": None, "stationary": bool(rng.random() < 0.5)}
    if rng.random() < 0.05:
        after = {"camera": camera, "start_time": at, "severity": "alert"}
    return json.dumps({"type": kind, "before": {}, "after": after}).encode()


def opendatacam(rng: Rng, number: int) -> bytes:
    """Return a frame of OpenDataCam, as its Data page downloads it."""
    thing = {"id": 5, "x": 50, "y": 50, "w": 20, "h": 10, "name": "car", "confidence": 0.5}
    said = {"timestamp": _iso(START_US + number * STEP_US), "objects": [thing] * int(rng.integers(1, 4))}
    return json.dumps(said).encode()


def mot(rng: Rng, number: int) -> bytes:
    """Return a row of MOTChallenge."""
    return b"%d,%d,10,10,20,20,0.5,-1,-1,-1" % (1 + number // 3, number % 3)


WRITERS: Final[dict[str, Callable[[Rng, int], bytes]]] = {
    "native": native,
    "nvschema": nvschema,
    "nvschema-protobuf": protobuf,
    "deepstream": deepstream,
    "onvif": onvif,
    "frigate": frigate,
    "dlstreamer": dlstreamer,
    "scenescape": scenescape,
    "opendatacam": opendatacam,
    "mot": mot,
}


def _iso(t_us: int) -> str:
    return str(np.datetime64(t_us, "us")) + "Z"


def broken(rng: Rng, line: bytes) -> bytes:
    """Return a message that something happened to; it stays one line."""
    hurt = BREAKS[int(rng.integers(0, len(BREAKS)))](rng, line)
    return hurt.replace(b"\n", b" ")


def message_broken(rng: Rng, raw: bytes) -> bytes:
    """Return a binary message that something happened to."""
    return OF_BYTES[int(rng.integers(0, len(OF_BYTES)))](rng, raw)


def _flipped(rng: Rng, line: bytes) -> bytes:
    out = bytearray(line)
    for at in rng.integers(0, len(out), int(rng.integers(1, 4))):
        out[at] = int(rng.integers(0, 256))
    return bytes(out)


def _cut(rng: Rng, line: bytes) -> bytes:
    a, b = np.sort(rng.integers(0, len(line) + 1, 2)).tolist()
    return line[:a] + line[b:]


def _doubled(rng: Rng, line: bytes) -> bytes:
    a, b = np.sort(rng.integers(0, len(line) + 1, 2)).tolist()
    return line[:b] + line[a:]


def _ended(rng: Rng, line: bytes) -> bytes:
    return line[: int(rng.integers(0, len(line)))]


def _replaced(rng: Rng, line: bytes) -> bytes:
    """Put another value behind one of the colons or commas."""
    places = [at for at, byte in enumerate(line) if byte in b":,["]
    at = places[int(rng.integers(0, len(places)))] + 1
    end = next((i for i in range(at, len(line)) if line[i] in b",}]"), len(line))
    return line[:at] + VALUES[int(rng.integers(0, len(VALUES)))] + line[end:]


def _spoken(rng: Rng, line: bytes) -> bytes:
    at = int(rng.integers(0, len(line) + 1))
    return line[:at] + WORDS[int(rng.integers(0, len(WORDS)))] + line[at:]


def _nested(rng: Rng, line: bytes) -> bytes:
    deep = int(rng.integers(1, 3_000))
    return b"[" * deep + line + b"]" * int(rng.integers(0, deep + 1))


BREAKS: Final[list[Callable[[Rng, bytes], bytes]]] = [
    _flipped, _cut, _doubled, _ended, _replaced, _replaced, _spoken, _nested,
]  # fmt: skip
OF_BYTES: Final[list[Callable[[Rng, bytes], bytes]]] = [_flipped, _flipped, _cut, _doubled, _ended, _spoken]
"""Those that do not look for signs of JSON."""
