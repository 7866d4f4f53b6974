"""A card says all of a metric, in both languages; what follows from cards holds together."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import pytest

from schemas import incidents, words
from schemas.card import Card, Figure
from schemas.cards import BY_NAME, CARDS, INCIDENTS, METRIC_NAMES, ZONE_KINDS
from schemas.frames import CLASSES
from schemas.local_time import ZONE
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
        pytest.param(incidents.CLOSE_REASONS.values(), incidents.CLOSE_LABELS, id="close reasons"),
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
