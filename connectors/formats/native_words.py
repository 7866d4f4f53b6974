"""Words of native frames: classes as the caller names them, and none that is ours alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from connectors.formats.chunks import Draft
from schemas.rejects import CONDITION, REFUSED

OURS: Final = (REFUSED, CONDITION)
"""Kinds of signals that readers say."""


def translated(draft: Draft, classes: Mapping[str, str], *, is_ours: bool = False) -> Draft:
    """Return a draft with the sender's classes under the names that `--class-map` gives them.

    No sender can say what readers say: a signal of those kinds is of a kind that nobody knows, unless we wrote the
    frames ourselves (`is_ours`).
    """
    objects, signals = draft.objects, draft.signals
    if classes:
        objects = objects.with_columns(pl.col("class").replace(dict(classes)))
    if signals.height and not is_ours and signals["kind"].is_in(OURS).any():
        signals = signals.with_columns(pl.col("kind").replace({kind: f"{kind}?" for kind in OURS}))
    return draft._replace(objects=objects, signals=signals)
