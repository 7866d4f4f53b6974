"""Any sequence of replays, refusals, kills and reruns ends as what was stated last says.

The oracle is plain: a statement's rows, as a fresh warehouse has them after it
alone, put over what there was, minute by minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.warehouse import Span
from connectors.warehouse.address import parse
from flows.second import outages
from flows.second.stored import FOREVER_US
from flows.thresholds import Thresholds
from schemas.columns import METRICS
from schemas.errors import ConflictError
from schemas.incidents import ACROSS_KINDS
from tests.flows.statements import Mortal, Told, contents, empty, mortal, tell, write_inputs

MINUTES = tuple(f"{metric.name}_minute_log" for metric in METRICS)
EVERYTHING = Span(frozenset(["a", "b", "x", "mute"]), 0, FOREVER_US)
STATED = (*MINUTES, "incidents_log", "dead_letters_log", "cameras_log", "places_log")


class Op(NamedTuple):
    """Replay `of` (A or B) by registry `by` (R1 or R2); a kill comes after so many statements, then it is run again."""

    of: str
    by: str
    replaces: bool = False
    killed_after: int | None = None


OPS = st.builds(
    Op, st.sampled_from("AB"), st.sampled_from(["R1", "R2"]), st.booleans(), st.none() | st.integers(0, 140)
)


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with Mortal(parse(laid(tmp_path_factory.mktemp("law") / "store"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return {of + by: tell(folder, of, by) for of in "AB" for by in ("R1", "R2")}


@pytest.fixture(scope="module")
def alone(store: Mortal, told: dict[str, Told]) -> dict[str, dict[str, pl.DataFrame]]:
    """What a fresh warehouse holds after each statement alone."""
    found = {}
    for name, each in told.items():
        empty(store)
        each.commit(store)
        found[name] = contents(store, STATED, ACROSS_KINDS)
    return found


@dataclass
class World:
    """The oracle: rows by table, each with the input that stated it."""

    alone: dict[str, dict[str, pl.DataFrame]]
    rows: dict[str, pl.DataFrame] = field(default_factory=dict)

    def state(self, op: Op) -> bool:
        """Put a statement over what there is; say whether it is refused."""
        said = {table: rows.with_columns(of=pl.lit(op.of)) for table, rows in self.alone[op.of + op.by].items()}
        if not self.rows:
            self.rows = said
            return False
        watched = self._watched_by_others(op)
        health = said["health_minute_log"]
        if (
            not op.replaces
            and health.filter(pl.col("frames") > 0).join(watched, on=["camera_id", "ts"], how="semi").height
        ):
            return True
        for table in MINUTES:
            silent_known = said[table].filter(pl.col("frames") == 0).join(watched, on=["camera_id", "ts"], how="semi")
            said[table] = said[table].join(silent_known, on=said[table].columns, how="anti", nulls_equal=True)
        stated = said["health_minute_log"].select("camera_id", "ts").unique()
        for table in (*MINUTES, "incidents_log"):
            kept = self._others(op, table)
            minute = (
                pl.col("ts") if table in MINUTES else pl.col("opened_at").dt.truncate("1m").cast(stated["ts"].dtype)
            )
            kept = kept.with_columns(_minute=minute).join(
                stated, left_on=["camera_id", "_minute"], right_on=["camera_id", "ts"], how="anti"
            )
            self.rows[table] = pl.concat([kept.drop("_minute"), said[table]])
        letters = said["dead_letters_log"]
        self.rows["dead_letters_log"] = pl.concat(
            [
                self._others(op, "dead_letters_log").join(letters, on=["source", "position", "reason"], how="anti"),
                letters,
            ]
        )
        with_rows = self.rows["health_minute_log"]["camera_id"].unique().implode()
        ids = said["cameras_log"]["camera_id"].unique().implode()
        kept = self.rows["cameras_log"].filter(pl.col("camera_id").is_in(with_rows), ~pl.col("camera_id").is_in(ids))
        self.rows["cameras_log"] = pl.concat([kept, said["cameras_log"]])
        self.rows["places_log"] = said["places_log"]
        return False

    def _others(self, op: Op, table: str) -> pl.DataFrame:
        return self.rows[table].filter(pl.col("of") != op.of)

    def _watched_by_others(self, op: Op) -> pl.DataFrame:
        return self._others(op, "health_minute_log").filter(pl.col("frames") > 0).select("camera_id", "ts").unique()


def refused(store: Mortal, told: dict[str, Told], op: Op) -> bool:
    try:
        told[op.of + op.by].commit(store, op.replaces)
    except ConflictError:
        return True
    return False


def held(rows: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    plain = {table: frame.drop("of", strict=False) for table, frame in rows.items()}
    return {
        table: frame.sort([name for name in frame.columns if not frame[name].dtype.is_nested()])
        for table, frame in plain.items()
    }


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=st.lists(OPS, min_size=1, max_size=5))
@example(ops=[Op("A", "R1"), Op("A", "R2"), Op("A", "R1")])
@example(ops=[Op("A", "R1"), Op("B", "R1", True), Op("B", "R2"), Op("A", "R1"), Op("A", "R1", True)])
@example(ops=[Op("B", "R1"), Op("A", "R2", True, 60), Op("B", "R1", True), Op("A", "R2", True)])
def test_the_store_holds_what_was_stated_last(store, told, alone, ops: list[Op]) -> None:
    empty(store)
    world = World(alone)
    for op in ops:
        if op.killed_after is not None:
            with mortal(store, op.killed_after):
                refused(store, told, op)
        assert refused(store, told, op) == world.state(op), op
    wanted, found = held(world.rows), contents(store, STATED, ACROSS_KINDS)
    for table in STATED:
        assert found[table].equals(wanted[table]), table
    assert rolled(store) == counted(store)
    assert outages.update(store, Thresholds(), EVERYTHING, outages.NO_RUN) == 0, "outages are not those of the minutes"


def counted(store: Mortal) -> list[tuple]:
    return store.query(
        "SELECT camera_id, toStartOfHour(ts) AS hour, sum(frames), sum(observed_ms) FROM crowd_minute_log FINAL "
        "WHERE deleted = 0 GROUP BY ALL ORDER BY ALL"
    ).rows


def rolled(store: Mortal) -> list[tuple]:
    return store.query(
        "SELECT camera_id, ts AS hour, sum(frames), sum(observed_ms) FROM crowd_hour_log FINAL "
        "WHERE deleted = 0 GROUP BY ALL ORDER BY ALL"
    ).rows


def test_another_off_s_of_the_same_input_closes_the_incident_anew(store, told) -> None:
    """The old incident had more steps; it is the new definition's that stands."""
    empty(store)
    told["AR1"].commit(store)
    before = floods(store)
    summary = told["AR2"].commit(store)
    after = floods(store)
    assert [state for *_, state in before] == [state for *_, state in after] == ["closed"]
    assert before != after
    assert summary.incidents == store.query("SELECT count() FROM incidents_log FINAL WHERE deleted = 0").rows[0][0]
    empty(store)
    told["AR2"].commit(store)
    assert floods(store) == after


