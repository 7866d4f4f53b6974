"""The camera of a message, as far as is needed to choose its partition: nothing else of it is read or kept.

A message whose camera cannot be told goes where "" belongs; the flow says there what is
wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from connectors.formats import onvif_events
from connectors.spool import Origin

SENSOR_ID: Final = 4
"""Field `sensorId` of nvschema's protobuf `Frame`."""
LENGTHS: Final = {1: 8, 5: 4}
"""Bytes of protobuf's fixed wire types."""


class _Named(msgspec.Struct):
    """Every field by which a format names its camera."""

    camera: Any = None
    sensorId: Any = None
    id: Any = None
    sensor: Any = None
    after: Any = None
    topic: Any = None
    Frame: Any = None


def camera_of(origin: Origin, value: bytes) -> str:
    """Return whose a message is: as it says itself, by its topic, or else as its origin has it; '' where none does."""
    if origin.kind == "nvschema-protobuf":
        return _sensor(value) or origin.camera
    if origin.kind == "dlstreamer":  # its messages name none
        return origin.camera or origin.topic.rpartition("/")[2]
    by_topic = IN_TOPIC.get(origin.kind)
    named = by_topic(origin.topic) if by_topic is not None and origin.topic else ""
    if origin.kind == "scenescape":
        return _said(origin.kind, value) or named or origin.camera
    return named or _said(origin.kind, value) or origin.camera


def _said(kind: str, value: bytes) -> str:
    """Return the camera that stands in a message of JSON."""
    where = CAMERA_AT.get(kind)
    if where is None:
        return ""
    try:
        found = where(_DECODER.decode(value))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _of_onvif(message: _Named) -> object:
    """Return what a recorded topic names, or the frame's own source."""
    if isinstance(message.topic, str):
        return onvif_events.camera(message.topic)
    frames = message.Frame if isinstance(message.Frame, list) else [message.Frame]
    return _inside(frames[0], "@Source") if frames else None


def _inside(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


CAMERA_AT: Final[dict[str, Callable[[_Named], object]]] = {
    "native": lambda message: message.camera,
    "nvschema": lambda message: message.sensorId,
    "deepstream": lambda message: _inside(message.sensor, "id"),
    "frigate": lambda message: _inside(message.after, "camera"),
    "onvif": _of_onvif,
    "scenescape": lambda message: message.id,
}
"""How a format names it; formats that name none need `?camera=` or a topic that does."""
IN_TOPIC: Final[dict[str, Callable[[str], str]]] = {
    "onvif": onvif_events.camera,
    "scenescape": lambda topic: topic.partition("scenescape/data/camera/")[2],
    "frigate": lambda topic: topic.split("/")[-3] if topic.endswith("/status/detect") and topic.count("/") > 2 else "",
}
"""Formats whose messages are named by their topic."""
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
