"""The ordered stage as a plain loop over frames: what is said of each, by its place in the stream."""

from __future__ import annotations

from typing import NamedTuple

UNIT_MS = 250
"""Times of late frames, and how long one lasts, are multiples of this."""


class Frame(NamedTuple):
    camera: str
    ms: int
    seq: int


def dispositions(frames: list[Frame], reorder_ms: int, lateness_ms: int) -> list[str]:
    """Judge frames in the order of their arrival, each against its camera's newest and all that was seen before."""
    newest: dict[str, int] = {}
    seen: set[Frame] = set()
    out = []
    for frame in frames:
        behind = newest.get(frame.camera, frame.ms) - frame.ms
        newest[frame.camera] = max(newest.get(frame.camera, frame.ms), frame.ms)
        if behind > max(reorder_ms, lateness_ms):
            out.append("too late")
        elif frame in seen:
            out.append("duplicate")
        else:
            out.append("on time" if behind <= reorder_ms else "late")
            seen.add(frame)
    return out


def times(frames: list[Frame], said: list[str], period_ms: int, silence_ms: int) -> list[tuple[int, int]]:
    """Return how long each frame stands for, and how much later than the frame that begins [ms].

    In order: to its camera's next in order, no longer than a silence may be. Late: what of that time neither frames
    in order nor late ones before it cover.
    """
    out = []
    for i, (frame, how) in enumerate(zip(frames, said, strict=True)):
        theirs = [
            other
            for k, (other, also) in enumerate(zip(frames, said, strict=True))
            if other.camera == frame.camera and (also == "on time" or (also == "late" and k < i))
        ]
        if how == "on time":
            later = [
                other.ms - frame.ms
                for j, other in enumerate(frames)
                if said[j] == "on time" and other.camera == frame.camera and other[1:] > frame[1:]
            ]
            out.append((min(*later, silence_ms) if later else period_ms, 0))
        elif how == "late":
            ends = min([frame.ms + silence_ms, *(other.ms for other in theirs if other.ms > frame.ms)])
            taken = {ms for other in theirs for ms in range(other.ms, other.ms + silence_ms, UNIT_MS)}
            alone = [ms for ms in range(frame.ms, ends, UNIT_MS) if ms not in taken]
            out.append((len(alone) * UNIT_MS, alone[0] - frame.ms if alone else 0))
        else:
            out.append((0, 0))
    return out
