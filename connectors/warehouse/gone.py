"""Runs whose process is gone: they say `running`, and nobody alive holds the lease under which they write.

A run begins and ends while its lease is held. So one that is running before and
after the leases are read, and has none, will never say that it ended.
"""

from __future__ import annotations

from typing import NamedTuple

from connectors.warehouse import leases, runs
from connectors.warehouse.session import Session


class Gone(NamedTuple):
    """A run that was killed, or whose machine was."""

    run: int
    command: str
    inputs: list[str]


def find(session: Session) -> list[Gone]:
    """Return the runs whose process is gone, in their order."""
    before = {row.run for row in _running(session)}
    alive = leases.inputs(session) if before else frozenset()
    after = _running(session) if before else []
    return [Gone(*row[1:]) for row in after if row.run in before and row.input not in alive]


def mark(session: Session) -> list[Gone]:
    """Say of them that they failed: what they stored stays theirs, until their input is stated again."""
    found = find(session)
    runs.fail_all(session, [each.run for each in found])
    return found


class _Running(NamedTuple):
    input: int
    run: int
    command: str
    inputs: list[str]


def _running(session: Session) -> list[_Running]:
    rows = session.query(
        "SELECT fingerprint, run, command, inputs FROM runs_log FINAL WHERE state = 'running' ORDER BY run"
    ).rows
    return [_Running(*row) for row in rows]
