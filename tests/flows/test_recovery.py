"""A flow that is cut off goes on from what recovery stored, and ends with the same rows."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from bytewax.testing import TestingSource, run_main

from flows import recovery
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
    broken = [*items[:at], TestingSource.ABORT(), *items[at:]]
    out: list = []
    source = TestingSource(broken, 1)
    for _ in range(2):
        flow = build(plan(REGISTRY), source, out.append)
        with recovery.opened(tmp_path) as stored_by:
            run_main(flow, epoch_interval=timedelta(0), recovery_config=stored_by)
    assert same(stored(out), stored(undisturbed))


def test_a_registry_edited_between_two_starts_mixes_no_cameras(tmp_path) -> None:
    """State was once by position: {b, c} -> {c, d} told b's open flood as camera c's."""
    batch = stream(["b", "c"], 400)
    items = chunks(batch, [800])
    before, after = (Registry(camera=tuple(camera(name) for name in names)) for names in ("bc", "cd"))
    out: list = []
    source = TestingSource([items[0], TestingSource.ABORT(), *items[1:]], 1)
    for registry in (before, after):
        with recovery.opened(tmp_path) as stored_by:
            run_main(build(plan(registry), source, out.append), epoch_interval=timedelta(0), recovery_config=stored_by)
    alone: list = []
    run_main(build(plan(Registry(camera=(camera("c"),))), TestingSource(items, 1), alone.append))
    found, expected = (stored(made)["incidents_log"].filter(camera_id="c") for made in (out, alone))
    assert "flood" in expected["kind"].to_list()
    assert found.equals(expected)


def test_a_run_with_another_number_of_shards_is_refused(tmp_path) -> None:
    items = chunks(stream(["a", "b"], 60), [60])
    source = TestingSource([items[0], TestingSource.ABORT(), *items[1:]], 1)
    with recovery.opened(tmp_path) as stored_by:
        run_main(build(plan(REGISTRY), source, [].append), epoch_interval=timedelta(0), recovery_config=stored_by)
        other = build(plan(REGISTRY, 2), source, [].append)
        with pytest.raises(Exception, match="expected 1 shards, as the state was kept, came 2"):
            run_main(other, epoch_interval=timedelta(0), recovery_config=stored_by)
