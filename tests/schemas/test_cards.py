"""A card says all of a metric, in both languages; what follows from cards holds together."""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, product
from pathlib import Path

import numpy as np
import pytest

from operators.stage import emit, health
from schemas import incidents, words
from schemas.card import Card, Figure
from schemas.cards import BY_NAME, CARDS, INCIDENTS, LOOKS, METRIC_NAMES, ON_OFF, ZONE_KINDS
from schemas.columns import HEALTH
from schemas.frames import CLASSES
from schemas.local_time import ZONE
from schemas.sql import MUTE, array
from schemas.views import View, every
from schemas.views.describe import of

VIEWS = every(ZONE)
D3 = re.compile(r"\+?,?(\.\d)?[dfg%]")
by_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
by_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def test_each_card_has_its_own_number_and_name() -> None:
    for twice in (Counter(card.number for card in CARDS), Counter(card.name for card in CARDS)):
        assert [key for key, count in twice.items() if count > 1] == []


@by_card
def test_a_table_is_named_after_its_card(card: Card) -> None:
    assert card.table is None or card.table.name == card.name
    assert card.camera is None or card.table is not None


@by_card
def test_what_a_card_names_exists(card: Card) -> None:
    assert set(chain.from_iterable(look.classes for look in card.looks)) <= set(CLASSES)
    assert set(chain.from_iterable(each.severities for each in card.incidents)) - {""} <= set(incidents.SEVERITY_LABELS)
    parts = card.table.parts if card.table else {}
    assert {name: len(edges) for name, edges in card.edges.items()} == {name: parts[name].bins for name in card.edges}


@by_card
def test_every_figure_stands_somewhere(card: Card) -> None:
    levels = {"camera": card.camera, "area": card.area, "place": card.spots}
    for name, figure in card.figures.items():
        stands = [level for level in levels if getattr(figure, level) is not None]
        assert stands, f"{card.name}: {name} is reckoned at no level"
        assert [level for level in stands if levels[level] is None] == [], f"{card.name}: {name} has no such view"


def test_lists_of_names_follow_from_the_cards() -> None:
    assert set(METRIC_NAMES) == {card.enabled_by for card in CARDS} - {""}
    assert set(ZONE_KINDS) == {look.kind for card in CARDS for look in card.looks}
    assert set(INCIDENTS) == {each.kind for card in CARDS for each in card.incidents}
    assert set(METRIC_NAMES) <= set(BY_NAME)


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        pytest.param(words.LEVELS, words.LEVEL_LABELS, id="levels"),
        pytest.param(words.STATES, words.STATE_LABELS, id="camera states"),
        pytest.param(words.REASONS, words.REASON_LABELS, id="reasons"),
        pytest.param(incidents.INCIDENT_KINDS, incidents.KIND_LABELS, id="kinds"),
        pytest.param(incidents.INCIDENT_STATES, incidents.STATE_LABELS, id="states"),
        pytest.param(
            (
                *incidents.CLOSE_REASONS.values(),
                incidents.VERSION_ENDED,
                incidents.CAMERA_REMOVED,
                incidents.END_OF_INPUT,
            ),
            incidents.CLOSE_LABELS,
            id="close reasons",
        ),
        pytest.param(chain.from_iterable(incidents.SEVERITIES.values()), incidents.SEVERITY_LABELS, id="severities"),
    ],
)
def test_every_word_has_a_label_in_both_languages(said, labels) -> None:
    assert set(said) - {""} == set(labels)
    assert all(label.id and label.en for label in labels.values())


@by_view
def test_every_column_of_a_view_says_what_it_is_in_both_languages(view: View) -> None:
    for name, said in of(view).items():
        assert said.meaning, f"{view.name}.{name}"
        assert said.label.id, f"{view.name}.{name}"
        assert said.label.en, f"{view.name}.{name}"


@by_view
def test_numbers_have_a_format_and_words_have_none(view: View) -> None:
    for name, said in of(view).items():
        assert said.format == "" or D3.fullmatch(said.format), f"{view.name}.{name}: {said.format!r} is no d3-format"
        assert bool(said.format) or not said.unit, f"{view.name}.{name} has a unit, so it has a format"


