"""The views that describe: areas, cameras, roads, places and what could not be used."""

from __future__ import annotations

from schemas.service_tables import SERVICE_TABLES
from schemas.views.sql import select


def lists() -> list[str]:
    """Return the views of registrations and of dead letters."""
    place = ("place_id", "name", "area", "zones", "gates", "opens", "closes")
    letter = ["source", "position", "reason", "detail", "first_seen", "count"]
    held = "(SELECT * FROM places_log FINAL WHERE deleted = 0) AS p"
    return [
        select("dead_letters", letter, "dead_letters_log FINAL", "Records that could not be used, and why"),
        select("areas", ["area", "name", "level", "parent"], "areas_log FINAL", "Administrative areas by code"),
        select(
            "cameras",
            ["* EXCEPT (version, deleted)"],
            "cameras_log FINAL\nWHERE deleted = 0",
            "Registered cameras, one row a version: valid_from says since when it holds",
        ),
        select(
            "roads",
            [f"r.{name} AS {name}" for name in SERVICE_TABLES["roads_log"][0] if name not in ("version", "deleted")],
            "(SELECT * FROM roads_log FINAL WHERE deleted = 0) AS r",
            "Cross-sections of streets: their lines, capacity and what it is worked out from",
        ),
        select("places", [f"p.{name} AS {name}" for name in place], held, "Squares, markets: their zones and gates"),
    ]
