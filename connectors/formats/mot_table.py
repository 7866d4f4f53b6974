"""A MOTChallenge file's rows in 82 bytes each: a file is held whole, since rows may come by track."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from connectors.formats.mot_rows import WITH_CONFIDENCE, Row

BEHIND: Final = 3
"""Columns behind the confidence whose values decide anything."""
MOST_CODES: Final = 1_000
"""Values of the eighth column that are told apart; above it holds no classes."""
ROW: Final = np.dtype(
    [
        ("frame", np.int32),
        ("line", np.int32),
        ("is_empty", np.bool_),
        ("confidence", np.float64),  # NaN where there is none
        ("track", np.float64),  # -1 where there is none
        ("box", np.float64, 4),
        ("behind", np.float64, BEHIND),
        ("cells", np.int8),
    ]
)

Table = NDArray[Any]
"""(n,) of `ROW`."""


def packed(rows: Sequence[Row]) -> Table:
    """Return rows as a table."""
    made = np.zeros(len(rows), ROW)
    for at, row in enumerate(rows):
        behind = row.cells[WITH_CONFIDENCE : WITH_CONFIDENCE + BEHIND]
        confidence = np.nan if row.confidence is None else row.confidence
        track = -1.0 if row.track is None else row.cells[1]
        cells = min(len(row.cells), 127)
        made[at] = (row.frame, row.line, row.is_empty, confidence, track, row.box, _filled(behind), cells)
    return made


def _filled(behind: list[float]) -> tuple[float, ...]:
    return (*behind, *[0.0] * (BEHIND - len(behind)))


def unpacked(table: Table) -> list[Row]:
    """Return rows as they were read; of the columns behind the confidence, the first ones and how many there are."""
    return [
        Row(
            frame,
            line,
            is_empty,
            confidence if cells >= WITH_CONFIDENCE else None,
            str(int(track)) if track >= 0 else None,
            tuple(box),
            [0.0] * min(cells, WITH_CONFIDENCE) + [*behind, *[0.0] * cells][: max(0, cells - WITH_CONFIDENCE)],
        )
        for frame, line, is_empty, confidence, track, box, behind, cells in table.tolist()
    ]


def kinds(table: Table) -> list[Row]:
    """Return a row of every kind that `mot_columns.judge` tells apart: what it says of them it would say of all."""
    if not len(table):
        return []
    behind = table["behind"]
    is_world = (behind[:, 1:] != -1).any(axis=1)
    is_flags = np.isin(behind[:, 1], (0, 1)) & np.isin(behind[:, 2], (0, 1, 2))
    key = np.stack(
        [
            behind[:, 0],
            np.minimum(table["cells"], WITH_CONFIDENCE + BEHIND + 1),
            table["is_empty"]
            + 2 * (table["track"] >= 0)
            + 4 * (table["confidence"] == 0)
            + 8 * is_world
            + 16 * is_flags,
        ],
        axis=1,
    )
    _, first = np.unique(key, axis=0, return_index=True)
    _, other = np.unique(key[:, 1:], axis=0, return_index=True)
    return unpacked(table[np.union1d(np.sort(first)[:MOST_CODES], other)])
