"""The columns of docs/metrics.md, from their definitions; `flows.metrics_page` writes the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from schemas import incidents
from schemas.card import Card, Figure
from schemas.cards import CARDS, LINE_METRICS, LOOKS, ZONE_METRICS
from schemas.columns import TABLE_COLUMNS
from schemas.parts import Part
from schemas.views.by_camera import Level, figures
from schemas.views.describe import COMMON
from schemas.views.roads import ROAD_FIGURES
from schemas.words import LEVEL_LABELS, PUBLISHED_COVERAGE, REASON_LABELS, STATE_LABELS, Label

HEAD: Final = """\
# Metrics

Written by `make docs` from the cards in `schemas/metrics/` and the kernels; do not edit by hand.

Stored figures are integers that merge in any order; views divide last. A window is
published when at least {share:.0%} of its expected time was watched, else its figures
are NULL and `reason` says why: absence is not zero.

Of crossings, visits and stays, time in which nobody tracks persons and vehicles is not watched: reason `untracked`
([whose tracks](decisions/whose-tracks.md)). Neither is time of cameras that are tracked here and send less than a frame
a second: nobody can be followed from so few.
"""


FIGURE_HEAD: Final = ("figure", "unit", "Indonesian", "English", "adds by", "meaning")


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the lines of a Markdown table, an empty one behind."""
    return [_row(head), _row("---" for _ in head), *(_row(row) for row in rows), ""]


def _type(part: Part) -> str:
    return f"Array({part.type}), {part.bins} bins" if part.bins else part.type


def _metric(card: Card) -> list[str]:
    metric = card.table
    assert metric is not None
    key = ", ".join(f"`{name}`" for name in ("camera_id", *metric.key, "ts"))
    rows = ((f"`{name}`", _type(part), part.unit, part.combine, part.meaning) for name, part in metric.parts.items())
    head = ("column", "type", "unit", "merges by", "meaning")
    return [
        f"## {card.name}",
        "",
        f"{metric.meaning} (*{card.label.id.lower()}*). Table `{metric.name}_minute_log`, key {key}.",
        "",
        *table(head, rows),
        *_figures(f"Figures of `{card.name}_*`:", card, "camera"),
        *_figures(f"Of `{card.name}_area_*`:", card, "area"),
        *_figures(f"Of `{card.name}_place_*`:", card, "place"),
    ]


def _figures(title: str, card: Card, level: Level) -> list[str]:
    """Return a table of the figures of a metric's views at a level, none where it has no such views."""
    rows = [
        _said(name, replace(figure, meaning=by.meaning or figure.meaning))
        for name, figure, by in figures(card, level, "day")
    ]
    return [title, "", *table(FIGURE_HEAD, rows)] if rows else []


def _said(name: str, figure: Figure) -> tuple[str, ...]:
    adds = "" if figure.adds == "no" else figure.adds
    return f"`{name}`", figure.unit, figure.label.id, figure.label.en, adds, figure.meaning


def _shown(title: str, described: Mapping[str, Figure]) -> list[str]:
    return [f"## {title}", "", *table(FIGURE_HEAD, (_said(*item) for item in described.items()))]


def _labelled(title: str, labels: Mapping[str, Label]) -> list[str]:
    rows = ((f"`{word}`", *label) for word, label in labels.items())
    return [f"### {title}", "", *table(("word", "Indonesian", "English"), rows)]


def _described(title: str, columns_of: dict[str, tuple[str, str]]) -> list[str]:
    rows = ((f"`{name}`", kind, meaning) for name, (kind, meaning) in columns_of.items())
    return [f"## {title}", "", *table(("column", "type", "meaning"), rows)]


def _words(title: str, names: Iterable[object]) -> str:
    return f"- **{title}**: " + ", ".join(f"`{name}`" for name in names if name != "")


def _kinds() -> Iterator[tuple[str, ...]]:
    """Yield each kind of zone, and who looks at it for what."""
    for kind, names in ZONE_METRICS.items():
        classes = dict.fromkeys(name for _, look in LOOKS if look.kind == kind for name in look.classes)
        yield f"`{kind}`", ", ".join(names), ", ".join(classes)


def render() -> str:
    """Return what docs/metrics.md says of columns and words."""
    lines = [HEAD.format(share=PUBLISHED_COVERAGE)]
    for card in CARDS:
        if card.table is not None:
            lines += _metric(card)
    lines += _described("Columns of every minute table", TABLE_COLUMNS)
    lines += _shown("Columns that views have in common", COMMON)
    lines += _shown("Roads", ROAD_FIGURES)
    rows = ((f"`{name}`", of.type, of.label.id, of.label.en, of.meaning) for name, of in incidents.COLUMNS.items())
    lines += ["## Incidents", "", *table(("column", "type", "Indonesian", "English", "meaning"), rows)]
    lines += ["## Zones and lines", "", *table(("zone kind", "looked at by metric", "for classes"), _kinds())]
    roles = ((f"`{role}`", ", ".join(names)) for role, names in LINE_METRICS.items())
    lines += table(("line role", "counted at by metric"), roles)
    lines += ["## Words", ""]
    lines += _labelled("Levels of service", LEVEL_LABELS)
    lines += _labelled("Camera states, best to worst", STATE_LABELS)
    lines += _labelled("Reasons", REASON_LABELS)
    lines += _labelled("Kinds of incidents", incidents.KIND_LABELS)
    for kind, words in incidents.SEVERITIES.items():
        if any(words):
            lines += _labelled(
                f"Severities of {kind}", {word: incidents.SEVERITY_LABELS[word] for word in words if word}
            )
    lines += _labelled("States of incidents", incidents.STATE_LABELS)
    lines += _labelled("Why incidents ended", incidents.CLOSE_LABELS)
    lines += ["## Lower edges of histograms", ""]
    lines += [_words(f"`{name}`", edges) for card in CARDS for name, edges in card.edges.items()]
    return "\n".join([*lines, ""])
