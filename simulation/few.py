"""Some cameras of a city, with the roads and places that lie before them alone.

Camera `i` of a city is the same however many there are: what is asked of a few of
them need not play the others.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from schemas.registry import Registry


def of(whole: Registry, cameras: Collection[str]) -> Registry:
    """Return the part of a registry that these cameras, by id, see all of; all of it where none is named."""
    if not cameras:
        return whole

    def seen(spots: tuple[str, ...]) -> bool:
        return all(spot.partition("/")[0] in cameras for spot in spots)

    return msgspec.structs.replace(
        whole,
        camera=tuple(camera for camera in whole.camera if camera.id in cameras),
        road=tuple(road for road in whole.road if seen(road.lines)),
        place=tuple(place for place in whole.place if seen(place.zones + place.gates)),
    )
