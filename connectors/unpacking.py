"""Files as they are read, packed or not, and how far a packed one may unpack.

What begins like gzip or zstd is unpacked whatever its name. A packed file of a few
kilobytes can hold any number of bytes: beyond `FREE_BYTES` it may hold `MOST_RATIO` times
its size, and zstd's window is held below what every decoder has to support.
"""

from __future__ import annotations

import gzip
import os
import stat
import zlib
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from backports.zstd import DecompressionParameter, ZstdError, ZstdFile

from schemas.errors import TilikError

PIECE_BYTES: Final = 1 << 18
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPED: Final = b"\x2a\x4d\x18"
"""Behind a byte 0x50..0x5f: a frame to be passed over, as pzstd puts before the first (RFC 8878, 3.1.2)."""
BROKEN: Final = (OSError, EOFError, zlib.error, ZstdError)
"""What a reader of compressed bytes raises when they cannot be read on."""
FREE_BYTES: Final = 256 << 20
"""What a packed file may unpack to whatever its size; ours."""
MOST_RATIO: Final = 1_000
"""How many times its size a packed file may unpack to beyond that; ours: streams of frames reach some 50."""
ZSTD_WINDOW: Final = {int(DecompressionParameter.window_log_max): 23}
"""8 MiB, which every decoder has to support (RFC 8878, 3.1.1.1.2): what `zstd -19` needs."""


def open_plain(path: Path) -> IO[bytes]:
    """Open a file, decompressing what begins like gzip or zstd, whatever its name.

    Raises
    ------
    TilikError
        The file cannot be opened, or is no file of bytes that can be read again.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise TilikError(f"{path}: expected a file, came a {_kind(path)}: write it into a file first")
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise TilikError(f"{path}: cannot be opened: {error.strerror}") from error
    if magic[:2] == GZIP_MAGIC:
        return _Unpacked(gzip.open(path, "rb"), path.stat().st_size)  # type: ignore[return-value]
    if magic == ZSTD_MAGIC or (magic[1:] == ZSTD_SKIPPED and magic[0] >> 4 == 5):
        return _Unpacked(ZstdFile(path, options=ZSTD_WINDOW), path.stat().st_size)  # type: ignore[return-value]
    return path.open("rb")


def read_so_far(file: IO[bytes]) -> int:
    """Return how many bytes were read of what `open_plain` opened: of the file as it is, packed or not."""
    return os.lseek(file.fileno(), 0, os.SEEK_CUR)


def _kind(path: Path) -> str:
    mode = path.stat().st_mode
    kinds = ((stat.S_ISDIR, "directory"), (stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
    return next((name for is_one, name in kinds if is_one(mode)), "device")


class _Unpacked:
    """A packed file that is read forward, and no further than it may unpack."""

    def __init__(self, file: Any, size: int) -> None:
        self.file, self.left = file, max(FREE_BYTES, MOST_RATIO * size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer at the end."""
        return self._counted(self.file.read(size))

    def read1(self, size: int = -1) -> bytes:
        """Return some bytes."""
        return self._counted(self.file.read1(size))

    def fileno(self) -> int:
        """Return the number of the file as it is."""
        return int(self.file.fileno())

    def close(self) -> None:
        """Close it."""
        self.file.close()

    def _counted(self, piece: bytes) -> bytes:
        self.left -= len(piece)
        if self.left < 0:
            most = f"{FREE_BYTES >> 20} MiB and {MOST_RATIO:,} times its size"
            raise OSError(f"expected a packed file of at most {most}, it unpacks to more: send it in parts")
        return piece
