"""What is kept of refused messages of DL Streamer and of SceneScape: what their readers read."""

from __future__ import annotations

from typing import Any, Final

from connectors.formats.kept_cuts import Cut, an_object, every, number, time, track, truth, word
from connectors.formats.kept_events import of_topic
from connectors.formats.scenescape import MASKED, UNMASKED

MASKS: Final = tuple(sorted(MASKED | UNMASKED))
_scene_box = an_object(x=number, y=number, width=number, height=number)
_scene_mask = an_object(label=word(*MASKS), confidence=number)


def dlstreamer(of_class: Cut) -> Cut:
    """Keep a frame's time, size and objects."""
    detection = an_object(
        label=of_class,
        confidence=number,
        bounding_box=an_object(x_min=number, y_min=number, x_max=number, y_max=number),
    )
    thing = an_object(
        id=track,
        roi_type=of_class,
        type=an_object(label=of_class),
        detection=detection,
        **dict.fromkeys("xywh", number),
    )
    return an_object(
        timestamp=number,
        resolution=an_object(width=number, height=number),
        rtp=an_object(sender_ntp_unix_timestamp_ns=number),
        objects=every(thing),
    )


def scenescape(of_id: Cut, of_class: Cut) -> Cut:
    """Keep a message's camera, time and objects, which stand in a list or by their kinds."""
    thing = an_object(
        id=track,
        category=of_class,
        type=of_class,
        confidence=number,
        bounding_box=_scene_box,
        bounding_box_px=_scene_box,
        facemask=_facemask,
    )

    def things(value: Any) -> Any:
        if isinstance(value, dict):
            return {of_class(name): every(thing)(some) for name, some in value.items()}
        return every(thing)(value)

    return of_topic(an_object(id=of_id, timestamp=time, objects=things))


def _facemask(value: Any) -> Any:
    """Keep a word of a list, a truth value, or an object that says one."""
    if isinstance(value, dict):
        return _scene_mask(value)
    return value if isinstance(value, str) and value in MASKS else truth(value)
