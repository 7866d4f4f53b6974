"""A frame of ONVIF Profile M's metadata as JSON (`onvif-mj`): what its XML says, by the names that became of it.

Attributes begin with `@`, numbers may be texts, and a list of one may be that one.
Boxes are in units of the device, y up; its Transformation takes them to -1..1, of
which shares of the picture are made here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from connectors.formats.chunks import BAD_BOX
from connectors.formats.nvschema_lines import time_us
from connectors.formats.nvschema_objects import Faulty
from schemas.came import came

MARKS: Final = (frozenset({"Frame"}), frozenset({"VideoAnalytics"}), frozenset({"MetadataStream"}))
"""What a message has."""
WAYS: Final = ((), ("VideoAnalytics",), ("MetadataStream", "VideoAnalytics"))
"""Where frames stand in a message."""
CLASSES: Final = {
    "human": "person",
    "bike": "bicycle",
    "other": "other",
}
"""Types of ONVIF (Analytics Service Specification, Object Classes) that nvschema's table does not name."""
ANY_VEHICLE: Final = "vehicle"
NO_BOX: Final = (0.0, 0.0, 0.0, 0.0)
"""An object without a box: it is one without area, and left out as such."""
UNIT: Final = 1.0, 0.0
"""Scale and translation where none is given: units are -1..1 already."""


class Thing(NamedTuple):
    """One object."""

    label: str
    confidence: float | None
    track: str | None
    box: tuple[float, float, float, float]  # shares of the picture, y down


class Seen(NamedTuple):
    """One frame."""

    source: str  # the device's own name of what it looks through; '' where it says none
    t_us: int
    things: list[Thing]


def frames(payload: Any) -> list[Any] | None:
    """Return the frames of a message; None where it has no place for them."""
    for way in WAYS:
        held = payload
        for name in way:
            held = held.get(name) if isinstance(held, dict) else None
        if isinstance(held, dict) and "Frame" in held:
            return several(held["Frame"])
    return None


def read(frame: Any) -> Seen:
    """Read one frame.

    Raises
    ------
    Faulty
        A field is missing, of the wrong type or out of its range.
    """
    if not isinstance(frame, dict):
        raise Faulty(f"expected a frame, got {came(frame)}")
    source = frame.get("@Source")
    way = _transformation(frame.get("Transformation"))
    things = [_thing(each, way) for each in several(frame.get("Object"))]
    return Seen(text(source), moment(frame.get("@UtcTime")), things)


def moment(value: Any) -> int:
    """Return a time, without an offset in UTC, as microseconds since 1970.

    Raises
    ------
    Faulty
        It is none.
    """
    t_us = time_us(value) if isinstance(value, str) else None
    if t_us is None:
        raise Faulty(f"expected a time such as 2026-01-05T00:00:00.100Z, got {came(value)}", "bad_time")
    return t_us


def several(value: Any) -> list[Any]:
    """Return a list, of one where it is no list, of none where there is none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text(value: Any) -> str:
    """Return an id as text; '' for none."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


class _Way(NamedTuple):
    """How units of the device become -1..1."""

    x: tuple[float, float]  # scale, translation
    y: tuple[float, float]


def _transformation(told: Any) -> _Way:
    if told is None:
        return _Way(UNIT, UNIT)
    if not isinstance(told, dict):
        raise Faulty(f"expected Transformation with Translate and Scale, got {came(told)}")
    scale, move = told.get("Scale"), told.get("Translate")
    return _Way(*((_side(scale, axis, UNIT[0]), _side(move, axis, UNIT[1])) for axis in ("@x", "@y")))


def _side(told: Any, axis: str, otherwise: float) -> float:
    if told is None:
        return otherwise
    if not isinstance(told, dict) or axis not in told:
        raise Faulty(f"expected {axis} of Translate and of Scale, found none")
    return number(told[axis], axis)


def number(value: Any, name: str) -> float:
    """Return a number that may be written as a text.

    Raises
    ------
    Faulty
        It is none.
    """
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise Faulty(f"expected {name} as a number, got {came(value)}") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Faulty(f"expected {name} as a number, got {came(value)}")
    try:
        return float(value)
    except OverflowError:
        raise Faulty(f"expected {name} as a number of at most 64 bits") from None


def _thing(told: Any, way: _Way) -> Thing:
    if not isinstance(told, dict):
        raise Faulty(f"expected an object, got {came(told)}")
    label, confidence = _class(told)
    track = told.get("@ObjectId")
    return Thing(label, confidence, None if track is None else text(track), _box(told, way))


def _within(told: Any, *names: str) -> Any:
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    return told


def _box(told: Any, way: _Way) -> tuple[float, float, float, float]:
    """Return a box in shares of the picture, y down."""
    box = _within(told, "Appearance", "Shape", "BoundingBox")
    if box is None:
        return NO_BOX
    if not isinstance(box, dict):
        raise Faulty(f"expected a BoundingBox, got {came(box)}")
    sides = [number(box.get(f"@{side}"), f"@{side}") for side in ("left", "top", "right", "bottom")]
    x1, x2 = ((side * way.x[0] + way.x[1] + 1) / 2 for side in (sides[0], sides[2]))
    y1, y2 = ((1 - (side * way.y[0] + way.y[1])) / 2 for side in (sides[1], sides[3]))
    if not all(map(math.isfinite, (x1, y1, x2, y2))) or x2 < x1 or y2 < y1:
        raise Faulty(f"{BAD_BOX}; y points up: @top is meant above @bottom", "bad_box")
    return x1, y1, x2, y2


def _class(told: Any) -> tuple[str, float | None]:
    """Return the likeliest class; of a vehicle what kind it is, where the device says that too."""
    found = sorted(_candidates(_within(told, "Appearance", "Class")), key=lambda one: -(one[1] if one[1] else 0.0))
    if not found:
        return "object", None
    best = found[0]
    if best[0].casefold() == ANY_VEHICLE:
        best = next((one for one in found if one[0].casefold() in KINDS_OF_VEHICLE), best)
    return best


KINDS_OF_VEHICLE: Final = ("car", "bus", "truck", "bicycle", "bike", "motorcycle", "motorbike", "van", "taxi")


def _candidates(told: Any) -> Iterator[tuple[str, float | None]]:
    """Yield types and likelihoods, in the new way (`Type`) and the old one (`ClassCandidate`)."""
    if not isinstance(told, dict):
        return
    for one in several(told.get("Type")):
        word, sure = (one.get("#text"), one.get("@Likelihood")) if isinstance(one, dict) else (one, None)
        yield from _candidate(word, sure)
    for one in several(told.get("ClassCandidate")):
        if isinstance(one, dict):
            yield from _candidate(one.get("Type"), one.get("Likelihood"))


def _candidate(word: Any, sure: Any) -> Iterator[tuple[str, float | None]]:
    if not isinstance(word, str) or not word:
        return
    likelihood = None if sure is None else number(sure, "@Likelihood")
    if likelihood is not None and not 0 <= likelihood <= 1:
        raise Faulty("expected @Likelihood in 0..1, got another number")
    yield word, likelihood
