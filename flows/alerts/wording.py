"""What a message says, in Indonesian: plain text, a line an alert, the worst first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flows.alerts.names import Names
from operators.alerts.alert import Alert, worst
from operators.alerts.groups import Notice
from schemas.incidents import CLOSE_LABELS, KIND_LABELS
from schemas.local_time import OFFSET_US, at_time
from schemas.plain import words
from schemas.rules import Rule
from schemas.rules.durations import said
from schemas.rules.entries import SEVERITY_LABELS

MOST: Final = 12
"""Lines of alerts that a message has; the rest is counted. Ours: what a phone shows at once."""
_HEADS: Final = {
    "new": "",
    "changed": "",
    "again": "MASIH BERLANGSUNG · ",
    "escalated": "BELUM DITANGGAPI · ",
    "over": "SELESAI · ",
}
WHY: Final = {
    "cleared": "sudah bersih",
    "unseen": "tidak teramati lagi",
    "inhibited": "dijelaskan kejadian lain",
    "silenced": "dibisukan",
    "dismissed": "bukan kejadian",
    "withdrawn": "dibatalkan: angka diperbaiki",
    "unruled": "aturan dihapus",
} | {word: label.id.lower() for word, label in CLOSE_LABELS.items() if word != "cleared"}
"""Why an alert is told no more, as people read it."""


def text(notice: Notice, rules: Mapping[str, Rule], names: Names) -> str:
    """Return a message; names in it are one line each, and nothing of them is markup."""
    every = (*notice.firing, *notice.over)
    rule = rules.get(every[0].labels["rule"])  # what was told goes on to its end, though its rule is gone
    severity = SEVERITY_LABELS[worst(every)].id.upper()
    simulated = "[SIMULASI] " if any(alert.simulated for alert in every) else ""
    where = _where(notice, names)
    head = f"{simulated}{_head(notice)}{severity}: {rule.title if rule else every[0].labels['rule']} · {where}"
    shown = _going_on(notice) if notice.what != "over" else notice.over
    lines = [f"• {line(alert, notice.at_us, names, where)}" for alert in shown[:MOST]]
    if len(shown) > MOST:
        lines.append(f"dan {len(shown) - MOST} lainnya")
    if len(every) > len(shown):
        lines.append(f"sudah selesai: {len(every) - len(shown)}")
    if notice.what in ("new", "again", "escalated") and rule is not None and rule.todo:
        lines.append(rule.todo)
    return "\n".join([words(head), *map(words, lines)])


def _head(notice: Notice) -> str:
    """Return how it stands; what is told no more though it goes on says why."""
    is_hidden = notice.what == "over" and not any(alert.ended(notice.at_us) for alert in notice.over)
    return f"{WHY[notice.why].upper()} · " if is_hidden and notice.why in WHY else _HEADS[notice.what]


def _going_on(notice: Notice) -> list[Alert]:
    """Return what goes on: what a rule keeps firing for a while may have ended."""
    return [alert for alert in notice.firing if not alert.ended(notice.at_us)]


def _where(notice: Notice, names: Names) -> str:
    """Return the places, else the areas, that a message is of."""
    group, every = dict(notice.group), _going_on(notice) or (*notice.firing, *notice.over)
    for label in ("place", "camera", "kelurahan", "kecamatan"):
        if group.get(label):
            return names.called(label, group[label])
    found = sorted({names.called("place", alert.labels["place"]) for alert in every if alert.labels["place"]})
    return ", ".join(found[:3]) + (f" dan {len(found) - 3} lainnya" if len(found) > 3 else "") if found else "kota"


def line(alert: Alert, at_us: int, names: Names, said_before: str = "") -> str:
    """Return what is said of one alert: where, if a message's head has not said that, since when, how long."""
    labels = alert.labels
    what = KIND_LABELS[labels["kind"]].id if labels["kind"] in KIND_LABELS else ""
    where = names.called("camera", labels["camera"]) if labels["camera"] else names.called("place", labels["place"])
    subject = " ".join(filter(None, [what, where, f"({labels['zone']})" if labels["zone"] else ""]))
    if where == said_before:
        subject = labels["zone"]
    end_us = alert.ended_us if alert.ended(at_us) and alert.ended_us is not None else at_us
    lasted = said((end_us - alert.since_us) / 1e6)
    ended = f", {WHY.get(alert.why, alert.why)}" if alert.why and alert.ended(at_us) else ""
    return f"{subject + ', ' if subject else ''}sejak {clock(alert.since_us)}, {lasted}{ended}"


def clock(t_us: int) -> str:
    """Return a local time as messages say it: ``07:02 WIB``."""
    return f"{at_time(t_us + OFFSET_US):%H:%M} WIB"
