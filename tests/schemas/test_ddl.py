"""The migrations are what the definitions say."""

from __future__ import annotations

import pytest

from schemas import ddl
from schemas.columns import METRICS


def test_committed_migrations_are_not_stale() -> None:
    committed = {path.name: path.read_text() for path in ddl.FOLDER.glob("*.sql")}
    assert committed == ddl.migrations(), "run `python -m schemas.ddl`"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_part_is_a_column_of_every_grain(metric) -> None:
    for statement in (ddl.minute_table(metric), *(ddl.coarse_table(metric, grain) for grain in ddl.GRAINS)):
        for name, part in metric.parts.items():
            assert f"    `{name}` " in statement
            assert f"[{part.unit}]'" in statement


def test_a_minute_table_is_keyed_by_area_camera_key_and_time() -> None:
    assert "ORDER BY (area, camera_id, zone_id, ts)" in ddl.minute_table(METRICS[0])
