"""What a migration does to a warehouse, in words."""

from __future__ import annotations

from connectors.warehouse.migrations import Plan
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


def in_short(plan: Plan) -> str:
    """Return what was done, in one line."""
    if plan.empty:
        return "up to date"
    counts = {"numbered files": len(plan.files), "table changes": len(plan.changes)}
    said = [counted(number, name) for name, number in counts.items() if number]
    views = plan.views._asdict().items()
    return ", ".join([*said, *(f"{counted(len(names), 'views')} {what}" for what, names in views if names)])
