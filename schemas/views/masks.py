"""The view of masks worn: decided tracks, their share and its Wilson interval.

The interval is sampling only, not the model's error. Frames of untracked faces
are used only where no track was counted, and `unit` says so.
"""

from __future__ import annotations

from typing import Final

from schemas.views.sql import common, published, select, source

Z: Final = 1.96
"""Two-sided 95 % of the normal distribution (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""

FEW_DECIDED: Final = 30
"""Decided tracks below which ratio and interval are NULL (metrics.md)."""

FIGURES: Final = {
    "mask_*": {
        "masked": ("1", "Tracks (or faces, see unit) decided: masked"),
        "decided": ("1", "Tracks (or faces, see unit) decided at all"),
        "unknown": ("1", "Tracks (or persons, see unit) that could not be decided"),
        "ratio": ("1", f"masked / decided; NULL below {FEW_DECIDED} decided"),
        "ratio_low": ("1", "Wilson 95 % interval of the ratio, lower end: sampling only, not the model's error"),
        "ratio_high": ("1", "Wilson 95 % interval of the ratio, upper end"),
        "unit": (
            "",
            "track; frame where nothing was tracked: one face counts in every frame, so the interval is too narrow",
        ),
        "unknown_share": ("1", "unknown / (decided + unknown)"),
    }
}


def wilson(masked: str, decided: str) -> tuple[str, str]:
    """Return SQL for both ends of the Wilson 95 % interval; NULL for 0 of 0."""
    z2 = Z * Z
    spread = f"{Z} * sqrt({masked} * ({decided} - {masked}) / {decided} + {z2 / 4})"
    middle, below = f"{masked} + {z2 / 2}", f"({decided} + {z2})"
    low = f"if({decided} = 0, NULL, greatest(0., ({middle} - {spread}) / {below}))"
    high = f"if({decided} = 0, NULL, least(1., ({middle} + {spread}) / {below}))"
    return low, high


def figures(row: str, shown: str) -> tuple[str, list[str]]:
    """Return SQL for the reason of a published row, and for the figures.

    Parameters
    ----------
    row
        Alias of rows with the parts of `MASK`, of a zone or summed over many.
    shown
        Condition under which counts are published.
    """
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
    columns = [
        f"{published(masked, shown)} AS masked",
        f"{published(decided, shown)} AS decided",
        f"{published(unknown, shown)} AS unknown",
        f"{published(f'{masked} / {decided}', enough)} AS ratio",
        f"{published(low, enough)} AS ratio_low",
        f"{published(high, enough)} AS ratio_high",
        f"if({frames}, 'frame', 'track') AS unit",
        published(f"{unknown} / ({seen})", f"{shown} AND {seen} > 0") + " AS unknown_share",
    ]
    return f"if({decided} < {FEW_DECIDED}, 'few_samples', '')", columns


def mask(grain: str, zone: str) -> str:
    """Return the view of masks worn in a zone."""
    why, columns = figures("m", "m.published")
    comment = f"Masks worn, by camera, zone and {grain}; no target unless one is set"
    return select(f"mask_{grain}", [*common(zone, ("zone_id",), why), *columns], source("mask", grain), comment)
