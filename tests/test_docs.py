"""What is written about the code follows from the code."""

import re
from pathlib import Path

import pytest

from flows import metrics_page
from schemas import columns

ROOT = Path(__file__).parents[1]
PROSE = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_committed_metrics_page_is_what_the_definitions_say():
    assert metrics_page.TARGET.read_text(encoding="utf-8") == metrics_page.render(), "stale: run `make docs`"


def test_every_part_of_every_metric_stands_on_the_page():
    page = metrics_page.render()
    names = [name for metric in columns.METRICS for name in metric.parts]
    assert names
    assert [name for name in names if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("page", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_decision_says_its_context_its_choice_and_what_would_change_it():
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert pages
    wanted = ("## Context", "## Choice", "## What would change our mind")
    assert [(p.name, head) for p in pages for head in wanted if head not in p.read_text(encoding="utf-8")] == []
