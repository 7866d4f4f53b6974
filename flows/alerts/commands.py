"""What officers ask in a chat, answered in Indonesian by what is stored: a place now, what is going on, help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from connectors.warehouse import Warehouse
from flows.alerts import answering, report
from flows.alerts.hearing import SHOW
from flows.alerts.names import Names
from flows.alerts.wording import clock
from schemas.errors import WarehouseError
from schemas.incidents import KIND_LABELS
from schemas.plain import words
from schemas.rules import SEVERITIES, Rules
from schemas.rules.durations import said
from schemas.rules.entries import SEVERITY_LABELS

FRESH_US: Final = 300_000_000
"""A camera whose newest minute is older sees nothing (metrics.md, Persistence)."""
MOST: Final = 15
"""Lines of a list; the rest is counted. Ours."""
_ANSWERS: Final = {"accepted": "diterima", "dismissed": "bukan kejadian menurut"}
AWAY: Final = "Data sedang tidak dapat dibaca. Coba lagi sebentar."
HELP: Final = """/status TEMPAT: keadaan suatu tempat atau kamera sekarang
/insiden: apa yang sedang berlangsung untuk kantor ini
/laporan: laporan delapan jam terakhir
/bantuan: pesan ini
Tombol: Terima (sedang ditangani), Bukan kejadian (alarm palsu), Bisukan 2 jam, Catatan.
Balasan pada pesan disimpan sebagai catatan."""


class Subject(NamedTuple):
    """A place or a camera: what it is called, its cameras, and its zones as ``camera/zone`` (none: all of theirs)."""

    name: str
    cameras: tuple[str, ...]
    zones: frozenset[str]


class Commands:
    """Answers commands.

    Attributes
    ----------
    names
        As they were read last.
    """

    def __init__(self, warehouse: Warehouse, rules: Rules, clock: Callable[[], int]) -> None:
        self.warehouse, self.rules, self.clock, self.names = warehouse, rules, clock, Names()

    def answer(self, name: str, rest: str, offices: Sequence[str]) -> str | None:
        """Return what a command is answered; None of a command that there is not."""
        known: dict[str, Callable[[], str]] = {
            "status": lambda: self.status(rest),
            "insiden": lambda: self.going_on(offices),
            "laporan": lambda: "\n\n".join(map(self.shift, offices)),
            "bantuan": lambda: HELP,
            "start": lambda: HELP,
        }
        if name not in known:
            return None
        try:
            return known[name]()
        except WarehouseError:
            return AWAY

    def status(self, text: str) -> str:
        """Say how a place is now; what nobody watches is not known."""
        found = subjects(self.names, text)
        if len(found) != 1:
            return _which(text, found)
        subject, now_us = found[0], self.clock()
        since = {"cameras": list(subject.cameras), "since": now_us - FRESH_US}
        lines = [
            f"{subject.name} · {clock(now_us)}",
            self._watched(subject, since),
            self._persons(subject, since),
            self._vehicles(since),
            *self._incidents(subject, now_us),
        ]
        return "\n".join(words(line) for line in lines if line)

    def _watched(self, subject: Subject, since: dict[str, object]) -> str:
        rows = self.warehouse.query(
            "SELECT countIf(frames > 0) FROM health_now WHERE camera_id IN {cameras:Array(String)}"
            " AND ts >= fromUnixTimestamp64Micro({since:Int64})",
            since,
        ).rows
        return f"{rows[0][0]} dari {len(subject.cameras)} kamera melihat"

    def _persons(self, subject: Subject, since: dict[str, object]) -> str:
        rows = self.warehouse.query(
            "SELECT concat(camera_id, '/', zone_id), persons_mean, ifNull(level, '') FROM crowd_now"
            " WHERE camera_id IN {cameras:Array(String)} AND ts >= fromUnixTimestamp64Micro({since:Int64})",
            since,
        ).rows
        here = [(mean, level) for zone, mean, level in rows if not subject.zones or zone in subject.zones]
        if not here:
            return ""
        seen = [mean for mean, _ in here if mean is not None]
        if not seen:
            return "Orang: tidak diketahui (tidak teramati)"
        level = max((level for _, level in here), default="")
        partly = f", {len(here) - len(seen)} zona tidak teramati" if len(seen) < len(here) else ""
        return f"Orang: {sum(seen):.0f}" + (f", tingkat {level}" if level else "") + partly

    def _vehicles(self, since: dict[str, object]) -> str:
        rows = self.warehouse.query(
            "SELECT count(), countIf(crossings IS NULL), ifNull(sum(crossings), 0) FROM flow_now"
            " WHERE camera_id IN {cameras:Array(String)} AND ts >= fromUnixTimestamp64Micro({since:Int64})"
            " AND class NOT IN ('person', 'rider')",
            since,
        ).rows
        lines, unknown, crossings = rows[0]
        if not lines:
            return ""
        return f"Kendaraan: {crossings:.0f} per menit" if unknown < lines else "Kendaraan: tidak diketahui"

    def _incidents(self, subject: Subject, now_us: int) -> list[str]:
        rows = self.warehouse.query(
            "SELECT kind, camera_id, zone_id, toUnixTimestamp64Micro(ts) FROM incidents_open"
            " WHERE camera_id IN {cameras:Array(String)} AND inhibited_by = '' ORDER BY ts LIMIT {most:UInt32}",
            {"cameras": list(subject.cameras), "most": MOST},
        ).rows
        here = [row for row in rows if not subject.zones or not row[2] or f"{row[1]}/{row[2]}" in subject.zones]
        if not here:
            return ["Tidak ada insiden yang berlangsung"]
        return [
            f"• {KIND_LABELS[kind].id}" + (f" ({zone})" if zone else "") + f" sejak {clock(at_us)},"
            f" {said((now_us - at_us) / 1e6)}"
            for kind, _, zone, at_us in here
        ]

    def going_on(self, offices: Sequence[str]) -> str:
        """List messages that are going on for offices, the worst first."""
        rows = [row for office in offices for row in answering.listed(self.warehouse, office, closed=False, since_us=0)]
        if not rows:
            return "Tidak ada yang sedang berlangsung."
        rows.sort(key=lambda row: (-SEVERITIES.index(row["severity"]), row["told_us"]))
        lines = [f"{len(rows)} sedang berlangsung", *(self._line(row) for row in rows[:MOST])]
        return "\n".join(lines + ([f"dan {len(rows) - MOST} lainnya"] if len(rows) > MOST else []))

    def shift(self, office: str) -> str:
        """Report an office's last hours."""
        now_us = self.clock()
        rows = report.read(self.warehouse, self.rules, self.names, now_us - report.SHIFT_US, now_us, office)
        return report.text(rows)

    def _line(self, row: dict[str, object]) -> str:
        places, kinds, told_us = row["places"], row["kinds"], row["told_us"]
        assert isinstance(places, list)
        assert isinstance(kinds, list)
        assert isinstance(told_us, int)
        what = ", ".join(KIND_LABELS[kind].id for kind in kinds if kind in KIND_LABELS) or "Angka"
        where = ", ".join(self.names.called("place", place) or "kota" for place in places[:3])
        severity = SEVERITY_LABELS[str(row["severity"])].id.upper()
        answer = f"{_ANSWERS[str(row['answer'])]} {row['answered_by']}" if row["answer"] else "belum ditanggapi"
        text = words(f"• {severity}: {what} · {where}, sejak {clock(told_us)}, {row['going_on']} kejadian, {answer}")
        return f"{text} /{SHOW}_{row['message']}"


