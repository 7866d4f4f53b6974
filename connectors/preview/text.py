"""Texts in a picture: all inside it, none over another while there is room.

Each text wants to stand at its anchor. It is cut to the picture's width, held
inside, and moved step by step to the nearest place that is still free.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

WIDEST: Final = 0.36
"""A text takes at most this share of the picture's longer side; the title all of its width."""
SMALL: Final = 3
"""From this order on texts are small and placed last."""
RINGS: Final = 24
"""How many steps of a text's height it may move away from its anchor."""
ELLIPSIS: Final = "..."
BACK: Final = (15, 18, 22, 190)

Box = tuple[float, float, float, float]


class Anchor(NamedTuple):
    """Where the middle of a text wants to stand [px]."""

    x: float
    y: float


class _Label(NamedTuple):
    text: str
    anchor: Anchor
    colour: tuple[int, int, int]
    font_px: int
    widest: float
    order: int


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


class Labels:
    """Texts to be placed in a picture of (width, height) pixels."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.font_px = max(11, round(min(size) / 40))  # 27 px of 1080: read from two metres
        self._labels: list[_Label] = []
        self._title: _Label | None = None
        self._kept: list[Box] = []
        self.boxes: list[Box] = []  # of the placed texts: left, top, right, bottom [px]

    def add(self, text: str, anchor: Anchor, colour: tuple[int, int, int], order: int) -> None:
        """Ask for a text with its middle at an anchor; lower orders are placed first."""
        font_px = max(10, round(self.font_px * 0.7)) if order >= SMALL else self.font_px
        self._labels.append(_Label(text, anchor, colour, font_px, min(self.size[0], max(self.size) * WIDEST), order))

    def first(self, text: str, colour: tuple[int, int, int]) -> None:
        """Ask for the title, in the upper left corner."""
        self._title = _Label(text, Anchor(0, 0), colour, self.font_px, float(self.size[0]), 0)

    def keep_free(self, box: Box) -> None:
        """Keep texts off a box (left, top, right, bottom) [px]."""
        self._kept.append(box)

    def placed(self, picture: Image.Image) -> Image.Image:
        """Return the picture with all texts."""
        layer = Image.new("RGBA", self.size, (0, 0, 0, 0))
        pen = ImageDraw.Draw(layer)
        taken = list(self._kept)
        ordered = sorted(self._labels, key=lambda label: label.order)
        for label in ([self._title] if self._title else []) + ordered:
            text = _cut(_drawable(label.text), label)
            pad = label.font_px // 4
            left, _, right, _ = _font(label.font_px).getbbox(text)
            width, height = right - left + 2 * pad, label.font_px + 2 * pad
            x, y = self._free(label.anchor, width, height, taken)
            box = (x, y, x + width, y + height)
            taken.append(box)
            self.boxes.append(box)
            pen.rounded_rectangle(box, pad, BACK)
            pen.text((x + pad - left, y + height / 2), text, label.colour, _font(label.font_px), "lm")
        return Image.alpha_composite(picture, layer)

    def _free(self, anchor: Anchor, width: float, height: float, taken: list[Box]) -> tuple[float, float]:
        """Return the upper left corner of the nearest free place; the anchor's own where none is free."""
        wanted = self._inside(anchor.x - width / 2, anchor.y - height / 2, width, height)
        for ring in range(RINGS):
            for dx, dy in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)):
                x = wanted[0] + dx * ring * height * 1.1
                y = wanted[1] + dy * ring * height * 1.1
                x, y = self._inside(x, y, width, height)
                if not any(x < b[2] and b[0] < x + width and y < b[3] and b[1] < y + height for b in taken):
                    return x, y
        return wanted

    def _inside(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        return max(0.0, min(x, self.size[0] - 1 - width)), max(0.0, min(y, self.size[1] - 1 - height))


def _drawable(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _cut(text: str, label: _Label) -> str:
    """Shorten a text to its widest, with an ellipsis."""
    font, room = _font(label.font_px), label.widest - label.font_px
    if font.getlength(text) <= room:
        return text
    keep = bisect_right(range(1, len(text)), room, key=lambda letters: font.getlength(text[:letters] + ELLIPSIS))
    return text[: max(keep, 1)].rstrip() + ELLIPSIS
