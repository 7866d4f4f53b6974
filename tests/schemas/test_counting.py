"""One thing is said in the singular."""

import pytest

from flows.commands.replay import as_text
from flows.replay import ReplaySummary
from schemas.counting import counted


@pytest.mark.parametrize(
    ("number", "things", "said"),
    [
        (0, "files", "0 files"),
        (1, "files", "1 file"),
        (2, "files", "2 files"),
        (1, "dead letters", "1 dead letter"),
        (1_234, "minutes", "1,234 minutes"),
    ],
)
def test_one_is_singular_and_all_else_plural(number, things, said):
    assert counted(number, things) == said


def test_a_replay_of_one_frame_says_so():
    said = as_text(ReplaySummary(1, 1, 1, 1, 0, 1, 1.0, incidents=1))
    assert said.startswith("1 frame with 1 object became 1 row and 1 incident in")
    assert said.endswith("0 late, 1 duplicate, 1 dead letter.")


@pytest.mark.parametrize(
    ("compiled_s", "said"), [(0.0, "in 10.0 s (8 frames/s)"), (6.0, "in 10.0 s, 6.0 s of it to compile, once")]
)
def test_a_rate_is_of_the_time_in_which_nothing_is_compiled(compiled_s, said):
    text = as_text(ReplaySummary(80, 0, 1, 0, 0, 0, 10.0, compiled_s=compiled_s))
    assert said in text
    assert ("(20 frames/s)" in text) == (compiled_s > 0)
