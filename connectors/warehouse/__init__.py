"""The warehouse: ClickHouse, embedded in a directory or behind an URL."""

from connectors.warehouse.client import Warehouse, connect
from connectors.warehouse.conflicts import Conflicts
from connectors.warehouse.embedded import Lease
from connectors.warehouse.leases import ACROSS
from connectors.warehouse.runs import Run, Span, Statement
from connectors.warehouse.serve import serve
from connectors.warehouse.stage import Stage
from connectors.warehouse.writer import Definitions, Writer

__all__ = [
    "ACROSS",
    "Conflicts",
    "Definitions",
    "Lease",
    "Run",
    "Span",
    "Stage",
    "Statement",
    "Warehouse",
    "Writer",
    "connect",
    "serve",
]
