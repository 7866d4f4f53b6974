"""Weeks of a simulated city straight into the warehouse: the same rows as a replay of its files, stated once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from connectors.warehouse import Stage
from connectors.warehouse.address import parse
from flows import working
from flows.commands.history import span_us
from flows.history import HistoryOptions, stating
from flows.replay import ReplayOptions, playing
from schemas.columns import METRICS
from schemas.errors import ConflictError, TilikError
from schemas.local_time import DAY_MINUTES, MINUTE_US
from simulation import few, simulate
from tests.flows.city import KEYS, START
from tests.flows.statements import Mortal, Told, contents, different, mortal
from tests.simulation.replaying import newest

DAY_US = DAY_MINUTES * MINUTE_US
MIDNIGHT = START - 7 * 60 * MINUTE_US
OF_EACH_KIND = ("sim-0001", "sim-0014", "sim-0018", "sim-0030", "sim-0033", "sim-0039")


def day(**given: object) -> HistoryOptions:
    return replace(HistoryOptions(MIDNIGHT, MIDNIGHT + DAY_US, cameras=60, seed=7), **given)


def held(stage: Stage) -> dict[str, pl.DataFrame]:
    """What a stage holds, as the warehouse would keep it."""
    found = {name: newest(pl.concat(stage.pieces(name, 1_000_000))) for name in stage.tables()}
    return {
        name: rows.sort([key for key in (*KEYS, "incident_id") if key in rows.columns]) for name, rows in found.items()
    }


def test_a_day_without_noise_is_the_day_that_its_files_replay(tmp_path: Path) -> None:
    """All columns of all tables, and the incidents; also with more than one process."""
    simulate(60, DAY_MINUTES, 7, MIDNIGHT, tmp_path / "city", "arrow", noiseless=True, only=OF_EACH_KIND)
    given = str(tmp_path / "city" / "events"), str(tmp_path / "city" / "registry.toml")
    with Stage() as replayed, Stage() as made:
        asked = playing.ask(ReplayOptions(given[:1], "arrow", "", registry=given[1]), MIDNIGHT + 9 * DAY_US)
        done = playing.read(asked, replayed)
        options = day(noiseless=True)
        mine = stating.ask(options, MIDNIGHT + 9 * DAY_US)
        some = few.of(mine.definitions.registry, OF_EACH_KIND)
        assert some == asked.definitions.registry
        mine = mine._replace(definitions=mine.definitions._replace(registry=some), workers=2)
        told = stating.read(options, mine, made)
        counts = ("frames", "objects", "rows")
        assert [getattr(told.totals, name) for name in counts] == [getattr(done.totals, name) for name in counts]
        there, here = held(replayed), held(made)
    assert there.keys() == here.keys() >= {f"{metric.name}_minute_log" for metric in METRICS} | {"incidents_log"}
    assert {name for name in there if not there[name].equals(here[name])} == set()


@pytest.fixture(scope="module")
def store(laid: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with Mortal(parse(laid(tmp_path_factory.mktemp("history") / "store"))) as opened:
        yield opened


def told(options: HistoryOptions, stage: Stage) -> Told:
    asked = stating.ask(options, MIDNIGHT + 9 * DAY_US)
    return Told(asked, stage, stating.read(options, asked, stage))


def test_a_history_is_one_statement_that_is_simulated(store: Mortal) -> None:
    """Killed half-way it is made good by the same command; another city's needs --replace."""
    with ExitStack() as ending:
        stages = [ending.enter_context(Stage()) for _ in range(3)]
        one = told(day(cameras=1), stages[0])
        one.commit(store)
        first = contents(store)
        with mortal(store, store.sent // 2):
            one.commit(store)
        again = told(day(cameras=1), stages[1])
        again.commit(store)
        assert different(contents(store), first) == []
        rows = first["health_minute_log"]
        assert (rows.height, rows["simulated"].all(), rows["camera_id"].unique().to_list()) == (
            1440,
            True,
            ["sim-0001"],
        )
        (run,) = store.query("SELECT DISTINCT command, simulated, inputs FROM runs_log FINAL").rows
        assert run == ("simulate", True, ["simulated: 1 camera, seed 7, 2026-01-04T17:00Z to 2026-01-05T17:00Z"])
        other = told(day(cameras=1, seed=8), stages[2])
        stating.refuse(store, day(cameras=1), again.asked)
        with pytest.raises(
            ConflictError, match=r"of one minute in 30, 4\d minutes .* sim-0001 2026-01-04T17:.*--replace"
        ):
            stating.refuse(store, day(cameras=1, seed=8), other.asked)
        with pytest.raises(ConflictError, match="--replace"):
            other.commit(store)
        assert different(contents(store), first) == []
        other.commit(store, replaces=True)
        assert "health_minute_log" in str(different(contents(store), first))


def test_twins_have_the_rows_of_another_camera_and_places_of_their_own(store: Mortal) -> None:
    """For tests of load: no area, road or incident is shared, and the same command states the same again."""
    options = replace(day(cameras=1, twins=2), since_us=MIDNIGHT + 20 * DAY_US, until_us=MIDNIGHT + 21 * DAY_US)
    with Stage() as stage:
        mine = told(options, stage)
        mine.commit(store)
        first = contents(store)
        mine.commit(store)
    assert different(contents(store), first) == []
    twins = [each.camera for each in mine.asked.definitions.twins]
    assert twins == ["sim-0001-k1", "sim-0001-k2"]
    minutes = f"FROM tilik.flow_minute WHERE ts >= fromUnixTimestamp({options.since_us // 1_000_000})"
    rows = f"SELECT * EXCEPT (camera_id, area, line_id) {minutes} AND camera_id = '{{}}' ORDER BY ts, direction, class"
    own, *others = (store.query(rows.format(camera)).rows for camera in ("sim-0001", *twins))
    assert own
    assert all(other == own for other in others)
    roads = store.query(
        "SELECT road, count(), sum(vehicles), uniqExact(area) FROM tilik.road_hour GROUP BY 1 ORDER BY 1"
    )
    assert [row[:1] for row in roads.rows] == [(f"sim-0001-jalan{mark}",) for mark in ("", "-k1", "-k2")]
    assert {row[1:] for row in roads.rows[1:]} == {roads.rows[1][1:]}
    ids = store.query(
        "SELECT count(), uniqExact(incident_id), uniqExact(area), countIf(simulated) FROM tilik.incidents"
    )
    assert len({*ids.rows[0][:2], ids.rows[0][3]}) == 1
    seen = store.query(
        "SELECT DISTINCT cameras_total, cameras_reporting FROM tilik.flow_area_hour WHERE area_level = 'city' "
        f"AND ts = fromUnixTimestamp({options.since_us // 1_000_000 + 36_000})"
    )
    assert seen.rows == [(3, 3)]


@pytest.mark.parametrize(
    ("length", "start", "end", "since", "until"),
    [
        pytest.param("2d", "2026-01-05T00:00:00+07:00", None, MIDNIGHT, MIDNIGHT + 2 * DAY_US, id="from a start on"),
        pytest.param("1w", None, "2026-01-05T00:00:00+07:00", MIDNIGHT - 7 * DAY_US, MIDNIGHT, id="up to an end"),
        pytest.param("1d", None, None, MIDNIGHT - DAY_US, MIDNIGHT, id="up to the last local midnight"),
    ],
)
def test_a_history_begins_or_ends_where_it_is_said(
    length: str, start: str | None, end: str | None, since: int, until: int
) -> None:
    assert span_us(length, start, end, MIDNIGHT + DAY_US // 2) == (since, until)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--history", "8 weeks"), "--history 8 weeks: expected days or weeks, such as 56d or 8w"),
        (("--history", "8w", "--out", "city"), "expected no --out"),
        (("--history", "8w", "--start", "2026-01-05", "--end", "2026-03-01"), "expected one of them"),
        (("--history", "400d", "--cameras", 1), "at most 182 days"),
        (("--cameras", 3), "expected --cameras, --minutes and --out"),
        (("--twins", 3, "--cameras", 3), "--twins 3: expected with --history"),
    ],
)
def test_what_a_history_cannot_be_is_said(tilik, words: tuple[object, ...], said: str) -> None:
    code, _, err = tilik("simulate", *words, *(("--warehouse", "embedded:s") if "--history" in words else ()))
    assert code == 2
    assert said in err
    assert not Path("s").exists()


def test_work_is_shared_and_a_process_that_dies_ends_it() -> None:
    assert sorted(working.each(abs, [-3, 1, -2], 2)) == [1, 2, 3]
    with pytest.raises(TilikError, match="was ended from outside"):
        list(working.each(os._exit, [3, 3], 2))
    with pytest.raises(TypeError):
        list(working.each(abs, ["a", "b"], 2))
