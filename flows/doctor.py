"""What is reachable, which versions, what is wrong: one finding a line.

A finding is `good`, `wrong` (with what to do) or `note` (worth knowing, nothing
to mend). Each check looks at one thing and never raises.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from connectors.warehouse.accounts import MEMORY_BYTES as ENGINE_BYTES
from flows.settings import Settings, hide, load, refuse_to_tell
from schemas.counting import counted
from schemas.errors import TilikError, UsageError
from schemas.plain import listed

if TYPE_CHECKING:
    pass

MIN_DISK_BYTES: Final = 2 << 30
"""A day of 60 cameras needs far less; a merge needs room beside what it merges."""
MIN_MEMORY_BYTES: Final = 2 << 30
"""A flow of 20,000 cameras takes about 1 GB. Where the engine is ours, what it may take comes on top."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    state: Literal["good", "note", "wrong"]
    detail: str


def examine(settings_path: str | None = None) -> list[Finding]:
    """Look at everything; a check that breaks is itself a finding."""
    try:
        settings = load(os.environ, settings_path)
        refuse_to_tell(settings, os.environ)
    except UsageError as error:
        wrong = [Finding("settings", "wrong", line) for line in str(error).splitlines()]
        return [*wrong, *_machine("")]
    checks: tuple[Callable[[Settings], list[Finding]], ...] = (_registry, _disk, _stored)
    found = [Finding("settings", "good", settings.line()), *_machine(settings.warehouse)]
    for check in checks:
        found += check(settings)
    return found


def _machine(warehouse: str) -> list[Finding]:
    return [_python(), *_packages(), _memory(warehouse.startswith("embedded:"))]


def _python() -> Finding:
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    good = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding("python", "good" if good else "wrong", text if good else f"{text}: 3.11 or 3.12 is needed")


def _packages() -> list[Finding]:
    """Compare what is installed with the versions the distribution pins."""
    wanted = [r for r in requires("tilik") or [] if "extra ==" not in r]
    found, wrong = [], []
    for requirement in wanted:
        name, _, pin = requirement.partition("==")
        try:
            have = version(name)
        except PackageNotFoundError:
            wrong.append(Finding("package", "wrong", f"{name} is missing: run `make install`"))
            continue
        if pin and have != pin:
            wrong.append(Finding("package", "wrong", f"{name} is {have}, expected {pin}: run `make install`"))
        found.append(f"{name} {have}")
    return [Finding("packages", "good", f"tilik {version('tilik')}; {', '.join(found)}"), *wrong]


def _memory(has_engine: bool) -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    needed = MIN_MEMORY_BYTES + (ENGINE_BYTES if has_engine else 0)
    text = f"{total / 2**30:.1f} GiB"
    if total >= needed:
        return Finding("memory", "good", text)
    return Finding("memory", "wrong", f"{text}, {needed / 2**30:.1f} GiB are needed")


def _registry(settings: Settings) -> list[Finding]:
    if settings.registry is None:
        return [Finding("registry", "note", "none set: replays register the cameras of their input provisionally")]
    from connectors import registry  # noqa: PLC0415  a broken registry must not stop the other checks

    try:
        loaded = registry.load(settings.registry)
    except TilikError as error:
        return [Finding("registry", "wrong", line) for line in str(error).splitlines()]
    return [Finding("registry", "good", f"{settings.registry}: {counted(len(loaded.camera), 'cameras')}")]


def _disk(settings: Settings) -> list[Finding]:
    kind, _, folder = settings.warehouse.partition(":")
    if kind != "embedded":
        return []
    there = next(p for p in (Path(folder).absolute(), *Path(folder).absolute().parents) if p.exists())
    if not os.access(there, os.W_OK):
        return [Finding("disk", "wrong", f"{there} cannot be written: choose another folder or its owner")]
    free = shutil.disk_usage(there).free
    if free < MIN_DISK_BYTES:
        return [Finding("disk", "wrong", f"{free / 2**30:.1f} GiB free at {there}: free at least 2 GiB")]
    return [Finding("disk", "good", f"{free / 2**30:.1f} GiB free at {there}")]


def _stored(settings: Settings) -> list[Finding]:
    """Look at the warehouse, at what of it cannot be read and at its doors, over one engine."""
    from connectors import warehouse as warehouses  # noqa: PLC0415  a broken driver must not stop the other checks
    from flows import doors, unreadable  # noqa: PLC0415  as above

    with suppress(TilikError):  # which `_warehouse` says
        if warehouses.is_there(settings.warehouse):
            with warehouses.connect(settings.warehouse) as store:
                missing = [Finding("warehouse", "wrong", line) for line in unreadable.lines(store)]
                return [*_warehouse(settings), *missing, *(Finding(*door) for door in doors.examine(store))]
    return _warehouse(settings)


def _warehouse(settings: Settings) -> list[Finding]:
    from connectors import warehouse as warehouses  # noqa: PLC0415  a broken driver must not stop the other checks

    try:
        if not warehouses.is_there(settings.warehouse):
            return [Finding("warehouse", "note", f"{settings.warehouse} is empty: the first replay makes it")]
        with warehouses.connect(settings.warehouse) as store:
            ((answer,),) = store.query("SELECT version()").rows
            waits = not store.plan().empty
            gone = [] if waits else store.mark_killed_runs()
    except TilikError as error:
        return [Finding("warehouse", "wrong", line) for line in str(error).splitlines()]
    found = [Finding("warehouse", "good", f"{hide(settings.warehouse)}: ClickHouse {answer}")]
    older = Finding(
        "warehouse", "note", "its tables or views are older: `tilik warehouse migrate --plan` says what waits"
    )
    ended = [
        Finding(
            "warehouse", "note", f"run {each.run} ({each.command} {', '.join(each.inputs)}) was killed: run it again"
        )
        for each in gone
    ]
    return [*found, older] if waits else [*found, *ended]


def as_text(findings: list[Finding]) -> str:
    """Return the findings for the eye."""
    return listed(f"{state:<6}{what:<12}{detail}" for what, state, detail in findings)


def as_json(findings: list[Finding]) -> str:
    """Return the findings as one JSON object."""
    wrong = any(finding.state == "wrong" for finding in findings)
    return json.dumps({"ok": not wrong, "findings": [finding._asdict() for finding in findings]})
