"""What was left out of a camera's frames, in words, and what would mend it.

The summary of a replay says it of what that replay read, `tilik registry suggest`
of what the last replay of each camera read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from schemas.class_words import meant
from schemas.frames import CLASSES
from schemas.registry import Camera
from schemas.registry.mistakes import did_you_mean
from schemas.rejects import OF_BOXES, OF_SIGNALS

SHARE: Final = 0.03
"""What happens to a smaller share is counted and not explained; ours."""
LEAST_SHARE: Final = 0.01
"""A smaller share is said as a count: in whole per cents it may read 0."""
SHOWN: Final = 5
"""Words that a sentence names."""
PER_CENT: Final = 110
"""Boxes that reach no further may be shares in per cent, a little over the edge; ours."""
SIZES: Final = (
    (640, 360), (640, 480), (704, 576), (1280, 720), (1280, 960), (1920, 1080), (2304, 1296), (2560, 1440),
    (2688, 1520), (3072, 2048), (3840, 2160), (7680, 4320),
)  # fmt: skip
"""Pictures that cameras send [px]."""


class Word(NamedTuple):
    """A word that was not understood, or how far boxes reach, and how often."""

    word: str
    times: int


class Left(NamedTuple):
    """What was left out of a camera's frames for one reason."""

    camera: str
    reason: str
    many: int
    of: int
    """Of how many boxes, objects or signals."""
    words: tuple[Word, ...] = ()

    @property
    def is_worth_saying(self) -> bool:
        """Tell whether it is more than a few per cent, or a word that somebody can mend."""
        can_be_mended = self.reason == "unknown_mask" or (
            self.reason == "unknown_class" and any(meant(word) is not None for word, _ in self.words)
        )
        return can_be_mended or self.many > SHARE * self.of


def seen(left: Left) -> str:
    """Return what was seen."""
    share = f"{left.many / left.of:.0%}" if left.many >= LEAST_SHARE * left.of > 0 else f"{left.many:,}"
    return _SEEN[left.reason].format(share=share, words=_listed(left), reach=_reach(left))


def change(left: Left, camera: Camera | None) -> str:
    """Return what would mend it, `camera` being the entry that it came for."""
    return _CHANGE[left.reason](left, camera)


_SEEN: Final = {
    "pixels": "{share} of its boxes are no shares of the picture, 0..1: they reach {reach}",
    "outside": "{share} of its boxes lie outside the picture: they reach {reach}",
    "no_area": "{share} of its boxes have no area",
    "ignored": "{share} of its rows have confidence 0 and were left out: they are marked to be ignored",
    "unknown_class": "{share} of its objects are of classes that nobody knows: {words}",
    "unknown_mask": "{share} of its objects have words for masks that nobody knows: {words}",
    "unknown_kind": "{share} of its signals are of a kind that nobody reads: {words}",
    "unknown_zone": "{share} of its signals are of zones that are not registered: {words}",
    "bad_value": "{share} of its signals have a value outside 0..1: {words}",
}


def _listed(left: Left) -> str:
    shown = ", ".join(f"{word or 'none'} ({times:,})" for word, times in left.words[:SHOWN])
    return shown + (f" and {len(left.words) - SHOWN} more" if len(left.words) > SHOWN else "")


def _reach(left: Left) -> str:
    return left.words[0].word if left.words else "beyond its edge"


def _pixels(left: Left, camera: Camera | None) -> str:
    width, sign, height = _reach(left).partition(" x ")
    may_be_per_cent = sign and width.isdecimal() and height.isdecimal() and max(int(width), int(height)) <= PER_CENT
    either = ", or by 100 if they are per cent" if may_be_per_cent else ""
    return f"divide them by the width and height of the picture{either}"


def _outside(left: Left, camera: Camera | None) -> str:
    width, sign, height = _reach(left).partition(" x ")
    if not (sign and width.isdecimal() and height.isdecimal()):
        return "send corners as shares of the picture, 0..1"
    if max(int(width), int(height)) <= 1:
        return (
            "they are shares of the picture already, it seems: multiply them by its width and height, as px are meant"
        )
    fits = [size for size in SIZES if size[0] >= int(width) and size[1] >= int(height)]
    if not fits:
        return "give the size that the sender counts in: --size, and size in the registry"
    (w, h) = fits[0]
    return (
        f"if the sender counts in {w} x {h}, let it divide by that; of formats in px give --size {w}x{h} "
        f"and size = [{w}, {h}] in the registry"
    )


def _no_area(left: Left, camera: Camera | None) -> str:
    return "send left, top, right and bottom, or leave such objects out"


def _ignored(left: Left, camera: Camera | None) -> str:
    return "give rows that count a confidence above 0, or -1"


def _classes(left: Left, camera: Camera | None) -> str:
    found = {word: meant(word) for word, _ in left.words}
    known = ",".join(f"{word}={ours}" for word, ours in found.items() if ours is not None)
    if not known:
        return f"name them: --class-map theirs=ours, ours being {', '.join(CLASSES)}"
    sure = "" if not any(word.isdecimal() for word in found) else ", if its numbers are COCO's"
    return f"name them: --class-map {known}{sure}"


def _masks(left: Left, camera: Camera | None) -> str:
    return "say masked, unmasked or incorrect"


def _kinds(left: Left, camera: Camera | None) -> str:
    return 'say kind "flood", or leave them out'


def _zones(left: Left, camera: Camera | None) -> str:
    known = [] if camera is None else [zone.id for zone in camera.zone if zone.kind == "flood"]
    if not known:
        return "register a zone of kind flood by that name"
    otherwise = f"its flood zones are {', '.join(known)}: register that one too, or rename it"
    return "; ".join(f"{word or 'none'}: {did_you_mean(word, known, otherwise)}" for word, _ in left.words[:SHOWN])


def _values(left: Left, camera: Camera | None) -> str:
    return "send shares, 0..1: divide per cent by 100; -1 says that nothing was measured"


_CHANGE: Final[dict[str, Callable[[Left, Camera | None], str]]] = {
    "pixels": _pixels,
    "outside": _outside,
    "no_area": _no_area,
    "ignored": _ignored,
    "unknown_class": _classes,
    "unknown_mask": _masks,
    "unknown_kind": _kinds,
    "unknown_zone": _zones,
    "bad_value": _values,
}


class Counted(NamedTuple):
    """What rows say of a camera: objects and signals taken, and what was refused, by reason."""

    objects: int
    signals: int
    refused: dict[str, int]


def of(counted: Counted, reason: str) -> int:
    """Return of how many things those of a reason are a part."""
    if reason in OF_SIGNALS:
        return counted.signals + sum(counted.refused.get(name, 0) for name in OF_SIGNALS)
    boxes = counted.objects + sum(counted.refused.get(name, 0) for name in OF_BOXES)
    return boxes + counted.refused.get("ignored", 0) if reason in (*OF_BOXES, "ignored") else counted.objects