def test_a_figure_with_one_name_has_one_unit_label_and_format() -> None:
    held: dict[tuple[str, str], set[tuple[object, ...]]] = {}
    for card in CARDS:
        for name, figure in card.figures.items():
            held.setdefault((card.label.id, name), set()).add(_read(figure))
    shared: dict[str, set[tuple[object, ...]]] = {}
    for (_, name), read in held.items():
        shared.setdefault(name, set()).update(read)
    assert {name: read for name, read in shared.items() if len(read) > 1} == {}


def _read(figure: Figure) -> tuple[object, ...]:
    return figure.unit, figure.label, figure.format, figure.adds


def test_a_column_that_nothing_describes_is_refused() -> None:
    with pytest.raises(KeyError, match="nobody"):
        of(View("crowd_hour", ("ts", "nobody_knows"), ""))


ROOT = Path(__file__).parents[2]
MANY = 3
SPECIAL = {
    "schemas/views/places.py": "a place's visits are made of gates, stays and persons",
    "flows/kernels.py": "what the shard wires by hand",
    "flows/thresholds.py": "kernels that are no metric's own",
}
"""Where several metrics are named since the matter is theirs, and not a list of what there is."""


def _lists() -> Iterator[tuple[str, int, set[str]]]:
    """Yield every literal of the house with the metrics, and kinds of zones and incidents, that it names."""
    names = {card.name for card in CARDS} | set(METRIC_NAMES) | set(ZONE_KINDS) | set(INCIDENTS)
    for room in ("schemas", "operators", "connectors", "flows"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                keys = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
                said = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
                said |= {key.id for key in keys if isinstance(key, ast.Name)}
                yield str(path.relative_to(ROOT)), getattr(node, "lineno", 0), said & names


def test_metrics_are_listed_nowhere_but_in_their_cards() -> None:
    found = [(file, line, said) for file, line, said in _lists() if said]
    assert len(found) > 10
    cards = {f"schemas/metrics/{path.name}" for path in (ROOT / "schemas" / "metrics").glob("*.py")}
    assert [each for each in found if len(each[2]) >= MANY and each[0] not in cards | SPECIAL.keys()] == []


@pytest.mark.parametrize("kind", ON_OFF)
def test_thresholds_on_a_card_are_those_of_its_kernel(kind: str) -> None:
    from flows.thresholds import Thresholds

    (name,) = (card.name for card, look in LOOKS if look.kind == kind and look.on_off is not None)
    rules = Thresholds().of(name)
    own = rules.jams if hasattr(rules, "jams") else rules
    assert (own.on, own.off) == ON_OFF[kind]


def test_every_reason_is_said_by_somebody() -> None:
    """Rows say those that a camera has, views the others."""
    cases = product(
        range(len(words.STATES)), (0, 1), (0, 20_000, 40_000, 60_000), ("", "dark", "blurred", "frozen", "untracked")
    )
    rows = []
    for state, frames, observed, lost in cases:
        row = np.zeros(HEALTH.width, np.int64)
        row[[HEALTH.offset(name) for name in ("state", "frames", "observed_ms")]] = state, frames, observed
        if lost:
            row[HEALTH.offset(f"{lost}_ms")] = 60_000 - observed
        rows.append(row)
    causes = (*emit.LOST, "untracked")
    stored = {words.REASONS[code] for code in emit.reasons(np.array(rows), np.full(len(rows), 60_000), causes).tolist()}
    texts = "\n".join(view.text for view in VIEWS if view.name not in ("columns", "words"))
    for numbered in (words.REASONS, words.STATES):
        texts = texts.replace(array(numbered), "")
    shown = {word for word in words.REASON_LABELS if f"'{word}'" in texts}
    looked_up = {"mute"} if MUTE in texts else set()  # of whole rows, by its number
    assert stored | shown | looked_up == {"", *words.REASON_LABELS}
    assert "" in stored


def test_every_camera_state_is_said_by_a_kernel() -> None:
    sources = "".join(inspect.getsource(module) for module in (health, emit))
    assert {word for word in words.STATE_LABELS if f'"{word}"' in sources} == set(words.STATE_LABELS)


def test_numbers_of_words_that_were_given_up_stay_empty() -> None:
    """Older rows hold the numbers of the others."""
    assert [words.REASONS.index(word) for word in ("offline", "dark", "frozen", "low_fps", "low_coverage")] == [
        1,
        3,
        6,
        8,
        10,
    ]
    assert [words.STATES.index(word) for word in ("online", "dark", "stale", "offline")] == [0, 6, 9, 10]
