"""What the last replay of each camera left out of its frames, as its run remembers it."""

from __future__ import annotations

from typing import Final

import msgspec

from flows.asking import Store, ask
from flows.remedies import Left

RUNS: Final = "SELECT cameras, summary FROM runs_log FINAL WHERE state = 'done' AND summary != '' ORDER BY run DESC"


class _Summary(msgspec.Struct):
    """What is taken of a run's summary; those of older versions have none of it."""

    left_out: list[Left] = []


_DECODER: Final = msgspec.json.Decoder(_Summary)


def last(store: Store) -> list[Left]:
    """Return what was left out, of each camera by the last replay that read anything of it, cameras in order."""
    known: set[str] = set()
    found: list[Left] = []
    for cameras, summary in ask(store, RUNS).rows:
        left = _DECODER.decode(summary).left_out
        found += [one for one in left if one.camera not in known]
        known |= {*cameras, *(one.camera for one in left)}
    return sorted(found, key=lambda one: (one.camera, -one.many, one.reason))
