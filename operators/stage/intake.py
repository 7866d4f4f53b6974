"""Frame batches as arrays: dense camera codes, class codes, hashed tracks.

The door between tables with strings and kernels with numbers. What the registry
does not know is told apart here, so that the flow can make dead letters of it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from operators.arrays import OTHER
from operators.city import City
from operators.stage import faces, identity, refused, texts
from operators.stage.arrived import Arrived, sealed
from schemas.frames import CLASSES, FrameBatch
from schemas.registry import ZONE_KINDS

UNKNOWN, NOT_VALID = -1, -2
EMPTY_NAMES = tuple(int(c) for c in texts.codes(pl.Series(["", "-1", "18446744073709551615"])))


def tracks(names: pl.Series) -> NDArray[np.uint64]:
    """Return a code a track id; 0 for untracked (null, empty, -1, 2^64-1)."""
    out = texts.codes(names)
    for code in EMPTY_NAMES:
        out[out == np.uint64(code)] = 0
    return out


def track_name(code: int, names: dict[int, str]) -> str:
    """Return the stream's own name of a track code."""
    if code & int(texts.NAMED):
        return names.get(code, f"t-{code & (int(texts.NAMED) - 1):x}")
    return str(code - 1)


def _slices(frame: NDArray[np.integer[Any]], count: int) -> NDArray[np.int64]:
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(frame, minlength=count), out=first[1:])
    return first


class Lookup(NamedTuple):
    """Ids of a city as Polars enums, made once."""

    ids: pl.Enum
    first_version: NDArray[np.int64]  # (ids + 1,) camera codes of an id
    zones: pl.DataFrame  # camera (code), kind, zone (id) and its code


def lookup(city: City) -> Lookup:
    """Index a city's ids."""
    names = [camera.id for camera in city.cameras]  # the versions of an id stand side by side
    first = [code for code, name in enumerate(names) if code == 0 or name != names[code - 1]]
    zones = {
        "camera": pl.Series(city.zone_camera, dtype=pl.Int32),
        "kind": pl.Series([ZONE_KINDS[kind] for kind in city.zone_kind.tolist()], dtype=pl.String),
        "zone": pl.Series(city.zone_ids, dtype=pl.String),
        "code": pl.Series(range(len(city.zone_ids)), dtype=pl.Int32),
    }
    return Lookup(
        pl.Enum([names[code] for code in first]), np.array([*first, len(names)], np.int64), pl.DataFrame(zones)
    )


@njit(cache=True)
def _versions(
    ids: NDArray[np.int64],
    t_us: NDArray[np.int64],
    first: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    out: NDArray[np.int32],
) -> None:
    for i in range(len(ids)):
        if ids[i] < 0:
            out[i] = UNKNOWN
            continue
        low = first[ids[i]]
        code = first[ids[i] + 1] - 1
        while code > low and start[code] > t_us[i]:
            code -= 1
        out[i] = code if start[code] <= t_us[i] < end[code] else NOT_VALID


def _floats(column: pl.Series) -> NDArray[np.float32]:
    out: NDArray[np.float32] = column.cast(pl.Float32).fill_null(float("nan")).to_numpy()
    return out


def _ints(column: pl.Series, absent: int) -> NDArray[np.int64]:
    missing = column.null_count()
    if missing == len(column):
        return np.full(len(column), absent, np.int64)
    out: NDArray[np.int64] = (column.fill_null(absent) if missing else column).to_numpy()
    return out


_OURS = np.full(texts.UNKNOWN + 1, OTHER, np.uint8)
"""Our class of each word of `refused.KNOWN`; what is none of ours is other."""
_OURS[: len(CLASSES)] = np.arange(len(CLASSES))


def strange(batch: FrameBatch, frames: Arrived, index: Lookup) -> pl.DataFrame | None:
    """Return the words of a batch that were not understood (`refused.words`), None where all were."""
    if not (frames.signal_zone <= refused.FIRST).any():
        return None
    return refused.words(batch, frames.camera, index.zones)


def camera_codes(frames: pl.DataFrame, city: City, index: Lookup) -> NDArray[np.int32]:
    """Return (n,) the dense code of each frame's camera, `UNKNOWN` or `NOT_VALID`."""
    ids = frames["camera"].cast(index.ids, strict=False).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    out = np.empty(len(ids), np.int32)
    _versions(ids, frames["t_us"].to_numpy(), index.first_version, city.valid_from_us, city.valid_to_us, out)
    return out


def arrays(batch: FrameBatch, city: City, index: Lookup, first_row: int = 0) -> Arrived:
    """Turn a batch of known cameras into arrays; frames keep their arrival order.

    Parameters
    ----------
    first_row
        Number of the batch's first frame; the caller counts on from batch to batch.
    """
    frames, objects = batch.frames, batch.objects
    camera = camera_codes(frames, city, index)
    known = refused.known(objects)
    unseen, said = refused.whole(refused.signals(batch, camera, index.zones, known))
    seq = np.maximum(_ints(frames["seq"], identity.ABSENT), identity.ABSENT)
    seq[unseen] = identity.UNSEEN
    found = Arrived(
        row=np.arange(first_row, first_row + len(camera), dtype=np.int64),
        camera=camera,
        t_us=frames["t_us"].to_numpy(),
        seq=seq,
        arrival_us=_ints(frames["arrival_us"], -1),
        width=_ints(frames["width"], 0).astype(np.int32, copy=False),
        height=_ints(frames["height"], 0).astype(np.int32, copy=False),
        luma=_floats(frames["luma"]),
        sharpness=_floats(frames["sharpness"]),
        image=texts.codes(frames["image_hash"]),
        first=_slices(objects["frame"].to_numpy(), len(camera)),
        cls=_OURS[known.cls],
        confidence=_floats(objects["confidence"]),
        box=np.stack([objects[name].to_numpy() for name in ("x1", "y1", "x2", "y2")], axis=1),
        track=tracks(objects["track"]),
        face=faces.pack(known.mask, objects["mask_confidence"], objects["face_px"]),
        signal_first=_slices(said.frame, len(camera)),
        signal_zone=said.zone,
        signal_value=said.value,
    )
    return sealed(found)
