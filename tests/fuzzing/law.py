"""The law: whatever a file holds, a replay ends by the rules, and accounts for every message that it can count.

Messages in = frames + duplicates + dead letters. Where bytes of a container were changed nobody can say how many
messages it holds; there the law is that nothing else than the rules ends the replay.
"""

from __future__ import annotations

import gzip
import resource
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from backports import zstd

from connectors.formats import opendatacam_lines
from connectors.warehouse import Stage
from flows.replay import ReplayOptions, playing
from schemas.errors import TilikError, UsageError
from tests.connectors import wire
from tests.fuzzing import columns, lines
from tests.fuzzing.lines import START_US, Rng

MOST_BYTES: Final = 1_000_000_000
"""What a replay may take of memory."""
NOW_US: Final = START_US + 86_400_000_000
CONTAINERS: Final = ("stream", "file", "parquet")
KINDS: Final = (*lines.WRITERS, *CONTAINERS)
OTHER_UNITS: Final = ("mot", "deepstream", "onvif", "frigate")
"""Kinds whose messages are no frames: rows and objects that make one together, events that make none or many."""
BINARY: Final = ("nvschema-protobuf",)
"""Kinds of which each message stands behind its size."""
GOOD_LINES: Final = 2
"""Lines at the beginning that stay as they are: they say that each message stands on its line."""


class Case(NamedTuple):
    """One file, and how many messages it holds; None where nobody can say."""

    path: Path
    format: str
    messages: int | None
    written: int


class Outcome(NamedTuple):
    """How a replay of it ended."""

    code: int
    frames: int = 0
    duplicates: int = 0
    dead: int = 0


def case(folder: Path, kind: str, seed: int, messages: int) -> Case:
    """Write the file of a kind and a seed."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    raw, count = _columns(rng, kind, messages) if kind in CONTAINERS else _lines(rng, kind, messages)
    raw, is_whole = _wrapped(rng, raw) if kind != "parquet" else (raw, True)
    path = folder / f"{kind}-{seed}"
    path.write_bytes(raw)
    return Case(path, "arrow" if kind in CONTAINERS else kind, count if is_whole else None, messages)


def _lines(rng: Rng, kind: str, messages: int) -> tuple[bytes, int | None]:
    share = float(rng.choice([0.0, 0.02, 0.3, 1.0]))
    breaks = lines.message_broken if kind in BINARY else lines.broken
    made = []
    for number in range(messages):
        line = lines.WRITERS[kind](rng, number)
        made.append(breaks(rng, line) if number >= GOOD_LINES and rng.random() < share else line)
    if kind in BINARY:
        return wire.delimited(made), messages
    if kind in OTHER_UNITS:
        return b"\n".join(made), None
    is_one = opendatacam_lines.is_frame if kind == "opendatacam" else lambda line: bool(line.strip())
    return b"\n".join(made), sum(is_one(line.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\r")) for line in made)


def _columns(rng: Rng, container: str, messages: int) -> tuple[bytes, int | None]:
    made = columns.table(rng, 0, messages, is_strange=bool(rng.random() < 0.8))
    raw = columns.packed(rng, made, container)
    if container == "parquet" and rng.random() < 0.5:
        return columns.footer_changed(rng, raw), None
    return (columns.bytes_changed(rng, raw), None) if rng.random() < 0.4 else (raw, messages)


def _wrapped(rng: Rng, raw: bytes) -> tuple[bytes, bool]:
    """Return a file as it is or packed, now and then changed; and whether it is whole."""
    packing = int(rng.integers(0, 4))
    if packing < 2:
        return raw, True
    packed = gzip.compress(raw, 1) if packing == 2 else zstd.compress(raw, 1)
    return (columns.bytes_changed(rng, packed), False) if rng.random() < 0.2 else (packed, True)


def played(one: Case) -> Outcome:
    """Replay a file as far as its commit, as the command does."""
    options = ReplayOptions((str(one.path),), one.format, "", camera="a", fps=10.0, start_us=START_US, size=(100, 100))
    try:
        asked = playing.ask(options, NOW_US)
        with Stage() as stage:
            totals = playing.read(asked, stage).totals
    except UsageError:
        return Outcome(2)
    except TilikError:
        return Outcome(1)
    code = 0 if totals.frames + totals.duplicates else 1
    return Outcome(code, totals.frames, totals.duplicates, totals.dead_letters)


def held(one: Case) -> Outcome:
    """Replay a file and check the law."""
    found = played(one)
    assert found.code in (0, 1), f"{one.path}: a file is no wrong usage, and ended with {found.code}"
    told = found.frames + found.duplicates + found.dead
    if one.messages is not None:
        assert told == one.messages, f"{one.path}: {one.messages} messages in, {found}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert peak < MOST_BYTES, f"{one.path}: {peak >> 20} MB"
    return found
