"""What the columns behind a MOTChallenge box hold, judged by all rows of a file.

Trackers write rows of seven to ten columns, and the same place holds MOT16's classes,
COCO's, VisDrone's, world coordinates or nothing. A confidence of 0 marks a row to be
ignored, unless all rows have it. What is taken for granted is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from connectors.formats.mot_rows import Row
from schemas.class_words import COCO_NAMES, VISDRONE

MOT16: Final = {
    "1": "person",
    "2": "rider",  # a person on a vehicle
    "3": "car",
    "4": "bicycle",
    "5": "motorcycle",
    "6": "non_motorised_vehicle",
    "7": "person",  # standing still
    "8": "distractor",
    "9": "occluder",
    "10": "occluder",
    "11": "occluder",
    "12": "reflection",
}
"""Milan et al., MOT16, arXiv:1603.00831, table 4."""
COCO: Final = {str(number): name for number, name in enumerate(COCO_NAMES)}
NOTHING: Final = "-1"
CLASS_AT, DET_COLUMNS = 7, 10
IGNORED: Final = "ignored"


class Columns(NamedTuple):
    """What the columns of a file hold."""

    classes: Mapping[str, str]
    """By the eighth column; empty where there are no classes: all are persons."""
    has_confidence: bool
    remarks: tuple[str, ...]
    is_place: bool = False
    """World coordinates stand there: what the table does not know is no class."""

    def name(self, row: Row) -> str:
        """Return the class of a row; what the table does not know keeps its number."""
        behind = _behind(row)
        if not self.classes or not behind or behind[0] == NOTHING:
            return "person"
        return self.classes.get(behind[0], "person" if self.is_place else behind[0])

    def is_ignored(self, row: Row) -> bool:
        """Tell whether a row is a box that is marked to be ignored."""
        return not row.is_empty and (self.name(row) == IGNORED or (self.has_confidence and row.is_marked))


def _behind(row: Row) -> tuple[str, ...]:
    """Return the columns from the eighth on, as they would be written."""
    return tuple(f"{cell:g}" for cell in row.cells[CLASS_AT:])


def judge(rows: Sequence[Row], given: Mapping[str, str]) -> Columns:
    """Return what the columns of a file's rows hold; `given` are classes that win over any table."""
    boxes = [row for row in rows if not row.is_empty]
    tracked = [row for row in boxes if row.track is not None]
    has_confidence = not tracked or not all(row.is_marked for row in tracked)
    told = [behind for row in boxes if (behind := _behind(row)) and behind[0] != NOTHING]
    title, table = _table(told)
    codes = sorted({behind[0] for behind in told}, key=lambda code: (len(code), code))
    if not title and not any(code in given for code in codes):
        return Columns({}, has_confidence, tuple(_remarks("", {}, has_confidence)))
    guessed = {code: table[code] for code in codes if code in table and code not in given} if title else {}
    remarks = tuple(_remarks(title, guessed, has_confidence))
    return Columns({**table, **given}, has_confidence, remarks, is_place=not title)


def _table(told: Sequence[tuple[str, ...]]) -> tuple[str, Mapping[str, str]]:
    """Return whose classes the eighth column holds, and their names; no title where it holds none."""
    codes = {behind[0] for behind in told}
    if not codes:
        return "", {}
    if any(len(behind) >= DET_COLUMNS - CLASS_AT for behind in told):
        if codes <= VISDRONE.keys() and all(_are_flags(behind) for behind in told):
            return "VisDrone", VISDRONE
        if any(behind[1:3] != (NOTHING, NOTHING) for behind in told):
            return "", {}  # world coordinates
    return ("MOT16", MOT16) if codes <= MOT16.keys() else ("COCO", COCO) if codes <= COCO.keys() else ("MOT16", MOT16)


def _are_flags(behind: tuple[str, ...]) -> bool:
    """Tell whether truncation (0, 1) and occlusion (0, 1, 2) stand behind the category."""
    return len(behind) == DET_COLUMNS - CLASS_AT and behind[1] in ("0", "1") and behind[2] in ("0", "1", "2")


def _remarks(title: str, guessed: Mapping[str, str], has_confidence: bool) -> Iterator[str]:
    if guessed:
        named = ", ".join(f"{code} is {name}" for code, name in guessed.items())
        yield f"column 8 is read as {title}'s classes, {named}: give --class-map where they are others"
    if not has_confidence:
        yield "column 7 is 0 in every row, so it is no confidence: all are read (MOTChallenge would ignore them)"
