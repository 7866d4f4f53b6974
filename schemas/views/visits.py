"""The views of gates and of stays, by camera.

A gate's entries and exits are counted; where there is only a view of a square,
person-minutes over the median stay in view give *lintasan*: passages, not
visitors, under the assumption that everybody stays about as long as the median.
"""

from __future__ import annotations

from typing import Final

from schemas.columns import STAY_EDGES_S
from schemas.views.sql import common, median, published, select, source

FEW_STAYS: Final = 10
"""Stays below which mean, median and passages are NULL.

Ours: the median of ten lies between the 3rd and 8th of them with a probability
of 89 % (binomial), and below that a passage count is a guess.
"""

FIGURES: Final = {
    "visits_*": {
        "entries": ("1", "Persons who came in across the gate, once a track"),
        "exits": ("1", "Persons who went out across the gate, once a track"),
        "entries_estimated": ("1", "The same with each hour scaled to full coverage"),
        "exits_estimated": ("1", "The same with each hour scaled to full coverage"),
    },
    "stays_*": {
        "stays": ("1", "Tracked persons who left the zone in the window"),
        "stay_mean_s": ("s", f"Mean stay in view; NULL below {FEW_STAYS} stays"),
        "stay_median_s": ("s", f"Median stay in view, linear within its bin; NULL below {FEW_STAYS} stays"),
        "passages": (
            "1",
            "Lintasan: person-minutes / median stay. Passages, not visitors: who comes twice counts twice",
        ),
        "stays_estimated": ("1", "Stays with each hour scaled to full coverage"),
    },
}


def visits(grain: str, zone: str) -> str:
    """Return the view of persons who pass a gate."""
    columns = [
        *common(zone, ("line_id",)),
        f"{published('m.entries_n')} AS entries",
        f"{published('m.exits_n')} AS exits",
    ]
    if grain == "day":
        columns += ["m.entries_n_estimated AS entries_estimated", "m.exits_n_estimated AS exits_estimated"]
    comment = f"Persons who passed a gate, by camera, line and {grain}"
    return select(f"visits_{grain}", columns, source("visits", grain), comment)


def stays(grain: str, zone: str) -> str:
    """Return the view of stays in a zone and of the passages they imply."""
    enough = f"m.published AND m.stays_n >= {FEW_STAYS}"
    halfway = median("m.stays_hist", STAY_EDGES_S)
    columns = [
        *common(zone, ("zone_id",), f"if(m.stays_n < {FEW_STAYS}, 'few_samples', '')"),
        f"{published('m.stays_n')} AS stays",
        f"{published('m.stay_ms / m.stays_n / 1000', enough)} AS stay_mean_s",
        f"{published(halfway, enough)} AS stay_median_s",
        f"{published(f'c.person_ms / 1000 / ({halfway})', f'{enough} AND c.published')} AS passages",
    ]
    if grain == "day":
        columns.append("m.stays_n_estimated AS stays_estimated")
    keys = " AND ".join(f"c.{name} = m.{name}" for name in ("area", "camera_id", "zone_id", "ts"))
    rows = f"{source('stays', grain)}\nLEFT JOIN {source('crowd', grain, 'c')} ON {keys}"
    return select(f"stays_{grain}", columns, rows, f"How long persons stayed in view, by camera, zone and {grain}")
