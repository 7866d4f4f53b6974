"""`tilik dead-letters replay`: what is kept of letters is played like input, and letters that became rows are gone.

Frames of refused boxes come along, whatever reasons are asked for: that they came is part
of what their camera's minutes were. Only whole windows are stated. A frame whose minute somebody has watched stays a
letter: what is kept of it is not all that came then, so its file is to be replayed.
Letters that are refused again stay as they were. Killed anywhere, the same command
does the same again: a letter is taken only when all its rows are stored.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from connectors import registry as registries
from connectors import warehouse as warehouses
from connectors.formats import AGAIN, Known, MergedReader, ReadOptions, known, restored
from connectors.warehouse import Stage, Warehouse, conflicts, letters, temporary
from flows.replay import playing
from flows.replay.asked import Progress, ReplayOptions, ReplaySummary
from flows.replay.identity import InputHash
from schemas.registry import fingerprint, links

LEFT: Final = {
    "watched": "in minutes that were watched, of which their whole file says more (replay it)",
    "cut": "kept in part",
    "file": "of formats whose file says the rest, such as when it begins (replay it)",
}
"""Why letters are left as they are."""


COMES_ALONG: Final = "boxes_refused"
"""Reason of letters whose time counts as misread, though nobody asked for them."""


class Letters(NamedTuple):
    """Letters as lines of files: where each is known from, and which line of which file it is now."""

    files: list[Path]
    rows: pl.DataFrame  # `warehouse.letters.kept` without records, with ``path``, ``line``, ``is_asked``
    left: Counter[str]  # of others that are asked for: how many, by why (`LEFT`)
    input: int  # hash of what is kept of them
    again: int = 0  # that are asked for and refused again, as those already said who stated their minutes

    def asked_for(self) -> int:
        """Return how many there are beside those that only come along."""
        return int(self.rows["is_asked"].sum()) if self.rows.height else 0


class Played(NamedTuple):
    """What became of letters."""

    summary: ReplaySummary | None  # None where nothing of them became rows
    taken: int  # letters that are none any more
    again: int  # letters that were refused again
    left: Mapping[str, int]


def replay(
    options: ReplayOptions, reasons: Collection[str], progress: Progress | None = None, now_us: int | None = None
) -> Played:
    """Play kept letters of some reasons, all where none is named, like the input that they came from.

    Raises
    ------
    WarehouseError
        Where there is no warehouse.
    """
    with warehouses.existing(options.warehouse) as store:
        store.migrate()
        return play(store, options, reasons, time.time_ns() // 1000 if now_us is None else now_us, progress)


def play(
    store: Warehouse, options: ReplayOptions, reasons: Collection[str], now_us: int, progress: Progress | None = None
) -> Played:
    """Do so in an open warehouse."""
    ids = () if options.registry is None else links.ids(registries.load(options.registry))
    with temporary.folder() as folder, Stage() as stage:
        read = ReadOptions(now_us=now_us, is_ours=True)
        found = _written(store, Path(folder), reasons, known(ids, options.class_map))
        found, cameras = _unwatched(store, found, read)
        asked_for = found.asked_for()
        if not asked_for:
            return Played(None, 0, found.again, found.left)
        asked = _asked(options, found, read, cameras)
        refused: list[pl.DataFrame] = []
        if not cameras & {camera.id for camera in asked.definitions.registry.camera}:
            return Played(None, 0, found.again + asked_for, found.left)
        done = playing.read(asked, stage, progress, refused.append)
        rows = _become_rows(found, refused)
        if not rows.height:
            return Played(None, 0, found.again + asked_for, found.left)
        done = done._replace(silent=[])  # files of ours: nobody knows them
        summary = playing.commit(store, asked, stage, done, lambda run: letters.take(store, run, rows))
        again = found.again + asked_for - int(rows["is_asked"].sum())
        return Played(summary, rows.height, again, found.left)


def _written(store: Warehouse, folder: Path, reasons: Collection[str], now: Known) -> Letters:
    """Write letters that can be played as lines, a file for each that they came from."""
    left, parts, hashed = Counter[str](), [], hashlib.blake2b(digest_size=8)
    files: dict[tuple[str, int], tuple[Path, int]] = {}  # with how many lines are in it
    with letters.kept(store, {*reasons, COMES_ALONG} if reasons else ()) as pieces:
        for piece in pieces:
            asked = pl.lit(True) if not reasons else pl.col("reason").is_in(list(reasons))
            for of in piece.with_columns(is_asked=asked).partition_by("source", "content", maintain_order=True):
                said = [_line(row, now) for row in of.iter_rows(named=True)]
                is_left = zip(said, of["is_asked"], strict=True)
                left.update(why for why, is_asked in is_left if isinstance(why, str) and is_asked)
                lines = [line for line in said if isinstance(line, bytes)]
                played = of.filter(pl.Series([isinstance(line, bytes) for line in said]))
                for row in played.select("source", "position", "reason", "content", "raw").iter_rows():
                    hashed.update(repr(row).encode())
                key = of["source"][0], of["content"][0]
                path, count = files.get(key, (folder / f"{len(files)}.jsonl", 0))
                if lines:
                    files[key] = path, count + len(lines)
                    with path.open("ab") as out:
                        out.write(b"\n".join([*lines, b""]))
                where = pl.lit(str(path)).alias("path"), pl.int_range(1, pl.len() + 1).add(count).alias("line")
                parts.append(played.drop("raw", "form", "given", "cut").with_columns(*where))
    rows = pl.concat(parts) if parts else pl.DataFrame()
    return Letters([path for path, _ in files.values()], rows, left, int.from_bytes(hashed.digest(), "big"))


def _line(row: Mapping[str, str], now: Known) -> bytes | str:
    """Return a letter as a line, or why it cannot be played (`LEFT`)."""
    if row["cut"]:
        return "cut"
    if row["form"] not in AGAIN:
        return "file"
    given = json.loads(row["given"]).get("class_map", {}) if row["given"] else {}
    line = restored(row["raw"], row["form"], given, now)
    return "file" if line is None else line


def _unwatched(store: Warehouse, found: Letters, read: ReadOptions) -> tuple[Letters, frozenset[str]]:
    """Leave out letters whose minute others have watched; returns the cameras of the others too.

    Frames of refused boxes are left out of minutes too of which others have said that such came.
    """
    cameras: set[str] = set()
    parts = [pl.DataFrame(schema={"path": pl.String, "line": pl.Int64, "is_unseen": pl.Boolean})]
    for chunk in MergedReader(found.files, "native", read) if found.files else ():
        frames = chunk.batch.frames.select(
            pl.col("camera").alias("camera_id"),
            pl.from_epoch("t_us", "us").dt.replace_time_zone("UTC").dt.truncate("1m").alias("ts"),
            pl.col("position").alias("line"),
            chunk.batch.sources.alias("path"),
            pl.Series("is_unseen", chunk.batch.unseen),
        )
        minutes = frames.select("camera_id", "ts")
        for is_unseen in (False, True):
            theirs = conflicts.watched_by_others(store, found.input, minutes, or_misread=is_unseen)
            some, on = frames.filter(is_unseen=is_unseen), ["camera_id", "ts"]
            cameras |= set(some.join(theirs, on=on, how="anti")["camera_id"])
            parts.append(some.join(theirs, on=on, how="semi").select(parts[0].columns))
    return _without(found, pl.concat(parts)), frozenset(cameras)


def _without(found: Letters, gone: pl.DataFrame) -> Letters:
    """Return letters without some: ``path``, ``line``, ``is_unseen``."""
    if gone.is_empty():
        return found
    gone = gone.unique(["path", "line"])
    for (path,), lines in gone.group_by("path"):
        _blank(Path(str(path)), set(lines["line"]))
    told = found.rows.filter("is_asked").join(gone, on=["path", "line"])
    many = int(told["is_unseen"].sum())
    rows = found.rows.join(gone, on=["path", "line"], how="anti")
    files = [path for path in found.files if (rows["path"] == str(path)).any()]
    left = found.left + Counter(watched=told.height - many)
    return found._replace(files=files, rows=rows, left=left, again=found.again + many)


def _blank(path: Path, lines: Collection[int]) -> None:
    """Leave lines of a file empty: the others keep their numbers."""
    draft = path.with_suffix(".new")
    with path.open("rb") as whole, draft.open("wb") as out:
        out.writelines(b"\n" if number in lines else line for number, line in enumerate(whole, 1))
    draft.replace(path)


def _asked(options: ReplayOptions, found: Letters, read: ReadOptions, cameras: frozenset[str]) -> playing.Asked:
    """Return what decides about the replay: a statement of letters, about their cameras alone."""
    given = playing.Input(found.files, "native", read)
    asked = playing.stated(options, given, InputHash(found.input, {}))
    sources = found.rows["source"].unique().sort().to_list()
    statement = asked.statement._replace(
        command="dead-letters replay",
        inputs=[f"dead letters of {source}" for source in sources],
        definitions=asked.statement.definitions ^ fingerprint(tuple(sorted(options.class_map.items()))),
    )
    return asked._replace(statement=statement, cameras=cameras)


def _become_rows(found: Letters, refused: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the letters that were not refused again."""
    again = pl.DataFrame(schema={"source": pl.String, "position": pl.Int64})
    again = pl.concat([again, *(rows.select("source", "position") for rows in refused)])
    return found.rows.join(again, left_on=["path", "line"], right_on=["source", "position"], how="anti")


def in_words(played: Played) -> str:
    """Say what became of letters."""
    said = [f"Dead letters that became rows, and count no longer: {played.taken:,}"]
    if played.again:
        said.append(f"refused again: {played.again:,}")
    said += [f"{LEFT[why]}: {many:,}" for why, many in sorted(played.left.items()) if many]
    return "; ".join(said) + "."
