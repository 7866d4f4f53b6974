"""Persons in a zone, weighed by time, and the level of service with its hysteresis.

`count` finds who stands where, once; `measure` turns that into the parts of the
minute table, in any order of frames; `levels` walks through a camera's frames in
order and remembers how long each level's threshold was exceeded or left.
"""

from operators.metrics.crowd.kernel import (
    STANDING,
    VERSION,
    WALKWAY,
    Counts,
    Hysteresis,
    Levels,
    LevelSamples,
    count,
    levels,
    measure,
    start,
    zones,
)

__all__ = [
    "STANDING",
    "VERSION",
    "WALKWAY",
    "Counts",
    "Hysteresis",
    "LevelSamples",
    "Levels",
    "count",
    "levels",
    "measure",
    "start",
    "zones",
]
