"""The archive: every frame that left the ordered stage, in a folder or in a bucket of any S3 server.

archive.json                                  format, number of shards
frames/day=2026-01-05/shard=03/....parquet    frames of a local day and a group of cameras
commits/....json                              the files that count (`connectors.archive.commits`)
states/STREAM/03-20458-....state              what kernels remember at local midnights, for backfills
backfills/....                                rows that a backfill has made, and that it has replaced
removed/before=2025-12-06.json                days that went (`connectors.archive.marks`)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.archive.address import Bucket, parse
from connectors.archive.commits import Commit, Part
from connectors.archive.folder import Folder
from connectors.archive.store import Store
from connectors.archive.waiting import PATIENCE_S, Patient

__all__ = ["Commit", "Part", "Store", "connect"]


def connect(
    url: str,
    environment: Mapping[str, str] = os.environ,
    waiting: Callable[[str], None] = lambda said: None,
    patience_s: float = PATIENCE_S,
) -> Store:
    """Return the place of an archive; `waiting` is told when it has to be waited for.

    Raises
    ------
    UsageError
        The URL names none, or the environment does not say which server to ask and as whom.
    """
    place = parse(url, environment)
    return Patient(Folder(place) if isinstance(place, Path) else _bucket(place), waiting, patience_s)


def _bucket(place: Bucket) -> Store:
    from connectors.archive.bucket import BucketStore  # noqa: PLC0415  start-up time: most archives are folders

    return BucketStore(place)
