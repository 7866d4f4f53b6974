"""Who rides: a person's box on a two-wheeler's.

A detector that knows no riders shows two boxes for one moving thing. One frame
tells by the boxes alone whether a person is where its rider would be. Followed over
time, whoever goes along with the two-wheeler rides it, and whoever goes past it
walks; who was never seen to do either, as in a queue at a red light, is what the
boxes say. A rider is a class of its own: counted across lines beside the vehicle,
in no crowd, gathering, visit or stay, and no mask of a rider is judged; at night
(ronda) and beside garbage a rider is somebody. `rider` boxes of a detector that
knows them are taken as they come: where it shows no motorcycle below, no
motorcycle is counted. How often all this is wrong: docs/decisions/riders.md.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from operators.arrays import Ordered, Record
from schemas.frames import CLASSES

PERSON, RIDER = CLASSES.index("person"), CLASSES.index("rider")
_MOUNT: Final = np.array([name in ("bicycle", "motorcycle") for name in CLASSES] + [False] * (256 - len(CLASSES)))
"""(256,) what is ridden, by code of class."""

MOST: Final = 256
"""Two-wheelers of a frame that are looked at: the pairs of a frame are bounded by its persons times this."""
BINS: Final = 64
"""Columns of the picture by which a person finds what is below."""

RIDES: Final = [
    ("on_ms", np.int32),  # on one for so long while it is not known; first, and the smallest last: no room between
    ("mount", np.uint64),  # code of the two-wheeler below, 0 none
    ("fit_us", np.int64),  # last seen on one
    ("pair_us", np.int64),  # with this one since then, ...
    ("off_ms", np.int32),  # seen elsewhere for so long
    ("own", np.float32, (2,)),  # ... the person's foot at that time, 0..1
    ("its", np.float32, (2,)),  # and the two-wheeler's
    ("apart", np.float32),  # how far they went apart since, in its heights
    ("walked", np.float32),  # and what was apart from others before
    ("ride", np.int8),  # UNKNOWN, RIDES or WALKS
]
"""What a record of a body remembers of riding."""

WALKS, UNKNOWN, RIDES_ON = -1, 0, 1


class Riding(NamedTuple):
    """What tells riders (ours), in widths and heights of the two-wheeler's box."""

    aside: float = 0.4  # a rider's middle is within this of its middle [widths]
    low: float = 0.1  # and the lower edge no further below its lower edge [heights]
    high: float = 0.75  # nor further above it
    head: float = 0.2  # and the upper edge no further below its upper edge [heights]
    tall: float = 2.2  # and the person no taller [heights]: who stands far in front is
    along: float = 0.6  # having gone so far together, they belong together [heights] ...
    loose: float = 0.35  # ... if meanwhile they went apart by no more than this share of it
    past: float = 0.5  # having gone apart so far, the person walks [heights]
    pace: float = 2.0  # who was seen walking rides from this speed on [heights/s]: 8 km/h; who pushes is slower
    leaves_us: int = 1_500_000  # a rider seen beside it for so long has got off
    walks_us: int = 2_000_000  # seen elsewhere for so long, ...
    much: int = 10  # ... and so many times as long as on one: walks
    bridge_us: int = 10_000_000  # one that is not found for so long is still there


class Mounts(NamedTuple):
    """The two-wheelers of a frame, in working memory that every frame uses again."""

    number: NDArray[np.int64]  # (1,)
    object: NDArray[np.int64]  # (MOST,)
    after: NDArray[np.int64]  # (MOST,) the next in its column
    head: NDArray[np.int64]  # (BINS,) the first in each column of the picture, by its middle
    widest: NDArray[np.float64]  # (1,)


def mounts() -> Mounts:
    """Return working memory."""
    whole = [np.zeros(count, np.int64) for count in (1, MOST, MOST, BINS)]
    return Mounts(whole[0], whole[1], whole[2], whole[3], np.zeros(1))


def alone(ordered: Ordered, rules: Riding) -> Ordered:
    """Return frames whose persons on two-wheelers are riders, as far as each frame tells by itself."""
    cls = ordered.cls.copy()
    _alone(ordered, mounts(), rules, cls)
    return ordered._replace(cls=cls)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _alone(ordered: Ordered, found: Mounts, rules: Riding, cls: NDArray[np.uint8]) -> None:
    for i in range(len(ordered.camera)):
        if look(ordered, ordered.box, i, found) == 0:
            continue
        for o in range(ordered.first[i], ordered.first[i + 1]):
            if ordered.cls[o] == PERSON and below(ordered.box, o, found, rules) >= 0:
                cls[o] = RIDER


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def look(ordered: Ordered, box: NDArray[np.float32], i: int, found: Mounts) -> int:
    """List a frame's two-wheelers by columns of the picture; returns how many persons may ride one."""
    count, persons, widest = 0, 0, 0.0
    for o in range(ordered.first[i], ordered.first[i + 1]):
        persons += ordered.cls[o] == PERSON
        if _MOUNT[ordered.cls[o]] and count < MOST:
            found.object[count] = o
            widest = max(widest, np.float64(box[o, 2]) - np.float64(box[o, 0]))
            count += 1
    found.number[0], found.widest[0] = count, widest
    if count == 0 or persons == 0:
        return 0
    for column in range(BINS):
        found.head[column] = -1
    for m in range(count):
        o = found.object[m]
        column = _column((np.float64(box[o, 0]) + np.float64(box[o, 2])) / 2.0)
        found.after[m] = found.head[column]
        found.head[column] = m
    return persons


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def below(box: NDArray[np.float32], person: int, found: Mounts, rules: Riding) -> int:
    """Return the two-wheeler (its number in `found`) that a person is on by their boxes, -1 for none; the best fit."""
    x = (np.float64(box[person, 0]) + np.float64(box[person, 2])) / 2.0
    reach = rules.aside * found.widest[0]
    best, least = -1, np.inf
    for column in range(_column(x - reach), _column(x + reach) + 1):
        m = found.head[column]
        while m >= 0:
            off = misfit(box[person], box[found.object[m]], rules)
            if off < least or (off == least and m < best):
                best, least = m, off
            m = found.after[m]
    return best


