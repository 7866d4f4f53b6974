"""What docs/data.md says to ask is asked, of a simulated warehouse, and answers with figures."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from connectors.warehouse import Warehouse, connect, password
from schemas.columns import PERSON_EDGES, REASONS
from schemas.incidents import INCIDENT_STATES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
METRICS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
KEPT = ("sim-0002", "sim-0018", "sim-0033", "sim-0035", "sim-0039")  # a road, a square, two floods, a market
MAY_BE_NULL = {"slope", "slope_low", "slope_high", "oldest_age_h", "clear_p50_h", "clear_p90_h", "days_used"}
"""Of five days: no trend, and perhaps no garbage that still lies, or none of ten that was cleared."""

pytestmark = pytest.mark.slow


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def queries() -> list[str]:
    return [part.strip() for block in blocks("sql") for part in re.split(r";[^\n]*\n", block) if part.strip()]


def lab() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lab", ROOT / "docs" / "notebooks" / "lab.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["lab"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with five simulated days in `store`, Friday to Tuesday: a day of the page's week and some before."""
    out = Path(tmp_path_factory.mktemp("page"))
    start = "2026-01-09T00:00:00+07:00"
    lab().Simulation(cameras=39, days=5, seed=3, fps=0.05, keep=KEPT, start=start).store(out)
    return out


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Warehouse]:
    with connect(f"embedded:{folder / 'store'}") as warehouse:
        yield warehouse


def answer(store: Warehouse, sql: str) -> pl.DataFrame:
    return pl.DataFrame(store.query(sql))


def the(words: str) -> str:
    """The page's query that has these words."""
    found = [sql for sql in queries() if words in sql]
    assert len(found) == 1
    return found[0]


def test_the_page_has_queries() -> None:
    assert len(queries()) > 20
    assert len(blocks("python")) == 2


@pytest.mark.parametrize("number", range(len(queries())))
def test_every_query_of_the_page_answers_with_figures(store: Warehouse, number: int) -> None:
    found = answer(store, queries()[number])
    assert found.height > 0
    empty = [name for name in found.columns if found[name].null_count() == found.height]
    assert set(empty) <= MAY_BE_NULL


@pytest.mark.parametrize("script", [*blocks("sh"), *blocks("python")])
def test_every_script_of_the_page_runs(store: Warehouse, folder: Path, script: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TILIK_")}
    environment["TILIK_WAREHOUSE_PASSWORD"] = password(folder / "store")
    script = script.replace("port=8123", f"port={store.address.port}")
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    shell = [sys.executable, "-c"] if "import" in script else ["bash", "-euo", "pipefail", "-c"]
    done = subprocess.run([*shell, script], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all((folder / name).stat().st_size > 100 for name in re.findall(r'(?:> |write_parquet\(")([a-z.]+)', script))


def test_the_percentile_of_merged_hours_is_the_view_s_where_there_is_one_hour(store: Warehouse) -> None:
    asked = the("uppers[").replace("BETWEEN 16 AND 18", "= 17").replace("hours = 3", "hours = 1")
    found = answer(store, asked).select("camera_id", "zone_id", "day", "persons_p95")
    view = answer(
        store,
        "SELECT camera_id, zone_id, toDate(local_ts) AS day, persons_p95 FROM crowd_hour "
        "WHERE toHour(local_ts) = 17 AND persons_p95 IS NOT NULL",
    )
    keys = ["camera_id", "zone_id", "day"]
    assert view["persons_p95"].max() > 1
    assert found.sort(keys).rows() == view.sort(keys).rows()


def test_the_percentile_s_edges_are_the_histogram_s() -> None:
    said = re.search(r"WITH \[([0-9, ]+)\] AS uppers", PAGE)
    assert said
    assert [int(n) for n in said[1].split(",")] == [*(edge - 1 for edge in PERSON_EDGES[1:]), 2**32 - 1]


def test_the_interval_over_areas_is_wilson_s(store: Warehouse) -> None:
    found = answer(store, the("AS kecamatan"))
    assert found["n"].max() >= 30
    z = 1.96
    for k, n, low, high in found.filter(pl.col("n") >= 30).select("k", "n", "low", "high").iter_rows():
        p = k / n
        spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        wanted = [(p + z * z / (2 * n) - spread) / (1 + z * z / n), (p + z * z / (2 * n) + spread) / (1 + z * z / n)]
        assert [low, high] == pytest.approx(wanted)


def test_a_rate_is_not_lowered_by_hours_that_nobody_watched(store: Warehouse) -> None:
    rate = answer(store, the("hours_watched\nFROM flow_hour"))
    hours = answer(
        store,
        "SELECT direction, crossings, observed_ms FROM flow_hour WHERE camera_id = 'sim-0002' AND class = 'motorcycle' "
        "AND toHour(local_ts) IN (16, 17, 18) AND toDate(local_ts) BETWEEN '2026-01-12' AND '2026-01-18'",
    ).drop_nulls()
    sums = hours.group_by("direction").agg(pl.col("crossings").sum() * 3_600_000 / pl.col("observed_ms").sum())
    assert dict(rate.select("direction", "per_hour").iter_rows()) == pytest.approx(dict(sums.iter_rows()))


def test_every_view_stands_on_the_page_or_on_that_of_the_metrics(store: Warehouse) -> None:
    views = answer(store, the("engine = 'View'"))["name"].to_list()
    grains = re.compile(r"_(minute|quarter|hour|day)$")
    shown = {re.sub(grains, "_*", name) for name in views} | set(views)
    said = re.findall(r"`([a-z_*]+)[`(]", PAGE + METRICS)
    patterns = [name.partition("(")[0].replace("*", "[a-z]+") for name in said]
    missing = [name for name in views if not any(re.fullmatch(pattern, name) for pattern in patterns)]
    assert len(shown) > 90
    assert missing == []


@pytest.mark.parametrize("word", [*(word for word in REASONS if word), *INCIDENT_STATES])
def test_every_reason_and_state_stands_on_the_page(word: str) -> None:
    assert f"`{word}`" in PAGE
