"""An archive in a folder: objects are files, each written beside, made durable and renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from connectors.archive.store import Found
from connectors.durable import sync_folder
from schemas.errors import ArchiveAway, ArchiveError

DRAFT: Final = ".draft-"
FULL: Final = (errno.ENOSPC, errno.EDQUOT)
AWAY: Final = (*FULL, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EBUSY)
"""What a full disk, or one across a network that does not answer, says."""


class Folder:
    """Objects as files below a folder; directories are 700 and files 600."""

    def __init__(self, root: Path) -> None:
        self.root, self.url = root, f"file:{root}"

    def put(self, name: str, content: bytes) -> None:
        """Store an object, whole or not at all, over the one that is there."""
        self._write(name, lambda draft: _spill(draft, content))

    def upload(self, name: str, path: Path) -> None:
        """Store a file's content as `put` does."""
        self._write(name, lambda draft: _copy(path, draft))

    def get(self, name: str) -> bytes | None:
        """Return an object, None where there is none."""
        with self._told(name):
            try:
                return (self.root / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def download(self, name: str, path: Path) -> bool:
        """Write an object into a file; say whether there is one."""
        with self._told(name):
            try:
                shutil.copyfile(self.root / name, path)
            except (FileNotFoundError, NotADirectoryError):
                return False
            return True

    def names(self, prefix: str = "") -> dict[str, Found]:
        """Return the objects whose names begin so."""
        top = self.root / prefix.rpartition("/")[0]
        with self._told(prefix or "."):
            found = {path.relative_to(self.root).as_posix(): path for path in _files(top)}
            return {
                name: at for name, path in sorted(found.items()) if name.startswith(prefix) and (at := _found(path))
            }

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects and the folders that become empty; those that are gone are no mistake."""
        for name in names:
            with self._told(name):
                (self.root / name).unlink(missing_ok=True)
                for folder in (self.root / name).parents:
                    if folder == self.root:
                        break
                    with suppress(OSError):
                        folder.rmdir()

    def _write(self, name: str, fill: Callable[[Path], None]) -> None:
        path = self.root / name
        with self._told(name):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f"{DRAFT}{path.name}-{secrets.token_hex(4)}")
            try:
                fill(draft)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(path.parent)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            said = "the disk is full, free some space" if error.errno in FULL else error.strerror or str(error)
            kind = ArchiveAway if error.errno in AWAY else ArchiveError
            raise kind(f"archive {self.url}: {name}: {said}") from None


def _files(top: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(top):
        yield from (Path(folder, name) for name in names if not name.startswith(DRAFT))


def _found(path: Path) -> Found | None:
    try:
        stat = path.stat()
    except FileNotFoundError:  # removed meanwhile
        return None
    return Found(stat.st_size, stat.st_mtime_ns // 1_000)


def _spill(path: Path, content: bytes) -> None:
    with _new(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _copy(source: Path, path: Path) -> None:
    with source.open("rb") as whole, _new(path) as file:
        shutil.copyfileobj(whole, file)
        file.flush()
        os.fsync(file.fileno())


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
