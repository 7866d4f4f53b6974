"""The fields of a record that are kept where it is refused, format by format: those that its reader reads."""

from __future__ import annotations

from typing import Any, Final

from connectors.formats import kept_events, kept_scenes, kept_tracks
from connectors.formats.chunks import CLOCKS
from connectors.formats.kept_cuts import (
    MASKS,
    NOBODY,
    Cut,
    Cuts,
    Names,
    an_object,
    date,
    every,
    instead,
    is_class,
    is_id,
    label,
    named,
    number,
    picture_hash,
    text,
    time,
    track,
    whole,
    word,
)
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.nvschema_objects import minimal as read_minimal
from schemas.hidden_names import HIDDEN, hidden
from schemas.rejects import SIGNAL_KINDS

SIDES: Final = 4
PRIMARY: Final = 6
"""Fields of nvschema's shortest object: id, left, top, right, bottom, type."""


def _minimal(value: str, of_class: Cut) -> Any:
    """Keep of nvschema's object in one text its first fields and its confidence, and nothing of what follows them."""
    fields = value.split("|")
    if len(fields) < PRIMARY:
        return instead(value)
    kept = [track(fields[0]), *(number(field) for field in fields[1:5]), of_class(fields[5])]
    try:
        confidence = read_minimal(value).confidence
    except Faulty:
        confidence = None
    return "|".join(map(str, kept if confidence is None else [*kept, confidence]))


_size: Final = dict.fromkeys(("width", "height", "frameWidth", "frameHeight"), number)


def formats(names: Names) -> Cuts:
    """Return what is kept of a record, by its format, where these texts are no secrets."""
    of_id = text(lambda said: said if is_id(said, names) else hidden(said))
    of_class = text(lambda said: said if not said or is_class(said, names) else hidden(said))
    native, nvschema = _native(of_id, of_class), _nvschema(of_id, _label(names))
    return {
        "native": native,
        "arrow": native,
        "nvschema": nvschema,
        "nvschema-protobuf": nvschema,
        "deepstream": kept_events.deepstream(of_id, of_class),
        "frigate": kept_tracks.frigate(of_id, of_class),
        "onvif": kept_events.onvif(of_id, of_class),
        "dlstreamer": kept_scenes.dlstreamer(of_class),
        "scenescape": kept_scenes.scenescape(of_id, of_class),
        "opendatacam": _opendatacam(of_class),
    }


def _label(names: Names) -> Cut:
    """Keep a label of nvschema, or its hash as it is looked up; what is hidden already is no label any more."""

    def kept(said: str) -> str:
        return said if not said or is_class(said, names) or HIDDEN.fullmatch(said) else hidden(label(said))

    return text(kept)


def _native(of_id: Cut, of_class: Cut) -> Cut:
    numbers = dict.fromkeys(("confidence", "mask_confidence", "face_px"), number)
    thing = {"class": of_class, "box": every(number, SIDES), "track": track, "mask": word(*MASKS), **numbers}
    return named(
        {
            "camera": of_id,
            "ts": time,
            "ts_source": word(*CLOCKS),
            **dict.fromkeys(("seq", "width", "height"), number),
            "objects": every(named(thing)),
            "signals": every(an_object(kind=word(*SIGNAL_KINDS), zone=of_id, value=number)),
            "image": an_object(luma=number, sharpness=number, hash=text(picture_hash)),
        }
    )


def _nvschema(of_id: Cut, of_label: Cut) -> Cut:
    thing = an_object(
        id=track,
        bbox=an_object(leftX=number, topY=number, rightX=number, bottomY=number),
        type=of_label,
        confidence=number,
        info=an_object(mask=word(*MASKS), mask_confidence=number, face_px=number),
    )
    return named(
        {
            **dict.fromkeys(("timestamp", "@timestamp"), time),
            "sensorId": of_id,
            "id": whole,
            "objects": every(lambda value: _minimal(value, of_label) if isinstance(value, str) else thing(value)),
            "info": named(_size),
        }
    )


def _opendatacam(of_class: Cut) -> Cut:
    numbers = dict.fromkeys(("x", "y", "w", "h", "prob", "confidence"), number)
    things = every(named({**numbers, "name": of_class, "id": track}))
    return named(
        {
            **dict.fromkeys(("frame", "frameId"), number),
            "timestamp": date,
            **dict.fromkeys(("detections", "objects"), things),
            "trackerDataForLastFrame": an_object(frameIndex=number, data=things),
            "videoResolution": an_object(w=number, h=number),
        }
    )


FORMATS: Final = formats(NOBODY)
"""What is kept of a record, by its format, where nobody says which names are no secrets."""
