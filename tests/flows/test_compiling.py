"""Who waits for kernels to be compiled is told so once; who does not wait is told nothing."""

from __future__ import annotations

import pytest
from numba import njit
from numba.core import event

from flows import compiling


class Clock:
    """Time that passes only where a test lets it."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def compiled(clock: Clock, *takes_s: float) -> None:
    """Compile kernels one within the other, each taking so long before the next begins."""
    with event.trigger_event("numba:compile"):
        clock.now_s += takes_s[0]
        if takes_s[1:]:
            compiled(clock, *takes_s[1:])


CASES = {
    "nothing to compile": ([], 0),
    "a moment": ([(0.5,), (0.5, 0.5)], 0),
    "one that is long": ([(30.0,)], 1),
    "many, once": ([(1.0,)] * 50, 1),
    "one within another": ([(1.0, 1.5)], 1),
}


@pytest.mark.parametrize(("kernels", "times"), CASES.values(), ids=CASES.keys())
def test_compiling_is_said_once_it_takes_longer_than_a_moment(kernels: list[tuple[float, ...]], times: int) -> None:
    said: list[str] = []
    clock = Clock()
    with compiling.told(said.append, clock):
        for takes_s in kernels:
            compiled(clock, *takes_s)
            clock.now_s += 1_000  # what goes on between two is no compiling
    assert said == [compiling.SAID] * times
    compiled(clock, 1_000.0)
    assert len(said) == times


def test_a_kernel_that_is_compiled_is_heard() -> None:
    """The events are numba's own: an update may rename them."""
    said: list[str] = []
    ticks = iter(range(0, 10_000, 10))

    @njit
    def kernel(a: int) -> int:
        return a + 1

    with compiling.told(said.append, lambda: float(next(ticks))):
        assert kernel(1) == 2
        assert kernel(2) == 3
    assert said == [compiling.SAID]
