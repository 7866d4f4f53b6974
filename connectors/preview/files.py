"""Snapshots read, pictures written: one a camera, or a sheet of many."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from connectors.preview.drawing import MAX_PIXELS, PAPER, blank, draw
from schemas.errors import TilikError, UsageError
from schemas.registry import Camera
from schemas.registry.mistakes import expected

ASPECT_TOLERANCE: Final = 0.01
"""Sides of another proportion than this are another picture, not a smaller one; ours."""
CELL: Final = (640, 360)
"""Pixels of a camera's cell in a sheet: texts are just legible."""
MOST: Final = 100
"""More cameras than this make a sheet that nobody can read."""
GAP: Final = 8


class Snapshot(NamedTuple):
    """A camera's own picture, and what does not fit ('' when all does)."""

    picture: Image.Image
    remark: str


def frame(camera: Camera) -> Image.Image:
    """Return a blank frame of the camera's size.

    Raises
    ------
    TilikError
        The size is no camera's.
    """
    if camera.size[0] * camera.size[1] > MAX_PIXELS:
        what = f"a frame of at most {MAX_PIXELS // 1_000_000} megapixels"
        came = f"{camera.size[0]} x {camera.size[1]}"
        raise TilikError(f"camera {camera.id}: {expected(what, came, 'correct size in the registry')}")
    return blank(camera.size)


def snapshot(path: Path, camera: Camera) -> Snapshot:
    """Read a PNG or JPEG; of the camera's proportions, it is brought to the camera's size.

    Raises
    ------
    UsageError
        There is no such file.
    TilikError
        It is no picture that can be read.
    """
    frame(camera)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("PNG", "JPEG")) as file:
                picture = ImageOps.exif_transpose(file).convert("RGB")
    except FileNotFoundError:
        raise UsageError(f"--snapshot {path}: expected a file, found none") from None
    except UnidentifiedImageError:
        raise TilikError(
            f"{path}: {expected('a PNG or JPEG', 'something else', 'save a picture of the camera')}"
        ) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TilikError(f"{path}: {expected('a whole PNG or JPEG', error, 'save the picture again')}") from error
    size, wanted = picture.size, camera.size
    if size == wanted:
        return Snapshot(picture, "")
    came = f"{path}: the snapshot is {size[0]} x {size[1]}, camera {camera.id} is {wanted[0]} x {wanted[1]}"
    if abs(size[0] * wanted[1] / (size[1] * wanted[0]) - 1) > ASPECT_TOLERANCE:
        return Snapshot(
            picture, f"{came}: another proportion, so zones may lie elsewhere: correct size, or take another"
        )
    return Snapshot(picture.resize(wanted, Image.Resampling.LANCZOS), f"{came}: brought to that size")


def sheet(cameras: Sequence[Camera]) -> Image.Image:
    """Draw cameras side by side over blank frames.

    Raises
    ------
    UsageError
        There are none, or too many to be read.
    """
    if not 0 < len(cameras) <= MOST:
        todo = "give a folder as --out, or one --camera" if cameras else "register one"
        raise UsageError(f"--out: {expected(f'1 to {MOST} cameras on a sheet', len(cameras), todo)}")
    columns = ceil(sqrt(len(cameras)))
    rows = ceil(len(cameras) / columns)
    page = Image.new("RGB", (columns * (CELL[0] + GAP) + GAP, rows * (CELL[1] + GAP) + GAP), (20, 22, 26))
    pen = ImageDraw.Draw(page)
    for number, camera in enumerate(cameras):
        scale = min(CELL[0] / camera.size[0], CELL[1] / camera.size[1])
        size = (max(1, round(camera.size[0] * scale)), max(1, round(camera.size[1] * scale)))
        x, y = GAP + number % columns * (CELL[0] + GAP), GAP + number // columns * (CELL[1] + GAP)
        pen.rectangle([x, y, x + CELL[0] - 1, y + CELL[1] - 1], PAPER)
        page.paste(draw(camera, blank(size)), (x + (CELL[0] - size[0]) // 2, y + (CELL[1] - size[1]) // 2))
    return page


def save(picture: Image.Image, path: Path) -> None:
    """Write a PNG.

    Raises
    ------
    TilikError
        It cannot be written there.
    """
    try:
        picture.save(path, "PNG")
    except OSError as error:
        raise TilikError(f"{path}: cannot be written: {error.strerror}: correct the path or its rights") from error
