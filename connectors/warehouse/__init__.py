"""The warehouse: ClickHouse, embedded in a directory or behind an URL."""

from connectors.warehouse.client import Warehouse, connect
from connectors.warehouse.embedded import Lease
from connectors.warehouse.runs import Conflicts, Run
from connectors.warehouse.serve import serve

__all__ = ["Conflicts", "Lease", "Run", "Warehouse", "connect", "serve"]
