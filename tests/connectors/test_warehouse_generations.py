"""Which generation a statement gets: it wins over all that it meets, and is rewritten in place while nobody speaks."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from connectors.warehouse import Statement
from connectors.warehouse.runs import Earlier, generation

STATEMENTS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.frozensets(st.sampled_from("ab"), min_size=1), st.booleans()),
    max_size=12,
)


def told(statements) -> list[int]:
    """Return the generation of each statement: input, definitions, cameras, replaces."""
    found: list[int] = []
    for number, (of, by, cameras, replaces) in enumerate(statements):
        earlier = [
            Earlier(run + 1, before[0], before[1], found[run], bool(before[2] & cameras))
            for run, before in enumerate(statements[:number])
        ]
        found.append(generation(Statement(of, by, "replay", [], replaces=replaces), earlier))
    return found


def meet(one, other) -> bool:
    return one[0] == other[0] or bool(one[2] & other[2])


HERE, THERE = frozenset("a"), frozenset("b")
ELSEWHERE = [(1, 1, HERE, False), (1, 2, HERE, False), (2, 1, HERE, False), (1, 2, THERE, False), (1, 2, HERE, False)]
"""What was stated before comes again for another camera, then here, where somebody else has spoken meanwhile."""


@given(STATEMENTS)
@example(ELSEWHERE)
def test_a_statement_wins_over_every_other_that_it_meets(statements) -> None:
    numbers = told(statements)
    for later in range(len(statements)):
        for before in range(later):
            if meet(statements[before], statements[later]):
                is_same = statements[before][:2] == statements[later][:2]
                assert numbers[later] >= numbers[before] if is_same else numbers[later] > numbers[before]


@given(STATEMENTS)
def test_a_statement_made_again_keeps_its_generation_until_another_meets_it(statements) -> None:
    again = [each for each in statements for _ in range(2)]
    numbers = told(again)
    assert numbers[::2] == numbers[1::2]


def test_the_first_statement_of_a_camera_is_generation_0() -> None:
    assert told([(1, 1, frozenset("a"), False), (2, 1, frozenset("b"), False)]) == [0, 0]