def floods(store: Mortal) -> list[tuple]:
    return store.query(
        "SELECT incident_id, opened_at, closed_at, params_hash, state FROM incidents_log FINAL "
        "WHERE kind = 'flood' AND camera_id = 'a' AND deleted = 0 ORDER BY opened_at"
    ).rows


@pytest.mark.parametrize("changed", [{"reorder_s": 0.0}, {"tracker": "iou"}], ids=lambda given: next(iter(given)))
def test_other_options_of_the_same_input_state_it_anew(store, told, tmp_path, changed) -> None:
    write_inputs(tmp_path)
    lines = (tmp_path / "A.jsonl").read_bytes().splitlines()
    late = [line for pair in zip(lines[7::2], lines[6::2], strict=False) for line in pair]  # neighbours change places
    (tmp_path / "A.jsonl").write_bytes(b"\n".join(late) + b"\n")
    usual, other = tell(tmp_path, "A", "R1"), tell(tmp_path, "A", "R1", **changed)
    empty(store)
    other.commit(store)
    wanted = contents(store)
    empty(store)
    usual.commit(store)
    assert [table for table, rows in contents(store).items() if not rows.equals(wanted[table])]
    other.commit(store)
    assert [table for table, rows in contents(store).items() if not rows.equals(wanted[table])] == []
