"""Which cameras are drawn, over what, and into which files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from connectors import preview
from connectors.preview import files as preview_files
from schemas.counting import counted
from schemas.errors import UsageError
from schemas.registry import Camera, Registry
from schemas.registry.links import newest
from schemas.registry.mistakes import did_you_mean, expected


def run(registry: Registry, out: str, camera: str | None = None, snapshot: str | None = None) -> Iterator[str]:
    """Draw one camera, a sheet of all, or a folder with one picture a camera.

    Parameters
    ----------
    registry
        A checked registry; of a camera with several versions the newest is drawn.
    out
        ``FILE.png``, or a folder, which is made.
    camera
        The id of one camera.
    snapshot
        A PNG or JPEG of that camera; None draws over blank frames.

    Yields
    ------
    A line for each thing worth saying and for what was written.

    Raises
    ------
    UsageError
        An unknown camera, or a snapshot of which nobody says whose it is.
    """
    cameras = list(newest(registry.camera).values())
    place = Path(out)
    one = place.suffix.lower() == ".png" and not place.is_dir()
    if camera is None and snapshot is not None and len(cameras) > 1:
        raise UsageError(
            f"--snapshot {snapshot}: {expected('--camera ID beside it', 'none', 'say whose picture it is')}"
        )
    if camera is not None or len(cameras) == 1:
        chosen = _one(cameras, camera)
        place = place if one else _folder(place) / _file(chosen.id, set())
        yield from _single(chosen, snapshot, place)
    elif one:
        preview_files.save(preview_files.sheet(cameras), place)
        yield f"{place}: {counted(len(cameras), 'cameras')}"
    else:
        taken: set[str] = set()
        for each in cameras:
            preview_files.save(preview.draw(each, preview_files.frame(each)), _folder(place) / _file(each.id, taken))
        yield f"{place}: {counted(len(cameras), 'pictures')}"


def _single(camera: Camera, snapshot: str | None, place: Path) -> Iterator[str]:
    under = preview_files.frame(camera)
    if snapshot is not None:
        under, remark = preview_files.snapshot(Path(snapshot), camera)
        if remark:
            yield remark
    preview_files.save(preview.draw(camera, under), place)
    yield f"{place}: {camera.id}, {counted(len(camera.zone), 'zones')}, {counted(len(camera.line), 'lines')}"


def _one(cameras: list[Camera], name: str | None) -> Camera:
    if name is None:
        return cameras[0]
    for camera in cameras:
        if camera.id == name:
            return camera
    known = [camera.id for camera in cameras]
    todo = did_you_mean(name, known, "tilik registry show PATH lists them")
    raise UsageError(f"--camera: {expected('a camera of the registry', name, todo)}")


def _folder(place: Path) -> Path:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {place}: expected FILE.png or a folder: {error.strerror}") from error
    return place


def _file(name: str, taken: set[str]) -> str:
    """Return a file name for a camera id, which may hold anything."""
    plain = re.sub(r"[^\w.\-]+", "-", name).strip("-.") or "camera"
    made, number = plain, 1
    while made in taken:
        number += 1
        made = f"{plain}-{number}"
    taken.add(made)
    return f"{made}.png"
