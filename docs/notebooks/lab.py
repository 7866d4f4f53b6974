"""What the notebooks share: a warehouse to ask, Indonesian numbers, and the label of simulated data.

With `TILIK_WAREHOUSE` set (and `TILIK_ARCHIVE`) the notebooks show that warehouse. Without it they make
a simulated city of their own in a temporary folder, and every figure says so.
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isnan
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from connectors.warehouse import Warehouse, connect
from flows.replay import ReplayOptions, replay
from simulation import simulate

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7"
"""Colours that people with colour-vision deficiency tell apart: Okabe & Ito (2008), Color Universal Design."""

UNWATCHED = {"facecolor": "#e4e4e4", "edgecolor": "#9a9a9a", "hatch": "////", "linewidth": 0.0}
"""How time that nobody watched is drawn, in every figure."""

DAY_NAMES = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


@dataclass(frozen=True)
class Simulation:
    """A simulated span of days; `keep` names the cameras that are played, the others are left out.

    Few cameras and a slow camera clock keep it short. A vehicle's drive over the line lasts 6.5 frames, so that
    below 0.4 events a second vehicles are slower than half of a street's free flow.
    """

    cameras: int
    days: float
    seed: int
    fps: float
    keep: tuple[str, ...]
    start: str = "2026-01-12T00:00:00+07:00"  # a Monday; Friday 16 January 2026 is Isra Mikraj
    archive: bool = False
    """Whether its frames are kept, too."""

    def store(self, folder: Path) -> tuple[str, str | None]:
        """Simulate into a folder, replay into a warehouse there, and return its URL and that of the archive."""
        city, url = folder / "city", f"embedded:{folder / 'store'}"
        start_us = round(datetime.fromisoformat(self.start).timestamp() * 1e6)
        minutes = round(self.days * 1440)
        simulate(self.cameras, minutes, self.seed, start_us, city, "arrow", fps=self.fps, only=self.keep)
        archive = f"file:{folder / 'archive'}" if self.archive else None
        replay(ReplayOptions((str(city / "events"),), "arrow", url, str(city / "registry.toml"), archive=archive))
        return url, archive


class Lab:
    """A warehouse that answers in Polars tables, and knows whether its cameras are simulated."""

    def __init__(self, warehouse: Warehouse, archive: str | None) -> None:
        self.warehouse, self.archive = warehouse, archive
        found = self.ask("SELECT count() AS n, countIf(simulated) AS simulated FROM cameras")
        self.cameras, self.simulated = found["n"][0], found["simulated"][0]

    def frames(self) -> pl.LazyFrame:
        """Return the frames of the archive, a folder; nothing is read yet."""
        if self.archive is None or not self.archive.startswith("file:"):
            raise ValueError(f"expected TILIK_ARCHIVE=file:DIR, came {self.archive}: a bucket's keys are yours to give")
        files = f"{self.archive.removeprefix('file:')}/frames/**/*.parquet"
        return pl.scan_parquet(files, hive_partitioning=True)

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Answer a query; NULL is null, times carry their zone."""
        answer = pl.DataFrame(self.warehouse.query(sql, parameters))
        return answer.with_columns(pl.col(pl.Decimal).cast(pl.Float64))

    @property
    def label(self) -> str:
        """What must stand on every figure, or ''."""
        if not self.simulated:
            return ""
        return "DATA SIMULASI" if self.simulated == self.cameras else "SEBAGIAN DATA SIMULASI"

    def sign(self, figure: Figure) -> Figure:
        """Write the label on a figure and return it, to be shown."""
        if self.label:
            box = {"boxstyle": "round,pad=0.35", "facecolor": "#fff3cd", "edgecolor": VERMILION}
            said = {"color": VERMILION, "fontsize": 9, "fontweight": "bold", "bbox": box}
            figure.text(0.995, 0.995, self.label, ha="right", va="top", **said)
        plt.close(figure)  # shown once, as the cell's value
        return figure


def open_lab(simulation: Simulation) -> Lab:
    """Open the warehouse of `TILIK_WAREHOUSE`, or a simulated one that ends with this program."""
    url, archive = os.environ.get("TILIK_WAREHOUSE"), os.environ.get("TILIK_ARCHIVE")
    if not url:
        folder = tempfile.TemporaryDirectory(prefix="tilik-")
        atexit.register(folder.cleanup)
        url, archive = simulation.store(Path(folder.name))
    warehouse = connect(url)
    atexit.register(warehouse.close)  # before the folder goes: the last registered is called first
    return Lab(warehouse, archive)


def angka(value: float | None, decimals: int = 0) -> str:
    """Return a number as Indonesian writes it (1.234,5), a dash where there is none."""
    if value is None or isnan(value):
        return "-"
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def axis_numbers(decimals: int = 0) -> FuncFormatter:
    """Return a formatter of an axis, for Indonesian numbers."""
    return FuncFormatter(lambda value, _: angka(value, decimals))


def set_up() -> None:
    """Make tables and figures look alike in all notebooks."""
    pl.Config(
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_rows=40,
        tbl_cols=20,
        tbl_width_chars=160,
        fmt_str_lengths=60,
        float_precision=2,
        decimal_separator=",",
        thousands_separator=".",
    )
    plt.rcParams.update(
        {
            "figure.dpi": 80,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 11,
            "hatch.linewidth": 0.5,
            "font.size": 9.5,
            "legend.frameon": False,
        }
    )
