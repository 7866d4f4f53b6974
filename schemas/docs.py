"""docs/metrics.md, written from the column definitions.

`python -m schemas.docs` (or `make docs`) writes the file; a test fails when the
committed one differs, so what people read about a column is what the code holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from schemas import columns, incidents
from schemas.parts import Metric, Part

TARGET: Final = Path(__file__).parents[1] / "docs" / "metrics.md"

HEAD: Final = """\
# Metrics

Written by `make docs` from `schemas/columns.py`; do not edit by hand.

Stored figures are integers that merge in any order; views divide last. A window is
published when at least {share:.0%} of its expected time was watched, else its figures
are NULL and `reason` says why: absence is not zero.
"""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
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
        *_table(head, rows),
    ]


def _described(title: str, table: dict[str, tuple[str, str]]) -> list[str]:
    rows = ((f"`{name}`", kind, meaning) for name, (kind, meaning) in table.items())
    return [f"## {title}", "", *_table(("column", "type", "meaning"), rows)]


def _words(title: str, names: Iterable[object]) -> str:
    return f"- **{title}**: " + ", ".join(f"`{name}`" for name in names if name != "")


def render() -> str:
    """Return the text of docs/metrics.md."""
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


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
