"""One message of DeepStream's full schema (`eventMsg`): one object of one camera, strictly typed.

The class is the name of a key (`"vehicle": {..., "confidence": 0.9}`), the time that
of conversion. Only the fields named here are read: plates, makes, colours, ages and
whatever else a classifier says of an object stay out, as do place and speed (0 means
that none was measured).
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from connectors.formats.chunks import BAD_BOX, time_fault
from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_classes import ClassNames
from connectors.formats.nvschema_lines import time_us
from connectors.formats.nvschema_objects import Faulty, ratio
from schemas.came import came

MARKS: Final = (frozenset({"sensor", "object", "@timestamp"}),)
"""What a message has: where objects with these keys stand, a document's messages stand."""
NO_CLASSES: Final = frozenset(
    {"id", "speed", "direction", "orientation", "bbox", "location", "coordinate", "pose", "embedding", "mask", "info"}
)
"""Keys of an object that name no class."""
VEHICLE: Final = "vehicle"
UNNAMED: Final = "object"
"""Class of an object that has none: nobody knows it."""
NOT_UTC_TIMES: Final = "`$.@timestamp`"


class Sensor(msgspec.Struct):
    """The camera."""

    id: str | int | None = None


class Bbox(msgspec.Struct):
    """Corners of a box, px, y down."""

    topleftx: float
    toplefty: float
    bottomrightx: float
    bottomrighty: float


class Message(msgspec.Struct):
    """One message."""

    object: dict[str, msgspec.Raw]
    at_timestamp: str = msgspec.field(name="@timestamp")
    sensor: Sensor | None = None
    messageid: Any = None


class Kind(msgspec.Struct):
    """What is taken of a class's own object."""

    confidence: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    type: Any = None


class Seen(NamedTuple):
    """One object."""

    camera: str
    t_us: int
    message: str  # by which it is known again; '' where it has no id
    label: str
    confidence: float | None
    track: str | None
    box: tuple[float, float, float, float]  # px


_MESSAGE = msgspec.json.Decoder(Message)
_BBOX = msgspec.json.Decoder(Bbox)
_KIND = msgspec.json.Decoder(Kind)
_ID = msgspec.json.Decoder(str | int | None)


def decode(line: bytes, camera: str | None, names: ClassNames, now_us: int) -> Seen | Fault:
    """Read one message, or say what is wrong with it.

    Parameters
    ----------
    camera
        The camera of messages without one.
    names
        By which the kind of a vehicle is known.
    now_us
        What the future begins behind.
    """
    try:
        message = _MESSAGE.decode(line)
        return _seen(message, camera, names, now_us)
    except msgspec.ValidationError as error:
        return Fault("bad_time" if str(error).endswith(NOT_UTC_TIMES) else "bad_type", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Fault("not_json", f"{type(error).__name__}: {error}")
    except Faulty as fault:
        return Fault(fault.reason, str(fault))


def _seen(message: Message, camera: str | None, names: ClassNames, now_us: int) -> Seen:
    t_us = time_us(message.at_timestamp)
    if t_us is None:
        raise Faulty(f"expected a time such as 2026-01-05T00:00:00.100Z, got {came(message.at_timestamp)}", "bad_time")
    late = time_fault(t_us, now_us)
    if late is not None:
        raise Faulty(late[1], late[0])
    said = None if message.sensor is None else message.sensor.id
    named = camera if said in (None, "") else str(said)
    if named is None:
        raise Faulty("expected sensor.id, found none: name the camera of such messages with --camera")
    label, confidence = _class(message.object, names)
    track = _ID.decode(message.object["id"]) if "id" in message.object else None
    known = message.messageid if isinstance(message.messageid, str) else ""
    box = _box(message.object)
    return Seen(named, t_us, known, label, confidence, None if track is None else str(track), box)


def _box(thing: dict[str, msgspec.Raw]) -> tuple[float, float, float, float]:
    if "bbox" not in thing:
        raise Faulty("expected object.bbox, found none")
    box = _BBOX.decode(thing["bbox"])
    sides = box.topleftx, box.toplefty, box.bottomrightx, box.bottomrighty
    if not all(map(math.isfinite, sides)) or sides[2] < sides[0] or sides[3] < sides[1]:
        raise Faulty(BAD_BOX, "bad_box")
    return sides


def _class(thing: dict[str, msgspec.Raw], names: ClassNames) -> tuple[str, float | None]:
    """Return an object's class, of a vehicle its kind where a classifier says a known one, and its confidence."""
    keys = [key for key, value in thing.items() if key and key not in NO_CLASSES and bytes(value).startswith(b"{")]
    if not keys:
        return UNNAMED, None
    label = next((key for key in keys if names.is_known(key)), keys[0])
    kind = _KIND.decode(thing[label])
    confidence = ratio(kind.confidence, f"object.{label if names.is_known(label) else '*'}.confidence")
    if label.casefold() == VEHICLE and isinstance(kind.type, str) and names.is_known(kind.type):
        label = kind.type
    return label, confidence
