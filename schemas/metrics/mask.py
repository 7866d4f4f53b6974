"""Masks worn: decided tracks, their share and its Wilson interval.

The interval is sampling only, not the model's error. Frames of untracked faces
are used only where no track was counted, and `unit` says so.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.card import By, ByArea, ByCamera, Card, Figure, Looks, same
from schemas.parts import WATCH, Metric, Part
from schemas.sql import published
from schemas.words import Label

Z: Final = 1.96
"""Two-sided 95 % of the normal distribution (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""

FEW_DECIDED: Final = 30
"""Decided tracks below which ratio and interval are NULL (metrics.md)."""

MASK: Final = Metric(
    "mask",
    ("zone_id",),
    {
        **WATCH,
        "masked_n": Part("UInt32", "sum", "1", "Tracks decided: masked"),
        "unmasked_n": Part("UInt32", "sum", "1", "Tracks decided: not masked, or wrongly"),
        "unknown_n": Part("UInt32", "sum", "1", "Tracks of persons not decided"),
        "frame_masked_n": Part("UInt32", "sum", "1", "Faces of untracked persons, frame by frame: masked"),
        "frame_unmasked_n": Part("UInt32", "sum", "1", "Faces of untracked persons, frame by frame: not masked"),
        "frame_unknown_n": Part("UInt32", "sum", "1", "Untracked persons, frame by frame: no face to judge"),
    },
    "Masks worn, by track",
    told=("masked_n", "unmasked_n", "unknown_n"),
)


def wilson(masked: str, decided: str) -> tuple[str, str]:
    """Return SQL for both ends of the Wilson 95 % interval; NULL for 0 of 0."""
    z2 = Z * Z
    spread = f"{Z} * sqrt({masked} * ({decided} - {masked}) / {decided} + {z2 / 4})"
    middle, below = f"{masked} + {z2 / 2}", f"({decided} + {z2})"
    low = f"if({decided} = 0, NULL, greatest(0., ({middle} - {spread}) / {below}))"
    high = f"if({decided} = 0, NULL, least(1., ({middle} + {spread}) / {below}))"
    return low, high


class _Reckoned(NamedTuple):
    """SQL of the figures of a row, of a zone or summed over many, and of its reason when published."""

    masked: str
    decided: str
    unknown: str
    ratio: str
    low: str
    high: str
    unit: str
    unknown_share: str
    why: str


def _reckoned(row: str, shown: str) -> _Reckoned:
    frames = (
        f"({row}.masked_n + {row}.unmasked_n + {row}.unknown_n = 0 "
        f"AND {row}.frame_masked_n + {row}.frame_unmasked_n + {row}.frame_unknown_n > 0)"
    )
    masked = f"toInt64(if({frames}, {row}.frame_masked_n, {row}.masked_n))"
    decided = f"toInt64(if({frames}, {row}.frame_masked_n + {row}.frame_unmasked_n, {row}.masked_n + {row}.unmasked_n))"
    unknown = f"toInt64(if({frames}, {row}.frame_unknown_n, {row}.unknown_n))"
    seen = f"{decided} + {unknown}"
    enough = f"{shown} AND {decided} >= {FEW_DECIDED}"
    low, high = wilson(masked, decided)
    return _Reckoned(
        masked=published(masked, shown),
        decided=published(decided, shown),
        unknown=published(unknown, shown),
        ratio=published(f"{masked} / {decided}", enough),
        low=published(low, enough),
        high=published(high, enough),
        unit=f"if({frames}, 'frame', 'track')",
        unknown_share=published(f"{unknown} / ({seen})", f"{shown} AND {seen} > 0"),
        why=f"if({decided} < {FEW_DECIDED}, 'few_samples', '')",
    )


_ZONE, _AREA = _reckoned("m", "m.published"), _reckoned("s", "s.reporting > 0")

FIGURES: Final = {
    "masked": Figure(
        "1",
        "Tracks (or faces, see unit) decided: masked",
        Label("Bermasker", "Masked"),
        ",d",
        "sum",
        camera=By(_ZONE.masked),
        area=By(_AREA.masked),
    ),
    "decided": Figure(
        "1",
        "Tracks (or faces, see unit) decided at all",
        Label("Dapat dinilai", "Decided"),
        ",d",
        "sum",
        camera=By(_ZONE.decided),
        area=By(_AREA.decided),
    ),
    "unknown": Figure(
        "1",
        "Tracks (or persons, see unit) that could not be decided",
        Label("Belum diketahui", "Unknown"),
        ",d",
        "sum",
        camera=By(_ZONE.unknown),
        area=By(_AREA.unknown),
    ),
    "ratio": Figure(
        "1",
        f"masked / decided; NULL below {FEW_DECIDED} decided",
        Label("Pemakaian masker", "Masks worn"),
        ".0%",
        camera=By(_ZONE.ratio),
        area=By(_AREA.ratio),
    ),
    "ratio_low": Figure(
        "1",
        "Wilson 95 % interval of the ratio, lower end: sampling only, not the model's error",
        Label("Pemakaian masker, batas bawah", "Masks worn, lower end"),
        ".0%",
        camera=By(_ZONE.low),
        area=By(_AREA.low),
    ),
    "ratio_high": Figure(
        "1",
        "Wilson 95 % interval of the ratio, upper end",
        Label("Pemakaian masker, batas atas", "Masks worn, upper end"),
        ".0%",
        camera=By(_ZONE.high),
        area=By(_AREA.high),
    ),
    "unit": Figure(
        "",
        "track; frame where nothing was tracked: one face counts in every frame, so the interval is too narrow",
        Label("Satuan hitung", "Counted by"),
        camera=By(_ZONE.unit),
        area=By(_AREA.unit),
    ),
    "unknown_share": Figure(
        "1",
        "unknown / (decided + unknown)",
        Label("Bagian yang belum diketahui", "Share unknown"),
        ".0%",
        camera=By(_ZONE.unknown_share),
        area=By(_AREA.unknown_share),
    ),
}

CARD: Final = Card(
    number=5,
    name="mask",
    label=Label("Pemakaian masker", "Masks worn"),
    enabled_by="mask",
    table=MASK,
    looks=(Looks("crowd", ("person",), is_free=False),),
    figures=FIGURES,
    camera=ByCamera("Masks worn, by camera, zone and", _ZONE.why, note="; no target unless one is set"),
    area=ByArea(
        "Masks worn in an area: masked and decided are added over zones",
        same("masked_n", "unmasked_n", "unknown_n", "frame_masked_n", "frame_unmasked_n", "frame_unknown_n"),
        why=_AREA.why,
    ),
    needs_frames=True,
)
