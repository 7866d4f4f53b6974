"""Names of tracks as they are stored: a tracker's own numbers, and a hash of any other name.

A sender may call a track by its plate. The hash (FNV-1a, 63 bits, the code that kernels
know a track by) keeps apart what is apart and can be said again by every machine; it is
a pseudonym, not a secret: who tries all plates finds the one behind it.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from schemas.fnv import fnv1a
from schemas.frames import UNTRACKED

PLAIN: Final = re.compile(r"[0-9]{1,18}|t-(?:0|[1-7][0-9a-f]{15}|[1-9a-f][0-9a-f]{0,14})")
"""A number, or what is a hash already: `operators.stage.texts` reads that as the code behind it."""


def stored(name: str) -> str:
    """Return a track's name as it is stored."""
    return name if PLAIN.fullmatch(name) or name in UNTRACKED else hashed(name)


def hashed(name: str) -> str:
    """Return a name's hash."""
    return f"t-{fnv1a(name.encode(errors='surrogatepass')) & (2**63 - 1):x}"


def column(names: pl.Series) -> pl.Series:
    """Return a column of names, each as it is stored."""
    strange = names.filter(~names.str.contains(f"^({PLAIN.pattern})$")).drop_nulls().unique()
    return names.replace({name: stored(name) for name in strange}) if len(strange) else names
