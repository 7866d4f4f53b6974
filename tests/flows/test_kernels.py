"""Every card has a kernel, and every kernel the shape that a shard asks for."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from flows import kernels, thresholds
from schemas.cards import CARDS


def test_every_card_has_a_kernel() -> None:
    assert set(kernels.EVERY) | kernels.WIRED | set(thresholds.ELSEWHERE) == {card.name for card in CARDS}


def test_a_card_without_a_kernel_says_which_file_to_write() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"card cows: expected its kernel in operators/metrics/cows\.py"):
        thresholds.kernel(replace(CARDS[0], name="cows"))


def test_a_kernel_that_lacks_a_part_of_the_shape_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt `tick` would else measure nothing, in silence."""
    half = ModuleType("operators.metrics.cows")
    half.plan = half.start = half.step = half.carry = None  # type: ignore[attr-defined]
    monkeypatch.setitem(kernels.KERNELS, "cows", half)
    with pytest.raises(TypeError, match=r"operators\.metrics\.cows: expected plan, .* lacks tick: add it"):
        kernels.shaped()
