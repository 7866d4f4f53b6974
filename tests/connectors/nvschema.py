"""Lines of nvschema for its tests, and what the reader makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl

from connectors.formats import read
from tests.connectors.frames import START_US, dead, joined, options

GOLDEN = Path(__file__).parent.parent / "data" / "recordings" / "nvschema"
SIZE = (1000, 500)
FRAMES = ["camera", "t_us", "seq", "width", "height", "position"]
OBJECTS = ["frame", "class", "confidence", "track", "x1", "y1", "x2", "y2"]
FACES = ["mask", "mask_confidence", "face_px"]
HUGE = "18446744073709551615"


def read_lines(path: Path, *lines: str | bytes, **changes: object) -> tuple[list[tuple], list[tuple], list]:
    """Return frames (camera, time, number, ...), objects (frame, class, ...) and dead letters of some lines."""
    raw = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
    (path / "a.jsonl").write_bytes(raw)
    return read_file(path / "a.jsonl", **changes)


def read_file(path: Path, **changes: object) -> tuple[list[tuple], list[tuple], list]:
    chunks = list(read(path, "nvschema", options(**{"size": SIZE} | changes)))
    got = joined(chunks)
    frames = got.frames.with_columns(pl.col("t_us") - START_US).select(FRAMES).rows()
    return frames, [_rounded(row) for row in got.objects.select(OBJECTS).rows()], dead(chunks)


def _rounded(row: tuple) -> tuple:
    return tuple(round(cell, 4) if isinstance(cell, float) else cell for cell in row)


def thing(**changes: object) -> dict[str, Any]:
    """Return an object of the full shape, 0.1..0.2 by 0.1..0.5 of the picture."""
    bbox = {"leftX": 100, "topY": 50, "rightX": 200, "bottomY": 250}
    return {"id": "7", "bbox": bbox, "type": "Person", "confidence": 0.5} | changes


def frame(*objects: object, **changes: object) -> str:
    """Return a frame at `START_US`; a change to `...` leaves the field out."""
    made = {"version": "4.0", "id": "1", "timestamp": "2026-01-05T00:00:00Z", "sensorId": "smg-001"}
    made |= {"objects": list(objects)} | changes
    return json.dumps({name: value for name, value in made.items() if value is not ...})


PLACE = (0.1, 0.1, 0.2, 0.5)
ALONE = (0, "person", 0.5, "7", *PLACE)
