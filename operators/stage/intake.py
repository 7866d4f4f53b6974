"""Frame batches as arrays: dense camera codes, class codes, hashed tracks.

The door between tables with strings and kernels with numbers. What the registry
does not know is told apart here, so that the flow can make dead letters of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from operators.arrays import OTHER, frozen
from operators.city import City
from operators.stage import faces
from schemas.frames import CLASSES, FrameBatch
from schemas.registry import ZONE_KINDS

UNKNOWN, NOT_VALID = -1, -2
NAMED = np.uint64(1 << 63)
"""Top bit of a hashed track name; without it the code is the number itself plus one."""
OFFSET, PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a, 64 bit


class Arrived(NamedTuple):
    """`n` frames in arrival order with `m` objects and `k` signals as slices."""

    camera: NDArray[np.int32]  # (n,) dense code, `UNKNOWN` or `NOT_VALID`
    t_us: NDArray[np.int64]  # (n,)
    seq: NDArray[np.int64]  # (n,) minimum of int64 when absent
    arrival_us: NDArray[np.int64]  # (n,) -1 when absent
    width: NDArray[np.int32]  # (n,)
    height: NDArray[np.int32]  # (n,)
    luma: NDArray[np.float32]  # (n,) NaN when absent
    sharpness: NDArray[np.float32]  # (n,) NaN when absent
    image: NDArray[np.uint64]  # (n,) hash of the picture, 0 when absent
    first: NDArray[np.int64]  # (n + 1,) objects of frame i
    cls: NDArray[np.uint8]  # (m,)
    confidence: NDArray[np.float32]  # (m,)
    box: NDArray[np.float32]  # (m, 4)
    track: NDArray[np.uint64]  # (m,)
    face: NDArray[np.uint32]  # (m,)
    signal_first: NDArray[np.int64]  # (n + 1,) signals of frame i
    signal_zone: NDArray[np.int32]  # (k,) dense zone code, -1 when unknown
    signal_value: NDArray[np.float64]  # (k,)


def sealed(frames: Arrived) -> Arrived:
    """Return the frames with arrays that nobody can write to, wherever they come from."""
    return Arrived(*(frozen(getattr(frames, name)) for name in Arrived._fields))


FRAME_FIELDS = ("camera", "t_us", "seq", "arrival_us", "width", "height", "luma", "sharpness", "image")
OBJECT_FIELDS = ("cls", "confidence", "box", "track", "face")
SIGNAL_FIELDS = ("signal_zone", "signal_value")


@njit(cache=True)
def _encode(offsets: NDArray[np.int64], data: NDArray[np.uint8], out: NDArray[np.uint64]) -> None:
    """Write the number + 1 for plain decimal names, an FNV-1a hash with the top bit for others."""
    for i in range(len(out)):
        start, end = offsets[i], offsets[i + 1]
        size = end - start
        number = np.uint64(0)
        digits = 0 < size <= 18 and (size == 1 or data[start] != 48)
        code = OFFSET
        for j in range(start, end):
            byte = np.uint64(data[j])
            digits = digits and 48 <= byte <= 57
            number = number * np.uint64(10) + (byte - np.uint64(48))
            code = (code ^ byte) * PRIME
        out[i] = number + np.uint64(1) if digits else (code | NAMED)


def codes(names: pl.Series) -> NDArray[np.uint64]:
    """Return a code a name, the same on every machine; 0 for null."""
    text = names.to_arrow(compat_level=pl.CompatLevel.oldest())
    out = np.empty(len(names), np.uint64)
    buffers = text.buffers()
    if len(names) and buffers[2] is not None:
        offsets = np.frombuffer(buffers[1], np.int64)[text.offset : text.offset + len(names) + 1]
        _encode(offsets, np.frombuffer(buffers[2], np.uint8), out)
    else:
        out[:] = 0
    if names.null_count():
        out[names.is_null().to_numpy()] = 0
    return out


EMPTY_NAMES = tuple(int(c) for c in codes(pl.Series(["", "-1", "18446744073709551615"])))


def tracks(names: pl.Series) -> NDArray[np.uint64]:
    """Return a code a track id; 0 for untracked (null, empty, -1, 2^64-1)."""
    out = codes(names)
    for code in EMPTY_NAMES:
        out[out == np.uint64(code)] = 0
    return out


def track_name(code: int, names: dict[int, str]) -> str:
    """Return the stream's own name of a track code."""
    if code & int(NAMED):
        return names.get(code, f"t-{code & (int(NAMED) - 1):x}")
    return str(code - 1)


def _slices(frame: NDArray[np.uint32], count: int) -> NDArray[np.int64]:
    return np.searchsorted(frame, np.arange(count + 1)).astype(np.int64)


class Lookup(NamedTuple):
    """Ids of a city as Polars enums, made once."""

    ids: pl.Enum
    first_version: NDArray[np.int64]  # (ids + 1,) camera codes of an id
    zones: dict[tuple[str, str], list[int]]


