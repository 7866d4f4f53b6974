"""The page, put together."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from flows import rendering
from flows.asking import Store, ask
from flows.report.headline import sentences
from flows.report.sections import RECORDED, SECTIONS, Section

WIDTH = 140


def render(store: Store) -> str:
    """Ask every question and return the page."""
    return "\n".join(_parts(store))


def _parts(store: Store) -> Iterator[str]:
    yield "What stands out in the SIMULATED day"
    for sentence in sentences(store):
        yield textwrap.fill(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ")
    yield ""
    yield _table(store, RECORDED)
    yield "The SIMULATED day, table by table\n"
    for section in SECTIONS:
        yield _table(store, section)


def _table(store: Store, section: Section) -> str:
    answer = ask(store, section.sql)
    body = rendering.table(answer.column_names, answer.rows, width=WIDTH) if answer.rows else f"{section.empty}\n"
    said = [section.title, *textwrap.wrap(section.words, WIDTH, initial_indent="  ", subsequent_indent="  "), body]
    return "\n".join(said)
