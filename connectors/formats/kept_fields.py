"""The fields of a record that are kept where it is refused, format by format: those that its reader reads.

A field is kept where its value is of the kind that is meant; else a text stands there
that says what came. Fields that nobody reads go with their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from connectors.formats.chunks import CLOCKS
from connectors.formats.deepstream_lines import NO_CLASSES
from connectors.formats.nvschema_classes import CLASSES as NVIDIA
from connectors.formats.nvschema_classes import SEPARATORS
from connectors.formats.nvschema_objects import Faulty
from connectors.formats.nvschema_objects import minimal as read_minimal
from connectors.formats.onvif_frames import CLASSES as ONVIF
from connectors.formats.scenescape import MASKED, UNMASKED
from schemas import track_names
from schemas.came import came
from schemas.class_words import UNLISTED, is_listed
from schemas.rejects import NOT_JUDGED, SIGNAL_KINDS

Cut = Callable[[Any], Any]
"""Takes a value of a record, returns what is kept of it."""

MASKS: Final = ("masked", "unmasked", "incorrect", *NOT_JUDGED)
SIDES: Final = 4
SCENE_MASKS: Final = tuple(sorted(MASKED | UNMASKED))
LABELS: Final = NVIDIA.keys() | ONVIF.keys()
PRIMARY: Final = 6
"""Fields of nvschema's shortest object: id, left, top, right, bottom, type."""
MOST_OF_ID: Final = 64
_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_ID: Final = re.compile(r"[\w.\-:/]+")
_HASH: Final = re.compile(r"[0-9A-Fa-f]{1,128}")
_TIME: Final = re.compile(r"[0-9TtZz:.,+\-/ ]{1,40}(?:\[[A-Za-z_]+/[A-Za-z_]+\])?(?: ?(?:UTC|GMT))?")
_INSTEAD: Final = re.compile(
    r"<(?:(?:a text|a list|an object) of [\d,]+ (?:characters?|entry|entries|fields?)"
    r"|a number|a truth value|an empty (?:text|list|object))>"
)


def instead(value: Any) -> str | None:
    """Return what stands in the place of a value that is not kept; what does so already stays."""
    if value is None or (isinstance(value, str) and _INSTEAD.fullmatch(value)):
        return value
    return f"<{came(value)}>"


def number(value: Any) -> Any:
    """Keep a number, also one that is written as a text."""
    is_one = isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value))
    return value if is_one else instead(value)


def _matching(pattern: re.Pattern[str], most: int) -> Cut:
    def cut(value: Any) -> Any:
        if isinstance(value, int | float):
            return value
        fits = isinstance(value, str) and len(value) <= most and (not value or pattern.fullmatch(value))
        return value if fits else instead(value)

    return cut


def _word(*known: str) -> Cut:
    return lambda value: value if value in known else instead(value)


def _track(value: Any) -> Any:
    """Keep a tracker's number; of a name its hash."""
    return track_names.stored(str(value)) if isinstance(value, str | int) else instead(value)


def _class(value: Any) -> Any:
    """Keep a class's name that is in a list: another may be anything."""
    if isinstance(value, str):
        return value if is_class(value) or not value else UNLISTED
    return number(value)


def is_class(word: str) -> bool:
    """Tell whether a class's name is in a list of ours or of a format's."""
    return is_listed(word) or word.casefold().translate(SEPARATORS) in LABELS


def _every(cut: Cut, most: int | None = None) -> Cut:
    """Keep a list entry by entry; one that is longer than it may be is none of ours."""

    def every(value: Any) -> Any:
        fits = isinstance(value, list) and (most is None or len(value) <= most)
        return [cut(each) for each in value] if fits else instead(value)

    return every


def _object(**fields: Cut) -> Cut:
    return _named(fields)


def _named(fields: Mapping[str, Cut]) -> Cut:
    """Keep an object's fields that are named."""

    def cut(value: Any) -> Any:
        if not isinstance(value, dict):
            return instead(value)
        return {name: keep(value[name]) for name, keep in fields.items() if name in value}

    return cut


def _date(value: Any) -> Any:
    """Keep a time, also as MongoDB writes one: {"$date": ...}."""
    if isinstance(value, dict):
        return {name: _date(value[name]) for name in ("$date", "$numberLong") if name in value}
    return _time(value)


def minimal(value: Any) -> Any:
    """Keep of nvschema's object in one text its first fields and its confidence, and nothing of what follows them."""
    fields = value.split("|")
    if len(fields) < PRIMARY:
        return instead(value)
    kept = [_track(fields[0]), *(number(field) for field in fields[1:5]), _class(fields[5])]
    try:
        confidence = read_minimal(value).confidence
    except Faulty:
        confidence = None
    return "|".join(map(str, kept if confidence is None else [*kept, confidence]))


def _event_object(value: Any) -> Any:
    """Keep of DeepStream's object what it is called by a list, and where it is."""
    if not isinstance(value, dict):
        return instead(value)
    kept = _event_place(value)
    for name, inner in value.items():
        if isinstance(inner, dict) and name not in NO_CLASSES:
            kept[name if is_class(name) else UNLISTED] = _event_kind(inner)
    return kept


def _thing(value: Any) -> Any:
    return minimal(value) if isinstance(value, str) else _nv_object(value)


def _several(cut: Cut) -> Cut:
    """Keep a list entry by entry, and one that stands for a list of one."""
    every = _every(cut)
    return lambda value: every(value) if isinstance(value, list) else cut(value)


def _or_word(cut: Cut) -> Cut:
    """Keep a class's name, or an object that says one."""
    return lambda value: _class(value) if isinstance(value, str) else cut(value)


def _or_word_of(known: Container[str], cut: Cut) -> Cut:
    """Keep a word of a list, a truth value, or an object."""
    return lambda value: cut(value) if isinstance(value, dict) else value if value in known else _truth(value)


