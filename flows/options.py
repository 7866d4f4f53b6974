"""Options as people type them, turned into what flows take."""

from __future__ import annotations

import json
import os
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from flows.settings import Settings, load, refuse_to_tell, with_options, without_password
from schemas import toml_lines
from schemas.errors import UsageError

FORMATS: Final = (
    "native",
    "arrow",
    "nvschema",
    "nvschema-protobuf",
    "deepstream",
    "frigate",
    "onvif",
    "dlstreamer",
    "scenescape",
    "opendatacam",
    "mot",
)

Warehouse = Annotated[
    str | None,
    typer.Option(metavar="URL", help="embedded:DIR or http(s)://user@host:port/db.", show_default="settings"),
]
Archive = Annotated[
    str | None, typer.Option(metavar="URL", help="file:DIR or s3://BUCKET/PREFIX.", show_default="settings")
]
Registry = Annotated[
    str | None, typer.Option(metavar="PATH", help="Camera registry: a TOML file or a directory of them.")
]
Camera = Annotated[str | None, typer.Option(metavar="ID", help="Camera, where the format carries none.")]
Size = Annotated[str | None, typer.Option(metavar="WxH", help="Picture size, where the format has none.")]
ClassMap = Annotated[
    str | None, typer.Option(metavar="FILE|k=v,...", help="Names for the sender's classes, such as 2=car,7=truck.")
]
ReorderS = Annotated[float | None, typer.Option(min=0.0, help="Sort frames within so many seconds.")]
LatenessS = Annotated[float | None, typer.Option(min=0.0, help="Later frames become dead letters.")]
KeepUnreadable = Annotated[
    bool | None,
    typer.Option("--keep-unreadable", help="Keep what cannot be parsed as it came, persons' data too, for 7 days."),
]


def settings_of(context: typer.Context, **options: object) -> Settings:
    """Return the settings of a command, its own options first."""
    settings = with_options(load(os.environ, context.obj), **options)
    refuse_to_tell(settings, os.environ)
    return settings


def warehouse_again(context: typer.Context, url: str, given: str | None) -> str:
    """Return the option by which another command finds the same warehouse; '' where settings alone name it."""
    if given is None and context.obj is None:
        return ""
    return f" --warehouse {shlex.quote(without_password(url))}"


def format_name(name: str) -> str:
    """Check a format's name."""
    if name in FORMATS:
        return name
    raise UsageError(f"--format {name}: expected one of {', '.join(FORMATS)}")


def start_us(text: str | None) -> int | None:
    """Read `--start`."""
    return moment_us("--start", text)


def moment_us(option: str, text: str | None) -> int | None:
    """Read an ISO 8601 time (without offset: UTC) as microseconds since 1970 UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} {text}: expected a time such as 2026-01-05T00:00:00Z") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def size(text: str | None) -> tuple[int, int] | None:
    """Read WxH in pixels."""
    if text is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,4})[xX]([1-9]\d{0,4})", text)
    if not found:
        raise UsageError(f"--size {text}: expected width x height in pixels, such as 1920x1080")
    return int(found[1]), int(found[2])


def class_map(text: str | None) -> dict[str, str]:
    """Read `k=v,...`, or a file with a TOML or JSON table of them."""
    if text is None:
        return {}
    table = _table(Path(text)) if "=" not in text else dict(_pair(item) for item in text.split(",") if item)
    named = {key: value for key, value in table.items() if isinstance(value, str)}
    if len(named) < len(table):
        raise UsageError(f"--class-map {text}: every class must be mapped to a name in quotes")
    return named


def _pair(item: str) -> tuple[str, str]:
    key, sign, value = (part.strip() for part in item.partition("="))
    if not key or not sign or not value:
        raise UsageError(f"--class-map: expected pairs such as 2=car,7=truck, found {item!r}")
    return key, value


def _table(path: Path) -> dict[str, object]:
    if not path.is_file():
        raise UsageError(f"--class-map {path}: no such file, and not a list of pairs such as 2=car,7=truck")
    read = json.loads if path.suffix == ".json" else toml_lines.loads
    try:
        table = read(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--class-map {path}: {error}") from None
    if not isinstance(table, dict):
        raise UsageError(f"--class-map {path}: expected a table of class names")
    return table
