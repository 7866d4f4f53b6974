"""`tilik replay`: files through the live flow into the warehouse.

A replay does the whole again each time it is called. While it reads it writes
nothing; at the end of its input it commits, or is refused and leaves the
warehouse as it was.
"""

from flows.replay.asked import Progress, ReplayOptions, ReplaySummary
from flows.replay.playing import replay

__all__ = ["Progress", "ReplayOptions", "ReplaySummary", "replay"]
