"""What is kept of a refused row of MOTChallenge: its first columns, where they hold numbers.

Trackers may write more behind them, a vector by which a person is known again among it.
"""

from __future__ import annotations

import re
from typing import Final

from connectors.formats.kept_cuts import instead
from connectors.formats.mot_columns import CLASS_AT, DET_COLUMNS
from connectors.formats.mot_rows import FEWEST_COLUMNS, HEADINGS

WORDS: Final = frozenset(word for names in HEADINGS for word in names) | {
    "class", "classid", "category", "label", "confidence", "conf", "score", "visibility", "z", "type", "x2", "y2",
}  # fmt: skip
"""What a heading may say, in small letters and without signs."""
_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?|nan|inf(?:inity)?)", re.IGNORECASE)
_BETWEEN: Final = (";", "\t", ",")


def numbers(raw: bytes) -> bytes | None:
    """Return a row's first columns, what is no number there by its kind; None where it is no text.

    Of a row that is hardly one of numbers no number is kept either: it may be anything's.
    """
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        return None
    sign = next((each for each in _BETWEEN if each in text), None)
    cells = [cell.strip() for cell in text.split(sign)[:DET_COLUMNS]]
    last = next((at for at in range(CLASS_AT, len(cells)) if not _is_kept(cells[at])), len(cells))
    is_row = sum(not _is_kept(cell) for cell in cells[:FEWEST_COLUMNS]) <= 1
    return (sign or " ").join(cell if is_row and _is_kept(cell) else _kind(cell) for cell in cells[:last]).encode()


def _is_kept(cell: str) -> bool:
    return not cell or bool(_NUMBER.fullmatch(cell)) or is_heading(cell)


def _kind(cell: str) -> str:
    return str(instead(cell)).replace(",", "")


def is_heading(word: str) -> bool:
    """Tell whether a word is one that stands over columns."""
    return re.sub(r"[^a-z0-9]", "", word.lower()) in WORDS
