"""The columns of docs/metrics.md, from their definitions; `flows.metrics_page` writes the page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from schemas import columns, incidents
from schemas.parts import Metric, Part

HEAD: Final = """\
# Metrics

Written by `make docs` from `schemas/columns.py` and the kernels; do not edit by hand.

Stored figures are integers that merge in any order; views divide last. A window is
published when at least {share:.0%} of its expected time was watched, else its figures
are NULL and `reason` says why: absence is not zero.
"""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return the lines of a Markdown table, an empty one behind."""
    return [_row(head), _row("---" for _ in head), *(_row(row) for row in rows), ""]


def _type(part: Part) -> str:
    return f"Array({part.type}), {part.bins} bins" if part.bins else part.type


def _metric(metric: Metric) -> list[str]:
    key = ", ".join(f"`{name}`" for name in ("camera_id", *metric.key, "ts"))
    rows = ((f"`{name}`", _type(part), part.unit, part.combine, part.meaning) for name, part in metric.parts.items())
    head = ("column", "type", "unit", "merges by", "meaning")
    return [
        f"## {metric.name}",
        "",
        f"{metric.meaning}. Table `{metric.name}_minute_log`, key {key}.",
        "",
        *table(head, rows),
    ]


def _described(title: str, columns_of: dict[str, tuple[str, str]]) -> list[str]:
    rows = ((f"`{name}`", kind, meaning) for name, (kind, meaning) in columns_of.items())
    return [f"## {title}", "", *table(("column", "type", "meaning"), rows)]


def _words(title: str, names: Iterable[object]) -> str:
    return f"- **{title}**: " + ", ".join(f"`{name}`" for name in names if name != "")


def render() -> str:
    """Return what docs/metrics.md says of columns and words."""
    lines = [HEAD.format(share=columns.PUBLISHED_COVERAGE)]
    for metric in columns.METRICS:
        lines += _metric(metric)
    lines += _described("Columns of every minute table", columns.TABLE_COLUMNS)
    lines += _described("Incidents", incidents.INCIDENTS)
    lines += [
        "## Words and edges",
        "",
        _words("levels", columns.LEVELS),
        _words("camera states, best to worst", columns.STATES),
        _words("reasons", columns.REASONS),
        _words("incident kinds", incidents.INCIDENT_KINDS),
        _words("incident states", incidents.INCIDENT_STATES),
        _words("lower edges of `persons_hist`, persons", columns.PERSON_EDGES),
        _words("lower edges of `stays_hist`, s", columns.STAY_EDGES_S),
        _words("lower edges of `delay_hist`, ms", columns.DELAY_EDGES_MS),
        "",
    ]
    return "\n".join(lines)
