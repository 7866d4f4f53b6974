"""What kernels exchange: released frames as arrays, parts, and incident changes.

The ordered stage hands each kernel one `Ordered`: frames of one shard sorted by
(camera, time), their objects as slices. Measuring kernels answer with `Parts`,
order-dependent ones with `Parts` or `Changes`.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

OTHER = 255
"""Code of a class outside `schemas.frames.CLASSES`."""

Record: TypeAlias = Any
"""One row of a record array: compiled loops read its fields as attributes, of which numpy's types know nothing."""


class Ordered(NamedTuple):
    """`n` frames sorted by (camera, t_us), `m` objects and `k` signals in frame order."""

    camera: NDArray[np.int32]  # (n,) dense code in `City`
    t_us: NDArray[np.int64]  # (n,)
    dt_ms: NDArray[
        np.int32
    ]  # (n,) time the frame stands for, capped at two periods; of a late one, what it alone covers
    usable: NDArray[np.bool_]  # (n,) False while frozen or dark: seen, but not watched
    made_here: NDArray[
        np.bool_
    ]  # (n,) tracks are made here (`operators.tracking.streams`): whom they leave out is nobody
    width: NDArray[np.int32]  # (n,) px
    height: NDArray[np.int32]  # (n,) px
    first: NDArray[np.int64]  # (n + 1,) objects of frame i are first[i]:first[i + 1]
    cls: NDArray[np.uint8]  # (m,) index into CLASSES or OTHER
    confidence: NDArray[np.float32]  # (m,) NaN when absent
    box: NDArray[np.float32]  # (m, 4) x1, y1, x2, y2 in 0..1, y down
    track: NDArray[np.uint64]  # (m,) hash of the track id, 0 when untracked
    face: NDArray[np.uint32]  # (m,) what `operators.stage.faces` packs of a judged face, 0 when none was
    zones: NDArray[np.uint64]  # (m,) bit i: the foot point lies in the camera's zone i (`operators.stage.feet`)
    signal_frame: NDArray[np.int64]  # (k,) ascending
    signal_zone: NDArray[np.int32]  # (k,) dense zone code
    signal_value: NDArray[np.float64]  # (k,)
    lag_ms: NDArray[np.int32] | None = None  # (n,) the time it stands for begins so much later; None: with the frame


class Whose(NamedTuple):
    """Whose tracks `n` frames have."""

    made_here: NDArray[np.bool_]  # (n,) tracks are made here
    untracked: NDArray[np.bool_]  # (n,) nobody tracks what may be in it
    with_id: NDArray[np.int64]  # (n,) persons and vehicles that came with an id of their own
    without_id: NDArray[np.int64]  # (n,) those without one that are not tracked here


class Parts(NamedTuple):
    """`n` parts of one metric; many may share a (key, minute): they merge."""

    key: NDArray[np.int32]  # (n,) dense key: zone, line direction or camera
    minute: NDArray[np.int64]  # (n,) minutes since 1970 UTC
    values: NDArray[np.int64]  # (n, metric.width) laid out as the metric's parts


PartRows: TypeAlias = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]
"""The fields of `Parts`, as compiled loops return them."""


class Told(NamedTuple):
    """What a kernel says of some frames."""

    parts: Parts | None
    changes: Changes | None


class Changes(NamedTuple):
    """`n` changes of incidents, in order."""

    kind: NDArray[np.uint8]  # index into INCIDENT_KINDS
    camera: NDArray[np.int32]
    zone: NDArray[np.int32]  # dense zone code, -1 for the whole camera
    anchor: NDArray[np.uint64]  # track hash or 0: part of the incident's id
    step: NDArray[np.int32]  # change number within the incident, from 0
    state: NDArray[np.uint8]  # index into INCIDENT_STATES
    severity: NDArray[np.uint8]  # kind-specific code; parking: 1 stopped, 2 parked; crowd: level index
    t_us: NDArray[np.int64]  # event time of the change
    opened_us: NDArray[np.int64]
    active_us: NDArray[np.int64]
    closed_us: NDArray[np.int64]  # 0 while not closed
    peak: NDArray[np.float64]
    box: NDArray[np.float32]  # (n, 4), NaN when none
    track: NDArray[np.uint64]  # newest track hash behind it, 0 when none


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view of an array that nobody can write to.

    Kernels are compiled for the types of their arrays, and one that may be written to is
    another type: tables give either, as it happens, and each would be compiled for.
    """
    out = array.view()
    out.flags.writeable = False
    return out


def no_frames() -> Ordered:
    """Return zero frames."""
    whole, small, real = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
    flags = np.empty(0, np.bool_)
    frames = (small, whole, small, flags, flags, small, small, np.zeros(1, np.int64))
    codes, faces = np.empty(0, np.uint64), np.empty(0, np.uint32)
    objects = (np.empty(0, np.uint8), real, np.empty((0, 4), np.float32), codes, faces, codes)
    return Ordered(*frames, *objects, whole, small, np.empty(0, np.float64))


def no_parts(width: int) -> Parts:
    """Return zero parts of a metric of that width."""
    return Parts(np.empty(0, np.int32), np.empty(0, np.int64), np.empty((0, width), np.int64))
