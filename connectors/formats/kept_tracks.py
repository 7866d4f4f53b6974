"""What is kept of refused messages of Frigate: what its reader reads of a track, a review, a status."""

from __future__ import annotations

from typing import Any

from connectors.formats.frigate_lines import WORDS
from connectors.formats.kept_cuts import SIDES, Cut, an_object, every, number, track, truth, word
from connectors.formats.kept_events import of_topic


def frigate(of_id: Cut, of_class: Cut) -> Cut:
    """Keep what a track is like now, or a word of status; the topic too."""
    after = an_object(
        id=track,
        camera=of_id,
        label=of_class,
        box=every(number, SIDES),
        **dict.fromkeys(("frame_time", "start_time", "end_time", "score", "top_score"), number),
        **dict.fromkeys(("false_positive", "stationary"), truth),
    )
    event = an_object(type=word("new", "update", "end"), after=after)

    def message(value: Any) -> Any:
        return value if isinstance(value, str) and value in WORDS else event(value)

    return of_topic(message)
