"""Minute rows for tests: a table's columns with plain values, some of them given."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from schemas import columns
from schemas.columns import PERSON_EDGES
from schemas.parts import Metric

AREA = "33.74.07.1005"
METRICS = {metric.name: metric for metric in columns.METRICS}
USUAL = {"zone_id": "alun", "line_id": "utara", "direction": "masuk"}
KEYS = {name: {key: USUAL[key] for key in metric.key} for name, metric in METRICS.items()}


def rows(metric: str, camera: str, start: datetime, count: int = 1, **given: object) -> pl.DataFrame:
    """Return `count` minutes from `start`, fully watched at 10 frames/s unless `given` says otherwise."""
    shape: Metric = METRICS[metric]
    plain: dict[str, object] = {
        "area": AREA,
        "camera_id": camera,
        "owner": "dishub",
        "category": "atcs",
        "expected_ms": 60_000,
        "reason": 0,
        "params_hash": 1 << 63,
        "model_id": "",
        "simulated": False,
        "run": 1,
        "rev": 0,
        "deleted": 0,
        **KEYS[metric],
        **{name: [0] * part.bins if part.bins else 0 for name, part in shape.parts.items()},
        "frames": 600,
        "observed_ms": 60_000,
    }
    made = [plain | given | {"ts": start + timedelta(minutes=n)} for n in range(count)]
    wide = {"params_hash": pl.UInt64, "ts": pl.Datetime("us", "UTC")}
    return pl.DataFrame(made, schema_overrides=wide)


def persons(**time_ms: int) -> list[int]:
    """Return a histogram from `p<persons> = ms`."""
    hist = [0] * len(PERSON_EDGES)
    for name, held in time_ms.items():
        hist[max(i for i, edge in enumerate(PERSON_EDGES) if edge <= int(name[1:]))] += held
    return hist
