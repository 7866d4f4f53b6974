"""The report of a shift: what offices were told in it, what became of it, and how well the city was watched.

`read` asks a warehouse, `text` and `pdf` write what it found.
"""

from __future__ import annotations

from flows.alerts.report.figures import Shift, of
from flows.alerts.report.paper import pdf
from flows.alerts.report.rows import SHIFT_US, read
from flows.alerts.report.text import text

__all__ = ["SHIFT_US", "Shift", "of", "pdf", "read", "text"]
