"""Windows of one rule's figure as they come, and the alerts that follow: by spans of history, or minute by minute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from flows.alerts import scope
from flows.alerts.hours import may_begin
from flows.alerts.names import Names
from operators.alerts import conditions
from operators.alerts.alert import Alert
from operators.alerts.conditions import NO, UNKNOWN, YES, Changes, Params, Rows, State
from schemas.rules import Rule, subjects
from schemas.rules.durations import duration_us

_WHY: Final = {conditions.ENDED: "cleared", conditions.UNSEEN: "unseen"}
_VERDICTS: Final = {1: YES, 0: NO}
AREAS: Final = "health_area_minute"
"""What rules about blind cameras go by."""


@dataclass
class Watched:
    """One rule, the subjects that it has met, and how each of them stands."""

    rule: Rule
    names: Names
    subjects: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[tuple[Any, ...], int] = field(default_factory=dict)
    state: State = field(default_factory=lambda: conditions.start(0))
    alerts: dict[str, Alert] = field(default_factory=dict)
    """Those that it has told, by key."""
    lasting: dict[int, str] = field(default_factory=dict)
    """By subject the alert that lasts."""

    def __post_init__(self) -> None:
        view = self.rule.figure.partition(".")[0] or AREAS
        self.by, self.length_us = subjects.subject(view), subjects.length_us(view)
        self.params = Params(duration_us(self.rule.for_), duration_us(self.rule.keep_firing_for))
        self.is_low = self.rule.below is not None or self.rule.unusual == "below"

    def fork(self) -> Watched:
        """Return another that goes on from here by itself; they number subjects together."""
        return replace(self, state=conditions.copied(self.state), alerts=dict(self.alerts), lasting=dict(self.lasting))

    def resume(self, alerts: Iterable[Alert], at_us: int) -> None:
        """Go on with alerts that were told before a time and last, as if all windows until then had been taken.

        What was told goes on so when a program is started again, however long ago it began.
        """
        told = [alert for alert in alerts if alert.fired_us <= at_us and alert.over_us is None]
        held = [alert for alert in told if len(alert.subject) == len(self.by)]  # its rule may have had another view
        self.state = conditions.grown(self.state, len(self.subjects) + len(held))
        for alert in held:
            code = self.codes[alert.subject] = len(self.subjects)
            self.subjects.append(dict(zip(self.by, alert.subject, strict=True)))
            self.alerts[alert.key], self.lasting[code] = alert, alert.key
            state, peak = self.state, float("nan") if alert.value is None else alert.value
            state.last_us[code], state.held_us[code], state.peak[code] = at_us, at_us - alert.since_us, peak
            state.since_us[code], state.fired_us[code] = alert.since_us, alert.fired_us

    def forget(self, before_us: int) -> None:
        """Forget alerts that were over before a time."""
        self.alerts = {key: alert for key, alert in self.alerts.items() if alert.until_us >= before_us}

    def take(self, windows: pl.DataFrame) -> None:
        """Take windows as `flows.alerts.reading.Reader.windows` has them, none before one that it has taken."""
        if not windows.height:
            return
        end_us = windows["start_us"].to_numpy() + self.length_us
        rows = Rows(
            self._codes(windows),
            end_us,
            np.full(windows.height, self.length_us, np.int64),
            windows["holds"].cast(pl.Int64).replace_strict(_VERDICTS, default=UNKNOWN).to_numpy().astype(np.int8),
            windows["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
            may_begin(self.rule, end_us, self.names.day_types),
        )
        self._tell(conditions.step(self.state, self.params, rows, is_low=self.is_low))

    def _codes(self, windows: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Return (n,) the subjects of windows by number; those that nobody has met get one."""
        runs = windows.with_columns(run=pl.struct(self.by).rle_id())
        firsts = runs.unique("run", keep="first", maintain_order=True).drop("run").to_dicts()
        of_run = np.empty(len(firsts), np.int32)
        for run, row in enumerate(firsts):
            named = tuple(row[name] for name in self.by)
            if named not in self.codes:
                self.codes[named] = len(self.subjects)
                self.subjects.append(row)
            elif len(row) > len(self.subjects[self.codes[named]]):
                self.subjects[self.codes[named]] = row  # one that was resumed
            of_run[run] = self.codes[named]
        self.state = conditions.grown(self.state, len(self.subjects))
        return of_run[runs["run"].to_numpy()]

    def _tell(self, told: Changes) -> None:
        for i in range(len(told.subject)):
            subject, peak = int(told.subject[i]), float(told.peak[i])
            value = None if np.isnan(peak) else peak
            if told.is_on[i]:
                alert = self._begun(subject, int(told.since_us[i]), int(told.t_us[i]), value)
                self.lasting[subject] = alert.key
            else:
                alert = msgspec.structs.replace(
                    self.alerts[self.lasting.pop(subject)],
                    ended_us=int(told.ended_us[i]),
                    known_us=int(told.t_us[i]),
                    over_us=int(told.t_us[i]),
                    why=_WHY[int(told.why[i])],
                    value=value,
                )
            self.alerts[alert.key] = alert

    def _begun(self, subject: int, since_us: int, fired_us: int, value: float | None) -> Alert:
        row = self.subjects[subject]
        named = "\n".join(str(row[name]) for name in self.by)
        labels = scope.labels(self.rule, row, self.names)
        return Alert(
            key(self.rule, named, since_us), labels, since_us, fired_us, value=value,
            simulated=bool(row.get("simulated")), subject=tuple(str(row[name]) for name in self.by),
        )  # fmt: skip


def key(rule: Rule, subject: str, since_us: int) -> str:
    """Return what an alert is known by."""
    return blake2b(f"{rule.id}\n{subject}\n{since_us}".encode(), digest_size=8).hexdigest()
