"""`--source`: what it names, how many partitions that has, and how one of them is opened.

Clients of brokers are loaded where one is named, never at start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.records import Tail
from schemas.errors import SourceAway, UsageError

SPOOL: Final = "spool:"
KAFKA: Final = "kafka://"


@dataclass(frozen=True)
class Source:
    """A source that was found."""

    name: str
    """As reports and dead letters name it; no password in it."""
    key: str
    """Which one it is, wherever it lies now: what was read of it is known by this."""
    partitions: int
    open: Callable[[int, int | None], Tail]
    """Opens a partition at a position; None is its first record."""


def find(
    urls: Sequence[str],
    environment: Mapping[str, str],
    reader: str,
    known: Collection[str] = (),
    waiting: Callable[[str], None] = lambda said: None,
) -> list[Source]:
    """Return the sources that URLs name; all have as many partitions.

    Parameters
    ----------
    reader
        Who reads: a spool keeps what each of its readers is not done with.
    known
        Names of those that were read before: a spool among them is not made anew where it is not there.
    waiting
        Is told for whom it waits.

    Raises
    ------
    UsageError
        A URL is none, names one twice, or their partitions differ: a camera is in one shard, whatever it comes by.
    SourceAway
        A broker does not answer, a spool's disk is not there.
    SourceError
        A broker refuses us, or a topic is not there.
    """
    if not urls:
        raise UsageError("expected --source kafka://HOST:PORT/TOPIC or spool:DIR, came none")
    found = [_find(url, environment, reader, known, waiting) for url in urls]
    if len({source.key for source in found}) < len(found):
        raise UsageError(f"--source: expected each source once, came {', '.join(source.name for source in found)}")
    counts = {source.partitions for source in found}
    if len(counts) > 1:
        said = ", ".join(f"{source.name} has {source.partitions}" for source in found)
        raise UsageError(
            f"--source: expected as many partitions everywhere, {said}: a camera belongs to one shard, whatever its "
            "frames come by: make one with as many, or run it by itself with another --state"
        )
    return found


def _find(
    url: str, environment: Mapping[str, str], reader: str, known: Collection[str], waiting: Callable[[str], None]
) -> Source:
    if url.startswith(SPOOL):
        return _spool(Path(url.removeprefix(SPOOL)), reader, known, waiting)
    if url.startswith(KAFKA):
        return _kafka(url, environment, waiting)
    from connectors.kafka.address import shown  # noqa: PLC0415  start-up time

    raise UsageError(f"--source {shown(url)!r}: expected kafka://HOST:PORT/TOPIC or spool:DIR")


def _spool(root: Path, reader: str, known: Collection[str], waiting: Callable[[str], None]) -> Source:
    from connectors import spool  # noqa: PLC0415  start-up time
    from connectors.spool.layout import HEADER  # noqa: PLC0415
    from connectors.spool.segments import explained  # noqa: PLC0415

    if f"{SPOOL}{root}" in known and not (root / HEADER).exists():
        raise SourceAway(f"{SPOOL}{root}: expected the spool that was read before, found none: is its disk there?")
    if not (root / HEADER).exists():
        waiting(f"{SPOOL}{root}: found no spool there, so one is made: `tilik ingest --spool {root}` fills it")
    with explained(root):
        found = spool.make(root)
    return Source(
        f"{SPOOL}{root}",
        f"{SPOOL}{found.salt}",
        found.partitions,
        lambda partition, at: spool.SpoolTail(found, partition, reader, at),
    )


def _kafka(url: str, environment: Mapping[str, str], waiting: Callable[[str], None]) -> Source:
    from connectors.kafka import parse, settings  # noqa: PLC0415  start-up time
    from connectors.kafka.tail import KafkaTail  # noqa: PLC0415
    from connectors.kafka.topic import Topic  # noqa: PLC0415

    address = parse(url)
    topic = Topic(address, settings.of_environment(environment), waiting=waiting)
    key = f"{KAFKA}{address.topic}/{topic.identity}"
    return Source(address.url, key, topic.partitions, lambda partition, at: KafkaTail(topic, partition, at))
