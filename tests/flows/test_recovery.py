"""A flow that is cut off goes on from what recovery stored, and ends with the same rows."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSource, run_main

from flows.dataflow import build
from schemas.registry import Registry
from tests.flows.city import camera, chunks, plan, same, stored, stream

REGISTRY = Registry(camera=(camera("a"), camera("b")))


@pytest.mark.parametrize("at", [2, 7, 19])
def test_a_crash_loses_nothing_and_doubles_nothing(tmp_path, at: int) -> None:
    batch = stream(["a", "b"], 400)
    items = chunks(batch, np.linspace(80, 1_520, 19).astype(int).tolist())
    undisturbed: list = []
    run_main(build(plan(REGISTRY), TestingSource(items, 1), undisturbed.append))
    init_db_dir(tmp_path, 1)
    recovery = RecoveryConfig(str(tmp_path))
    broken = [*items[:at], TestingSource.ABORT(), *items[at:]]
    out: list = []
    source = TestingSource(broken, 1)
    for _ in range(2):
        flow = build(plan(REGISTRY), source, out.append)
        run_main(flow, epoch_interval=timedelta(0), recovery_config=recovery)
    assert same(stored(out), stored(undisturbed))
