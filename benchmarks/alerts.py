"""What it costs to tell a large city's offices of one minute more: `python -m benchmarks.alerts`.

A day of minutes and a month of incidents of 20,000 cameras are written straight into the tables, the last half hour
minute by minute, as a live run writes them. Then `tilik alerts run` looks by the shipped rules: once after its start,
which reads a day; after each further minute; and in between, when there are only incidents to look at. Processor
time is that of the process and of the engine together, so it does not depend on what else the machine does.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.pages import SPENT
from connectors.outbox import Outbox
from connectors.registry import rules as files
from connectors.warehouse import Warehouse, connect
from flows.alerts.receivers import Reached
from flows.alerts.running import STATED_US, Asked, Running
from flows.settings import Settings
from tests.flows.live.soaking import rss_mb

NOON: Final = int(datetime(2026, 1, 5, 5, tzinfo=UTC).timestamp())
"""In Semarang, when every rule may tell."""
MINUTE_S: Final = 60
FRESH: Final = 30
"""Minutes that are written one by one."""
STEPS: Final = 5
DAY_INCIDENTS: Final = 12
"""Of a camera: a simulated history of Semarang has so many."""
DAYS: Final = 30
LONGEST_S: Final = 140_000
"""Of an incident, garbage."""

AREA: Final = "concat('33.74.', leftPad(toString({0} % 16 + 1), 2, '0'), '.1001')"
CAMERA: Final = "concat('smg-', leftPad(toString({0}), 5, '0'))"
SITE: Final = "concat('nvr-', toString(intDiv({0}, 20)))"
CAMERAS: Final = (
    f"INSERT INTO cameras_log (camera_id, name, area, owner, category, site, fps, metrics, definition, version) SELECT "
    f"{CAMERA}, {CAMERA}, {AREA}, 'dishub', 'atcs', {SITE}, 10, ['crowd', 'parking'], '{{{{}}}}', 1 FROM numbers({{1}})"
)
ROWS: Final = (
    "INSERT INTO {table}_minute_log (area, camera_id, ts, owner, category, params_hash, expected_ms, observed_ms, "
    "frames, {names}) SELECT {area}, {camera}, toDateTime({first} + 60 * intDiv(number, {cameras})) AS ts, 'dishub', "
    "'atcs', 7, 60000, if(c % 97 = 0, 0, 59000 + number % 1000) AS seen, if(seen = 0, 0, 590) AS frames, {values} "
    "FROM (SELECT number, number % {cameras} AS c FROM numbers({count}))"
)
FIGURES: Final = {
    "health": ("delay_hist", "[0, 0, 500, 90, 0, 0, 0, 0, 0, 0, 0, 0]"),
    "crowd": (
        "zone_id, person_ms, persons_max, persons_hist, area_ms, level_ms",
        "'trotoar', 59000 * (c % 11), c % 11 + 3, arrayMap(i -> if(i = c % 11, seen, 0), range(28)), 600 * seen, "
        "arrayMap(i -> if(i = if((31 * c + intDiv(toUInt32(ts), 900)) % 400 = 0, 5, 1), seen, 0), range(1, 7))",
    ),
}
"""Of a quarter of an hour the zone of every 400th camera is at level E."""
INCIDENTS: Final = """
INSERT INTO incidents_log (area, camera_id, incident_id, zone_id, site, kind, state, severity, opened_at, active_at,
    updated_at, closed_at, close_reason, peak, owner, category, rev)
WITH cityHash64(number) AS h, h % {cameras} AS c,
    multiIf(h % 1000 < 830, 'parking', h % 1000 < 960, 'camera_down', h % 1000 < 977, 'garbage', h % 1000 < 988,
        'congestion', h % 1000 < 995, 'crowd', h % 1000 < 998, 'flood', 'racing') AS kind,
    intDiv(h, 1000) AS g,
    multiIf(kind = 'garbage', 18000 + g % 120000, kind = 'camera_down', 300 + g % 4000, 120 + g % 1800) AS lasts_s,
    {opened} AS opened, opened + 60 AS active, opened + lasts_s AS closed, closed + 60 < {until} AS is_over
SELECT {area}, {camera}, lower(hex(h)), 'tepi', {site}, kind, if(is_over, 'closed', 'active'), 'parked',
    fromUnixTimestamp64Micro(toInt64(1e6 * opened)), fromUnixTimestamp64Micro(toInt64(1e6 * active)),
    fromUnixTimestamp64Micro(toInt64(1e6 * if(is_over, closed + 60, active))),
    if(is_over, fromUnixTimestamp64Micro(toInt64(1e6 * closed)), NULL), if(is_over, 'cleared', ''), 1, 'dishub',
    'atcs', if(is_over, 16, 8)
