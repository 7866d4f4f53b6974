"""Which kernels a shard runs beside health, crowds and crossings, and how it asks them.

All have one shape: `plan` compiles the registry, `start` makes the state, `step`
takes on-time frames in order, `tick` moves the clocks of silent cameras. Those
that measure what needs no order are asked for it with late frames too.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from flows.thresholds import ELSEWHERE, KERNELS, Thresholds
from operators import carrying
from operators.arrays import Changes, Ordered, Parts, Told, no_frames
from operators.carrying import Moves
from operators.city import City
from operators.incidents import persistence
from schemas.cards import BY_NAME

Params_contra = TypeVar("Params_contra", contravariant=True)
Plan = TypeVar("Plan")
State = TypeVar("State")


class Kernel(Protocol[Params_contra, Plan, State]):
    """A kernel's module; its thresholds, plan and state are its own."""

    def plan(self, city: City, params: Params_contra) -> Plan:
        """Compile zones and thresholds."""

    def start(self, plan: Plan) -> State:
        """Return the state before any frame."""

    def step(self, state: State, plan: Plan, ordered: Ordered) -> Told:
        """Take on-time frames in order."""

    def tick(
        self, state: State, plan: Plan, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool
    ) -> Told:
        """Move the clocks of silent cameras."""

    def carry(self, into: State, plan: Plan, source: State, before: Plan, moved: Moves) -> None:
        """Take along what is remembered of cameras that go along, `before` being the plan that it was made by."""


Plans: TypeAlias = dict[str, object]
"""Every kernel's plan by its card's name: what it is, only the kernel knows."""

States: TypeAlias = dict[str, object]
"""Every kernel's state, likewise; it is changed in place."""

SHAPE: Final = ("plan", "start", "step", "tick", "carry")

WIRED: Final = {"crowd", "flow", "visits"}
"""Those that the shard asks itself: others stand on what they find, or they on others."""


def shaped() -> dict[str, ModuleType]:
    """Return the modules that a shard asks by their common shape, by their cards' names.

    Raises
    ------
    TypeError
        For a kernel that lacks a part of it.
    """
    asked = {name: kernel for name, kernel in KERNELS.items() if name not in WIRED and name not in ELSEWHERE}
    for kernel in asked.values():
        missing = [part for part in SHAPE if not hasattr(kernel, part)]
        if missing:
            raise TypeError(f"{kernel.__name__}: expected {', '.join(SHAPE)}, lacks {', '.join(missing)}: add it")
    return asked


EVERY: Final = shaped()
"""Modules that have the shape, by their cards' names."""

MEASURED: Final = {name: kernel for name, kernel in EVERY.items() if hasattr(kernel, "measure")}
"""Those with parts that need no order: `measure(plan, ordered)`."""

CROSSED: Final = {name for name, kernel in EVERY.items() if "crossing" in inspect.signature(kernel.step).parameters}
"""Those that ask for what crossed lines beside the frames."""


class Said(NamedTuple):
    """What kernels said: parts by table, changes by whose thresholds made them."""

    parts: list[tuple[str, Parts]]
    changes: list[tuple[str, Changes]]


def plans(city: City, thresholds: Thresholds) -> Plans:
    """Return every kernel's plan."""
    return {name: kernel.plan(city, thresholds.of(name)) for name, kernel in EVERY.items()}


def start(plan: Plans) -> States:
    """Return every kernel's state before any frame."""
    return {name: kernel.start(plan[name]) for name, kernel in EVERY.items()}


def carry(into: States, plan: Plans, source: States, before: Plans, moved: Moves) -> None:
    """Take along what every kernel remembers of cameras that go along."""
    for name, kernel in EVERY.items():
        kernel.carry(into[name], plan[name], source[name], before[name], moved)


def close(
    state: States, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, leaves_unknown: bool = False
) -> list[tuple[str, Changes]]:
    """Close every incident of cameras that see no more from `t_us` on, both (c,), cameras ascending.

    Parameters
    ----------
    leaves_unknown
        What is `unknown` stays so.

    Raises
    ------
    ValueError
        When a kernel keeps incidents and its card names several kinds: whose they are would be a guess.
    """
    out = []
    for name, kernel in state.items():
        cells = [array for array in carrying.arrays(kernel) if array.dtype == persistence.CELL]
        kinds = [each.kind for each in BY_NAME[name].incidents]
        if cells and len(kinds) != 1:
            raise ValueError(
                f"{name}: expected one kind of incident on the card of a kernel that keeps them, came {kinds}"
            )
        out += [
            (name, persistence.close(cell, kinds[0], cameras, t_us, leaves_unknown=leaves_unknown)) for cell in cells
        ]
    return out


def measure(plan: Plans, ordered: Ordered) -> list[tuple[str, Parts]]:
    """Return what needs no order, of frames on time or late."""
    return [(name, kernel.measure(plan[name], ordered)) for name, kernel in MEASURED.items()]


def step(state: States, plan: Plans, ordered: Ordered, crossing: NDArray[np.void]) -> Said:
    """Feed on-time frames, and what crossed lines in them, to every kernel; the states are changed in place."""
    more = {name: (crossing,) if name in CROSSED else () for name in EVERY}
    return said({name: kernel.step(state[name], plan[name], ordered, *more[name]) for name, kernel in EVERY.items()})


def cross(state: States, plan: Plans, crossing: NDArray[np.void]) -> Said:
    """Tell what crossed lines, without frames, to every kernel that asks for it; the states are changed in place."""
    asked = {name: EVERY[name] for name in CROSSED if len(crossing)}
    return said({name: kernel.step(state[name], plan[name], no_frames(), crossing) for name, kernel in asked.items()})


def tick(state: States, plan: Plans, cameras: NDArray[np.int32], t_us: NDArray[np.int64], *, ending: bool) -> Said:
    """Move every kernel's clocks of silent cameras to `t_us` (c,); `ending`: no frame ever follows."""
    return said(
        {name: kernel.tick(state[name], plan[name], cameras, t_us, ending=ending) for name, kernel in EVERY.items()}
    )


def said(told: dict[str, Told]) -> Said:
    """Return what was told, less what was not."""
    parts = [(name, each.parts) for name, each in told.items() if each.parts is not None]
    return Said(parts, [(name, each.changes) for name, each in told.items() if each.changes is not None])
