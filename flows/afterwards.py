"""What follows a commit: all that looks at stored rows, in the order in which one needs the other.

Figures and incidents across cameras first, then quarters, hours and days, then
the verdicts that need those days. One at a time: each reads what is stored and
writes what differs.
"""

from __future__ import annotations

from connectors.warehouse import ACROSS, Warehouse
from flows import trends


def update(warehouse: Warehouse) -> None:
    """Bring everything that is derived from stored rows up to them."""
    with warehouse.lease(ACROSS):
        warehouse.roll()
        trends.update(warehouse)
