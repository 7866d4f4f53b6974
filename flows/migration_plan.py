"""What a migration does to a warehouse, in words."""

from __future__ import annotations

from connectors.warehouse.migrations import Plan
from flows import rendering


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
    counts = {"numbered files": len(plan.files), "changes of tables": len(plan.changes)}
    counts |= {f"views {what}": len(names) for what, names in plan.views._asdict().items()}
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number)
