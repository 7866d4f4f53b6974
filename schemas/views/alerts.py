"""The views of what offices were told, and what they said: each alert with its answers, and answers by themselves."""

from __future__ import annotations

from typing import Final

from schemas.card import Figure
from schemas.service_tables import SERVICE_TABLES
from schemas.views.lists import own, registered
from schemas.views.sql import View, day_type, select
from schemas.words import Label

TABLE: Final = SERVICE_TABLES["alerts_log"][0]
FACTS: Final = {
    "office": Label("Kantor", "Office"),
    "message": Label("Nomor pesan", "Message"),
    "alert": Label("Nomor peringatan", "Alert"),
    "rule": Label("Aturan", "Rule"),
    "kind": Label("Jenis", "Kind"),
    "severity": Label("Kegawatan", "Severity"),
    "area": Label("Kode wilayah", "Area code"),
    "owner": Label("Pemilik", "Owner"),
    "category": Label("Kategori", "Category"),
    "place": Label("Tempat", "Place"),
    "camera_id": Label("Kamera", "Camera"),
    "zone_id": Label("Zona", "Zone"),
    "site": Label("Lokasi perekam", "Site"),
    "incident_id": Label("Nomor insiden", "Incident"),
    "since": Label("Mulai", "Since"),
    "ended_at": Label("Berakhir", "Ended"),
    "value": Label("Nilai terburuk", "Worst value"),
    "why": Label("Sebab selesai", "Why it is over"),
    "simulated": Label("Data simulasi", "Simulated"),
}
NEWEST: Final = ("ended_at", "value", "why")
"""What is taken from the row that came last; the rest every row of an alert says alike."""

FIGURES: Final = {
    "alerts": {
        "ts": Figure("", "When the office was told, UTC", Label("Diberitahukan (UTC)", "Told (UTC)")),
        "local_ts": Figure("", "When the office was told, in the city's time zone", Label("Diberitahukan", "Told")),
        **{name: Figure("", TABLE[name][1], label) for name, label in FACTS.items()},
        "is_open": Figure("", "1 while it is told", Label("Masih berlangsung", "Going on"), ",d", "sum"),
        "answer": Figure(
            "", "accepted, dismissed (no incident), or '' where nobody has answered", Label("Tanggapan", "Answer")
        ),
        "answered_at": Figure("", "The first answer to its message, UTC", Label("Ditanggapi", "Answered")),
        "answered_by": Figure("", "Who gave it", Label("Ditanggapi oleh", "Answered by")),
        "answer_min": Figure(
            "min",
            "From when the office was told to the first answer; NULL while nobody has answered",
            Label("Waktu tanggap (menit)", "Time to acknowledge (min)"),
            ",.1f",
        ),
        "clear_min": Figure(
            "min",
            "From when the office was told to when it had ended; NULL where nobody saw it end",
            Label("Waktu sampai bersih (menit)", "Time to clear (min)"),
            ",.1f",
        ),
        "day_type": Figure("", "Kind of the local day on which it was told", Label("Jenis hari", "Kind of day")),
    },
    "acknowledgements": registered("acknowledgements"),
    "notes": registered("notes"),
    "silences": registered("silences"),
}


def alerts(zone: str) -> list[View]:
    """Return the views of alerts and of answers; each alert once an office and message."""
    local = f"toTimeZone(a.told_at, '{zone}')"
    cleared = "a.is_open = 0 AND a.why = 'cleared' AND a.ended_at IS NOT NULL"
    columns = [
        "a.told_at AS ts",
        f"{local} AS local_ts",
        *(f"a.{name} AS {name}" for name in FACTS),
        "a.is_open AS is_open",
        "ifNull(k.answer, '') AS answer",
        "if(k.answer = '', NULL, k.answered_at) AS answered_at",
        "k.answered_by AS answered_by",
        "if(k.answer = '', NULL, greatest(0, dateDiff('millisecond', a.told_at, k.answered_at) / 60000)) AS answer_min",
        f"if({cleared}, greatest(0, dateDiff('millisecond', a.told_at, a.ended_at) / 60000), NULL) AS clear_min",
        f"{day_type(local)} AS day_type",
    ]
    return [
        select("alerts", columns, _rows(), "What offices were told, one row an alert and message, and who answered"),
        *(
            select(name, own(name), f"{name}_log FINAL", comment)
            for name, comment in (
                ("acknowledgements", "Answers to messages: accepted, or dismissed as no incident"),
                ("notes", "What officers wrote about messages"),
                ("silences", "Times in which alerts that match are not told: who asked for them, and why"),
            )
        ),
    ]


def _rows() -> str:
    facts = ", ".join(f"any({name}) AS {name}" for name in FACTS if name not in (*NEWEST, *KEYS))
    newest = ", ".join(f"argMax({name}, tuple(at, step)) AS {name}" for name in NEWEST if name != "ended_at")
    return (
        f"(SELECT {', '.join(KEYS)}, {facts}, {newest},\n"
        "    tupleElement(argMax(tuple(ended_at), tuple(at, step)), 1) AS ended_at,\n"
        "    min(at) AS told_at, toUInt8(argMax(step, tuple(at, step)) = 0) AS is_open\n"
        f"    FROM alerts_log FINAL GROUP BY {', '.join(KEYS)}) AS a\n"
        "LEFT JOIN (SELECT message, argMax(answer, at) AS answer, min(at) AS answered_at,\n"
        "    argMin(officer, at) AS answered_by FROM acknowledgements_log FINAL GROUP BY message) AS k\n"
        "ON k.message = a.message"
    )


KEYS: Final = ("office", "message", "alert")
