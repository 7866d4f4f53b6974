"""The camera of a message, as far as is needed to choose its partition: nothing else of it is read or kept.

A message whose camera cannot be told goes where "" belongs; the flow says there what is
wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from connectors.formats import onvif_events, onvif_frames, topic_lines
from connectors.formats.native_lines import Fault
from connectors.records import Origin

SENSOR_ID: Final = 4
"""Field `sensorId` of nvschema's protobuf `Frame`."""
LENGTHS: Final = {1: 8, 5: 4}
"""Bytes of protobuf's fixed wire types."""


class _Named(msgspec.Struct):
    """Every field by which a message of JSON names its camera."""

    camera: Any = None
    sensorId: Any = None
    sensor: Any = None


def camera_of(origin: Origin, value: bytes) -> str:
    """Return whose a message is, by the rule of its format's reader: '' where that finds nobody's."""
    if origin.kind in BY_TOPIC:
        found = topic_lines.told(value, origin.topic, words=WORDS)
        topic, payload = (origin.topic, None) if isinstance(found, Fault) else found
        return _text(BY_TOPIC[origin.kind](topic, payload)) or origin.camera
    if origin.kind == "nvschema-protobuf":
        return _sensor(value) or origin.camera
    if origin.kind == "dlstreamer":  # its messages name none
        return origin.camera or origin.topic.rpartition("/")[2]
    return _said(origin.kind, value) or origin.camera


def is_for_all(origin: Origin) -> bool:
    """Whether a message is for every camera of its sender: Frigate's word that it is there, or no longer."""
    return origin.kind == "frigate" and origin.topic.rpartition("/")[2] == "available"


def _said(kind: str, value: bytes) -> str:
    """Return the camera that stands in a message of JSON."""
    where = CAMERA_AT.get(kind)
    if where is None:
        return ""
    try:
        return _text(where(_DECODER.decode(value)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _text(found: object) -> str:
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _inside(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _of_onvif(topic: str, payload: Any) -> object:
    frames = onvif_frames.frames(payload)
    named = _inside(frames[0], "@Source") if frames else None
    source = _inside(payload, "Source")
    events = next(iter(source.values()), None) if isinstance(source, dict) else None
    return onvif_events.camera(topic) or named or events


def _of_frigate(topic: str, payload: Any) -> object:
    levels = topic.split("/")
    if levels[-2:] == ["status", "detect"]:
        return levels[-3] if len(levels) > 2 else ""
    return _inside(_inside(payload, "after"), "camera")


def _of_scenescape(topic: str, payload: Any) -> object:
    named = _inside(payload, "id")
    return topic.partition("scenescape/data/camera/")[2] if named is None or named == "" else named


WORDS: Final = frozenset({"online", "offline", "disabled"})
"""Payloads that are no JSON."""
BY_TOPIC: Final[dict[str, Callable[[str, Any], object]]] = {
    "frigate": _of_frigate,
    "onvif": _of_onvif,
    "scenescape": _of_scenescape,
}
"""Formats of MQTT, whose topic, or what a recording says it was, counts beside the message."""
CAMERA_AT: Final[dict[str, Callable[[_Named], object]]] = {
    "native": lambda message: message.camera,
    "nvschema": lambda message: message.sensorId,
    "deepstream": lambda message: _inside(message.sensor, "id"),
}
"""How others name it; formats that name none need `?camera=` or a topic that does."""
_DECODER: Final = msgspec.json.Decoder(_Named)


def _sensor(value: bytes) -> str:
    """Return the last `sensorId` at the top of a protobuf message, as its readers take the last."""
    at, found = 0, b""
    try:
        while at < len(value):
            tag, at = _number(value, at)
            field, wire = tag >> 3, tag & 7
            if wire == 2:
                size, at = _number(value, at)
                found = value[at : at + size] if field == SENSOR_ID else found
                at += size
            elif wire == 0:
                _, at = _number(value, at)
            else:
                at += LENGTHS[wire]
        return found.decode()
    except (IndexError, KeyError, UnicodeDecodeError):
        return ""


def _number(value: bytes, at: int) -> tuple[int, int]:
    """Return a base-128 number, and where it ends."""
    number = shift = 0
    while True:
        byte = value[at]
        number, shift, at = number | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return number, at
        if shift > 63:
            raise IndexError("longer than 64 bits")
