"""FNV-1a, 64 bit (Fowler, Noll, Vo; draft-eastlake-fnv): the hash that names are known by on every machine."""

from __future__ import annotations

from typing import Final

OFFSET: Final = 0xCBF29CE484222325
PRIME: Final = 0x100000001B3


def fnv1a(data: bytes) -> int:
    """Return the hash of some bytes."""
    code = OFFSET
    for byte in data:
        code = (code ^ byte) * PRIME % 2**64
    return code
