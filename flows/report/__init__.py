"""What the city looks like: a page of answers, each the result of one query.

What stands out comes first, in sentences. Then the recordings, seconds to minutes of
real cameras, by themselves; then the simulated day, table by table.
"""

from flows.report.page import render

__all__ = ["render"]
