"""`tilik doctor`: what is reachable, which versions, what is wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.console import say


def doctor(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Check the machine, the settings, the registry and the warehouse (exit code 1 when something is wrong)."""
    from flows import doctor as checks  # noqa: PLC0415  start-up time

    findings = checks.examine(context.obj)
    say(checks.as_json(findings) if json else checks.as_text(findings))
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)
