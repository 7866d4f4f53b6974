"""A replay may be killed at any statement it sends: run again, it ends as if nothing had happened."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.warehouse.address import parse
from tests.flows.statements import Mortal, Told, contents, different, empty, mortal, tell, write_inputs


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with Mortal(parse(laid(tmp_path_factory.mktemp("mortal") / "store"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return {of + by: tell(folder, of, by) for of in "AB" for by in ("R1", "R2")}


POINTS = 10
"""Statements after which it is killed, drawn among all; which, says a seed. The law of statements draws others."""


def test_what_is_compared_is_not_nothing(store: Mortal, told: dict[str, Told]) -> None:
    empty(store)
    told["AR1"].commit(store)
    rows = {name: table.height for name, table in contents(store).items() if table.height}
    kinds = set(contents(store)["incidents_log"]["kind"])
    assert {"health_minute_log", "crowd_hour_log", "flow_day_log", "dead_letters_log", "places_log"} <= set(rows), rows
    assert {"flood", "parking", "camera_down"} <= kinds, kinds


@pytest.mark.slow
def test_a_replay_killed_after_any_statement_and_run_again_ends_the_same(store: Mortal, told: dict[str, Told]) -> None:
    """Two statements of one input take turns, so that each commit has something to put right."""
    ends, sent = {}, {}
    for name in ("AR1", "AR2", "AR1"):
        store.sent = 0
        told[name].commit(store)
        ends[name], sent[name] = contents(store), store.sent
    assert different(ends["AR1"], ends["AR2"])
    assert min(sent.values()) > 50
    points = sorted(random.Random(1).sample(range(max(sent.values())), POINTS))
    for after, name in zip(points, itertools.cycle(("AR2", "AR1")), strict=False):
        with mortal(store, after):
            told[name].commit(store)
        told[name].commit(store)
        assert different(contents(store), ends[name]) == [], f"{name} killed after statement {after} of {sent[name]}"