def subjects(names: Names, text: str) -> list[Subject]:
    """Return the places, else the cameras, that are called so; one that is called so exactly goes before others."""
    asked = words(text).casefold()
    if not asked:
        return []
    places = [_place(names, place) for place in _called(names.place, asked)]
    return places or [_camera(names, camera) for camera in _called(names.camera, asked)]


def _called(known: dict[str, str], asked: str) -> list[str]:
    exactly = [id_ for id_, name in known.items() if asked in (id_.casefold(), name.casefold())]
    some = [id_ for id_, name in known.items() if all(word in name.casefold() for word in asked.split())]
    return exactly or sorted(some, key=lambda id_: (known[id_], id_))


def _place(names: Names, place: str) -> Subject:
    zones = names.zones.get(place, [])
    cameras = sorted({zone.partition("/")[0] for zone in zones})
    return Subject(names.place[place] or place, tuple(cameras), frozenset(zones))


def _camera(names: Names, camera: str) -> Subject:
    return Subject(names.camera[camera] or camera, (camera,), frozenset())


def _which(text: str, found: Sequence[Subject]) -> str:
    if not text:
        return "Sebutkan tempatnya, misalnya: /status Simpang Lima"
    if not found:
        return words(f"Tidak ada tempat atau kamera bernama {text[:80]}.")
    listed = [f"• {words(each.name)}" for each in found[:MOST]]
    more = [f"dan {len(found) - MOST} lainnya"] if len(found) > MOST else []
    return "\n".join(["Yang mana?", *listed, *more])
