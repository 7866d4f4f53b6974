"""Small cities and frames for kernel tests, written as plain lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.arrays import OTHER, Ordered
from operators.city import City, build
from operators.metrics import flow
from operators.stage import feet
from schemas.frames import CLASSES
from schemas.registry import Camera, Line, Registry, Zone

FULL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
Object = tuple[Any, ...]  # class, confidence, box, track and, where one was judged, a packed face


def camera(name: str = "cam", **fields: Any) -> Camera:
    """Return a camera at 10 frames/s that measures crowds and flow."""
    fields = {"area": "33.74", "fps": 10.0, "metrics": ("crowd", "flow"), **fields}
    return Camera(id=name, **fields)


def city(*cameras: Camera) -> City:
    return build(Registry(camera=cameras))


def zone(name: str, polygon: Iterable[Sequence[float]], **fields: Any) -> Zone:
    return Zone(id=name, kind=fields.pop("kind", "crowd"), polygon=tuple((x, y) for x, y in polygon), **fields)


def line(name: str, *points: tuple[float, float], **fields: Any) -> Line:
    return Line(id=name, points=points, **fields)


def at(x: float, y: float, track: int = 0, cls: str = "person", confidence: float = 0.9, height: float = 0.1) -> Object:
    """Return an object whose foot point is (x, y)."""
    return cls, confidence, (x - 0.01, y - height, x + 0.01, y), track


def frames(
    rows: Sequence[tuple[int, int, Sequence[Object]]],
    dt_ms: int | Sequence[int] = 100,
    usable: Sequence[bool] = (),
    place: City | None = None,
) -> Ordered:
    """Return frames from (camera code, t_us, objects) in the order given, standing in the zones of `place`."""
    n = len(rows)
    objects = [o for row in rows for o in row[2]]
    own = [place is not None and place.cameras[row[0]].tracker == "iou" for row in rows]
    made = Ordered(
        camera=np.array([r[0] for r in rows], np.int32),
        t_us=np.array([r[1] for r in rows], np.int64),
        dt_ms=np.full(n, dt_ms, np.int32) if isinstance(dt_ms, int) else np.array(dt_ms, np.int32),
        usable=np.array(usable, np.bool_) if len(usable) else np.ones(n, np.bool_),
        made_here=np.array(own, np.bool_),
        width=np.full(n, 1920, np.int32),
        height=np.full(n, 1080, np.int32),
        first=np.cumsum([0] + [len(r[2]) for r in rows]).astype(np.int64),
        cls=np.array([CLASSES.index(o[0]) if o[0] in CLASSES else OTHER for o in objects], np.uint8),
        confidence=np.array([o[1] for o in objects], np.float32),
        box=np.array([o[2] for o in objects], np.float32).reshape(-1, 4),
        track=np.array([o[3] for o in objects], np.uint64),
        face=np.array([o[4] if len(o) > 4 else 0 for o in objects], np.uint32),
        zones=np.zeros(len(objects), np.uint64),
        signal_frame=np.empty(0, np.int64),
        signal_zone=np.empty(0, np.int32),
        signal_value=np.empty(0, np.float64),
    )
    return made if place is None else stand(place, made)


def crossed(place: City, ordered: Ordered) -> NDArray[Any]:
    """Return all crossings of a recording that ends with these frames."""
    state = flow.start(place)
    found = flow.follow(state, place, ordered, flow.Rules())
    return np.concatenate([found, flow.settle(state, np.arange(len(place.cameras)), flow.Rules())])


def stand(place: City, ordered: Ordered) -> Ordered:
    """Return the frames with the zones that their objects stand in."""
    return feet.placed(feet.plan(place), ordered)