def _truth(value: Any) -> Any:
    """Keep what says yes or no."""
    said = isinstance(value, bool) or (isinstance(value, str) and value.casefold() in ("true", "false"))
    return value if said else number(value)


_topic = _matching(_ID, 4 * MOST_OF_ID)
_id = _matching(_ID, MOST_OF_ID)
_time = _matching(_TIME, MOST_OF_ID)
_size: Final = dict.fromkeys(("width", "height", "frameWidth", "frameHeight"), number)
_nv_object = _object(
    id=_track,
    bbox=_object(leftX=number, topY=number, rightX=number, bottomY=number),
    type=_class,
    confidence=number,
    info=_object(mask=_word(*MASKS), mask_confidence=number, face_px=number),
)
_event_place = _object(
    id=_track, bbox=_object(topleftx=number, toplefty=number, bottomrightx=number, bottomrighty=number)
)
_event_kind = _object(confidence=number, type=_class)
_detection = _object(
    x=number, y=number, w=number, h=number, name=_class, prob=number, confidence=number, id=_track
)  # fmt: skip
_corner = _named(dict.fromkeys(("@x", "@y"), number))
_onvif_type = _several(_or_word(_named({"@Likelihood": number, "#text": _class})))
_onvif_class = _named({"Type": _onvif_type, "ClassCandidate": _several(_object(Type=_class, Likelihood=number))})
_onvif_box = _named(dict.fromkeys(("@left", "@top", "@right", "@bottom"), number))
_onvif_thing = _named(
    {"@ObjectId": _track, "Appearance": _object(Shape=_object(BoundingBox=_onvif_box), Class=_onvif_class)}
)
_onvif_frames = _object(
    Frame=_several(
        _named(
            {
                "@UtcTime": _time,
                "@Source": _id,
                "Transformation": _object(Translate=_corner, Scale=_corner),
                "Object": _several(_onvif_thing),
            }
        )
    )
)


def _onvif(value: Any) -> Any:
    """Keep a message's frames wherever they stand, or what an event says of the picture."""
    if not isinstance(value, dict):
        return instead(value)
    kept = {**_onvif_frames(value), **_object(UtcTime=_time, Data=_object(State=_truth))(value)}
    if "VideoAnalytics" in value:
        kept["VideoAnalytics"] = _onvif_frames(value["VideoAnalytics"])
    if "MetadataStream" in value:
        kept["MetadataStream"] = _object(VideoAnalytics=_onvif_frames)(value["MetadataStream"])
    return kept


def _of_topic(payload: Cut) -> Cut:
    """Keep a recorded message's topic, and of its payload what is kept of a bare one."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict) and "topic" in value and "payload" in value:
            return {"topic": _topic(value["topic"]), "payload": payload(value["payload"])}
        return payload(value)

    return cut


_scene_box = _object(x=number, y=number, width=number, height=number)
_scene_thing = _object(
    id=_track,
    category=_class,
    type=_class,
    confidence=number,
    bounding_box=_scene_box,
    bounding_box_px=_scene_box,
    facemask=_or_word_of(SCENE_MASKS, _object(label=_word(*SCENE_MASKS), confidence=number)),
)


def _scene_objects(value: Any) -> Any:
    """Keep objects, in a list or by their kinds."""
    if isinstance(value, dict):
        return {name if is_class(name) else UNLISTED: _every(_scene_thing)(some) for name, some in value.items()}
    return _every(_scene_thing)(value)


_native = _named(
    {
        "camera": _id,
        "ts": _time,
        "ts_source": _word(*CLOCKS),
        **dict.fromkeys(("seq", "width", "height"), number),
        "objects": _every(
            _named(
                {
                    "class": _class,
                    "box": _every(number, SIDES),
                    "track": _track,
                    "mask": _word(*MASKS),
                    **dict.fromkeys(("confidence", "mask_confidence", "face_px"), number),
                }
            )
        ),
        "signals": _every(_object(kind=_word(*SIGNAL_KINDS), zone=_id, value=number)),
        "image": _object(luma=number, sharpness=number, hash=_matching(_HASH, 128)),
    }
)
_nvschema = _named(
    {
        **dict.fromkeys(("timestamp", "@timestamp"), _time),
        "sensorId": _id,
        "id": number,
        "objects": _every(_thing),
        "info": _named(_size),
    }
)

FORMATS: Final[Mapping[str, Cut]] = {
    "native": _native,
    "arrow": _native,
    "nvschema": _nvschema,
    "nvschema-protobuf": _nvschema,
    "deepstream": _named({"@timestamp": _time, "sensor": _object(id=_id), "object": _event_object}),
    "onvif": _of_topic(_onvif),
    "dlstreamer": _object(
        timestamp=number,
        resolution=_object(width=number, height=number),
        rtp=_object(sender_ntp_unix_timestamp_ns=number),
        objects=_every(
            _object(
                id=_track,
                roi_type=_class,
                type=_object(label=_class),
                detection=_object(
                    label=_class,
                    confidence=number,
                    bounding_box=_object(x_min=number, y_min=number, x_max=number, y_max=number),
                ),
                **dict.fromkeys("xywh", number),
            )
        ),
    ),
    "scenescape": _of_topic(_object(id=_id, timestamp=_time, objects=_scene_objects)),
    "opendatacam": _named(
        {
            **dict.fromkeys(("frame", "frameId"), number),
            "timestamp": _date,
            **dict.fromkeys(("detections", "objects"), _every(_detection)),
            "trackerDataForLastFrame": _object(frameIndex=number, data=_every(_detection)),
            "videoResolution": _object(w=number, h=number),
        }
    ),
}
"""What is kept of a record, by its format."""
