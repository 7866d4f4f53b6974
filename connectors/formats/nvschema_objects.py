"""Objects of nvschema: the full shape, a JSON object, and the minimal ones, a text with `|` between its fields.

Only the fields named here are read: an allow-list, so that embeddings, plates,
names and what is said of a person's looks stay out. Both shapes become `Object`.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final

import msgspec

from schemas.came import came

NOT_SET: Final = (-0.1, -1.0)
"""Confidences that mean "none": DeepStream writes -0.1 for what only the tracker found, or where the clustering
keeps no confidence (SDK reference, `NvDsObjectMeta.confidence`), and other senders -1."""
FLOAT32: Final = 1e-6
"""-0.1 has passed through a 32-bit float."""
MASKS: Final = ("masked", "unmasked", "incorrect")
PRIMARY: Final = 6
"""Fields of the shortest minimal object: id, left, top, right, bottom, type."""
MARK, POSE = "#", "pose"

Name = Annotated[str, msgspec.Meta(min_length=1)]


class Bbox(msgspec.Struct, gc=False):
    """Corners of a box, px, y down."""

    leftX: float
    topY: float
    rightX: float
    bottomY: float


class Info(msgspec.Struct, gc=False):
    """What is taken of an object's free attributes: texts by the schema, numbers from some senders."""

    mask: Any = None
    mask_confidence: Any = None
    face_px: Any = None


class Object(msgspec.Struct, gc=False):
    """One object, whatever its shape."""

    bbox: Bbox
    type: Name
    id: str | int | None = None
    confidence: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    info: Info | None = None


class Faulty(Exception):
    """A field that cannot be read, and its frame with it."""

    def __init__(self, detail: str, reason: str = "bad_type") -> None:
        super().__init__(detail)
        self.reason = reason


def checked(thing: Object | str) -> Object:
    """Return an object of either shape with its confidence in 0..1 and its attributes as numbers.

    Raises
    ------
    Faulty
        A field is missing, of the wrong type or out of its range.
    """
    if isinstance(thing, str):
        thing = minimal(thing)
    if thing.confidence is not None and thing.confidence < 0:
        thing.confidence = ratio(thing.confidence, "confidence")
    info = thing.info
    if info is not None:
        word = info.mask.casefold() if isinstance(info.mask, str) else None
        info.mask = word if word in MASKS else None
        info.mask_confidence = ratio(_attribute(info.mask_confidence, "mask_confidence"), "info.mask_confidence")
        info.face_px = _attribute(info.face_px, "face_px")
    return thing


def minimal(text: str) -> Object:
    """Read an object of the minimal shapes; its confidence may still be one of `NOT_SET`.

    Both begin `id|left|top|right|bottom|type`. Of its own metadata DeepStream writes no
    more than that, or `|#|`, the labels of secondary classifiers, and the confidence.
    Made of event messages, it has a fixed number of attributes there, empty where
    unknown; behind further `#` follow pose and embedding. A `|` may end either.

    Raises
    ------
    Faulty
        A field is missing, of the wrong type or out of its range.
    """
    fields = text.split("|")
    if len(fields) < PRIMARY or not fields[5]:
        raise Faulty(f"expected id|left|top|right|bottom|type, got {came(text)}")
    try:
        box = Bbox(*map(float, fields[1:5]))
    except ValueError:
        raise Faulty(f"expected a box of four numbers, got {came('|'.join(fields[1:5]))}") from None
    return Object(box, fields[5], fields[0], _confidence(fields[PRIMARY:]))


def _confidence(fields: list[str]) -> float | None:
    """Return the confidence behind the type; None when there is none.

    It is the last field before the next `#`, or of the pose behind that. Where a `|` ends
    the section it is the field before, if that can be one: it may be an age or a plate.
    """
    first, *others = _sections(fields[1:] if fields[:1] == [MARK] else fields)
    last = first[-1] if first else ""
    if not last and others and others[0][:1] and others[0][0].startswith(POSE):
        last = others[0][-1]
    number = _number(last)
    if number is not None:
        if not -1 <= number <= 1:
            raise Faulty("expected a confidence in 0..1, got another number")
        return number
    number = _number(first[-2]) if len(first) > 1 and not first[-1] else None
    return number if number is not None and (0 <= number <= 1 or _is_not_set(number)) else None


def _sections(fields: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for field in fields:
        if field == MARK:
            found.append([])
        else:
            found[-1].append(field)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_not_set(number: float) -> bool:
    return any(abs(number - meant) < FLOAT32 for meant in NOT_SET)


def ratio(number: float | None, name: str) -> float | None:
    """Return a number in 0..1; None where it is one that means "none".

    Raises
    ------
    Faulty
        It is another one.
    """
    if number is None or _is_not_set(number):
        return None
    if not 0 <= number <= 1:
        raise Faulty(f"expected {name} in 0..1, got another number")
    return number


def _attribute(value: Any, name: str) -> float | None:
    """Return an attribute of `info` as a number; an empty text is none."""
    if value is None or value == "":
        return None
    number = _number(value) if isinstance(value, str) else value
    if not isinstance(number, int | float) or isinstance(number, bool) or not math.isfinite(number):
        raise Faulty(f"expected info.{name} as a number, got {came(value)}")
    return float(number)
