"""What a replay says of its streams at its end: whose tracks there were, and what was left out of their frames.

Counted is what the rows say that it stored, so that the summary and the views
agree; the words that were not understood, and how far boxes lay outside, are
remembered as they came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from connectors.formats import Far
from connectors.warehouse import Run, Warehouse
from flows import remedies
from flows.remedies import SHARE, Counted, Left, Word
from operators.tracking import streams, tracker
from schemas.counting import counted
from schemas.registry import Camera, Registry
from schemas.registry.links import newest
from schemas.rejects import REJECTS

SHOWN: Final = 5
"""Cameras that a sentence names."""
MOST_WORDS: Final = 20
"""Words of a camera and reason that a summary keeps: the most frequent."""
MANY_COPIES: Final = 0.5
"""Copies a frame above which a coarse clock is likelier than a broker that delivers twice; ours."""


class Seen(NamedTuple):
    """What a run stored of a camera: on-time frames, those tracked here, persons and vehicles by ids, and the rest."""

    camera: str
    frames: int
    made_here: int
    with_id: int
    without_id: int
    objects: int = 0
    signals: int = 0
    refused: tuple[int, ...] = ()  # by reason, in the order of `REJECTS`


def read(warehouse: Warehouse, run: Run) -> list[Seen]:
    """Return what a run stored, by camera."""
    sums = ", ".join(f"sum({name})" for name in Seen._fields[2:-1])
    rows = warehouse.query(
        f"SELECT toString(camera_id), sum(frames - late_frames), {sums}, sumForEach(refused_hist) "
        "FROM health_minute_log FINAL WHERE run = {r:UInt32} AND deleted = 0 GROUP BY camera_id ORDER BY camera_id",
        {"r": run.run},
    ).rows
    return [Seen._make([*row[:-1], tuple(row[-1])]) for row in rows]


def by_reason(seen: Iterable[Seen]) -> dict[str, int]:
    """Return how much was refused inside frames that count, by reason."""
    total: Counter[str] = Counter()
    for one in seen:
        total.update(_refused(one))
    return {reason: total[reason] for reason in REJECTS if total[reason]}


def of_strangers(strangers: Mapping[str, int]) -> Iterator[str]:
    """Say which cameras are not registered, those with the most frames first."""
    if strangers:
        most = sorted(strangers.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
        named = ", ".join(f"{camera} ({counted(count, 'frames')})" for camera, count in most)
        more = f" and {len(strangers) - len(most)} more" if len(strangers) > len(most) else ""
        yield f"cameras that are not in the registry: {named}{more}: register them, then replay"


def of_copies(frames: int, copies: int) -> Iterator[str]:
    """Say that many frames count once, which are copies hardly all of them."""
    if copies > MANY_COPIES * frames:
        yield (
            f"{counted(copies, 'frames')} of {frames + copies:,} have the camera, time and number of another, and "
            "count once: if they are no copies, the sender's clock is too coarse: send fractions of seconds, or seq"
        )


def _refused(one: Seen) -> dict[str, int]:
    return {reason: count for reason, count in zip(REJECTS, one.refused, strict=False) if count}


def left_out(
    seen: Iterable[Seen], words: Mapping[tuple[str, str, str], int], far: Mapping[tuple[str, str], Far]
) -> list[Left]:
    """Return what was left out of each camera's frames, by reason, boxes of dead letters too.

    Parameters
    ----------
    words
        Words that were not understood, by camera, reason and word.
    far
        Boxes that were left out, by camera and reason.
    """
    counted = {one.camera: Counted(one.objects, one.signals, _refused(one)) for one in seen}
    for (camera, reason), one in far.items():
        known = counted.setdefault(camera, Counted(0, 0, {}))
        known.refused[reason] = max(known.refused.get(reason, 0), one.many)
    said: dict[tuple[str, str], list[Word]] = {key: [Word(_reach(one), one.many)] for key, one in far.items()}
    for (camera, reason, word), count in sorted(words.items(), key=lambda item: (-item[1], item[0])):
        said.setdefault((camera, reason), []).append(Word(word, count))
    return [
        Left(
            camera,
            reason,
            each.refused[reason],
            remedies.of(each, reason),
            tuple(said.get((camera, reason), ())[:MOST_WORDS]),
        )
        for camera, each in sorted(counted.items())
        for reason in REJECTS
        if reason in each.refused
    ]


def _reach(far: Far) -> str:
    """Return the farthest corner [px], or in widths and heights where no size is known."""
    x, y = far.reach
    if far.reason == "pixels":
        return f"{x:.0f} x {y:.0f}"
    if min(far.size) > 0:
        return f"{x * far.size[0]:.0f} x {y * far.size[1]:.0f}"
    return f"{x:.2f} x {y:.2f}"


def of_rejects(left: Iterable[Left], registry: Registry) -> Iterator[str]:
    """Yield a sentence for each camera and reason with more than a few per cent, the first cameras of each reason."""
    cameras, more = newest(registry.camera), Counter[str]()
    for one in left:
        if not one.is_worth_saying:
            continue
        more[one.reason] += 1
        if more[one.reason] <= SHOWN:
            change = remedies.change(one, cameras.get(one.camera))
            yield f"camera {one.camera}: {remedies.seen(one)}: {change}"
    for reason, count in more.items():
        if count > SHOWN:
            yield f"{counted(count - SHOWN, 'more cameras')} with {reason}: SELECT * FROM rejects"


def of_tracks(seen: Iterable[Seen], registry: Registry) -> Iterator[str]:
    """Yield a sentence for each thing that some cameras' streams have in common, naming them."""
    registered = newest(registry.camera)
    found: dict[str, list[str]] = {what: [] for what in _SAID}
    for one in seen:
        for what in _kinds(one, registered.get(one.camera)):
            found[what].append(one.camera)
    for what, cameras in found.items():
        if cameras:
            yield f"{_SAID[what]}: {_named(cameras)}"


def _named(cameras: list[str]) -> str:
    more = f" and {len(cameras) - SHOWN} more" if len(cameras) > SHOWN else ""
    return f"camera {cameras[0]}" if len(cameras) == 1 else f"cameras {', '.join(cameras[:SHOWN])}{more}"


def _kinds(one: Seen, camera: Camera | None) -> Iterator[str]:
    mode = "" if camera is None else camera.tracker
    named_or_not = one.with_id + one.without_id
    is_here = one.made_here > SHARE * one.frames
    if mode == "auto" and is_here:
        yield "partly" if one.with_id else "here"
    if is_here and camera is not None and camera.period_us > streams.SPARSE_US:
        yield "sparse"
    if one.with_id and one.without_id > SHARE * named_or_not:
        yield "mixed"
    if mode == "none" and one.without_id and not one.with_id:
        yield "nobody"


_SAID: Final = {
    "here": f"no track ids came, so tracks are made here ({tracker.MODEL})",
    "partly": f"track ids came for part of the time only, and tracks are made here for the rest ({tracker.MODEL})",
    "sparse": "tracks are made here of less than a frame a second, too few to follow who moves: crossings, visits and "
    "stays are NULL (untracked), send more frames or track ids",
    "mixed": "some persons and vehicles carry track ids and others none, or that of another in their frame: those "
    'cross no line and park nowhere, set tracker = "iou" to track here what has none, send no id without a track',
    "nobody": 'no track ids came, and tracker = "none": crossings, visits and stays are NULL (untracked) and nobody '
    'parks, set tracker = "auto"',
}
