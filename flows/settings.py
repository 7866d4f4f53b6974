"""Settings from one file and the environment, with every mistake reported at once.

`tilik.toml` in the working directory (or the file named by `--settings` or
`TILIK_SETTINGS`) is read first, then `TILIK_*` variables override it, then a
command's own options. A setting that is not known here is a mistake, so that a
typing error never passes for a default.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from schemas import retention, toml_lines
from schemas.errors import UsageError
from schemas.plain import listed

FILE: Final = "tilik.toml"
PREFIX: Final = "TILIK_"
DEFAULT_DAYS: Final = {name: each.days for name, each in retention.CLASSES.items()}
TABLE: Final = "retention"
"""The one table of a settings file; elsewhere its names begin with it."""
PASSWORD: Final = "TILIK_WAREHOUSE_PASSWORD"
NOT_SETTINGS: Final = ("TILIK_SETTINGS", "TILIK_DEBUG", "TILIK_SANDBOX", PASSWORD)
"""Variables with our prefix that are read elsewhere: the file's name, whether to show traces, the sandbox, a secret."""
ELSEWHERE: Final = (
    "TILIK_CHAT_", "TILIK_DASHBOARDS_", "TILIK_KAFKA_", "TILIK_MAIL_", "TILIK_MQTT_", "TILIK_INGEST_", "TILIK_S3_",
    "TILIK_OFFICER_", "TILIK_SMTP_", "TILIK_TELEGRAM_", "TILIK_WEBHOOK_",
)  # fmt: skip
"""So begin those of brokers' and stores' clients, of `tilik ingest` and `tilik alerts`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command runs with.

    Attributes
    ----------
    warehouse
        `embedded:DIR` or `http(s)://user:password@host:port/db`.
    registry
        Camera registry, a TOML file or a directory of them; None registers cameras provisionally.
    calendar
        The city's calendar, a TOML file; None means Semarang's, which ships.
    workers
        Bytewax workers of a replay.
    tracker
        `auto`, `iou` or `none`: whether objects without track ids are tracked here; None leaves it to the registry.
    reorder_s
        Frames of a camera are sorted within so many seconds, 60 at most.
    lateness_s
        Frames later than this many seconds become dead letters; a day at most.
    keep_unreadable
        Records that cannot be parsed are kept for some days as they came, whatever they hold of persons.
    archive
        `file:DIR` or `s3://BUCKET/PREFIX`, where every frame is kept that counts; None keeps none.
    retention
        `[retention]`: by class (`schemas.retention`) how many local days before today `tilik retention` leaves; 0: all.
    sources
        Where values came from, for the line printed at start.
    is_found
        Whether the warehouse stands in a settings file that nobody named: it happened to lie in this folder.
    """

    warehouse: str = "embedded:./data/warehouse"
    registry: str | None = None
    calendar: str | None = None
    workers: int = 1
    tracker: str | None = None
    reorder_s: float = 2.0
    lateness_s: float = 600.0
    keep_unreadable: bool = False
    archive: str | None = None
    retention: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_DAYS))
    sources: tuple[str, ...] = field(default=(), compare=False)
    is_found: bool = field(default=False, compare=False)

    def line(self) -> str:
        """Return all values on one line, passwords hidden."""
        shown = [f"{f.name}={hide(str(getattr(self, f.name)))}" for f in fields(self) if f.name in READERS]
        shown += [f"{TABLE}_{name}_days={n}" for name, n in self.retention.items() if n != DEFAULT_DAYS[name]]
        return " ".join(shown) + f" (from {', '.join(self.sources) or 'defaults'})"


_PASSWORD: Final = re.compile(r"(?<=://)([^/@:]*):(.*)@")
"""In a URL: its user, and a password that may hold any sign."""


def password_of(text: str) -> str:
    """Return the password that stands in a URL; '' where there is none."""
    found = _PASSWORD.search(text)
    return found[2] if found else ""


def hide(url: str) -> str:
    """Return a URL with its password replaced by stars."""
    return _PASSWORD.sub(r"\1:***@", url)


def without_password(url: str) -> str:
    """Return a URL as it may be typed again where TILIK_WAREHOUSE_PASSWORD is set."""
    return _PASSWORD.sub(r"\1@", url)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text")
    return value


def _warehouse(value: object) -> str:
    if not isinstance(value, str) or not re.match(r"(embedded:.|https?://.)", value):
        raise ValueError("embedded:DIR or http(s)://user@host:port/db")
    return value


def _archive(value: object) -> str:
    if not isinstance(value, str) or not re.match(r"(file:.|s3://.)", value):
        raise ValueError("file:DIR or s3://BUCKET/PREFIX")
    return value


def _workers(value: object) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"[1-9]\d?", str(value)):
        raise ValueError("a whole number from 1 to 99")
    return int(str(value))


def _days(value: object) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"0|[2-9]|[1-9]\d{1,4}", str(value)):
        raise ValueError("days, 2 or more (frames may be late by one), or 0, which keeps all")
    return int(str(value))


def _tracker(value: object) -> str:
    if value not in ("auto", "iou", "none"):
        raise ValueError("auto, iou or none")
    return str(value)


def _seconds(most: float, why: str) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not re.fullmatch(r"\d+(\.\d+)?", str(value)) or float(str(value)) > most:
            raise ValueError(f"seconds, 0 to {most:,.0f} ({why})")
        return float(str(value))

    return read


def _switch(value: object) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise ValueError("true or false")
    return str(value).lower() == "true"


