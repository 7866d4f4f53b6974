"""How fast a spool takes and gives records: `python -m benchmarks.spool [DIR]`.

Batches of 1 to 10,000 records of 1.4 KB (a frame of ten objects as JSON) are appended, each
durable before the next one; then all are read. The disk decides the first, the processor the second.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from connectors.spool import Origin, SpoolTail, SpoolWriter, make

RECORD = b"x" * 1_400
SECONDS = 2.0
POLL = (8_192, 8 << 20)


def main(folder: str | None) -> None:
    """Print records a second by batch size, taken and given."""
    print(f"{'records a batch':>16} {'batches/s':>10} {'records/s in':>13} {'records/s out':>14} {'a CPU second':>13}")
    for size in (1, 10, 100, 1_000, 10_000):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            spool = make(Path(place) / "spool")
            writer = SpoolWriter(spool, 0)
            batch, start = [RECORD] * size, time.perf_counter()
            while time.perf_counter() - start < SECONDS:
                writer.append(batch, Origin("native"))
            wall = time.perf_counter() - start
            taken = writer.position
            tail = SpoolTail(spool, 0)
            start, used = time.perf_counter(), time.process_time()
            while not tail.is_at_end:
                tail.poll(*POLL)
            read, cpu = time.perf_counter() - start, time.process_time() - used
            row = (size, taken / size / wall, taken / wall, taken / read, taken / cpu)
            print(f"{row[0]:>16,} {row[1]:>10,.0f} {row[2]:>13,.0f} {row[3]:>14,.0f} {row[4]:>13,.0f}")
            tail.close()
            writer.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
