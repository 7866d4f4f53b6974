"""Where a simulation is written: whole or not at all, and never over another one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from schemas.errors import UsageError

PARTS: Final = ("registry.toml", "events", "truth")


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """Give a folder to write the parts in; once all are written they become those of `out`.

    Raises
    ------
    UsageError
        `out` has one of them already, or cannot be made; it stays as it is.
    """
    there = [name for name in PARTS if (out / name).exists()]
    if there:
        came = f"one that holds {', '.join(there)}"
        raise UsageError(f"--out {out}: expected a new folder, came {came}: choose another, or remove it")
    is_new = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".simulating-", dir=out))
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror}") from error
    try:
        for name in ("events", "truth"):
            (draft / name).mkdir()
        yield draft
        for name in PARTS:
            (draft / name).rename(out / name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        if is_new:
            shutil.rmtree(out, ignore_errors=True)
        raise
    draft.rmdir()


def write_tables(tables: dict[str, list[pl.DataFrame]], folder: Path) -> None:
    """Write one file a table from its parts; none of what did not happen."""
    for name, parts in tables.items():
        happened = [part for part in parts if part.width]
        if happened:
            pl.concat(happened).write_parquet(folder / f"{name}.parquet")
