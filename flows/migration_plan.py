"""What a migration does to a warehouse, in words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from connectors.warehouse.migrations import Plan
from connectors.warehouse.unfilled import Unfilled
from flows import rendering
from schemas.counting import counted


def as_text(plan: Plan) -> str:
    """Return every change on a line of its own, once: what is copied before and after a feed is made is one change."""
    if plan.empty:
        return "up to date: nothing would change"
    rows = [("file", f"{file.number:03}_{file.name}", "would be run") for file in plan.files]
    rows += dict.fromkeys(("table", change.table, change.what) for change in plan.changes)
    for what, names in plan.views._asdict().items():
        rows += [("view", name, f"would be {what}") for name in names]
    return rendering.table(("what", "name", "change"), rows).rstrip("\n")


def advice(lacking: Sequence[Unfilled], where: str = "") -> str:
    """Return which figures older rows lack, and the command that fills them; '' where they lack none.

    `where` is the option that names the warehouse in other commands.
    """
    if not lacking:
        return ""
    said = [f"  {one.metric}: {', '.join(one.columns)}" for one in lacking]
    runs = sorted({(each.run, *each.inputs) for one in lacking for each in one.runs})
    paths = " ".join(shlex.quote(str(path)) for path in runs[0][1:]) or "PATH..."
    more = f", and so on for {counted(len(runs) - 1, 'more runs')} (tilik warehouse status)" if runs[1:] else ""
    return "\n".join(
        [
            "rows stored before do not count what this version does, and only a replay of their input fills it:",
            *said,
            f"  tilik replay {paths}{where}, with the --format and --registry that run {runs[0][0]} had{more}",
        ]
    )


def in_short(plan: Plan) -> str:
    """Return what was done, in one line."""
    if plan.empty:
        return "up to date"
    counts = {"numbered files": len(plan.files), "table changes": len(plan.changes)}
    said = [counted(number, name) for name, number in counts.items() if number]
    views = plan.views._asdict().items()
    return ", ".join([*said, *(f"{counted(len(names), 'views')} {what}" for what, names in views if names)])
