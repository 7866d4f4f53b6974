"""What a metric says of its columns holds of the columns it has."""

import pytest

from schemas.columns import METRICS
from schemas.parts import Metric

by_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


@by_metric
def test_what_is_told_later_only_grows_and_is_one_number(metric: Metric) -> None:
    told = [metric.parts[name] for name in metric.told]
    assert all(part.combine in ("sum", "max") and not part.bins for part in told)


@by_metric
def test_counts_of_tracks_are_told_later(metric: Metric) -> None:
    """A day scales counts of tracks; a track is known only once it has crossed, or is gone."""
    tracks = {name for name, part in metric.parts.items() if part.is_count and part.unit == "1"}
    assert tracks <= set(metric.told)
