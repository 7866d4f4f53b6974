"""One row of a MOTChallenge file as trackers write it: commas, semicolons, tabs or blanks, decimal points or commas.

A row is frame, track, left, top, width, height, and maybe a confidence, a class
and more. Spreadsheets in Indonesia write `;` between and `,` within numbers, and
put a heading above.
"""

from __future__ import annotations

import csv
import math
import re
from typing import Final, NamedTuple

from schemas.came import came
from schemas.counting import counted

LAST_FRAME: Final = 10_000_000
"""No recording is longer: a frame number above it is a mistake that would imply as many empty frames."""
FEWEST_COLUMNS: Final = 6
WITH_CONFIDENCE: Final = 7
HEADINGS: Final = (
    ("frame", "frameid", "frameno", "framenumber", "frameindex"),
    ("id", "trackid", "objectid", "targetid", "identity", "track"),
    ("left", "bbleft", "bboxleft", "x", "xmin", "x1", "bbx"),
    ("top", "bbtop", "bboxtop", "y", "ymin", "y1", "bby"),
    ("width", "bbwidth", "bboxwidth", "w", "bbw"),
    ("height", "bbheight", "bboxheight", "h", "bbh"),
)
"""What a heading may call the first columns."""
_NUMBER: Final = r"[-+]?(?:\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?|nan|inf)"
_BLANKS: Final = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER})+", re.IGNORECASE)


class Row(NamedTuple):
    """One box, or an empty frame."""

    frame: int
    line: int
    is_empty: bool
    confidence: float | None  # as written
    track: str | None
    box: tuple[float, float, float, float]  # left, top (from 1), width, height in px
    cells: list[float]

    @property
    def is_marked(self) -> bool:
        """Whether MOTChallenge marks it to be ignored: a track of confidence 0."""
        return not self.is_empty and self.track is not None and self.confidence == 0


class Faulty(Exception):
    """A row that cannot be read."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


def read(line: bytes, position: int) -> Row:
    """Read one row.

    Raises
    ------
    Faulty
        It is none.
    """
    cells = _numbers(line)
    if len(cells) < FEWEST_COLUMNS:
        raise Faulty(
            "bad_type", f"expected frame,id,left,top,width,height,confidence, got {counted(len(cells), 'columns')}"
        )
    number, track, left, top, width, height = cells[:FEWEST_COLUMNS]
    if not 0 <= number <= LAST_FRAME or number % 1:
        raise Faulty("bad_type", f"expected a frame number in 0..{LAST_FRAME}, got {came(number)}")
    empty = left == top == width == height == -1
    box = (left, top, width, height)
    if not empty and not (all(map(math.isfinite, box)) and width >= 0 and height >= 0):
        raise Faulty("bad_box", "a box is not finite, or its width or height negative")
    if not math.isfinite(track):
        raise Faulty("bad_type", f"expected a track number, got {came(track)}")
    confidence = cells[FEWEST_COLUMNS] if len(cells) >= WITH_CONFIDENCE else None
    return Row(int(number), position, empty, confidence, str(int(track)) if track >= 0 else None, box, cells)


def _numbers(line: bytes) -> list[float]:
    try:
        return [float(cell) for cell in line.decode().rstrip(", \t").split(",")]
    except ValueError:
        return _otherwise(line)


def _otherwise(line: bytes) -> list[float]:
    """Read what stands between other signs than commas."""
    text = line.decode(errors="replace").strip().rstrip(",; \t")
    if _BLANKS.fullmatch(text):
        cells = text.split()
    else:
        sign = ";" if ";" in text else "\t" if "\t" in text else ","
        cells = _cells(text, sign)
    try:
        return [float(cell.strip().replace(",", ".")) for cell in cells]
    except ValueError:
        raise Faulty("bad_type", f"expected numbers between commas, semicolons or blanks, got {came(text)}") from None


def _cells(text: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=sign, skipinitialspace=True))
    except csv.Error as error:
        raise Faulty("bad_type", f"expected numbers between commas, semicolons or blanks: {error}") from None


def heading(line: bytes) -> list[str] | None:
    """Return the words of a heading in plain lower case; None where a row has a number, or too few words."""
    cells = [cell for cell in re.split(r"[,;\t\s]+", line.decode(errors="replace").strip()) if cell]
    if len(cells) < FEWEST_COLUMNS or not all(re.search("[A-Za-z]", cell) for cell in cells):
        return None
    if any(re.fullmatch(_NUMBER, cell, re.IGNORECASE) for cell in cells):
        return None
    return [re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in cells]


def is_ours(words: list[str]) -> bool:
    """Whether a heading names MOTChallenge's columns in their order."""
    return all(word in names for word, names in zip(words, HEADINGS, strict=False))
