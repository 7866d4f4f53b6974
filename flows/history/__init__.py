"""`tilik simulate --history`: weeks of a simulated city straight into the warehouse, without files of frames.

Each camera's frames are drawn, measured by the shard that live streams use, and
staged as rows; then the whole is committed as a replay's rows are. What is made of a
city without noise equals what a replay of its files makes.
"""

from flows.history.asked import CAMERAS, HistoryOptions, stated_by
from flows.history.stating import history

__all__ = ["CAMERAS", "HistoryOptions", "history", "stated_by"]
