"""A replay may be killed at any statement it sends: run again, it ends as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.warehouse.address import parse
from tests.flows.statements import Mortal, Told, contents, different, empty, mortal, tell, write_inputs


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with Mortal(parse(f"embedded:{tmp_path_factory.mktemp('mortal')}")) as opened:
        opened.migrate()
        yield opened


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return {of + by: tell(folder, of, by) for of in "AB" for by in ("R1", "R2")}


EVERY = 5
"""Of the statements: an odd number, so that the two take turns."""


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
    for after in range(0, max(sent.values()), EVERY):
        name = ("AR2", "AR1")[after % 2]
        with mortal(store, after):
            told[name].commit(store)
        told[name].commit(store)
        assert different(contents(store), ends[name]) == [], f"{name} killed after statement {after} of {sent[name]}"