@njit(cache=True, _nrt=False, inline="always")  # type: ignore[call-overload]
def misfit(person: NDArray[np.float32], mount: NDArray[np.float32], rules: Riding) -> float:
    """Return how far a person's box is from that of who rides the two-wheeler, infinite where it cannot be."""
    width, height = np.float64(mount[2]) - mount[0], np.float64(mount[3]) - mount[1]
    if not (width > 0.0 and height > 0.0):
        return np.inf
    aside = (np.float64(person[0]) + person[2] - mount[0] - mount[2]) / 2.0 / width
    foot = (np.float64(mount[3]) - person[3]) / height
    is_on = abs(aside) <= rules.aside and -rules.low <= foot <= rules.high
    if not is_on or person[1] > mount[1] + rules.head * height or person[3] - person[1] > rules.tall * height:
        return np.inf
    return float(aside * aside + foot * foot)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def appear(row: Record) -> None:
    """Know nothing of a body yet."""
    row.ride, row.mount, row.fit_us, row.on_ms, row.off_ms = UNKNOWN, 0, -(1 << 61), 0, 0
    row.pair_us, row.apart, row.walked = 0, 0.0, 0.0


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def is_riding(row: Record, mount: Record, height: float, aspect: float, t_us: int, dt_us: int, rules: Riding) -> bool:
    """Judge a tracked person who is on a tracked two-wheeler by their boxes.

    Parameters
    ----------
    row, mount
        Their records; feet as `operators.tracking.outline` has them.
    height
        Of the two-wheeler's box.
    dt_us
        Since the person was last seen.
    """
    row.fit_us, row.on_ms = t_us, row.on_ms + dt_us // 1000
    if row.ride == RIDES_ON:
        row.off_ms = 0
    if row.mount != mount.code:
        if row.apart > rules.past / 2.0:
            row.walked += row.apart
        _pair(row, mount, t_us)
        return bool(row.ride != WALKS)
    own_x, own_y = _foot_x(row) - row.own[0], _foot_y(row) - row.own[1]
    its_x, its_y = _foot_x(mount) - row.its[0], _foot_y(mount) - row.its[1]
    apart, went = _length((own_x - its_x) * aspect, own_y - its_y), _length(its_x * aspect, its_y)
    row.apart = apart / height
    if row.ride == WALKS:
        pair_us = t_us - row.pair_us
        if pair_us >= 1_000_000:
            if went >= rules.pace * height * pair_us * 1e-6 and apart <= rules.loose * went:
                row.ride, row.off_ms, row.walked = RIDES_ON, 0, 0.0
            _pair(row, mount, t_us)
    elif went >= rules.along * height and apart <= rules.loose * went:
        row.ride, row.off_ms, row.walked = RIDES_ON, 0, 0.0
        _pair(row, mount, t_us)
    elif row.ride == UNKNOWN and row.walked + row.apart > rules.past:
        row.ride = WALKS
        _pair(row, mount, t_us)
    return bool(row.ride != WALKS)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def is_still_riding(row: Record, is_seen: bool, t_us: int, dt_us: int, rules: Riding) -> bool:
    """Judge a tracked person who is on no two-wheeler; `is_seen`: the one that was below is seen elsewhere."""
    if row.ride == WALKS:
        return False
    if is_seen or row.ride == UNKNOWN:
        row.off_ms += dt_us // 1000
    if row.ride == UNKNOWN and 1000 * row.off_ms >= rules.walks_us and row.off_ms >= rules.much * row.on_ms:
        row.ride = WALKS
        return False
    if is_seen:
        if row.ride == RIDES_ON and 1000 * row.off_ms >= rules.leaves_us:
            row.ride = WALKS
        return bool(row.ride == RIDES_ON)
    if t_us - row.fit_us <= rules.bridge_us:
        return True
    if row.ride == RIDES_ON:
        row.ride, row.on_ms, row.off_ms = UNKNOWN, 0, 0
    return False


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _pair(row: Record, mount: Record, t_us: int) -> None:
    """Begin to compare the ways of a person and a two-wheeler."""
    row.mount, row.pair_us, row.apart = mount.code, t_us, 0.0
    row.own[0], row.own[1] = _foot_x(row), _foot_y(row)
    row.its[0], row.its[1] = _foot_x(mount), _foot_y(mount)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _foot_x(row: Record) -> float:
    return float((np.float64(row.box[0]) + row.box[2]) / 2.0 - row.shift[0])


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _foot_y(row: Record) -> float:
    return float(np.float64(row.box[3]) - row.shift[1])


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _column(x: float) -> int:
    return min(max(int(x * BINS), 0), BINS - 1)


@njit(cache=True, _nrt=False)  # type: ignore[call-overload]
def _length(x: float, y: float) -> float:
    return float(np.sqrt(x * x + y * y))
