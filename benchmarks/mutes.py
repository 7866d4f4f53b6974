"""`python -m benchmarks.mutes`: what it costs views by minute to look up which detectors were mute.

20,000 cameras: 30 days of mute hours (one camera day in a hundred has three, and an
hour of single minutes around them), the newest two hours of everybody's crowd minutes,
and one camera's of all days. Each question is asked of the table's own rows, of the
view while nobody was ever mute, and of the view as it is; `read` are the rows that the
index leaves to be read, by EXPLAIN.
"""

from __future__ import annotations

from typing import Final

from benchmarks.now import START, city, seconds
from connectors.warehouse import Warehouse

TRIES: Final = 3
CAMERA: Final = "concat('smg-', leftPad(toString({}), 5, '0'))"
AREA: Final = "concat('33.74.', leftPad(toString({} % 16 + 1), 2, '0'), '.1001')"
NAMES: Final = "area, camera_id, zone_id, frames, observed_ms, expected_ms, person_ms, ts"
TABLE: Final = "(SELECT * FROM crowd_minute_log FINAL WHERE deleted = 0)"
COLUMNS: Final = "count(), sum(frames), max(ts)"


def minutes(store: Warehouse, camera: str, at: str, rows: int) -> None:
    """Write crowd minutes of cameras and times that are SQL of `number`."""
    store.command(
        f"INSERT INTO crowd_minute_log ({NAMES}) SELECT {AREA.format(camera)}, {CAMERA.format(camera)}, 'alun', 600, "
        f"60000, 60000, 90000, fromUnixTimestamp({START} + {at}) FROM numbers({rows})"
    )


def mute(store: Warehouse, cameras: int, days: int) -> int:
    """Write mute hours and minutes; return how many keys."""
    spans = cameras * days // 100
    camera, day = f"number % {cameras}", f"intDiv(number * 100, {cameras}) % {days}"
    for seconds_, count, first in ((3_600, 3, 3_600), (60, 60, 0)):
        store.command(
            "INSERT INTO mutes_log (camera_id, at, seconds, version, deleted) "
            f"SELECT {CAMERA.format(camera)}, fromUnixTimestamp({START + 9 * 3_600 + first} + 86400 * ({day}) "
            f"+ {seconds_} * n), {seconds_}, 1, 0 FROM numbers({spans}) ARRAY JOIN range({count}) AS n"
        )
    return 63 * spans


def questions(days: int) -> dict[str, str]:
    """Return what is asked; `{}` is what it is asked of."""
    end = START + 86_400 * days
    return {
        "a camera's day": f"SELECT {COLUMNS} FROM {{}} WHERE camera_id = 'smg-00007' AND ts >= {end - 86_400}",
        "a camera's 30 days": f"SELECT {COLUMNS} FROM {{}} WHERE camera_id = 'smg-00007'",
        "everybody's last hour": f"SELECT {COLUMNS} FROM {{}} WHERE ts >= {end - 3_600}",
    }


def read(store: Warehouse, sql: str) -> int:
    """Return how many rows of minutes the index leaves to be read."""
    found = store.query(f"EXPLAIN ESTIMATE {sql}")
    return sum(row["rows"] for row in found.to_pylist() if row["table"] == "crowd_minute_log")


def main() -> None:
    """Fill a warehouse, ask, print."""
    with city() as (store, given):
        last = 86_400 * given.days - 7_200
        minutes(store, "7", "60 * number", 1_440 * given.days - 120)
        for hour in range(2):
            at = f"{last + 3_600 * hour} + 60 * intDiv(number, {given.cameras})"
            minutes(store, f"number % {given.cameras}", at, 60 * given.cameras)
        asked = questions(given.days)
        before = {what: seconds(store, sql.format("crowd_minute"), TRIES)[0] for what, sql in asked.items()}
        print(f"{given.cameras} cameras, {given.days} days, {mute(store, given.cameras, given.days)} mute keys")
        for what, sql in asked.items():
            table, view = (sql.format(source) for source in (TABLE, "crowd_minute"))
            told = [
                1000 * each for each in (seconds(store, table, TRIES)[0], before[what], seconds(store, view, TRIES)[0])
            ]
            print(
                f"{what:<22} table {told[0]:6.0f} ms   nobody mute {told[1]:6.0f} ms   view {told[2]:6.0f} ms",
                end="   ",
            )
            print(f"read {read(store, table)} and {read(store, view)} rows")


if __name__ == "__main__":
    main()
