"""Where things lie in a spool, and the header that fixes its partitions.

    DIR/spool.json                     partitions, and a number that is this spool's own
    DIR/3/00000000000000004096.seg     records of partition 3 from position 4096 on
    DIR/3/end                          how far its records are durable
    DIR/3/writer                       locked by the process that writes it
    DIR/3/readers/run                  what the reader `run` is done with

Directories are 700 and files 600: raw messages are their owner's alone.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.durable import sync_folder
from schemas.errors import SourceAway, SourceError, UsageError

HEADER: Final = "spool.json"
TOKENS: Final = "tokens"
"""Senders' tokens may lie in a spool's directory, and be there before it."""
VERSION: Final = 1
MOST_PARTITIONS: Final = 1_024
SUFFIX: Final = ".seg"
DRAFT: Final = ".new"


@dataclass(frozen=True, slots=True)
class Spool:
    """A spool as its header has it.

    Attributes
    ----------
    root
        Its directory.
    partitions
        How many it has, for good.
    salt
        Where its checksums begin, so that no other spool's bytes pass for its own.
    """

    root: Path
    partitions: int
    salt: int

    def partition(self, number: int) -> Path:
        """Return the directory of a partition.

        Raises
        ------
        UsageError
            There is no such partition.
        """
        if not 0 <= number < self.partitions:
            raise UsageError(f"spool {self.root}: expected a partition from 0 to {self.partitions - 1}, came {number}")
        return self.root / str(number)


def make(root: Path, partitions: int | None = None) -> Spool:
    """Return the spool in a directory, made where there is none.

    Parameters
    ----------
    partitions
        How many it is to have; None takes what is there, and 1 where nothing is.

    Raises
    ------
    UsageError
        It has another number of partitions, or the directory holds something else.
    """
    if partitions is not None and not 1 <= partitions <= MOST_PARTITIONS:
        raise UsageError(f"spool {root}: expected 1 to {MOST_PARTITIONS:,} partitions, came {partitions:,}")
    if not (root / HEADER).exists():
        _begin(root, 1 if partitions is None else partitions)
    spool = opened(root)
    if partitions is not None and partitions != spool.partitions:
        raise UsageError(
            f"spool {root}: it has {spool.partitions} partitions, came {partitions}: the number is fixed when a spool "
            "is made, since another would part a camera's records. Make another spool for what comes from now on, "
            "let `tilik run` read the old one to its end, then go on from the new one"
        )
    return spool


def opened(root: Path) -> Spool:
    """Return the spool in a directory.

    Raises
    ------
    UsageError
        There is none, or one of another version.
    SourceAway
        The disk does not answer.
    SourceError
        Its header cannot be read.
    """
    try:
        header = json.loads((root / HEADER).read_bytes())
        version, partitions, salt = (int(header[name]) for name in ("spool", "partitions", "salt"))
    except FileNotFoundError:
        raise UsageError(
            f"spool {root}: expected a spool, found no {HEADER}: `tilik ingest --spool` makes one"
        ) from None
    except OSError as error:
        raise SourceAway(f"spool {root}: {HEADER} cannot be read ({error.strerror}): see to the disk") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"spool {root}: {HEADER} cannot be read ({error}): bring it back from a copy") from error
    if version != VERSION:
        raise UsageError(f"spool {root}: expected version {VERSION}, found {version}: use the Tilik that wrote it")
    return Spool(root, partitions, salt)


def segments(partition: Path) -> list[int]:
    """Return the first positions of a partition's segments, ascending."""
    return sorted(int(name.removesuffix(SUFFIX)) for name in os.listdir(partition) if name.endswith(SUFFIX))


def segment(partition: Path, first: int) -> Path:
    """Return the path of the segment whose first record has this position."""
    return partition / f"{first:020d}{SUFFIX}"


def write_new(path: Path, content: bytes) -> None:
    """Write a private file durably, whole or not at all; of several that do so at once the first one stands."""
    draft = path.with_name(f"{path.name}{DRAFT}{os.getpid()}-{threading.get_ident()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            if os.write(handle, content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        finally:
            os.close(handle)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _begin(root: Path, partitions: int) -> None:
    """Make a spool; of two that do so at once the first one's header stands."""
    is_taken = root.exists() and any(not child.name.startswith((HEADER, TOKENS)) for child in root.iterdir())
    if is_taken and not (root / HEADER).exists():
        raise UsageError(f"spool {root}: expected a new or an empty directory, found other things in it")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.chmod(0o700)
    header = {"spool": VERSION, "partitions": partitions, "salt": secrets.randbits(32)}
    write_new(root / HEADER, json.dumps(header).encode() + b"\n")
