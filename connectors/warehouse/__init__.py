"""The warehouse: ClickHouse, embedded in a directory or behind an URL."""

from connectors.warehouse.accounts import LETTERS, READER, WRITER, closed, password
from connectors.warehouse.admitted import Admitted, account, admit
from connectors.warehouse.client import Warehouse, connect, demand, existing, is_there
from connectors.warehouse.conflicts import Conflicts
from connectors.warehouse.embedded import Lease
from connectors.warehouse.leases import ACROSS
from connectors.warehouse.repeats import Twin
from connectors.warehouse.runs import Former, Run, Span, Statement
from connectors.warehouse.serve import serve
from connectors.warehouse.stage import Stage
from connectors.warehouse.stream import Stream
from connectors.warehouse.writer import Definitions, Writer

__all__ = [
    "ACROSS",
    "LETTERS",
    "READER",
    "WRITER",
    "Admitted",
    "Conflicts",
    "Definitions",
    "Former",
    "Lease",
    "Run",
    "Span",
    "Stage",
    "Statement",
    "Stream",
    "Twin",
    "Warehouse",
    "Writer",
    "account",
    "admit",
    "closed",
    "connect",
    "demand",
    "existing",
    "is_there",
    "password",
    "serve",
]
