"""A local spool: records of senders, kept on this machine's disk until they are done with.

A directory with a fixed number of partitions; each is a row of segment files that one
process writes (`SpoolWriter`) and any number read (`SpoolTail`). What was taken is
durable before anybody reads it, and its position is never used again
(docs/decisions/spool.md).
"""

from connectors.records import Origin
from connectors.spool.blocks import RECORD_BYTES
from connectors.spool.layout import Spool, make, opened
from connectors.spool.segments import SpoolFull
from connectors.spool.tail import SpoolTail
from connectors.spool.writer import Bounds, SpoolWriter

__all__ = ["RECORD_BYTES", "Bounds", "Origin", "Spool", "SpoolFull", "SpoolTail", "SpoolWriter", "make", "opened"]
