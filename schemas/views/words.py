"""The view `words`: what people read for each word that rows hold, in Indonesian and in English."""

from __future__ import annotations

from typing import Final

from schemas.card import Figure
from schemas.incidents import CLOSE_LABELS, KIND_LABELS, SEVERITY_LABELS
from schemas.incidents import STATE_LABELS as INCIDENT_STATES
from schemas.rejects import REJECT_LABELS
from schemas.views.sql import View, string, view
from schemas.words import LEVEL_LABELS, REASON_LABELS, STATE_LABELS, Label

WORDS: Final = {
    "level": LEVEL_LABELS,
    "camera state": STATE_LABELS,
    "reason": REASON_LABELS | REJECT_LABELS,
    "kind": KIND_LABELS,
    "severity": SEVERITY_LABELS,
    "state": INCIDENT_STATES,
    "close_reason": CLOSE_LABELS,
}
"""Labels by what they are words of: a column of that name, of incidents for the last four."""

FIGURES: Final = {
    "words": {
        "about": Figure("", "What it is a word of: the column", Label("Kolom", "Column")),
        "word": Figure("", "As rows hold it", Label("Kata", "Word")),
        "label_id": Figure("", "What people read, in Indonesian", Label("Nama Indonesia", "Indonesian name")),
        "label_en": Figure("", "What people read, in English", Label("Nama Inggris", "English name")),
    }
}


def words() -> View:
    """Return the view, a row a word."""
    rows = [(about, word, *label) for about, labels in WORDS.items() for word, label in labels.items()]
    values = ",\n    ".join("(" + ", ".join(map(string, row)) + ")" for row in rows)
    names = tuple(FIGURES["words"])
    types = ", ".join(f"{name} String" for name in names)
    query = f"SELECT *\nFROM values({string(types)},\n    {values})"
    return view("words", names, query, "What people read for each level, state, reason, kind and severity")
