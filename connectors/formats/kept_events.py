"""What is kept of refused messages of DeepStream and of ONVIF's cameras: what their readers read."""

from __future__ import annotations

from typing import Any, Final

from connectors.formats.deepstream_lines import NO_CLASSES
from connectors.formats.kept_cuts import (
    ID,
    MOST_OF_ID,
    Cut,
    an_object,
    instead,
    named,
    number,
    several,
    text,
    time,
    track,
    truth,
)

MOST_OF_TOPIC: Final = 4 * MOST_OF_ID
_event_place = an_object(
    id=track, bbox=an_object(topleftx=number, toplefty=number, bottomrightx=number, bottomrighty=number)
)
_corner = named(dict.fromkeys(("@x", "@y"), number))
_onvif_box = named(dict.fromkeys(("@left", "@top", "@right", "@bottom"), number))
_topic = text(lambda said: said if len(said) <= MOST_OF_TOPIC and ID.fullmatch(said) else instead(said))


def deepstream(of_id: Cut, of_class: Cut) -> Cut:
    """Keep an event's time, sensor and object."""
    kind = an_object(confidence=number, type=of_class)

    def thing(value: Any) -> Any:
        """Keep of DeepStream's object what it is called by a list, and where it is."""
        if not isinstance(value, dict):
            return instead(value)
        kept = _event_place(value)
        for name, inner in value.items():
            if isinstance(inner, dict) and name not in NO_CLASSES:
                kept[of_class(name)] = kind(inner)
        return kept

    return named({"@timestamp": time, "sensor": an_object(id=of_id), "object": thing})


def onvif(of_id: Cut, of_class: Cut) -> Cut:
    """Keep a message's frames wherever they stand, or what an event says of the picture; its topic too."""
    frames = _frames(of_id, of_class)

    def message(value: Any) -> Any:
        if not isinstance(value, dict):
            return instead(value)
        kept = {**frames(value), **an_object(UtcTime=time, Data=an_object(State=truth))(value)}
        if "VideoAnalytics" in value:
            kept["VideoAnalytics"] = frames(value["VideoAnalytics"])
        if "MetadataStream" in value:
            kept["MetadataStream"] = an_object(VideoAnalytics=frames)(value["MetadataStream"])
        return kept

    return of_topic(message)


def of_topic(payload: Cut) -> Cut:
    """Keep a recorded message's topic, and of its payload what is kept of a bare one."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict) and "topic" in value and "payload" in value:
            return {"topic": _topic(value["topic"]), "payload": payload(value["payload"])}
        return payload(value)

    return cut


def _frames(of_id: Cut, of_class: Cut) -> Cut:
    said = named({"@Likelihood": number, "#text": of_class})
    kind = several(lambda value: of_class(value) if isinstance(value, str) else said(value))
    cls = named({"Type": kind, "ClassCandidate": several(an_object(Type=of_class, Likelihood=number))})
    thing = {"@ObjectId": track, "Appearance": an_object(Shape=an_object(BoundingBox=_onvif_box), Class=cls)}
    frame = {
        "@UtcTime": time,
        "@Source": of_id,
        "Transformation": an_object(Translate=_corner, Scale=_corner),
        "Object": several(named(thing)),
    }
    return an_object(Frame=several(named(frame)))
