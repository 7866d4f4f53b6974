"""Two minutes of `make soak`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.live import soaking


@pytest.mark.slow
def test_a_city_in_real_time_lets_nothing_grow_and_loses_no_frame(
    tmp_path: Path, empty_store: Callable[[str], str]
) -> None:
    seen = soaking.soak(tmp_path, empty_store("store"), minutes=2, cameras=8)
    soaking.judge(seen, slack_mb=200)  # kernels are still being loaded after so short a time
    assert seen.summary["frames"] > 0
    assert seen.waits_s, soaking.told(seen)
