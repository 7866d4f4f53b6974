"""`tilik dead-letters replay`: what is kept of letters is played like input, and letters that became rows are gone.

Frames of refused boxes come along, whatever reasons are asked for: that they came is part
of what their camera's minutes were. Only whole windows are stated. A frame whose minute
somebody has watched stays a letter: what is kept of it is not all that came then, so its
file is to be replayed. A minute that was made of letters alone is made anew, of those and
of what came since, as long as all are kept: a stream goes on. Letters that are
refused again stay as they were. Killed anywhere, the same command does the same again: a
letter is taken only when all its rows are stored.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from connectors import registry as registries
from connectors import warehouse as warehouses
from connectors.formats import AGAIN, Known, MergedReader, ReadOptions, known, restored
from connectors.warehouse import Run, Stage, Warehouse, conflicts, letters, runs, temporary
from flows.archiving import Archiving
from flows.replay import playing
from flows.replay.asked import Progress, ReplayOptions, ReplaySummary
from flows.replay.identity import InputHash
from schemas.frames import FrameBatch
from schemas.registry import fingerprint, links

LEFT: Final = {
    "watched": "in minutes that were watched, of which their whole file says more (replay it)",
    "cut": "kept in part",
    "file": "of formats whose file says the rest, such as when it begins (replay it)",
}
"""Why letters are left as they are."""


TIME: Final = r'"ts":"?([^",}]*)'
"""Where a frame that is kept says its time."""
COMES_ALONG: Final = "boxes_refused"
"""Reason of letters whose time counts as misread, though nobody asked for them."""


class Letters(NamedTuple):
    """Letters as lines of files: where each is known from, and which line of which file it is now."""

    files: list[Path]
    rows: pl.DataFrame  # `warehouse.letters.kept` without records, with ``path``, ``line``, ``is_asked``, ``is_taken``
    left: Counter[str]  # of others that are asked for: how many, by why (`LEFT`)
    input: int  # hash of what is kept of them
    over: frozenset[int] = frozenset()  # runs whose letters are among these
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
    read, now = ReadOptions(now_us=now_us, is_ours=True), known(ids, options.class_map)
    for extends in (True, False):
        with temporary.folder() as folder, Stage() as stage:
            found, cameras = _found(store, Path(folder), reasons, now, read, extends=extends)
            played = _played(store, options, found, cameras, read, stage, progress)
            if played is not None:
                return played
    raise AssertionError("without letters that were rows already, none of them is refused again")


def _found(
    store: Warehouse, folder: Path, reasons: Collection[str], now: Known, read: ReadOptions, *, extends: bool
) -> tuple[Letters, frozenset[str]]:
    """Return letters whose minutes nobody has watched, and their cameras.

    A minute that was made of letters alone is made anew, of these and of what came since: so with those come all
    letters that an earlier command has made its rows of, where `extends` and where they are all kept.
    """
    over: frozenset[int] = frozenset()
    for attempt in itertools.count():
        place = folder / str(attempt)
        place.mkdir()
        written = _written(store, place, reasons, now, over)
        found, cameras, met = _unwatched(store, written, read)
        more = letters.whole(store, met) if extends and written.rows.height < letters.MOST else frozenset()
        if not more:
            return found, cameras
        over |= more
    raise AssertionError("each attempt names a run more")


def _played(
    store: Warehouse,
    options: ReplayOptions,
    found: Letters,
    cameras: frozenset[str],
    read: ReadOptions,
    stage: Stage,
    progress: Progress | None,
) -> Played | None:
    """Play letters; None where one that was rows already is refused now, so that nothing is written."""
    asked_for = found.asked_for()
    nothing = Played(None, 0, found.again + asked_for, found.left)
    if not asked_for:
        return nothing
    asked = _asked(options, found, read, cameras)
    if not cameras & {camera.id for camera in asked.definitions.registry.camera}:
        return nothing
    with _archived(store, options, asked, found) as archive:
        done, rows = _read(asked, found, stage, progress, archive)
        if rows["is_taken"].sum() < found.rows["is_taken"].sum():
            return None
        is_new = ~rows["is_taken"]
        if not is_new.any():
            return nothing

        def follow(run: Run) -> None:
            if archive is not None:
                archive.finish()
                archive.commit(done.since_us, done.last_us)
            letters.take(store, run, rows)

        summary = playing.commit(store, asked, stage, done, follow)
    again = found.again + asked_for - int((rows["is_asked"] & is_new).sum())
    return Played(summary, int(is_new.sum()), again, found.left)


@contextmanager
def _archived(
    store: Warehouse, options: ReplayOptions, asked: playing.Asked, found: Letters
) -> Iterator[Archiving | None]:
    """Yield what is left in an archive, where one is asked for; nothing is where nothing is committed."""
    if options.archive is None:
        yield None
        return
    archive = Archiving(options.archive, asked.statement, runs.inputs(store, found.over))
    yield archive
    if not archive.is_committed:
        archive.forget()


def _read(
    asked: playing.Asked, found: Letters, stage: Stage, progress: Progress | None, archive: Archiving | None
) -> tuple[playing.Read, pl.DataFrame]:
    """Play letters; returns those too that were not refused again."""
    refused = list[pl.DataFrame]()
    take = None if archive is None else lambda frames: archive.take(_placed(frames, found))
    nightly = None if archive is None else archive.nightly
    done = playing.read(asked, stage, progress, refused.append, take, nightly)
    return done._replace(silent=[]), _become_rows(found, refused)  # files of ours: nobody knows them


def _placed(frames: FrameBatch, found: Letters) -> FrameBatch:
    """Return frames known by where their letters stand, not by where these were played from."""
    where = found.rows.select("path", "line", of="source", at="position").unique(["path", "line"])
    places = frames.frames.select(path="source", line=pl.col("position").cast(where.schema["line"]))
    places = places.join(where, on=["path", "line"], how="left", maintain_order="left")
    return FrameBatch(
        frames.frames.with_columns(source=places["of"], position=places["at"].cast(pl.Int64)),
        frames.objects,
        frames.signals,
        frames.source,
    )


def _written(store: Warehouse, folder: Path, reasons: Collection[str], now: Known, over: frozenset[int]) -> Letters:
    """Write letters that can be played as lines, a file for each that they came from; those of `over`'s rows too."""
    left, parts, hashed = Counter[str](), [], hashlib.blake2b(digest_size=8)
    files: dict[tuple[str, int], tuple[Path, int]] = {}  # with how many lines are in it
    is_asked = ~pl.col("is_taken") & (pl.lit(True) if not reasons else pl.col("reason").is_in(list(reasons)))
    with letters.kept(store, {*reasons, COMES_ALONG} if reasons else (), over) as pieces:
        for piece in pieces:
            whole = pl.col("content") // letters.PARTS
            named = piece.with_columns(pl.col("is_taken").cast(pl.Boolean), whole=whole).with_columns(is_asked=is_asked)
            when = pl.col("raw").str.extract(TIME, 1)  # of one record's parts, which have one position
            ordered = named.sort("source", "whole", "position", when)
            for of in ordered.partition_by("source", "whole", maintain_order=True):
                said = [_line(row, now) for row in of.iter_rows(named=True)]
                is_left = zip(said, of["is_asked"], strict=True)
                left.update(why for why, counts in is_left if isinstance(why, str) and counts)
                lines = [line for line in said if isinstance(line, bytes)]
                played = of.filter(pl.Series([isinstance(line, bytes) for line in said]))
                for row in played.select("source", "position", "reason", "content", "raw").iter_rows():
                    hashed.update(repr(row).encode())
                key = of["source"][0], of["whole"][0]
                path, count = files.get(key, (folder / f"{len(files)}.jsonl", 0))
                if lines:
                    files[key] = path, count + len(lines)
                    with path.open("ab") as out:
                        out.write(b"\n".join([*lines, b""]))
                where = pl.lit(str(path)).alias("path"), pl.int_range(1, pl.len() + 1).add(count).alias("line")
                parts.append(played.drop("raw", "form", "given", "cut").with_columns(*where))
    rows = pl.concat(parts) if parts else pl.DataFrame()
    return Letters([path for path, _ in files.values()], rows, left, int.from_bytes(hashed.digest(), "big"), over=over)


