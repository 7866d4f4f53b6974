"""Until when a camera's incidents that nobody saw end are known to last.

A camera that watches says so itself: until the end of its newest minute. Of one
that is silent nobody knows more than that it has not come back: its time goes on
with the cameras of its own registry. So a camera that has been dead for weeks
ages with its city, and a recording does not age by another one of a later year.
"""

from __future__ import annotations

from typing import Final

from schemas.views.newest import newest, newest_rows

DATA_END: Final = f"({newest('health')} + INTERVAL 1 MINUTE)"
"""The present of what is stored: the end of the newest minute of any camera."""

_OWN: Final = (
    "(SELECT toString(camera_id) AS camera_id, max(ts) + INTERVAL 1 MINUTE AS own, argMax(frames, ts) AS frames\n"
    f"FROM {newest_rows('health', ('camera_id', 'ts', 'frames'))} GROUP BY camera_id)"
)

_SOURCES: Final = "(SELECT id AS camera_id, source FROM sources_log FINAL WHERE kind = 'camera' AND deleted = 0)"

ENDS: Final = (
    "(SELECT camera_id, max(own) OVER (PARTITION BY source) AS present, if(frames = 0, present, own) AS until\n"
    f"FROM {_OWN} AS o\nLEFT JOIN {_SOURCES} AS s USING (camera_id))"
)
"""One row a camera with minutes: the end of the newest minute of its registry's cameras, and until when it is known."""


def until(end: str) -> str:
    """Return SQL for a column of `ENDS` joined as `e`; of a camera without minutes, the end of all."""
    return f"if(e.camera_id = '', {DATA_END}, e.{end})"
