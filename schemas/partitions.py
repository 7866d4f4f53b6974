"""Which partition a camera's frames go to, in a broker, in a spool and among shards alike.

It is Kafka's own rule, that of its Java client and of librdkafka's
`murmur2_random` (Murmur2 by Austin Appleby; `org.apache.kafka.common.utils.Utils.murmur2`),
so that whatever a sender fills by its defaults lies where the shard that owns the camera reads.
"""

from __future__ import annotations

from typing import Final

SEED: Final = 0x9747B28C
MIX: Final = 0x5BD1E995
WORD: Final = 0xFFFFFFFF


def partition_of(camera: str, partitions: int) -> int:
    """Return the partition of a camera among so many."""
    return (murmur2(camera.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Return the 32-bit Murmur2 of some bytes, as Kafka's clients compute it."""
    h = SEED ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * MIX & WORD
        k = (k ^ (k >> 24)) * MIX & WORD
        h = (h * MIX & WORD) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * MIX & WORD
    h = (h ^ (h >> 13)) * MIX & WORD
    return h ^ (h >> 15)
