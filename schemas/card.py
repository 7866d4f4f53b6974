"""What a card says of a metric: everything but its kernel.

`schemas/metrics/` holds one card a file, `schemas.cards` collects them. From a
card come its tables, its views by camera, area and place with their comments,
what the registry knows of it, its incidents, and its pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from schemas.parts import Metric
from schemas.words import Label

Adds = Literal["sum", "max", "no"]
"""How a figure of several windows or places adds up; "no" means that parts must be merged first."""


class By(NamedTuple):
    """How a figure is reckoned at one level.

    Attributes
    ----------
    sql
        Out of the parts of a row: `m` by camera, `s` by area and by place.
    meaning
        What it says there, where that is more than the figure's own meaning.
    """

    sql: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of views: its unit, what it says, how people read it.

    Attributes
    ----------
    format
        As d3-format has it, "" for words and flags.
    camera, area, place
        How it is reckoned by camera, area and place; None where it does not stand.
    is_of_days
        Only days have it.
    """

    unit: str
    meaning: str
    label: Label
    format: str = ""
    adds: Adds = "no"
    camera: By | None = None
    area: By | None = None
    place: By | None = None
    is_of_days: bool = False


@dataclass(frozen=True, slots=True)
class Looks:
    """A kind of zone that a metric looks at.

    Attributes
    ----------
    classes
        What it is told of there.
    is_free
        A zone's own `classes` come instead.
    on_off
        Thresholds that a zone's own limits override, where the kind has fixed ones.
    colour
        The kind's in previews: red, green, blue; the first card that gives one is followed.
    """

    kind: str
    classes: tuple[str, ...] = ()
    is_free: bool = True
    on_off: tuple[float, float] | None = None
    colour: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """A kind of incident that a metric tells.

    Attributes
    ----------
    severities
        Words by their code.
    is_by_track
        Its anchor is the track that began it.
    """

    kind: str
    label: Label
    severities: tuple[str, ...] = ("",)
    is_by_track: bool = False


def alone(grain: str) -> str:
    """Return nothing: the rows stand for themselves."""
    return ""


@dataclass(frozen=True, slots=True)
class ByCamera:
    """The view of a metric by camera.

    Attributes
    ----------
    comment
        What a row is; the grain is appended.
    why
        SQL of a published row's reason.
    also_by
        Further keys, which come of `rows`.
    rows
        What follows the table of a grain: joins.
    note
        Said behind the grain.
    """

    comment: str
    why: str = "''"
    also_by: tuple[str, ...] = ()
    rows: Callable[[str], str] = alone
    note: str = ""


class Fold(NamedTuple):
    """A part of an area: SQL of one row, the aggregates by camera and over cameras, and its type where it is stored."""

    row: str
    by_camera: str
    over_cameras: str
    type: str = "UInt64"


@dataclass(frozen=True, slots=True)
class ByArea:
    """The views of a metric by area.

    Attributes
    ----------
    parts
        Parts by name; only rows that report enter.
    reports
        Which rows `m` report.
    why
        Reason of an area whose cameras report.
    unseen
        Reason of an area that none of its cameras reports on, though they sent frames.
    joins
        What makes several rows of one, or nothing.
    """

    meaning: str
    parts: dict[str, Fold]
    reports: str = "m.published"
    why: str = "''"
    unseen: str = "'low_coverage'"
    joins: str = ""


class Idle(NamedTuple):
    """What to suggest of a zone in which a part stayed 0 all the time; `{}` is the zone."""

    part: str
    seen: str
    change: str


class Spots(NamedTuple):
    """What is read of a place's zones or gates: parts with their kind of sum, and those that days estimate."""

    where: Literal["zones", "gates"]
    parts: dict[str, Literal["sum", "sumForEach"]]
    estimated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByPlace:
    """The views of a metric by place: parts of `s` by name, out of the rows `k` of its zones or gates."""

    meaning: str
    parts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A metric.

    Attributes
    ----------
    number
        Its place among the cards. Codes of metrics, zone kinds and incident kinds
        follow it, and compiled kernels hold some: a new card takes the next number.
    enabled_by
        What a camera's `metrics` must name; "" is always on.
    table
        Its minute table, None where it only tells incidents.
    edges
        Lower edges of its histograms' bins, by part.
    looks
        Kinds of zones that it looks at; a table by zone has a row for each of these.
    roles
        Roles of lines that it counts at.
    spots
        What places read of its rows.
    needs_tracks
        Its figures are of tracks: time in which nobody tracks objects is not watched.
    needs_frames
        Its figures are of what is in a frame: time of which tracks came, not frames, is not watched.
    idle
        What `tilik registry suggest` makes of a zone that nothing enters.
    """

    number: int
    name: str
    label: Label
    enabled_by: str
    table: Metric | None = None
    edges: dict[str, tuple[int, ...]] = field(default_factory=dict)
    looks: tuple[Looks, ...] = ()
    roles: tuple[str, ...] = ()
    incidents: tuple[Incident, ...] = ()
    figures: dict[str, Figure] = field(default_factory=dict)
    camera: ByCamera | None = None
    area: ByArea | None = None
    spots: Spots | None = None
    place: ByPlace | None = None
    idle: Idle | None = None
    needs_tracks: bool = False
    needs_frames: bool = False


def sums(**rows: str) -> dict[str, Fold]:
    """Return parts of an area that are added."""
    return {name: Fold(row, "sum", "sum") for name, row in rows.items()}


def maxima(**rows: str) -> dict[str, Fold]:
    """Return parts of an area of which the highest counts."""
    return {name: Fold(row, "max", "max") for name, row in rows.items()}


def same(*names: str) -> dict[str, Fold]:
    """Return parts of an area that are added as they are."""
    return sums(**{name: f"m.{name}" for name in names})
