"""Withdrawing what a registry named: a camera with all its rows, a place, a road."""

from __future__ import annotations

from contextlib import ExitStack

from connectors.warehouse import leases, registered, rolls
from connectors.warehouse.inserts import MANY, mark
from connectors.warehouse.session import Session
from schemas.columns import METRICS
from schemas.errors import WarehouseError
from schemas.registry.mistakes import did_you_mean


def forget(session: Session, name: str) -> list[str]:
    """Withdraw all that is called so; return what it was: camera, place, road.

    Raises
    ------
    WarehouseError
        When nothing is called so; names what comes near.
    """
    kinds = _kinds(session, name)
    with ExitStack() as turns:  # rows first, as the writer takes them: nobody stores rows of a camera between
        if "camera" in kinds:
            turns.enter_context(leases.held(session, leases.rows(frozenset({name}), 0, leases.ALL_TIME_US)))
            _forget_rows(session, name)
            rolls.withdraw(session, name)
        turns.enter_context(leases.held(session, leases.REGISTRY))
        for kind in kinds:
            registered.remove(session, kind, [name])
    rolls.roll(session)
    return kinds


def _kinds(session: Session, name: str) -> list[str]:
    """Return what is called so; a camera that is not registered, but has rows, is one."""
    known = {}
    for kind, (table, column) in registered.TABLES.items():
        found = session.query(f"SELECT DISTINCT toString({column}) AS id FROM {table} FINAL WHERE deleted = 0")
        known[kind] = set(found["id"].to_pylist())
    if _has_rows(session, name):
        known["camera"].add(name)
    kinds = [kind for kind, names in known.items() if name in names]
    if not kinds:
        near = did_you_mean(name, sorted(set().union(*known.values())), "SELECT * FROM cameras lists what there is")
        raise WarehouseError(f"{session.where}: expected the id of a camera, place or road, came {name}: {near}")
    return kinds


def _has_rows(session: Session, camera: str) -> bool:
    tables = [f"{metric.name}_{grain}_log" for metric in METRICS for grain in ("minute", "day")] + ["incidents_log"]
    held = "SELECT 1 AS one FROM {} FINAL WHERE camera_id = {{c:String}} AND deleted = 0 LIMIT 1"
    return session.query(" UNION ALL ".join(held.format(table) for table in tables), {"c": camera}).num_rows > 0


def _forget_rows(session: Session, camera: str) -> None:
    """Withdraw a camera's rows in every grain: tombstones, which merges clear away."""
    given = {"c": camera}
    for metric in METRICS:
        table = f"{metric.name}_minute_log"
        held = f"FROM {table} FINAL WHERE camera_id = {{c:String}} AND deleted = 0"
        hours = session.query(f"SELECT DISTINCT toStartOfHour(ts) AS hour {held}", given).values("hour")
        if hours:
            mark(session, metric.name, hours)
            _withdraw(session, table, held, given)
            mark(session, metric.name, hours)
    held = "FROM incidents_log FINAL WHERE camera_id = {c:String} AND deleted = 0"
    _withdraw(session, "incidents_log", held, given)
    _withdraw(session, "mutes_log", "FROM mutes_log FINAL WHERE camera_id = {c:String} AND deleted = 0", given)


def _withdraw(session: Session, table: str, held: str, given: dict[str, str]) -> None:
    session.command(
        f"INSERT INTO {table} SELECT * REPLACE (toUInt8(1) AS deleted) FROM (SELECT * {held}) {MANY}", given
    )
