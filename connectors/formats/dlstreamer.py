"""Intel DL Streamer: what `gvametaconvert` says of a frame.

Its `timestamp` is the time within the stream (PTS, ns), no clock on a wall: the first
that is read is at `--start`, and in a live stream a frame is taken as it arrives. Where
the sender's own clock came with the pictures (`rtp`), that is the time of capture.
Boxes come as shares of the picture and in px; names of files and streams are not read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from connectors.files import Block, head
from connectors.formats.chunks import Chunk, ReadOptions, demand
from connectors.formats.framewise import Framewise, of_file
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.opendatacam import FARTHEST_US
from connectors.formats.plain_frames import Box, Frame, Thing

KIND: Final = "dlstreamer"
MARKS: Final = (frozenset({"timestamp", "resolution"}),)
"""What a frame has: where objects with these keys stand, a document's frames stand."""
HEAD_BYTES: Final = 1 << 16
NO_OBJECTS: Final = "expected objects, found results for the whole picture alone: detect objects (gvadetect)"
UNTIMED: Final = "the frame has the time within its stream alone: give --start"
UNSIZED: Final = "boxes are in px and nothing says of how many: give --size WxH"
VEHICLE: Final = "vehicle"
UNNAMED: Final = "object"
WITH_OBJECTS: Final = (
    "no frame without objects came: where gvametaconvert leaves them out (add-empty-results=false), cameras need "
    "sends_empty = false in a registry, or their quiet times count as outages"
)
Pixels = Annotated[int, msgspec.Meta(gt=0, le=2**31 - 1)]
Nanoseconds = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Bounds(msgspec.Struct):
    """A box in shares of the picture."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float


class Detection(msgspec.Struct):
    """What the detector said."""

    bounding_box: Bounds | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    label: str | None = None


class Object(msgspec.Struct):
    """One object."""

    detection: Detection | None = None
    x: float | None = None
    y: float | None = None
    w: float | None = None
    h: float | None = None
    id: str | int | None = None
    roi_type: str | None = None
    type: Any = None


class Resolution(msgspec.Struct):
    """Size of the picture, px."""

    width: Pixels
    height: Pixels


class Rtp(msgspec.Struct):
    """The sender's clock."""

    sender_ntp_unix_timestamp_ns: Nanoseconds | None = None


class Line(msgspec.Struct):
    """One frame."""

    timestamp: Nanoseconds | None = None
    objects: list[Object] | None = None
    resolution: Resolution | None = None
    rtp: Rtp | None = None
    tensors: Any = None


_DECODER = msgspec.json.Decoder(Line)


class Frames(Framewise):
    """Reads frames; those before are remembered by the first's time alone."""

    kind = KIND
    unsized = UNSIZED
    marks = MARKS

    def __init__(self, options: ReadOptions) -> None:
        super().__init__(options)
        self.first_ns = options.first_number
        self.has_empty = False

    def state(self) -> bytes:
        """Return the time within its stream of the first frame."""
        return b"" if self.first_ns is None else str(self.first_ns).encode()

    def resume(self, state: bytes) -> None:
        """Go on counting from the same frame."""
        self.first_ns = int(state)

    def decoded(self, block: Block, source: str, options: ReadOptions) -> Chunk:
        """Return what some messages say."""
        made = super().decoded(block, source, options)
        remarks: tuple[str, ...] = () if self.has_empty or not len(made.batch) else (f"{source}: {WITH_OBJECTS}",)
        if self.first_ns and options.start_us is not None:
            remarks += (f"{source}: times are counted from {self.first_ns:,} ns, the first that was read: --start",)
        return made._replace(remarks=remarks, sends_empty=self.has_empty or not len(made.batch))

    def frame(self, line: bytes, topic: str, arrival_us: int | None) -> Frame:
        """Read one frame."""
        try:
            said = _DECODER.decode(line)
        except msgspec.ValidationError as error:
            raise Faulty(str(error), "bad_time" if str(error).endswith("`$.timestamp`") else "bad_type") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Faulty(f"{type(error).__name__}: {error}", "not_json") from None
        if said.objects is None and said.tensors is not None:
            raise Faulty(NO_OBJECTS)
        camera = self.options.camera or topic.rpartition("/")[2]
        if not camera:
            raise Faulty("no camera is known: name it with --camera")
        size = self.options.size if said.resolution is None else (said.resolution.width, said.resolution.height)
        things = [self._thing(each, size) for each in said.objects or ()]
        t_us, clock = self._time(said, arrival_us)
        self.has_empty |= not things
        return Frame(camera, t_us, clock, things, said.timestamp, size)

    def _time(self, said: Line, arrival_us: int | None) -> tuple[int, str]:
        """Return when a frame was taken, and by which clock."""
        if said.rtp is not None and said.rtp.sender_ntp_unix_timestamp_ns is not None:
            return said.rtp.sender_ntp_unix_timestamp_ns // 1000, "capture"
        if said.timestamp is None:
            raise Faulty("expected timestamp, found none")
        if self.options.start_us is None:
            if arrival_us is None:
                raise Faulty(UNTIMED, "bad_time")
            return arrival_us, "arrival"
        if self.first_ns is None:
            self.first_ns = said.timestamp
        t_us = self.options.start_us + (said.timestamp - self.first_ns) // 1000
        return max(-FARTHEST_US, min(t_us, FARTHEST_US)), "pts"

    def _thing(self, told: Object, size: tuple[int, int] | None) -> Thing:
        found = told.detection or Detection()
        label = found.label or told.roi_type or UNNAMED
        kind = told.type.get("label") if isinstance(told.type, dict) else None
        if label.casefold() == VEHICLE and isinstance(kind, str) and self.names.is_known(kind):
            label = kind
        track = None if told.id is None else str(told.id)
        return Thing(label, found.confidence, track, _box(told, found.bounding_box, size))


def _box(told: Object, bounds: Bounds | None, size: tuple[int, int] | None) -> Box:
    """Return a box as shares of the picture."""
    if bounds is not None:
        return bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max
    if told.x is None or told.y is None or told.w is None or told.h is None:
        raise Faulty("expected detection.bounding_box, or x, y, w and h, found neither")
    if size is None:
        raise Faulty(UNSIZED)
    sides = told.x, told.y, told.x + told.w, told.y + told.h
    if not all(map(math.isfinite, sides)):
        raise Faulty("a box is not finite", "bad_box")
    return sides[0] / size[0], sides[1] / size[1], sides[2] / size[0], sides[3] / size[1]


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """Yield a file's frames and what could not be read of it.

    Raises
    ------
    UsageError
        The camera is not given; the start, where no frame has a clock; the size, where it is needed.
    """
    has_clock = b'"sender_ntp_unix_timestamp_ns"' in head(path, HEAD_BYTES)
    demand(options, KIND, ("camera",) if has_clock else ("camera", "start"))
    return of_file(path, options, Frames(options))
