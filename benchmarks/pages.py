"""How long the dashboards' queries take: each chart by itself, each page with its charts at once, best of some tries.

Run by hand: ``python -m benchmarks.pages --warehouse embedded:data/load [--tries N]``, over a store of a large city's
size (`tilik simulate --history 30d --cameras 60 --twins 1940 --warehouse embedded:data/load`). Superset's own time is
not in it, nor its cache. Rows read, and nearly so the engine's processor time, do not depend on what else the machine
does.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from connectors.warehouse import Warehouse, existing
from flows.dashboards import checking, datasets, layout, pages

TRIES: Final = 3
AT_ONCE: Final = 8
"""Threads of Superset's worker."""

NEWEST: Final = "SELECT toUnixTimestamp(max(ts)) FROM crowd_day"
SPENT: Final = "SELECT value FROM system.events WHERE event = 'OSCPUVirtualTimeMicroseconds'"
"""What the engine has spent since it started [us]."""
QUESTIONS: Final = {
    "24 hours by area": "SELECT area, ts, persons_mean, cameras_reporting FROM crowd_area_hour "
    "WHERE ts >= fromUnixTimestamp({newest}) AND ts < fromUnixTimestamp({newest}) + INTERVAL 1 DAY",
    "30 days, hour x weekday": "SELECT toDayOfWeek(local_ts) AS day, toHour(local_ts) AS hour, "
    "avg(persons_mean) FROM crowd_area_hour WHERE area_level = 'city' GROUP BY day, hour",
    "30 days of roads, hour x weekday": "SELECT toDayOfWeek(local_ts) AS day, toHour(local_ts) AS hour, "
    "sum(vehicles) FROM road_hour GROUP BY day, hour",
}
"""Questions of the views, without a page; `{newest}` is the newest day's begin."""


class Asked(NamedTuple):
    """What a query took at best."""

    ms: float
    cpu_ms: float
    """Processor time of the engine, the mean of all tries."""
    rows: int
    read: int
    """Rows that the engine read for it."""


def ask(store: Warehouse, sql: str, tries: int) -> Asked:
    """Ask a query some times."""
    best, rows, read = float("inf"), 0, 0
    before = _spent_us(store)
    for _ in range(tries):
        began = time.perf_counter()
        found = store.write_client().query(sql)
        best = min(best, 1000 * (time.perf_counter() - began))
        rows, read = len(found.result_rows), int(found.summary.get("read_rows", 0))
    return Asked(best, (_spent_us(store) - before) / 1000 / tries, rows, read)


def _spent_us(store: Warehouse) -> int:
    return int(store.query(SPENT).rows[0][0])


def _said(told: Asked) -> str:
    return f"{told.ms:.0f} | {told.cpu_ms:.0f} | {told.read:,} | {told.rows:,}"


def page(store: Warehouse, queries: list[str], tries: int) -> float:
    """Return how long all queries of a page take, so many at once as Superset asks [s]."""

    def once() -> float:
        began = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(lambda sql: store.query(sql).num_rows, queries))
        return time.perf_counter() - began

    return min(once() for _ in range(tries))


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--warehouse", required=True)
    parser.add_argument("--tries", type=int, default=TRIES)
    given = parser.parse_args()
    known, of = datasets.read(), defaultdict(list)
    with existing(given.warehouse) as store:
        store.migrate()
        cameras, hours = store.query("SELECT uniqExact(camera_id), count() FROM health_hour").rows[0]
        print(f"{cameras:,} cameras, {hours:,} hours of cameras; best of {given.tries}\n")
        print("| page | chart | ms | processor ms | rows read | rows |\n|---|---|--:|--:|--:|--:|")
        for each in pages.read():
            for cell in layout.cells(each):
                sql = checking.query(cell, known[cell.dataset][1])
                of[each.slug].append(sql)
                told = ask(store, sql, given.tries)
                print(f"| {each.slug} | {cell.id} | {_said(told)} |", flush=True)
        newest = store.query(NEWEST).rows[0][0]
        for what, sql in QUESTIONS.items():
            told = ask(store, sql.format(newest=newest), given.tries)
            print(f"| (views) | {what} | {_said(told)} |", flush=True)
        print("\n| page | s, all charts |\n|---|--:|")
        for slug, queries in of.items():
            print(f"| {slug} | {page(store, queries, given.tries):.1f} |", flush=True)


if __name__ == "__main__":
    main()
