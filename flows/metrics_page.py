"""docs/metrics.md: what is measured, its columns, and the rules with their thresholds.

`python -m flows.metrics_page` (or `make docs`) writes the page from the column
definitions and the kernels themselves; a test fails when the committed one
differs, so what people read is what the code does.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from flows.thresholds import KERNELS, RULES_OF, Thresholds
from operators.tracking import bodies, outline, riders, streams, sureness
from schemas import docs

TARGET: Final = Path(__file__).parents[1] / "docs" / "metrics.md"
COMMENT: Final = re.compile(r"^    (\w+)\s*:.*?#\s*(.+)$", re.MULTILINE)
HEAD: Final = """\
## Rules

What each kernel does, in its own words, with its thresholds. A zone's `limits` and `hours` in the registry come first.
Where no source is named, the value is ours.
"""


def _paragraph(module: ModuleType) -> str:
    text = inspect.cleandoc(module.__doc__ or "")
    return " ".join(" ".join(text.split("\n")).split())


def _thresholds(name: str, given: tuple[object, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield name, value and comment of every threshold; nested ones under their own group."""
    comments = dict(COMMENT.findall(inspect.getsource(type(given))))
    for field, value in zip(given._fields, given, strict=True):  # type: ignore[attr-defined]
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            yield from _thresholds(f"{name}.{field}", value)
        else:
            yield f"`{field}`", f"{value:,}" if isinstance(value, int) else str(value), comments.get(field, "")


def _kernel(name: str, module: ModuleType) -> list[str]:
    lines = [f"### {name}, version {module.VERSION}", "", _paragraph(module), ""]
    if name not in RULES_OF:
        lines += docs.table(("threshold", "default", ""), _thresholds(name, Thresholds().of(name)))
    return lines


def _streams() -> list[str]:
    """Return what decides whose tracks a camera has."""
    rows = (("`BARE_US`", f"{streams.BARE_US:,}", ""), ("`BARE_OBJECTS`", str(streams.BARE_OBJECTS), ""))
    scale = (
        ("`SURE`", str(sureness.SURE), ""),
        ("`LEAST`", str(sureness.LEAST), ""),
        ("`RARE`", f"{sureness.RARE:,}", ""),
    )
    return [
        "### tracks", "", _paragraph(streams), "", _paragraph(sureness), "",
        *docs.table(("threshold", "value", ""), (*rows, *scale)),
    ]  # fmt: skip


def _bodies() -> list[str]:
    """Return what comes before all kernels: what an id stands for."""
    told = [_paragraph(module) for module in (bodies, outline, riders)]
    lines = [f"### bodies, version {bodies.VERSION}", "", *(line for text in told for line in (text, ""))]
    return lines + docs.table(("threshold", "default", ""), _thresholds("bodies", Thresholds().bodies))


def render() -> str:
    """Return the text of docs/metrics.md."""
    kernels = (line for name, module in KERNELS.items() for line in _kernel(name, module))
    return "\n".join([docs.render(), HEAD, *_streams(), *_bodies(), *kernels])


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
