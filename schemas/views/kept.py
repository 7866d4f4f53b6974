"""The views whose rows the store keeps (`schemas.kept`), with what follows from their time and the calendar."""

from __future__ import annotations

from schemas.views.sql import View, day_type, select


def shown(reckoned: View, zone: str, comment: str) -> View:
    """Return the view that people ask, for one that says how its rows are reckoned."""
    local = f"toTimeZone(k.ts, '{zone}')"
    own = {"local_ts": local, "day_type": day_type(local)}
    columns = [f"{own.get(name, _kept(name, zone))} AS {name}" for name in reckoned.columns]
    return select(reckoned.name, columns, f"{reckoned.name}_log AS k FINAL\nWHERE k.deleted = 0", comment)


def query(reckoned: View) -> str:
    """Return the query of a view without its comment."""
    return reckoned.text.partition(" AS\n")[2]


def _kept(name: str, zone: str) -> str:
    if name in ("peak_hour", "clock_hour"):
        return f"toTimeZone(k.{name}, '{zone}')"
    return f"k.{name}"
