"""`tilik run` and `tilik status`: the live flow, started once."""

from __future__ import annotations

import json as jsons
import re
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from flows import options
from flows.console import announce, note, say
from schemas.errors import TilikError, UsageError

STATE = "data/state"

State = Annotated[str, typer.Option(metavar="DIR", help="Where it remembers how far it is; a run has its own.")]


def run(
    context: typer.Context,
    source: Annotated[
        list[str], typer.Option(metavar="URL", help="kafka://HOST:PORT/TOPIC or spool:DIR; may be given again.")
    ],
    format: Annotated[str, typer.Option(help="Format of messages that do not say theirs.")] = "native",
    warehouse: options.Warehouse = None,
    archive: options.Archive = None,
    registry: options.Registry = None,
    state: State = STATE,
    processes: Annotated[
        int | None, typer.Option(min=1, max=256, help="Supervise so many processes, each with its share of the shards.")
    ] = None,
    shards: Annotated[str | None, typer.Option(metavar="A-B", help="Only these shards: others run elsewhere.")] = None,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Take what the sources hold now, close as a replay does, and end.")
    ] = False,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Serve /metrics, /healthz and /readyz on this loopback port.")
    ] = None,
    camera: options.Camera = None,
    size: options.Size = None,
    class_map: options.ClassMap = None,
    reorder_s: options.ReorderS = None,
    lateness_s: options.LatenessS = None,
    keep_unreadable: options.KeepUnreadable = None,
    child: Annotated[int | None, typer.Option("--child", metavar="PID", hidden=True)] = None,
    together: Annotated[str | None, typer.Option("--together", metavar="A-B", hidden=True)] = None,
) -> None:
    """Run the live flow: frames from brokers or the spool become rows within seconds, whatever breaks meanwhile."""
    settings = options.settings_of(
        context,
        warehouse=warehouse,
        archive=archive,
        registry=registry,
        reorder_s=reorder_s,
        lateness_s=lateness_s,
        keep_unreadable=keep_unreadable,
    )
    if settings.registry is None:
        raise UsageError("tilik run: expected --registry PATH: the cameras whose silence is to be told")
    share = _share(shards)
    from flows import compiling, live  # noqa: PLC0415  start-up time
    from flows.live import supervising  # noqa: PLC0415  start-up time

    if child is None:
        announce(settings)
    else:
        supervising.die_with(child)

    asked = live.RunOptions(
        sources=tuple(source),
        format=format,
        warehouse=settings.warehouse,
        registry=settings.registry,
        state=state,
        calendar=settings.calendar,
        class_map=options.class_map(class_map),
        size=options.size(size),
        camera=camera,
        shards=share,
        together=_share(together),
        until_end=until_end,
        is_child=child is not None,
        processes=processes,
        metrics_port=metrics_port,
        reorder_s=settings.reorder_s,
        lateness_s=settings.lateness_s,
        keep_unreadable=settings.keep_unreadable,
        archive=settings.archive,
    )
    began_s = time.monotonic()
    try:
        with compiling.told(note):
            counts = live.run(asked, sys.argv[1:])
    except TilikError as error:
        code = supervising.answered(error, is_child=child is not None)
        supervising.leave_threads(code)
        raise SystemExit(code) from error
    except KeyboardInterrupt:
        supervising.leave_threads(supervising.INTERRUPTED, "tilik: interrupted")
        raise
    if until_end and child is None:
        say(jsons.dumps(counts | {"seconds": round(time.monotonic() - began_s, 3)}))


def status(
    state: State = STATE, json: Annotated[bool, typer.Option("--json", help="All that is known, as JSON.")] = False
) -> None:
    """Say how a live run is: each shard's state, what is queued, how far behind it is."""
    from flows.live import place  # noqa: PLC0415  start-up time
    from flows.live import status as looking  # noqa: PLC0415

    found = looking.look(place.existing(Path(state)))
    say(jsons.dumps(found) if json else looking.table(found))


def _share(text: str | None) -> tuple[int, int] | None:
    """Read `A-B`, or one number, as first and last shard."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text)
    if found is None:
        raise UsageError(f"--shards {text}: expected a range such as 0-3")
    return int(found[1]), int(found[2] or found[1])
