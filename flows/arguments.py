"""What a command line gives away: every user of the machine may read it while the command runs."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from flows.settings import password_of

_ARG_START: Final = 45
"""Where the address of the arguments stands in /proc/self/stat (proc(5): field 48), behind the name in brackets."""


def hide_passwords(arguments: Sequence[str]) -> bool:
    """Overwrite passwords of URLs where other processes read this one's arguments; tell whether there were any."""
    secrets = {os.fsencode(password_of(text)) for text in arguments} - {b""}
    if secrets:
        with suppress(OSError):  # not Linux: nothing more can be done than to say so
            _overwrite(secrets)
    return bool(secrets)


def _overwrite(secrets: set[bytes]) -> None:
    fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    start, end = int(fields[_ARG_START]), int(fields[_ARG_START + 1])
    text = ctypes.string_at(start, end - start)
    for at, size in _places(text, secrets):
        ctypes.memset(start + at, ord("*"), size)


def _places(text: bytes, secrets: set[bytes]) -> Iterator[tuple[int, int]]:
    for secret in secrets:
        for found in re.finditer(b":" + re.escape(secret) + b"@", text):
            yield found.start() + 1, len(secret)
