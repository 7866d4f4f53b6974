"""A written simulation of which only some cameras stay, in its registry and in its events.

Camera `i` of a city is the same however many there are, but only the first so many
can be simulated. What is asked of a few of them need not replay the others.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from connectors import registry as registries
from connectors.registry.writing import to_toml


def keep(city: Path, cameras: Collection[str]) -> None:
    """Leave the other cameras out of a city's `registry.toml`, and of its events in Arrow files."""
    whole = registries.load(city / "registry.toml")

    def kept(spots: tuple[str, ...]) -> bool:
        return all(spot.partition("/")[0] in cameras for spot in spots)

    part = msgspec.structs.replace(
        whole,
        camera=tuple(camera for camera in whole.camera if camera.id in cameras),
        road=tuple(road for road in whole.road if kept(road.lines)),
        place=tuple(place for place in whole.place if kept(place.zones + place.gates)),
    )
    (city / "registry.toml").write_text(to_toml(part, "SIMULATED: no camera ever saw this."), encoding="utf-8")
    for path in sorted((city / "events").glob("*.arrow")):
        frames = pa.ipc.open_file(path.read_bytes()).read_all()
        theirs = frames.filter(pc.is_in(frames["camera"], pa.array(sorted(cameras), pa.large_string())))
        if not theirs.num_rows:
            path.unlink()  # an hour in which only others sent: a file without records is no input
            continue
        with pa.ipc.new_file(path, frames.schema) as arrow:
            arrow.write_table(theirs)
