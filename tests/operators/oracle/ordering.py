"""The ordered stage as a plain loop over frames: what is said of each, by its place in the stream."""

from __future__ import annotations

from typing import NamedTuple


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


def times(frames: list[Frame], said: list[str], period_ms: int, silence_ms: int) -> list[int]:
    """Return how long each frame stands for [ms]: to its camera's next in time, no longer than a silence may be."""
    out = []
    for frame, how in zip(frames, said, strict=True):
        later = [
            other.ms - frame.ms
            for other, also in zip(frames, said, strict=True)
            if also == "on time" and other.camera == frame.camera and other[1:] > frame[1:]
        ]
        if how == "on time" and later:
            out.append(min(*later, silence_ms))
        elif how == "late":  # within its minute
            out.append(min(period_ms, 60_000 - frame.ms % 60_000))
        else:
            out.append(period_ms if how == "on time" else 0)
    return out
