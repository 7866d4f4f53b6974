"""Judged faces come out of their four bytes as they went in."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.stage import faces


def packed(mask: str | None, confidence: float | None, face_px: float | None) -> int:
    columns = faces.words(pl.Series([mask], dtype=pl.String)), pl.Series([confidence], dtype=pl.Float32)
    return int(faces.pack(*columns, pl.Series([face_px], dtype=pl.Float32))[0])


@settings(deadline=None)
@given(st.sampled_from(["masked", "unmasked", "incorrect"]), st.floats(0, 1, width=32), st.floats(0, 255, width=32))
def test_what_goes_in_comes_out(mask: str, confidence: float, face_px: float) -> None:
    face = packed(mask, confidence, face_px)
    assert faces.vote(face) == (faces.MASKED if mask == "masked" else faces.UNMASKED)
    assert faces.weight(face) == pytest.approx(confidence * 1e6, abs=0.51)
    assert faces.width_px(face) == int(face_px)


@pytest.mark.parametrize("mask", [None, "", "MASKED", "helmet", "masked "])
def test_anything_else_is_no_judgement(mask: str | None) -> None:
    assert packed(mask, 0.9, 30.0) == 0


def test_an_absent_confidence_is_sure_and_an_absent_width_too_small() -> None:
    face = packed("masked", None, None)
    assert (faces.vote(face), faces.weight(face), faces.width_px(face)) == (faces.MASKED, 1_000_000, 0)


@pytest.mark.parametrize(("face_px", "width"), [(-5.0, 0), (1e9, 255), (float("nan"), 0), (19.99, 19)])
def test_widths_that_cannot_be_are_clamped(face_px: float, width: int) -> None:
    assert faces.width_px(packed("masked", 0.5, face_px)) == width
