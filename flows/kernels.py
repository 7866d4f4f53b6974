"""Which kernels a shard runs beside health, crowds and crossings, and how it asks them.

All have one shape: `plan` compiles the registry, `start` makes the state, `step`
takes on-time frames in order, `tick` moves the clocks of silent cameras. Those
that measure what needs no order are asked for it with late frames too.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from flows.thresholds import Thresholds
from operators.arrays import Changes, Ordered, Parts, Told
from operators.city import City
from operators.metrics import congestion, flood, garbage, gathering, mask, night, parking, racing, stays


class Kernel(Protocol):
    """A kernel's module."""

    def plan(self, city: City, params: Any) -> Any:
        """Compile zones and thresholds."""

    def start(self, plan: Any) -> Any:
        """Return the state before any frame."""

    def step(self, state: Any, plan: Any, ordered: Ordered) -> Told:
        """Take on-time frames in order."""

    def tick(self, state: Any, plan: Any, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool) -> Told:
        """Move the clocks of silent cameras."""


KERNELS: Final[dict[str, Kernel]] = {
    "parking": parking,
    "flood": flood,
    "garbage": garbage,
    "mask": mask,
    "stays": stays,
    "night": night,
    "congestion": congestion,
    "gathering": gathering,
}
"""Modules by the name of their table, incidents and thresholds."""

EVERY: Final[dict[str, Any]] = {**KERNELS, "racing": racing}
"""The same, and the one that asks for crossings beside the frames."""

MEASURED: Final = {"flood": flood, "garbage": garbage, "mask": mask, "congestion": congestion}
"""Those with parts that need no order: `measure(plan, ordered)`."""


class Said(NamedTuple):
    """What kernels said: parts by table, changes by whose thresholds made them."""

    parts: list[tuple[str, Parts]]
    changes: list[tuple[str, Changes]]


def plans(city: City, thresholds: Thresholds) -> dict[str, Any]:
    """Return every kernel's plan."""
    return {name: kernel.plan(city, getattr(thresholds, name)) for name, kernel in EVERY.items()}


def start(plan: dict[str, Any]) -> dict[str, Any]:
    """Return every kernel's state before any frame."""
    return {name: kernel.start(plan[name]) for name, kernel in EVERY.items()}


def measure(plan: dict[str, Any], ordered: Ordered) -> list[tuple[str, Parts]]:
    """Return what needs no order, of frames on time or late."""
    return [(name, kernel.measure(plan[name], ordered)) for name, kernel in MEASURED.items()]


def step(state: dict[str, Any], plan: dict[str, Any], ordered: Ordered, crossing: NDArray[Any]) -> Said:
    """Feed on-time frames, and what crossed lines in them, to every kernel; the states are changed in place."""
    told = {name: kernel.step(state[name], plan[name], ordered) for name, kernel in KERNELS.items()}
    return said(told | {"racing": racing.step(state["racing"], plan["racing"], ordered, crossing)})


def tick(
    state: dict[str, Any], plan: dict[str, Any], cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool
) -> Said:
    """Move every kernel's clocks of silent cameras to `t_us` (c,); `ending`: no frame ever follows."""
    return said(
        {name: kernel.tick(state[name], plan[name], cameras, t_us, ending=ending) for name, kernel in EVERY.items()}
    )


def said(told: dict[str, Told]) -> Said:
    """Return what was told, less what was not."""
    parts = [(name, each.parts) for name, each in told.items() if each.parts is not None]
    return Said(parts, [(name, each.changes) for name, each in told.items() if each.changes is not None])
