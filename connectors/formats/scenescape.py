"""Intel SceneScape: what its detectors send of a frame (`scenescape/data/camera/<id>`).

The time is that of acquisition. Boxes are left, top, width and height, in px, or
shares of the picture: which of them is told by their size, as no detector means
a box of at most one by one px. Vectors to know persons by, age and gender are not read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from connectors.formats import topic_lines
from connectors.formats.chunks import BAD_BOX, Chunk, ReadOptions
from connectors.formats.framewise import Framewise, of_file
from connectors.formats.native_lines import Fault
from connectors.formats.nvschema_lines import time_us
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.plain_frames import Box, Frame, Thing
from schemas.came import came

KIND: Final = "scenescape"
MARKS: Final = (*topic_lines.MARKS, frozenset({"id", "timestamp", "objects"}))
"""What a message has: where objects with these keys stand, a document's messages stand."""
TOPIC: Final = "scenescape/data/camera/"
UNSIZED: Final = "boxes are in px and nothing says of how many: give --size WxH"
MASKED: Final = frozenset({"mask", "masked", "with_mask", "facemask", "face_mask", "true", "yes", "1"})
UNMASKED: Final = frozenset({"no_mask", "nomask", "unmasked", "without_mask", "none", "false", "no", "0"})
Confidence = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Bounds(msgspec.Struct):
    """A box, left and top first."""

    x: float
    y: float
    width: float
    height: float


class Object(msgspec.Struct):
    """One object."""

    id: str | int | None = None
    category: str | None = None
    type: str | None = None
    confidence: Confidence | None = None
    bounding_box: Bounds | None = None
    bounding_box_px: Bounds | None = None
    facemask: Any = None


class Message(msgspec.Struct):
    """One frame."""

    timestamp: str
    objects: list[Object] | dict[str, list[Object]]
    id: str | int | None = None


class Frames(Framewise):
    """Reads frames of any number of cameras."""

    kind = KIND
    unsized = UNSIZED
    marks = MARKS

    def frame(self, line: bytes, topic: str, arrival_us: int | None) -> Frame:
        """Read one frame."""
        found = topic_lines.told(line, topic)
        if isinstance(found, Fault):
            raise Faulty(found.detail, found.reason)
        try:
            said = msgspec.convert(found.payload, Message)
        except msgspec.ValidationError as error:
            raise Faulty(str(error), "bad_time" if str(error).endswith("`$.timestamp`") else "bad_type") from None
        t_us = time_us(said.timestamp)
        if t_us is None:
            raise Faulty(f"expected a time such as 2026-01-05T00:00:00.100Z, got {came(said.timestamp)}", "bad_time")
        named = "" if said.id is None else str(said.id)
        camera = named or found.topic.partition(TOPIC)[2] or self.options.camera
        if not camera:
            raise Faulty("expected the camera's id, found none: name it with --camera")
        return Frame(camera, t_us, "capture", list(self._things(said.objects)), None, self.options.size)

    def _things(self, told: list[Object] | dict[str, list[Object]]) -> Iterator[Thing]:
        of_kind = told.items() if isinstance(told, dict) else [("", told)]
        for kind, each in chain.from_iterable(((kind, each) for each in some) for kind, some in of_kind):
            label = each.category or each.type or kind or "object"
            track = None if each.id is None else str(each.id)
            mask, sure = _mask(each.facemask)
            yield Thing(label, each.confidence, track, _box(each, self.options.size), mask, sure)


def _box(told: Object, size: tuple[int, int] | None) -> Box:
    """Return a box as shares of the picture."""
    bounds = told.bounding_box if told.bounding_box_px is None else told.bounding_box_px
    if bounds is None:
        raise Faulty("expected bounding_box or bounding_box_px, found neither")
    sides = bounds.x, bounds.y, bounds.x + bounds.width, bounds.y + bounds.height
    if not all(map(math.isfinite, sides)) or bounds.width < 0 or bounds.height < 0:
        raise Faulty(BAD_BOX, "bad_box")
    if told.bounding_box_px is None and bounds.width <= 1 and bounds.height <= 1:
        return sides
    if size is None:
        raise Faulty(UNSIZED)
    return sides[0] / size[0], sides[1] / size[1], sides[2] / size[0], sides[3] / size[1]


def _mask(told: Any) -> tuple[str | None, float | None]:
    """Return whether a face is masked, and how sure that is, as far as it is said."""
    sure = told.get("confidence") if isinstance(told, dict) else None
    word = told.get("label") if isinstance(told, dict) else told
    plain = str(word).casefold().replace(" ", "_").replace("-", "_") if isinstance(word, str | bool | int) else ""
    mask = "masked" if plain in MASKED else "unmasked" if plain in UNMASKED else None
    is_sure = isinstance(sure, int | float) and not isinstance(sure, bool) and 0 <= sure <= 1
    return mask, float(sure) if mask is not None and is_sure else None  # type: ignore[arg-type]


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it.

    Raises
    ------
    UsageError
        The size, where boxes are in px, is not given.
    """
    return of_file(path, options, Frames(options))
