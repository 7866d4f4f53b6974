"""`python -m benchmarks.now`: how long the live map and the present take, 20,000 cameras, 30 days of health.

The hours of all days and the newest two hours of minutes are written straight
into the tables. Minutes of earlier days are read neither way; the other 22 hours
of the last day, which the old way reads too, are left out: its times are too
good. Each question is asked as before there were tables of the newest minutes,
and as now. Last comes what these cost: a minute of all cameras, inserted with
and without its copy.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from connectors.warehouse import Warehouse, connect

START: Final = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
TRIES: Final = 3
HOURS: Final = 2
COUNTS: Final = "FINAL WHERE deleted = 0"
NEWEST: Final = (
    f"(SELECT max(ts) FROM health_minute_log {COUNTS} AND ts >= (SELECT max(ts) FROM health_hour_log {COUNTS}))"
)
"""The newest minute as it was asked for before: from the newest hour on."""

QUESTIONS: Final = {
    "all of health_now": (
        f"SELECT * FROM health_minute WHERE ts > {NEWEST} - INTERVAL 1 DAY ORDER BY ts DESC LIMIT 1 BY camera_id",
        "SELECT * FROM health_now",
    ),
    "cameras by state": (
        "SELECT state, count() FROM (SELECT camera_id, state FROM health_minute "
        f"WHERE ts > {NEWEST} - INTERVAL 1 DAY ORDER BY ts DESC LIMIT 1 BY camera_id) GROUP BY state",
        "SELECT state, count() FROM health_now GROUP BY state",
    ),
    "the newest minute": (f"SELECT {NEWEST}", "SELECT max(ts) FROM health_now"),
}


NAMES: Final = "area, camera_id, owner, category, params_hash, frames, delay_hist, ts, expected_ms, observed_ms"


def values(cameras: int) -> str:
    """Return the columns of `NAMES` before `ts`."""
    place = f"number % {cameras}"
    return (
        f"concat('33.74.', leftPad(toString({place} % 16 + 1), 2, '0'), '.1001'), "
        f"concat('smg-', leftPad(toString({place}), 5, '0')), 'dishub', 'atcs', 7, 590 + number % 20, "
        "[0, 0, 500, 90, 0, 0, 0, 0, 0, 0, 0, 0]"
    )


def fill(store: Warehouse, cameras: int, days: int) -> None:
    """Write hours of all days and the newest minutes, the last of them one by one."""
    for day in range(days):
        at = f"fromUnixTimestamp({START + day * 86_400} + 3600 * intDiv(number, {cameras}))"
        store.command(
            f"INSERT INTO health_hour_log ({NAMES}, roll) SELECT {values(cameras)}, {at}, 3600000, 3600000, 1 "
            f"FROM numbers({24 * cameras})"
        )
    for hour in range(HOURS):
        minutes(store, cameras, (days - 1) * 1440 + 22 * 60 + hour * 60, 60)
    for late in range(5):
        minutes(store, cameras, days * 1440 + late, 1)


def minutes(store: Warehouse, cameras: int, first: int, count: int) -> float:
    """Write `count` minutes of all cameras from minute `first` on; return how long it took [s]."""
    at = f"fromUnixTimestamp({START + 60 * first} + 60 * intDiv(number, {cameras}))"
    started = time.perf_counter()
    store.command(
        f"INSERT INTO health_minute_log ({NAMES}) SELECT {values(cameras)}, {at}, 60000, 60000 "
        f"FROM numbers({count * cameras})"
    )
    return time.perf_counter() - started


def copied(store: Warehouse, cameras: int, days: int) -> tuple[float, float]:
    """Return the shortest time to insert a minute of all cameras, with and without its copy [s]."""
    first = days * 1440 + 10
    told = min(minutes(store, cameras, first + n, 1) for n in range(5))
    store.command("DROP VIEW health_now_feed")
    return told, min(minutes(store, cameras, first + 5 + n, 1) for n in range(5))


def seconds(store: Warehouse, sql: str, tries: int) -> tuple[float, int]:
    """Return the shortest of some tries to the last row, and how many rows came."""
    best, rows = float("inf"), 0
    for _ in range(tries):
        started = time.perf_counter()
        rows = store.query(sql).num_rows
        best = min(best, time.perf_counter() - started)
    return best, rows


@contextmanager
def city() -> Iterator[tuple[Warehouse, argparse.Namespace]]:
    """Open an empty warehouse for the ``cameras`` and ``days`` that the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, connect(f"embedded:{folder}") as store:
        store.migrate()
        yield store, given


def main() -> None:
    """Fill a warehouse, ask, print."""
    with city() as (store, given):
        started = time.perf_counter()
        fill(store, given.cameras, given.days)
        print(f"{given.cameras} cameras, {given.days} days: filled in {time.perf_counter() - started:.0f} s")
        for what, (before, after) in QUESTIONS.items():
            old, new = seconds(store, before, 1), seconds(store, after, TRIES)
            assert old[1] == new[1], f"{what}: {old[1]} rows before, {new[1]} now"
            print(f"{what:<20} before {1000 * old[0]:8.0f} ms   now {1000 * new[0]:6.0f} ms   {new[1]} rows")
        told, plain = copied(store, given.cameras, given.days)
        print(f"a minute inserted    alone  {1000 * plain:8.0f} ms   with its copy {1000 * told:6.0f} ms")


if __name__ == "__main__":
    main()
