"""What rules know of a city beside its figures: what things are called, which place is whose, what day it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from connectors.warehouse import Warehouse


@dataclass
class Names:
    """By id; read again in place, so that whoever has it knows.

    Attributes
    ----------
    place_of
        By ``camera/zone`` or camera the place that it belongs to.
    zones
        By place its ``camera/zone``.
    day_types
        Kinds of the days that the calendar knows.
    """

    camera: dict[str, str] = field(default_factory=dict)
    site: dict[str, str] = field(default_factory=dict)
    place: dict[str, str] = field(default_factory=dict)
    area: dict[str, str] = field(default_factory=dict)
    place_of: dict[str, str] = field(default_factory=dict)
    zones: dict[str, list[str]] = field(default_factory=dict)
    day_types: dict[date, str] = field(default_factory=dict)

    def read_again(self, warehouse: Warehouse) -> None:
        """Take what a warehouse says now."""
        vars(self).update(vars(read(warehouse)))

    def of_camera(self, camera: str, zone: str) -> str:
        """Return the place of a camera's zone, else that of the camera; the camera itself where it has none."""
        return self.place_of.get(f"{camera}/{zone}") or self.place_of.get(camera) or camera

    def called(self, label: str, value: str) -> str:
        """Return what people call a camera, a place or an area; its id where nobody has said."""
        if label == "place":
            return self.place.get(value) or self.camera.get(value) or value
        known = {"camera": self.camera, "area": self.area, "kelurahan": self.area, "kecamatan": self.area}
        return known.get(label, {}).get(value) or value


def read(warehouse: Warehouse) -> Names:
    """Ask a warehouse."""
    cameras = warehouse.query("SELECT camera_id, name, site FROM cameras_now").rows
    places = warehouse.query("SELECT place_id, name, zones FROM places").rows
    areas = warehouse.query("SELECT area, name FROM areas").rows
    place_of: dict[str, str] = {}
    for place, _, zones in places:
        for zone in zones:
            place_of.setdefault(zone, place)
            place_of.setdefault(zone.partition("/")[0], place)
    return Names(
        {camera: name for camera, name, _ in cameras},
        {camera: site for camera, _, site in cameras},
        {place: name for place, name, _ in places},
        dict(areas),
        place_of,
        {place: list(zones) for place, _, zones in places},
        dict(warehouse.query("SELECT date, day_type FROM calendar").rows),
    )
