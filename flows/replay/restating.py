"""What a replay says of the run before it that stated the same input: which it was, what differs, what is withdrawn.

Figures that change because a registry was mended are right, but nobody should
have to find out by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.warehouse import Former
from flows.replay.asked import Restated
from schemas.counting import counted

WORDS: Final = {
    "registry": "the registry",
    "tracker": "whose tracks are made here (tracker)",
    "calendar": "the calendar",
    "thresholds": "thresholds or options",
    "version": "Tilik's version",
}
"""By part of what defines a statement (`flows.replay.identity.parts`), what people call it."""
UNKNOWN: Final = "its definitions"


class _Summary(msgspec.Struct):
    """What is taken of a run's summary; those of older versions, or of runs that ended half-way, have none of it."""

    by: dict[str, str] = {}


_DECODER: Final = msgspec.json.Decoder(_Summary)


def compared(former: Former | None, definitions: int, by: Mapping[str, str], withdrawn: int) -> Restated | None:
    """Return what a run made of its former one; None where it had none, or one by the same definitions.

    Parameters
    ----------
    former
        The run that stated this input last before.
    definitions, by
        What this run goes by, as a whole and by parts.
    withdrawn
        Rows that it left no room for.
    """
    if former is None or former.definitions == definitions:
        return None
    had = _DECODER.decode(former.summary).by if former.summary else {}
    differs = tuple(part for part in by if had and had.get(part) != by[part])
    return Restated(former.run, differs, withdrawn)


def in_words(restated: Restated) -> str:
    """Return it as a sentence."""
    what = ", ".join(WORDS[part] for part in restated.differs) or UNKNOWN
    gone = f"{counted(restated.withdrawn, 'rows')} that it does not say any more" if restated.withdrawn else "no row"
    return f"Restated run {restated.run}, which had stated this input: {what} changed; {gone} withdrawn."
