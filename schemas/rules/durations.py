"""Durations as people write them: ``90s``, ``5m``, ``1h30m``, ``7d``."""

from __future__ import annotations

import re
from typing import Final

UNITS_S: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WHOLE: Final = re.compile(r"(?=\d)(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?")


def is_duration(text: str) -> bool:
    """Say whether a text is one."""
    return _WHOLE.fullmatch(text) is not None


def duration_us(text: str) -> int:
    """Return a duration [us]; '' is none."""
    if not text:
        return 0
    found = _WHOLE.fullmatch(text)
    if found is None:
        raise ValueError(f"no duration: {text!r}")
    return sum(int(n) * unit for n, unit in zip(found.groups("0"), UNITS_S.values(), strict=True)) * 1_000_000


def said(seconds: float) -> str:
    """Return how people read a duration in Indonesian, to two units: ``2 jam 5 mnt``."""
    left, parts = max(0, round(seconds)), list[str]()
    for name, unit in (("hari", 86_400), ("jam", 3_600), ("mnt", 60), ("dtk", 1)):
        if left >= unit and len(parts) < 2:
            parts.append(f"{left // unit} {name}")
            left %= unit
        elif parts:
            break
    return " ".join(parts) or "0 dtk"