def lookup(city: City) -> Lookup:
    """Index a city's ids."""
    names = [camera.id for camera in city.cameras]
    unique = list(dict.fromkeys(names))
    first = np.array([*(names.index(name) for name in unique), len(names)], np.int64)
    zones: dict[tuple[str, str], list[int]] = {}
    for code, (zone, camera) in enumerate(zip(city.zone_ids, city.zone_camera, strict=True)):
        zones.setdefault((names[camera], zone), []).append(code)
    return Lookup(pl.Enum(unique), first, zones)


@njit(cache=True)
def _versions(
    ids: NDArray[np.int64],
    t_us: NDArray[np.int64],
    first: NDArray[np.int64],
    start: NDArray[np.int64],
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
        out[i] = code if start[code] <= t_us[i] else NOT_VALID


def _floats(column: pl.Series) -> NDArray[np.float32]:
    out: NDArray[np.float32] = column.fill_null(float("nan")).to_numpy().astype(np.float32, copy=False)
    return out


def _ints(column: pl.Series, absent: int) -> NDArray[np.int64]:
    out: NDArray[np.int64] = column.fill_null(absent).to_numpy()
    return out


def _classes(column: pl.Series) -> NDArray[np.uint8]:
    code = column.cast(pl.Enum(list(CLASSES)), strict=False).to_physical().cast(pl.UInt8).fill_null(OTHER)
    out: NDArray[np.uint8] = code.to_numpy()
    return out


def _shares(values: pl.Series) -> NDArray[np.float64]:
    """Return shares, NaN where a value is none: -1 for "not known", or per cent, is no observation."""
    value = values.to_numpy()
    out: NDArray[np.float64] = np.where((value >= 0.0) & (value <= 1.0), value, np.nan)
    return out


def _signal_zones(signals: pl.DataFrame, camera: NDArray[np.int32], city: City, index: Lookup) -> NDArray[np.int32]:
    out = np.full(signals.height, -1, np.int32)
    if not signals.height:
        return out
    of_frame = camera[signals["frame"].to_numpy()]
    said = pl.DataFrame({"camera": of_frame, "kind": signals["kind"], "zone": signals["zone"]})
    for camera_code, kind, zone in said.unique().iter_rows():
        if camera_code < 0 or zone is None:
            continue
        first, end = city.zone_first[camera_code], city.zone_first[camera_code + 1]
        for z in index.zones.get((city.cameras[camera_code].id, zone), ()):
            if first <= z < end and ZONE_KINDS[city.zone_kind[z]] == kind:
                same = (pl.col("camera") == camera_code) & (pl.col("kind") == kind) & (pl.col("zone") == zone)
                out[said.select(same).to_series().to_numpy()] = z
    return out


def camera_codes(frames: pl.DataFrame, city: City, index: Lookup) -> NDArray[np.int32]:
    """Return (n,) the dense code of each frame's camera, `UNKNOWN` or `NOT_VALID`."""
    ids = frames["camera"].cast(index.ids, strict=False).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    out = np.empty(len(ids), np.int32)
    _versions(ids, frames["t_us"].to_numpy(), index.first_version, city.valid_from_us, out)
    return out


def arrays(batch: FrameBatch, city: City, index: Lookup) -> Arrived:
    """Turn a batch of known cameras into arrays; frames keep their arrival order."""
    frames, objects, signals = batch.frames, batch.objects, batch.signals
    camera = camera_codes(frames, city, index)
    found = Arrived(
        camera=camera,
        t_us=frames["t_us"].to_numpy(),
        seq=_ints(frames["seq"], np.iinfo(np.int64).min),
        arrival_us=_ints(frames["arrival_us"], -1),
        width=_ints(frames["width"], 0).astype(np.int32, copy=False),
        height=_ints(frames["height"], 0).astype(np.int32, copy=False),
        luma=_floats(frames["luma"]),
        sharpness=_floats(frames["sharpness"]),
        image=codes(frames["image_hash"]),
        first=_slices(objects["frame"].to_numpy(), len(camera)),
        cls=_classes(objects["class"]),
        confidence=_floats(objects["confidence"]),
        box=np.stack([objects[name].to_numpy() for name in ("x1", "y1", "x2", "y2")], axis=1),
        track=tracks(objects["track"]),
        face=faces.pack(objects["mask"], objects["mask_confidence"], objects["face_px"]),
        signal_first=_slices(signals["frame"].to_numpy(), len(camera)),
        signal_zone=_signal_zones(signals, camera, city, index),
        signal_value=_shares(signals["value"]),
    )
    return sealed(found)


def nothing() -> Arrived:
    """Return zero frames."""
    whole, small = np.empty(0, np.int64), np.empty(0, np.int32)
    real = np.empty(0, np.float32)
    return Arrived(
        camera=small,
        t_us=whole,
        seq=whole,
        arrival_us=whole,
        width=small,
        height=small,
        luma=real,
        sharpness=real,
        image=np.empty(0, np.uint64),
        first=np.zeros(1, np.int64),
        cls=np.empty(0, np.uint8),
        confidence=real,
        box=np.empty((0, 4), np.float32),
        track=np.empty(0, np.uint64),
        face=np.empty(0, np.uint32),
        signal_first=np.zeros(1, np.int64),
        signal_zone=small,
        signal_value=np.empty(0, np.float64),
    )