READERS: Final[dict[str, Callable[[object], object]]] = {
    "warehouse": _warehouse,
    "archive": _archive,
    "registry": _text,
    "calendar": _text,
    "workers": _workers,
    "tracker": _tracker,
    "reorder_s": _seconds(60, "frames wait whole for so long; what comes later is late, see lateness_s"),
    "keep_unreadable": _switch,
    "lateness_s": _seconds(86_400, "each frame is remembered for so long; older recordings are replayed from files"),
    **{f"{TABLE}_{retention.setting(name)}": _days for name in retention.CLASSES},
}
"""How each setting is read; the error says what was expected."""


def _unknown(name: str) -> str:
    from schemas.registry.mistakes import did_you_mean  # noqa: PLC0415  start-up time

    return f"no such setting; {did_you_mean(name, READERS, 'known are ' + ', '.join(READERS))}"


def _read(given: Mapping[str, tuple[str, object]], mistakes: list[str]) -> dict[str, Any]:
    """Read name -> (place, value), adding to `mistakes` what cannot be read; each value fits its field."""
    values = {}
    for name, (place, value) in given.items():
        if name not in READERS:
            mistakes.append(f"{place}: {name}: {_unknown(name)}")
            continue
        try:
            values[name] = READERS[name](value)
        except ValueError as error:
            mistakes.append(f"{place}: {name}: expected {error}, found {hide(str(value))!r}")
    return values


def _kept(values: dict[str, Any], before: Mapping[str, int], places: Mapping[str, str], mistakes: list[str]) -> None:
    """Gather ages by class into one value, adding to `mistakes` what does not outlast what it has to."""
    ages = {name: values.pop(f"{TABLE}_{retention.setting(name)}", days) for name, days in before.items()}
    for rule, expected in retention.broken(ages):
        named = [f"{TABLE}_{retention.setting(each)}" for each in (rule.of, rule.than)]
        place = next((places[name] for name in named if name in places), "the defaults")
        mistakes.append(f"{place}: {named[0]}: expected {expected}, found {ages[rule.of]}")
    values[TABLE] = ages


def _line_of(text: str, name: str) -> int:
    found = re.search(rf'^\s*"?{re.escape(name)}"?\s*=', text, re.MULTILINE)
    return 1 + text.count("\n", 0, found.end()) if found else 1


def _from_file(path: Path, required: bool, mistakes: list[str]) -> dict[str, tuple[str, object]]:
    if not path.is_file():
        if required:
            mistakes.append(f"{path}: no such settings file")
        return {}
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        table = toml_lines.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{path}: not TOML: {error}")
        return {}
    within = table.pop(TABLE, {})
    named = {name: (name, value) for name, value in table.items()}
    if isinstance(within, dict):
        named |= {f"{TABLE}_{name}": (name, value) for name, value in within.items()}
    else:
        mistakes.append(f"{path}:{_line_of(text, TABLE)}: {TABLE}: expected a table [{TABLE}]")
    return {name: (f"{path}:{_line_of(text, key)}", value) for name, (key, value) in named.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[str, object]]:
    names = sorted(n for n in environ if n.startswith(PREFIX) and n not in NOT_SETTINGS and not n.startswith(ELSEWHERE))
    return {name.removeprefix(PREFIX).lower(): (f"environment {name}", environ[name]) for name in names}


def load(environ: Mapping[str, str], path: str | None = None) -> Settings:
    """Read the settings of a command.

    Parameters
    ----------
    environ
        The environment, usually `os.environ`.
    path
        A settings file; None means `TILIK_SETTINGS` or, where there is one, `tilik.toml`.

    Raises
    ------
    UsageError
        With every mistake and its place, one a line.
    """
    named = path or environ.get("TILIK_SETTINGS")
    file = Path(named or FILE)
    mistakes: list[str] = []
    from_file = _from_file(file, named is not None, mistakes)
    from_environment = _from_environment(environ)
    values = _read(from_file, mistakes) | _read(from_environment, mistakes)
    _kept(values, DEFAULT_DAYS, {name: place for name, (place, _) in (from_file | from_environment).items()}, mistakes)
    if mistakes:
        raise UsageError(listed(mistakes))
    sources = ([str(file)] if from_file else []) + [place.split()[1] for place, _ in from_environment.values()]
    is_found = named is None and "warehouse" in from_file and "warehouse" not in from_environment
    return replace(Settings(**values), sources=tuple(sources), is_found=is_found)


def with_options(settings: Settings, **options: object) -> Settings:
    """Let a command's own options (those that are not None) override the settings."""
    mistakes: list[str] = []
    given = {n: (f"--{n.replace('_', '-')}", v) for n, v in options.items() if v is not None}
    values = _read(given, mistakes)
    _kept(values, settings.retention, {name: place for name, (place, _) in given.items()}, mistakes)
    if mistakes:
        raise UsageError(listed(mistakes))
    sources = settings.sources + tuple(place for place, _ in given.values())
    return replace(settings, **values, sources=sources, is_found=settings.is_found and "warehouse" not in values)


def refuse_to_tell(settings: Settings, environ: Mapping[str, str]) -> None:
    """Let no folder's file say who is told the password of the environment.

    Raises
    ------
    UsageError
        There is one, and the server stands in a `tilik.toml` that nobody named.
    """
    url = settings.warehouse
    if settings.is_found and url.startswith("http") and environ.get(PASSWORD) and hide(url) == url:
        raise UsageError(
            f"{FILE}: warehouse: {PASSWORD} is not sent to a server that only a file of this folder names "
            f"({url}): name it by --warehouse, by TILIK_WAREHOUSE, or the file by TILIK_SETTINGS={FILE}"
        )
