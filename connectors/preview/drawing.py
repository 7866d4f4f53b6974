"""A picture of what a camera's registry entry says: zones, lines and the calibrated ground.

The picture keeps the frame's own pixels, so that coordinates can be read off it.
Fills let through what lies below, outlines and texts stand on dark edges, and no
text leaves the picture or covers another while there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot
from typing import Final, NamedTuple

import shapely
from PIL import Image, ImageDraw

from connectors.preview.ground import ground_lines
from connectors.preview.text import SMALL, Anchor, Labels
from schemas.cards import COLOURS
from schemas.registry import Camera, Line, Point, Zone

Colour = tuple[int, int, int]
FLOW, GATE, GRID, EDGE, PAPER = (255, 255, 255), (90, 230, 120), (225, 225, 225), (15, 18, 22), (52, 58, 66)
FILL: Final = 70
"""Of 255: two zones over each other, and the street below them, stay visible."""
MAX_PIXELS: Final = 50_000_000
"""A larger frame is a slip of the pen; ours."""


def blank(size: tuple[int, int]) -> Image.Image:
    """Return a frame of (width, height) pixels with nothing in it but tenths of its sides."""
    frame = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(frame)
    for tenth in range(1, 10):
        x, y = size[0] * tenth // 10, size[1] * tenth // 10
        pen.line([(x, 0), (x, size[1])], (60, 66, 75))
        pen.line([(0, y), (size[0], y)], (60, 66, 75))
    return frame


def draw(camera: Camera, frame: Image.Image) -> Image.Image:
    """Draw a camera's entry over a frame.

    Parameters
    ----------
    camera
        A checked camera.
    frame
        What it sees, of any size: places are shares of width and height.

    Returns
    -------
    A new picture of the frame's size.
    """
    canvas = _Canvas(frame)
    canvas.grid(camera)
    for zone in camera.zone:
        canvas.zone(zone)
    for line in camera.line:
        canvas.line(line)
    return canvas.done(camera)


class _Canvas:
    """A frame, drawn over in layers; texts are collected and placed last."""

    def __init__(self, frame: Image.Image) -> None:
        self.picture = frame.convert("RGBA")
        self.size = self.picture.size
        self.pen_px = max(2, round(min(self.size) / 270))
        self.labels = Labels(self.size)

    def _px(self, points: Sequence[Point]) -> list[tuple[float, float]]:
        """Return pixels, held in the frame far enough for a pen on its edge to be seen."""
        edge = self.pen_px
        far = [side - 1 - edge for side in self.size]
        return [(min(max(x * self.size[0], edge), far[0]), min(max(y * self.size[1], edge), far[1])) for x, y in points]

    def _over(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        layer = Image.new("RGBA", self.size, (0, 0, 0, 0))
        return layer, ImageDraw.Draw(layer)

    def _lay(self, layer: Image.Image) -> None:
        self.picture = Image.alpha_composite(self.picture, layer)

    def _stroke(self, pen: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: Colour, width: int) -> None:
        pen.line(points, (*EDGE, 220), width + 2 * max(1, self.pen_px // 2), "curve")
        pen.line(points, (*colour, 255), width, "curve")

    def grid(self, camera: Camera) -> None:
        """Draw the ground's metres, where the camera is calibrated."""
        ground = ground_lines(camera)
        if ground is None:
            return
        layer, pen = self._over()
        for metres in ground.lines:
            points = self._px([metres.start, metres.end])
            pen.line(points, (*EDGE, 110), self.pen_px)
            pen.line(points, (*GRID, 150), max(1, self.pen_px // 2))
            if metres.labelled:
                at = points[1] if metres.axis == "x" else min(points)
                self.labels.add(f"{metres.axis} {metres.at_m:g} m", Anchor(*at), GRID, SMALL)
        for x, y in self._px(camera.calibration.image if camera.calibration else ()):
            r = 2 * self.pen_px
            pen.ellipse([x - r, y - r, x + r, y + r], (*EDGE, 255), (*GRID, 255), max(1, self.pen_px // 2))
        self._lay(layer)

    def zone(self, zone: Zone) -> None:
        """Draw a zone: a fill that lets through, an outline, its name and kind in its middle."""
        colour = COLOURS.get(zone.kind, FLOW)
        corners = self._px(zone.polygon)
        layer, pen = self._over()
        pen.polygon(corners, (*colour, FILL))
        self._stroke(pen, [*corners, corners[0], corners[1]], colour, self.pen_px)
        self._lay(layer)
        name = zone.id if zone.name in ("", zone.id) else f"{zone.id} · {zone.name}"
        self.labels.add(f"{name} ({zone.kind.replace('_', ' ')})", Anchor(*_middle(corners)), _light(colour), 2)

    def line(self, line: Line) -> None:
        """Draw a line, an arrow to its right hand and the names of its directions."""
        colour = GATE if line.role == "gate" else FLOW
        course = self._px(line.points)
        layer, pen = self._over()
        self._stroke(pen, course, colour, 2 * self.pen_px)
        r = 2 * self.pen_px
        x, y = course[0]
        pen.ellipse([x - r, y - r, x + r, y + r], (*colour, 255), (*EDGE, 255))
        self._lay(layer)
        self._directions(line, *_halfway(course), colour)
        name = line.id if line.name in ("", line.id) else f"{line.id} · {line.name}"
        self.labels.add(f"{name} ({line.role})", Anchor(*course[-1]), colour, 1)

    def _directions(self, line: Line, middle: tuple[float, float], along: tuple[float, float], colour: Colour) -> None:
        """Draw the arrow to the right hand, and the name of each direction on the side that it leads to."""
        layer, pen = self._over()
        right = (-along[1], along[0])  # y is down: the right hand of somebody who walks along
        length, head = min(self.size) / 11, 5 * self.pen_px
        tip, base = ((middle[0] + right[0] * reach, middle[1] + right[1] * reach) for reach in (length, length - head))
        self._stroke(pen, [middle, base], colour, 2 * self.pen_px)
        wings = [(base[0] + along[0] * side, base[1] + along[1] * side) for side in (-head * 0.7, head * 0.7)]
        pen.polygon([tip, *wings], (*colour, 255), (*EDGE, 255))
        self._lay(layer)
        xs, ys = zip(middle, tip, *wings, strict=True)
        self.labels.keep_free((min(xs), min(ys), max(xs), max(ys)))
        for side, away in (("to_right", length * 1.3), ("to_left", -length * 0.5)):
            text = f"{side}: {line.directions[side]}" if side in line.directions else side
            text += " = entry" if line.entry == side else ""
            self.labels.add(text, Anchor(middle[0] + right[0] * away, middle[1] + right[1] * away), colour, 0)

    def done(self, camera: Camera) -> Image.Image:
        """Add the camera's name and place the texts."""
        words = [camera.id, camera.name, camera.area, f"{camera.size[0]} x {camera.size[1]}", f"{camera.fps:g} fps"]
        ground = ground_lines(camera)
        if ground is not None:
            words.append(f"squares of {ground.step_m:g} m")
        if not camera.zone and not camera.line:
            words.append("nothing drawn: health only")
        if camera.simulated:
            words.append("SIMULATED")
        self.labels.first(" · ".join(word for word in words if word), FLOW)
        return self.labels.placed(self.picture).convert("RGB")


def _light(colour: Colour) -> Colour:
    """Return a colour for a text on dark: half-way to white."""
    return (colour[0] + 255) // 2, (colour[1] + 255) // 2, (colour[2] + 255) // 2


class _Halfway(NamedTuple):
    """A point of a course [px] and the direction there."""

    point: tuple[float, float]
    along: tuple[float, float]


def _halfway(course: list[tuple[float, float]]) -> _Halfway:
    lengths = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(course)]
    left = sum(lengths) / 2
    for ((ax, ay), (bx, by)), length in zip(pairwise(course), lengths, strict=True):
        if length > 0 and left <= length:
            share = left / length
            return _Halfway((ax + (bx - ax) * share, ay + (by - ay) * share), ((bx - ax) / length, (by - ay) / length))
        left -= length
    return _Halfway(course[0], (1.0, 0.0))


def _middle(corners: list[tuple[float, float]]) -> tuple[float, float]:
    """Return a point inside an outline, away from its edge."""
    outline = shapely.Polygon(corners)
    point = outline.centroid
    if not outline.is_valid or not outline.contains(point):
        point = outline.representative_point() if outline.is_valid else shapely.MultiPoint(corners).centroid
    return point.x, point.y
