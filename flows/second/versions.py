"""Stored rows know cameras by id, kernels by the code of a version: which version a time belongs to."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from operators.across.silences import Rows
from operators.city import City
from operators.minutes import MINUTE_US

NOT_REGISTERED = -1


def codes(city: City, camera_id: pl.Series, t_us: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return (n,) the code of the version that held at each time, NOT_REGISTERED where none did."""
    versions = pl.DataFrame(
        {
            "camera_id": pl.Series([camera.id for camera in city.cameras], dtype=pl.String),
            "t_us": city.valid_from_us,
            "code": np.arange(len(city.cameras), dtype=np.int32),
        }
    ).sort("t_us")
    asked = pl.DataFrame({"camera_id": camera_id, "t_us": t_us}).with_row_index().sort("t_us")
    found = asked.join_asof(versions, on="t_us", by="camera_id", check_sortedness=False).sort("index")["code"]
    return found.fill_null(NOT_REGISTERED).to_numpy()


def rows(city: City, health: pl.DataFrame) -> Rows:
    """Return minute rows (`stored.HEALTH`) as the kernel reads them; a minute is of the version that ends it."""
    code = codes(city, health["camera_id"], (health["minute"].to_numpy() + 1) * MINUTE_US - 1)
    mine = np.flatnonzero(code != NOT_REGISTERED)
    columns = {name: health[name].to_numpy()[mine] for name in Rows._fields if name != "camera"}
    return Rows(camera=code[mine], **columns)