def _line(row: Mapping[str, str], now: Known) -> bytes | str:
    """Return a letter as a line, or why it cannot be played (`LEFT`)."""
    if row["cut"]:
        return "cut"
    if row["form"] not in AGAIN:
        return "file"
    given = json.loads(row["given"]).get("class_map", {}) if row["given"] else {}
    line = restored(row["raw"], row["form"], given, now)
    return "file" if line is None else line


def _unwatched(store: Warehouse, found: Letters, read: ReadOptions) -> tuple[Letters, frozenset[str], set[int]]:
    """Leave out letters whose minute others have watched; returns the cameras of the others, and those runs too.

    Frames of refused boxes are left out of minutes too of which others have said that such came.
    """
    cameras, met = set[str](), set[int]()
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
            theirs = theirs.filter(~pl.col("run").is_in(list(found.over)))
            some, on = frames.filter(is_unseen=is_unseen), ["camera_id", "ts"]
            cameras |= set(some.join(theirs, on=on, how="anti")["camera_id"])
            parts.append(some.join(theirs, on=on, how="semi").select(parts[0].columns))
            if not is_unseen:
                met |= set(theirs.join(some, on=on, how="semi")["run"])
    return _without(found, pl.concat(parts)), frozenset(cameras), met


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
        command=letters.COMMAND,
        over=found.over,
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
