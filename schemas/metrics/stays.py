"""How long persons stay in view in a zone, and the passages (lintasan) that follow.

Where there is only a view of a square, person-minutes over the median stay in view
are passages, not visitors, under the assumption that everybody stays about as long
as the median.
"""

from __future__ import annotations

from typing import Final

from schemas.card import By, ByCamera, Card, Figure, Looks, Spots
from schemas.parts import WATCH, Metric, Part
from schemas.sql import HOUR_MS, median, per_hour, published, source
from schemas.words import Label

STAY_EDGES_S: Final = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1_200, 1_800, 3_600, 7_200)
"""Lower edges of the histogram of how long a person stayed in view [s]; the last bin is open."""

FEW_STAYS: Final = 10
"""Stays below which mean, median and passages are NULL.

Ours: the median of ten lies between the 3rd and 8th of them with a probability
of 89 % (binomial), and below that a passage count is a guess.
"""

STAYS: Final = Metric(
    "stays",
    ("zone_id",),
    {
        **WATCH,
        "stays_n": Part("UInt32", "sum", "1", "Tracked persons who left the zone", is_count=True),
        "stay_ms": Part("UInt64", "sum", "ms", "Sum of their stays, first sight to last"),
        "stays_hist": Part("UInt32", "sum", "1", "Their stays; bins of STAY_EDGES_S", len(STAY_EDGES_S)),
    },
    "How long persons stay in view in a zone",
    told=("stays_n",),
)

_ENOUGH = f"m.published AND m.stays_n >= {FEW_STAYS}"
_HALFWAY = median("m.stays_hist", STAY_EDGES_S)


def _beside_persons(grain: str) -> str:
    keys = " AND ".join(f"c.{name} = m.{name}" for name in ("area", "camera_id", "zone_id", "ts"))
    return f"\nLEFT JOIN {source('crowd', grain, 'c')} ON {keys}"


FIGURES: Final = {
    "stays": Figure(
        "1",
        "Tracked persons who left the zone in the window",
        Label("Orang yang selesai singgah", "Stays"),
        ",d",
        "sum",
        camera=By(published("m.stays_n")),
    ),
    "stay_mean_s": Figure(
        "s",
        f"Mean stay in view; NULL below {FEW_STAYS} stays",
        Label("Lama singgah rata-rata (detik)", "Stay, mean (s)"),
        ",.0f",
        camera=By(published("m.stay_ms / m.stays_n / 1000", _ENOUGH)),
    ),
    "stay_median_s": Figure(
        "s",
        f"Median stay in view, linear within its bin; NULL below {FEW_STAYS} stays",
        Label("Lama singgah, median (detik)", "Stay, median (s)"),
        ",.0f",
        camera=By(published(_HALFWAY, _ENOUGH)),
    ),
    "passages": Figure(
        "1",
        "Lintasan: person-minutes / median stay. Passages, not visitors: who comes twice counts twice",
        Label("Lintasan orang", "Passages"),
        ",.0f",
        camera=By(published(f"c.person_ms / 1000 / ({_HALFWAY})", f"{_ENOUGH} AND c.published")),
    ),
    "stays_per_hour": Figure(
        "1/h",
        "Stays an observed hour",
        Label("Orang selesai singgah per jam teramati", "Stays an observed hour"),
        ",.0f",
        camera=By(published(per_hour("m.stays_n"))),
    ),
    "passages_per_hour": Figure(
        "1/h",
        "Passages an observed hour",
        Label("Lintasan orang per jam teramati", "Passages an observed hour"),
        ",.0f",
        camera=By(
            published(f"c.person_ms * {HOUR_MS // 1000} / c.observed_ms / ({_HALFWAY})", f"{_ENOUGH} AND c.published")
        ),
    ),
    "stays_estimated": Figure(
        "1",
        "Stays with each hour scaled to full coverage",
        Label("Orang singgah, perkiraan cakupan penuh", "Stays, estimated for full coverage"),
        ",d",
        "sum",
        camera=By("m.stays_n_estimated"),
        is_of_days=True,
    ),
}

CARD: Final = Card(
    number=4,
    name="stays",
    label=Label("Lama singgah", "Stays"),
    enabled_by="visits",
    needs_tracks=True,
    table=STAYS,
    edges={"stays_hist": STAY_EDGES_S},
    looks=(Looks("crowd", ("person",), is_free=False),),
    figures=FIGURES,
    camera=ByCamera(
        "How long persons stayed in view, by camera, zone and",
        f"if(m.stays_n < {FEW_STAYS}, 'few_samples', '')",
        rows=_beside_persons,
    ),
    spots=Spots("zones", {"stays_n": "sum", "stays_hist": "sumForEach"}),
)
