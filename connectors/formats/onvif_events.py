"""Rule events of ONVIF Profile M as JSON (`onvif-ej`): of them, what a camera says of its own picture.

The topic names the event; its data say whether it is so. Devices write truth as a
truth value, a number or a text. Other rules (lines, fields, motion) are the device's
own judgement: Tilik counts by its own lines and zones.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from connectors.formats.nvschema_objects import Faulty
from connectors.formats.onvif_frames import moment, text
from schemas.came import came

BRANCH: Final = "onvif-ej"
FRAMES: Final = "onvif-mj"
DARK, BLURRED, MOVED = "dark", "blurred", "moved"
TAMPERS: Final = {
    "imagetoodark": DARK,
    "imagetooblurry": BLURRED,
    "globalscenechange": MOVED,
    "signalloss": DARK,  # the picture is gone: it is as dark as can be
}
"""Events (ONVIF Imaging Service Specification, Tampering) and what they say of the picture."""
TRUE: Final = (True, 1, "true", "1")
FALSE: Final = (False, 0, "false", "0")


class Event(NamedTuple):
    """A camera's word on its picture."""

    source: str  # the device's own name of what it looks through; '' where it says none
    t_us: int
    event: str  # a key of `TAMPERS`
    is_so: bool


def camera(topic: str) -> str:
    """Return the camera that a topic names: the last part before the format's own; '' where it names none."""
    parts = topic.strip("/").split("/")
    at = next((at for at, part in enumerate(parts) if part in (BRANCH, FRAMES)), 0)
    return parts[at - 1] if at else ""


def read(topic: str, payload: Any) -> Event | None:
    """Read one event; None for one that says nothing of the picture.

    Raises
    ------
    Faulty
        A field is missing or of the wrong type.
    """
    found = next((part for part in reversed(topic.casefold().split("/")) if part in TAMPERS), None)
    if not isinstance(payload, dict):
        raise Faulty(f"expected an event with UtcTime and Data, got {came(payload)}")
    t_us = moment(payload.get("UtcTime"))
    if found is None:
        return None
    source = payload.get("Source")
    named = next((text(value) for value in source.values()), "") if isinstance(source, dict) else ""
    return Event(named, t_us, found, _state(payload.get("Data")))


def _state(data: Any) -> bool:
    if isinstance(data, dict) and len(data):
        value = data.get("State", next(iter(data.values())))
        word = value.casefold() if isinstance(value, str) else value
        if isinstance(word, bool | int | str) and (word in TRUE or word in FALSE):
            return word in TRUE
    raise Faulty("expected Data.State as true or false, got something else")
