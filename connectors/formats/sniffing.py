"""Which format a file looks like: a hint for whoever named another one."""

from __future__ import annotations

import json
import re
from collections.abc import Set
from pathlib import Path
from typing import Any, Final

from connectors.files import head, plain_head
from connectors.formats import (
    deepstream_lines,
    delimited,
    dlstreamer,
    frigate_lines,
    mot_rows,
    native_json,
    nvschema,
    nvschema_messages,
    onvif_events,
    onvif_frames,
    opendatacam_lines,
    scenescape,
)
from connectors.text_bytes import foreign

HEAD_BYTES: Final = 1 << 16
DEEPEST: Final = 4
"""Lists and objects around a frame that are looked into."""
BY_KEYS: Final = (
    ("native", native_json.MARKS),
    ("opendatacam", opendatacam_lines.MARKS),
    ("nvschema", nvschema.MARKS),
    ("onvif", onvif_frames.MARKS),
    ("frigate", frigate_lines.MARKS[-1:]),
)
SENDERS: Final = (frozenset({"sensorId"}), frozenset({"@timestamp"}))
"""Keys that nvschema has and OpenDataCam's documents, which share others with it, do not."""
NOT_SCENESCAPE: Final = frozenset({"version", "frameId", "camera"})
"""Keys of other formats' frames."""
SIGNS: Final = {b";": "semicolons", b"\t": "tabs", b",": "commas"}
"""What stands between the cells of a table; commas last, they stand within numbers too."""
FEWEST_CELLS: Final = 3


def looks_like(path: Path) -> str:
    """Return the format that a file's beginning looks like; '' where it looks like none."""
    begin = head(path, HEAD_BYTES)
    if "--format arrow" in foreign(begin):
        return "arrow"
    if _is_protobuf(plain_head(path, HEAD_BYTES)):
        return "nvschema-protobuf"
    lines = [line for line in begin.splitlines() if line.strip()][:2]
    if any(_is_row(line) for line in lines):
        return "mot"
    return _of_json(_first_value(begin.decode(errors="replace").strip().removeprefix("data:").lstrip()), DEEPEST)


def table_between(path: Path) -> str:
    """Return what stands between the cells of a table of any columns; '' where a file looks like none."""
    whole_lines = head(path, HEAD_BYTES).rpartition(b"\n")[0] or head(path, HEAD_BYTES)
    lines = [line for line in whole_lines.splitlines() if line.strip()][:3]
    if len(lines) < 2 or any(line.lstrip()[:1] in b"{[" or b"\0" in line for line in lines):
        return ""
    for sign, name in SIGNS.items():
        cells = {line.count(sign) + 1 for line in lines}
        if len(cells) == 1 and cells.pop() >= FEWEST_CELLS:
            return name
    return ""


def nothing(path: Path) -> str:
    """Return what a file holds that has no record at all, in words."""
    if path.stat().st_size == 0:
        return "it is empty (0 bytes)"
    begin = head(path, HEAD_BYTES)
    if not begin:
        return "what it unpacks to is empty (0 bytes)"
    return "it holds only blank lines or a heading" + (", or lists without entries" if begin.strip() else "")


def _is_protobuf(begin: bytes) -> bool:
    """Whether a file begins with a Frame behind its size: one that has a time."""
    first = delimited.first(begin)
    try:
        return first is not None and nvschema_messages.frame(first)[1] is not None
    except nvschema_messages.Unreadable:
        return False


def _is_row(line: bytes) -> bool:
    try:
        mot_rows.read(line, 1)
    except mot_rows.Faulty:
        return False
    return True


def _first_value(text: str) -> Any:
    """Return the first JSON value; of a document that goes on beyond the beginning, its first object."""
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        pass
    inner = re.match(r"(?:\s*\[)+\s*", text)
    try:
        return json.JSONDecoder().raw_decode(text[inner.end() :])[0] if inner else None
    except (ValueError, RecursionError):
        return None


def _of_names(keys: Set[str]) -> str:
    """Return the format of a message that shares its names with others' but for one; '' for none."""
    if any(wanted <= keys for wanted in deepstream_lines.MARKS):
        return "deepstream"
    if any(wanted <= keys for wanted in dlstreamer.MARKS):
        return "dlstreamer"
    if any(wanted <= keys for wanted in SENDERS):
        return "nvschema"
    is_scene = scenescape.MARKS[-1] <= keys and not keys & NOT_SCENESCAPE
    return "scenescape" if is_scene else ""


def _of_topic(parts: list[str]) -> str:
    """Return the format that a topic names; '' for none."""
    if onvif_events.BRANCH in parts or onvif_events.FRAMES in parts:
        return "onvif"
    if parts[:1] == ["frigate"] or parts[-2:] == ["status", "detect"]:
        return "frigate"
    return "scenescape" if parts[:1] == ["scenescape"] else ""


def _of_json(value: Any, deep: int) -> str:
    if isinstance(value, dict):
        if isinstance(value.get("topic"), str) and (kind := _of_topic(value["topic"].split("/"))):
            return kind
        if named := _of_names(value.keys()):
            return named
        found = [kind for kind, marks in BY_KEYS if any(wanted <= value.keys() for wanted in marks)]
        inner = list(value.values())
    else:
        found, inner = [], value[:1] if isinstance(value, list) else []
    if found or not deep:
        return found[0] if found else ""
    return next((kind for each in inner if (kind := _of_json(each, deep - 1))), "")
