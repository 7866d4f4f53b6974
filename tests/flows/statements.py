"""Small replays to be repeated, refused, killed: what is read once is committed as often as a test likes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa

from connectors.formats import to_json_lines
from connectors.registry.writing import to_toml
from connectors.warehouse import Stage, Warehouse, leases
from connectors.warehouse.processes import Owner
from flows.replay import ReplayOptions, playing
from schemas.columns import METRICS
from schemas.frames import FrameBatch
from schemas.registry import Limits, Place, Registry, Zone
from tests.flows.city import SECOND, START, camera, stream

HERE = leases.me()
NOW_US = START + 86_400 * SECOND
BOOKKEEPING = ("run", "rev", "roll", "version", "deleted", "renewed", "step", "first_seen")
TABLES = (
    *(f"{metric.name}_{grain}_log" for metric in METRICS for grain in ("minute", "quarter", "hour", "day")),
    "incidents_log", "dead_letters_log", "cameras_log", "places_log", "roads_log", "areas_log", "calendar_log",
    "sources_log",
)  # fmt: skip


class Killed(BaseException):
    """The process ends here: nothing of it reaches the store any more."""


class Mortal(Warehouse):
    """A warehouse whose process is killed after so many statements that change something."""

    left: int | None = None
    sent = 0

    def command(self, sql: str, parameters: Any = None) -> None:
        self._live()
        super().command(sql, parameters)

    def insert_block(self, table: str, block: pa.Table) -> None:
        self._live()
        super().insert_block(table, block)

    def _live(self) -> None:
        if self.left is not None and self.sent >= self.left:
            raise Killed
        self.sent += 1


@contextmanager
def mortal(store: Mortal, left: int) -> Iterator[None]:
    """Let the process die after `left` statements; others then see it as dead."""
    store.left, store.sent = left, 0
    alive, leases.me = leases.me, lambda: Owner(HERE.place, (1 << 22) + 1, 1)
    try:
        yield
    except Killed:
        pass
    finally:
        store.left, leases.me = None, alive


def empty(store: Warehouse) -> None:
    """Make a store as new: tables without rows, the setting of its zone kept."""
    held = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    names = store.query(f"{held} AND total_rows > 0")
    for name in names["name"].to_pylist():
        if name.endswith(("_log", "_raw")) and name != "settings_log":
            store.command(f"TRUNCATE TABLE {name}")


def contents(
    store: Warehouse, tables: tuple[str, ...] = TABLES, without: tuple[str, ...] = ()
) -> dict[str, pl.DataFrame]:
    """Return all rows that count, without what only says when they were written and some kinds of incidents."""
    found = {}
    for table in tables:
        rows = pl.DataFrame(pl.from_arrow(store.query(f"SELECT * FROM {table} FINAL").table))
        rows = rows.filter(pl.col("deleted") == 0) if "deleted" in rows.columns else rows
        if table == "dead_letters_log":
            rows = rows.filter(pl.col("count") > 0)
        if table == "incidents_log":
            rows = rows.filter(~pl.col("kind").is_in(without))
        rows = rows.drop(*BOOKKEEPING, strict=False)
        found[table] = rows.sort([name for name in rows.columns if rows[name].dtype.is_nested() is False])
    return found


def different(a: dict[str, pl.DataFrame], b: dict[str, pl.DataFrame]) -> list[str]:
    """Name the tables in which two stores differ."""
    return [name for name in a if not a[name].equals(b[name])]


class Told(NamedTuple):
    """One replay, read."""

    asked: playing.Asked
    stage: Stage
    done: playing.Read

    def commit(self, store: Warehouse, replaces: bool = False) -> Any:
        """Commit it as `tilik replay` does."""
        statement = self.asked.statement._replace(replaces=replaces)
        return playing.commit(store, self.asked._replace(statement=statement), self.stage, self.done)


def flood(off_s: float) -> Zone:
    corners = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
    return Zone("jalan", "flood", corners, limits=Limits(on_s=20.0, off_s=off_s))


def registries() -> dict[str, Registry]:
    """R1 has cameras a and b, one that never sends, and a place; R2 a and x, other flood limits and zones, no place."""
    first = (*(zone for zone in camera("a").zone if zone.id != "jalan"), flood(30.0))
    second = (Zone("kiri", "crowd", ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0)), area_m2=20.0), flood(10.0))
    place = Place("taman", zones=("a/kiri",))
    return {
        "R1": Registry(camera=(camera("a", zone=first), camera("b", zone=first), camera("mute")), place=(place,)),
        "R2": Registry(camera=(camera("a", zone=second), camera("x"))),
    }


def shifted(batch: FrameBatch, seconds: int) -> FrameBatch:
    return replace(batch, frames=batch.frames.with_columns(pl.col("t_us") + seconds * SECOND))


def dry_from(batch: FrameBatch, second: int) -> FrameBatch:
    """The same with water that has run off from a time on."""
    is_late = (batch.frames["t_us"] >= START + second * SECOND).gather(batch.signals["frame"])
    value = pl.when(is_late).then(0.0).otherwise(pl.col("value")).cast(batch.signals["value"].dtype)
    return replace(batch, signals=batch.signals.with_columns(value=value))


def write_inputs(folder: Path) -> None:
    """A: a, b and x for seven minutes with a line that is no JSON; B: a from the fifth minute on."""
    a = dry_from(stream(["a", "b", "x"], 420), 300)
    (folder / "A.jsonl").write_bytes(b"no json\n" + to_json_lines(a))
    (folder / "B.jsonl").write_bytes(to_json_lines(shifted(stream(["a"], 300, seed=2), 240)))
    for name, registry in registries().items():
        (folder / f"{name}.toml").write_text(to_toml(registry, name))


def tell(folder: Path, of: str, by: str, **given: Any) -> Told:
    """Read input `of` by registry `by`, which always lies under one name, as an edited file does."""
    named = folder / "cameras.toml"
    named.write_text((folder / f"{by}.toml").read_text())
    options = ReplayOptions((str(folder / f"{of}.jsonl"),), "native", "", registry=str(named), **given)
    asked, stage = playing.ask(options, NOW_US), Stage()
    return Told(asked, stage, playing.read(asked, stage))