FROM numbers({first}, {count}) WHERE active < {until} AND (active >= {since} OR is_over AND closed + 60 >= {since})
"""


class City:
    """Its cameras in a warehouse, minute by minute."""

    def __init__(self, store: Warehouse, cameras: int) -> None:
        self.store, self.cameras = store, cameras
        self.gap_s = 86_400 / (DAY_INCIDENTS * cameras)
        """Between two incidents."""

    def fill(self, hours: int) -> None:
        """Write the past."""
        self.store.command(CAMERAS.format("number", self.cameras))
        fresh_s = NOON - FRESH * MINUTE_S
        for hour in range(hours, 0, -1):
            self.minutes(fresh_s - 3_600 * hour, 60)
        for day in range(DAYS, 0, -1):
            self.incidents(fresh_s - 86_400 * day, fresh_s - 86_400 * (day - 1))
        for minute in range(FRESH):
            self.minute(fresh_s + MINUTE_S * minute)

    def minute(self, first_s: int) -> None:
        """Write one more."""
        self.minutes(first_s, 1)
        self.incidents(first_s, first_s + MINUTE_S)

    def minutes(self, first_s: int, count: int) -> None:
        """Write so many minutes of every camera."""
        for table, (names, values) in FIGURES.items():
            self.store.command(
                ROWS.format(table=table, names=names, values=values, area=AREA.format("c"), camera=CAMERA.format("c"),
                            cameras=self.cameras, count=count * self.cameras, first=first_s)
            )  # fmt: skip

    def incidents(self, since_s: int, until_s: int) -> None:
        """Write those that were confirmed or found to be over in a time, as they stood at its end."""
        begin_s = NOON - 86_400 * (DAYS + 2)
        first = max(0, round((since_s - LONGEST_S - begin_s) / self.gap_s))
        count = round((until_s - begin_s) / self.gap_s) - first
        self.store.command(
            INCIDENTS.format(area=AREA.format("c"), camera=CAMERA.format("c"), site=SITE.format("c"), first=first,
                             cameras=self.cameras, count=count, opened=f"{begin_s} + number * {self.gap_s}",
                             since=since_s, until=until_s)
        )  # fmt: skip


class Look(NamedTuple):
    """What one took: on the clock, of the process's and of the engine's processor time [s]."""

    wall_s: float
    own_s: float
    engine_s: float

    def told(self, what: str) -> str:
        """Return a line."""
        return (
            f"{what:<36} {self.own_s + self.engine_s:>8.2f} s of a core ({self.own_s:.2f} here, {self.engine_s:.2f} in "
            f"the engine), {self.wall_s:.2f} s on the clock"
        )


def looked(running: Running, store: Warehouse) -> Look:
    """Look once."""
    engine, own, began = _engine_s(store), time.process_time(), time.perf_counter()
    running.look()
    took = time.perf_counter() - began, time.process_time() - own
    return Look(*took, _engine_s(store) - engine)


def _engine_s(store: Warehouse) -> float:
    return int(store.query(SPENT).rows[0][0]) / 1e6


def measure(store: Warehouse, city: City, folder: Path) -> None:
    """Look minute by minute; print what it took."""
    rules, now_s = files.load(files.shipped()), NOON
    reached = Reached({receiver.id: str(at) for at, receiver in enumerate(rules.receiver)})
    outbox = Outbox(folder)
    asked = Asked(
        rules, "", folder, reached, round(Settings().lateness_s * 1e6) + 60_000_000,
        clock=lambda: now_s * 1_000_000 + STATED_US,
    )  # fmt: skip
    before_mb = rss_mb(os.getpid())
    running = Running(asked, outbox, store)
    print(looked(running, store).told("the first look"))
    steady, between = [], []
    for _ in range(STEPS):
        city.minute(now_s)
        now_s += MINUTE_S
        steady.append(looked(running, store))
        between.append(looked(running, store))
    for what, looks in (("a minute more, median", steady), ("no minute more, median", between)):
        print(sorted(looks, key=lambda each: each.own_s + each.engine_s)[STEPS // 2].told(what))
    print(f"{'memory of the process':<36} {rss_mb(os.getpid()):>8,.0f} MB ({before_mb:,.0f} before)")
    outbox.close()


@contextmanager
def _opened(cameras: int, hours: int) -> Iterator[tuple[Warehouse, City]]:
    with tempfile.TemporaryDirectory() as folder, connect(f"embedded:{folder}") as store:
        store.migrate()
        city, began = City(store, cameras), time.perf_counter()
        city.fill(hours)
        took = time.perf_counter() - began
        print(f"{cameras:,} cameras, {hours} hours of minutes, {DAYS} days of incidents: written in {took:.0f} s")
        yield store, city


def main() -> None:
    """Fill a warehouse, look, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=20_000)
    parser.add_argument("--hours", type=int, default=25, help="of minutes")
    given = parser.parse_args()
    with _opened(given.cameras, given.hours) as (store, city), tempfile.TemporaryDirectory() as folder:
        measure(store, city, Path(folder))


if __name__ == "__main__":
    main()
