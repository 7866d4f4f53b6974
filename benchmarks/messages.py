"""Native frames as Frame messages of nvschema, to measure one against the other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.connectors import wire

SIDES = ("leftX", "topY", "rightX", "bottomY")
PX = 1000


def write(path: Path, lines: bytes, most: int) -> int:
    """Write the first lines of native JSON as messages; return how many."""
    made = [wire.frame(as_frame(json.loads(line))) for line in lines.splitlines()[:most]]
    path.write_bytes(wire.delimited(made))
    return len(made)


def as_frame(native: dict) -> dict:
    """Return a native frame as a Frame's fields, in pixels of a picture of 1000 x 1000."""
    ts = native["ts"]
    when = datetime.fromisoformat(ts) if isinstance(ts, str) else datetime.fromtimestamp(ts / 1e6, UTC)
    things = [
        {
            "id": one.get("track"),
            "type": one["class"],
            "confidence": one.get("confidence"),
            "bbox": dict(zip(SIDES, (PX * side for side in one["box"]), strict=True)),
        }
        for one in native["objects"]
    ]
    size = {"width": str(PX), "height": str(PX)}
    return {"id": "1", "timestamp": when.isoformat(), "sensorId": native["camera"], "objects": things, "info": size}
