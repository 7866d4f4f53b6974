"""What people read of Superset in Indonesian: every word once, none empty, and what stands in for values kept."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import Final

from flows.dashboards.pages import FOLDER

TEXT: Final = (FOLDER / "translations" / "id.po").read_text(encoding="utf-8")
KEY: Final = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[\d+\])?) (".*")$')
HOLE: Final = re.compile(r"%(?:\(\w+\))?[sd]|{\w+}")


def _entries() -> list[dict[str, str]]:
    """Return the catalogue's entries after its head: strings of one line each, by their key."""
    found = []
    for block in TEXT.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        keyed = [KEY.match(line) for line in lines]
        if '"Language: id\\n"' not in lines:
            assert all(keyed), f"expected a key and a string on each line, came: {block}"
            found.append({key[1]: ast.literal_eval(key[2]) for key in keyed if key})
    return found


def test_every_word_stands_once_and_says_something() -> None:
    entries = _entries()
    counted = Counter(entry["msgid"] for entry in entries)
    assert [word for word, n in counted.items() if n > 1] == []
    assert [entry for entry in entries if not all(entry.values())] == []


def test_a_counted_word_has_the_one_form_that_indonesian_has() -> None:
    for entry in _entries():
        wanted = {"msgid", "msgid_plural", "msgstr[0]"} if "msgid_plural" in entry else {"msgid", "msgstr"}
        assert set(entry) == wanted


def test_what_stands_in_for_a_value_stands_on_both_sides() -> None:
    for entry in _entries():
        said = entry.get("msgstr", entry.get("msgstr[0]", ""))
        wanted = {tuple(sorted(HOLE.findall(entry[key]))) for key in ("msgid", "msgid_plural") if key in entry}
        assert tuple(sorted(HOLE.findall(said))) in wanted, entry


def test_spaces_at_an_end_are_kept() -> None:
    """Superset sets such words side by side."""
    for entry in _entries():
        word, said = entry["msgid"], entry.get("msgstr", entry.get("msgstr[0]", ""))
        assert (word[0].isspace(), word[-1].isspace()) == (said[0].isspace(), said[-1].isspace()), entry


def test_no_word_waits_for_somebody_to_look_at_it() -> None:
    assert [line for line in TEXT.splitlines() if line.startswith("#,") and "fuzzy" in line] == []
