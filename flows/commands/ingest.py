"""`tilik ingest`: records of senders who cannot be asked again, into a spool."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Final

import typer

from flows.console import note, say
from schemas.errors import UsageError

app = typer.Typer(invoke_without_command=True)

PORT: Final = 8480
_ADDRESS: Final = re.compile(r"(?:(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])?:)?(?P<port>\d{1,5})")
GB: Final = 10**9
DAY_S: Final = 86_400.0

SpoolDir = Annotated[
    str | None, typer.Option("--spool", metavar="DIR", help="Where records are kept until they are done with.")
]
TokensFile = Annotated[
    str | None, typer.Option("--tokens", metavar="FILE", help="Who may send.", show_default="DIR/tokens, or ./tokens")
]


@app.callback()
def ingest(
    context: typer.Context,
    spool: SpoolDir = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help=f"Take POSTs here (127.0.0.1:{PORT} without --mqtt).")
    ] = None,
    mqtt: Annotated[str | None, typer.Option(metavar="mqtt(s)://HOST:PORT", help="Take messages of a broker.")] = None,
    topics: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Which topics hold what; or frigate, onvif: examples.")
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="kafka://HOST:PORT/TOPIC", help="Keep them there instead of in a spool.")
    ] = None,
    tokens: TokensFile = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Of a new spool: as many as shards are ever wanted.")
    ] = None,
    bound_gb: Annotated[float, typer.Option(min=0.001, help="Most gigabytes kept; then senders get 429.")] = 10.0,
    keep_days: Annotated[
        float | None, typer.Option(min=0.01, help="Let older records go, read or not.", show_default="keep")
    ] = None,
    tls_cert: Annotated[str | None, typer.Option(metavar="FILE", help="Certificate (PEM), for https.")] = None,
    tls_key: Annotated[str | None, typer.Option(metavar="FILE", help="Its key.")] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65535, help="Serve /metrics, /healthz, /readyz on loopback."),
    ] = None,
) -> None:
    """Take frame events by HTTP and MQTT into a spool, acknowledged once they are durable."""
    if context.invoked_subcommand is not None:
        return
    from connectors.spool import Bounds  # noqa: PLC0415  start-up time
    from flows.ingesting import IngestOptions  # noqa: PLC0415
    from flows.ingesting import ingest as run  # noqa: PLC0415

    if out is not None and (spool is not None or partitions is not None):
        raise UsageError("--out takes the place of --spool: name one of them")
    folder = None if out is not None else _folder(spool)
    if (mqtt is None) == bool(topics):
        raise UsageError("--mqtt and --topics go together: a broker, and which of its topics hold what")
    if (tls_cert is None) != (tls_key is None):
        raise UsageError("--tls-cert and --tls-key go together")
    options = IngestOptions(
        spool=folder,
        tokens=_tokens(folder, tokens),
        out=out,
        partitions=partitions,
        bounds=Bounds(bytes=int(bound_gb * GB), keep_s=None if keep_days is None else keep_days * DAY_S),
        http=address(f"127.0.0.1:{PORT}" if http is None else http) if http is not None or mqtt is None else None,
        tls=None if tls_cert is None or tls_key is None else (Path(tls_cert), Path(tls_key)),
        mqtt=mqtt,
        topics=tuple(topics or ()),
        metrics_port=metrics_port,
    )
    run(options, os.environ, note)


@app.command("token")
def token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The sender's name.")],
    spool: SpoolDir = None,
    tokens: TokensFile = None,
    replace: Annotated[bool, typer.Option("--replace", help="End the token that the sender has.")] = False,
) -> None:
    """Make a sender's token and print it, once: only its hash is kept."""
    from connectors.ingest.tokens import made  # noqa: PLC0415  start-up time

    file = Path(tokens) if tokens is not None else _tokens(_folder(spool), None)
    say(made(file, name, replaces=replace))
    note(f"{name} may send by it from now on (header Authorization: Bearer TOKEN); its hash stands in {file}")


def address(text: str) -> tuple[str, int]:
    """Read HOST:PORT; without a host it is this machine alone."""
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > 65_535:
        raise UsageError(f"--http {text}: expected HOST:PORT, such as 127.0.0.1:{PORT}")
    return (found["host"] or "127.0.0.1").strip("[]"), int(found["port"])


def _folder(spool: str | None) -> Path:
    if spool is None:
        raise UsageError("--spool DIR: expected the directory where records are kept")
    return Path(spool.removeprefix("spool:")).expanduser()


def _tokens(folder: Path | None, tokens: str | None) -> Path:
    from connectors.spool.layout import TOKENS  # noqa: PLC0415  start-up time

    return Path(tokens) if tokens is not None else (Path() if folder is None else folder) / TOKENS
