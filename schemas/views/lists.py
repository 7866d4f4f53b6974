"""The views of what is registered and of what could not be used: areas, cameras, roads, places, dead letters.

What their columns mean stands with their tables; people's words for them stand here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from schemas.card import Figure
from schemas.service_tables import SERVICE_TABLES
from schemas.views.sql import View, select, view
from schemas.words import Label

BOOKKEEPING: Final = ("version", "deleted", "run", "content", "outline", "id", "step")
"""What lists leave out; outlines, which are long, have a view of their own."""

LABELS: Final = {
    "acknowledgement": Label("Nomor tanggapan", "Answer's number"),
    "after": Label("Sesudah", "After"),
    "alerts": Label("Peringatan", "Alerts"),
    "answer": Label("Tanggapan", "Answer"),
    "archive": Label("Arsip", "Archive"),
    "at": Label("Dicatat", "Noted"),
    "before": Label("Sebelum", "Before"),
    "beginning": Label("Kamera sejak awal rekaman", "Cameras from their recording's beginning"),
    "cameras": Label("Kamera", "Cameras"),
    "definitions": Label("Definisi", "Definitions"),
    "frames": Label("Bingkai dibaca", "Frames read"),
    "generation": Label("Generasi", "Generation"),
    "matchers": Label("Yang dibisukan", "What is silenced"),
    "message": Label("Nomor pesan", "Message"),
    "metric": Label("Yang diukur", "Metric"),
    "note": Label("Nomor catatan", "Note"),
    "office": Label("Kantor", "Office"),
    "officer": Label("Petugas", "Officer"),
    "part": Label("Bagian", "Part"),
    "remembered": Label("Kamera dari keadaan tersimpan", "Cameras from a saved state"),
    "rows": Label("Baris berubah", "Rows that differed"),
    "seconds": Label("Lama (detik)", "Duration (s)"),
    "shard": Label("Kelompok kamera", "Shard"),
    "silence": Label("Nomor pembisuan", "Silence"),
    "since": Label("Sejak", "Since"),
    "state": Label("Keadaan", "State"),
    "text": Label("Catatan", "Note"),
    "too_late": Label("Bingkai terlambat disertakan", "Too late frames taken in"),
    "until": Label("Sampai", "Until"),
    "removal": Label("Penghapusan", "Removal"),
    "removed_bytes": Label("Bita dihapus", "Bytes removed"),
    "removed_rows": Label("Baris dihapus", "Rows removed"),
    "via": Label("Melalui", "By way of"),
    "warm_up": Label("Kamera dengan pemanasan", "Cameras after a warm-up"),
    "withdrawn": Label("Baris ditarik", "Rows withdrawn"),
    "area": Label("Kode wilayah", "Area code"),
    "basis": Label("Dasar hitungan", "Counted by"),
    "camera_id": Label("Kamera", "Camera"),
    "capacity": Label("Kapasitas (smp/jam)", "Capacity (smp/h)"),
    "category": Label("Kategori", "Category"),
    "closes": Label("Tutup (menit)", "Closes (minute)"),
    "count": Label("Jumlah", "Count"),
    "cycle_s": Label("Waktu siklus (detik)", "Cycle time (s)"),
    "date": Label("Tanggal", "Date"),
    "day": Label("Hari", "Day"),
    "day_type": Label("Jenis hari", "Kind of day"),
    "days_used": Label("Hari yang dipakai", "Days used"),
    "definition": Label("Isian registri", "Entry"),
    "detail": Label("Keterangan", "Detail"),
    "events": Label("Acara kota", "City events"),
    "factors": Label("Faktor kapasitas", "Factors of capacity"),
    "first_seen": Label("Pertama terlihat", "First seen"),
    "fps": Label("Laju bingkai (per detik)", "Frame rate (1/s)"),
    "free_flow_kmh": Label("Kecepatan arus bebas (km/jam)", "Free-flow speed (km/h)"),
    "gates": Label("Pintu", "Gates"),
    "green_s": Label("Waktu hijau (detik)", "Green time (s)"),
    "hijri": Label("Tanggal Hijriah", "Hijri date"),
    "holiday": Label("Hari libur", "Holiday"),
    "is_ramadan": Label("Ramadan", "Ramadan"),
    "kind": Label("Jenis", "Kind"),
    "lanes": Label("Lajur", "Lanes"),
    "lat": Label("Lintang", "Latitude"),
    "level": Label("Tingkat wilayah", "Level of area"),
    "lines": Label("Garis hitung", "Lines"),
    "lon": Label("Bujur", "Longitude"),
    "metrics": Label("Yang diukur", "Metrics"),
    "name": Label("Nama", "Name"),
    "opens": Label("Buka (menit)", "Opens (minute)"),
    "outline": Label("Garis batas", "Outline"),
    "owner": Label("Pemilik", "Owner"),
    "parent": Label("Wilayah induk", "Parent"),
    "place_id": Label("Kode tempat", "Place"),
    "position": Label("Nomor rekaman", "Record number"),
    "reason": Label("Sebab", "Reason"),
    "road": Label("Ruas jalan", "Road"),
    "saturation_flow": Label("Arus jenuh (smp/jam hijau)", "Saturation flow (smp/h of green)"),
    "school_holiday": Label("Libur sekolah", "School holiday"),
    "simulated": Label("Data simulasi", "Simulated"),
    "site": Label("Lokasi perekam", "Site"),
    "slope": Label("Kecenderungan per minggu", "Trend a week"),
    "slope_high": Label("Kecenderungan, batas atas", "Trend, upper end"),
    "slope_low": Label("Kecenderungan, batas bawah", "Trend, lower end"),
    "source": Label("Sumber", "Source"),
    "type": Label("Tipe jalan", "Type of road"),
    "valid_from": Label("Berlaku sejak", "Valid from"),
    "verdict": Label("Naik, landai, turun", "Verdict"),
    "width_m": Label("Lebar jalan (m)", "Carriageway (m)"),
    "zones": Label("Zona", "Zones"),
}
FORMATS: Final = {
    **dict.fromkeys(("slope", "slope_low", "slope_high"), "+.1%"),
    **dict.fromkeys(("count", "days_used", "lanes", "removed_bytes", "removed_rows"), ",d"),
    **dict.fromkeys(("capacity", "saturation_flow", "free_flow_kmh", "green_s", "cycle_s"), ",.0f"),
    **dict.fromkeys(("width_m", "fps"), ",.1f"),
}


def own(view: str) -> list[str]:
    """Return the columns of `{view}_log`, all but its bookkeeping."""
    return [name for name in SERVICE_TABLES[f"{view}_log"][0] if name not in BOOKKEEPING]


def registered(view: str, names: Iterable[str] | None = None) -> dict[str, Figure]:
    """Return what the columns of `{view}_log` say, all but its bookkeeping or those named."""
    held = SERVICE_TABLES[f"{view}_log"][0]
    return {
        name: Figure("", held[name][1], LABELS[name], FORMATS.get(name, ""))
        for name in (own(view) if names is None else names)
    }


NOW: Final = ("camera_id", "name", "area", "lat", "lon", "owner", "category", "site", "simulated")
NAMED: Final = {
    "kelurahan": Figure(
        "", "Name of the kelurahan that it stands in; '' where its area is not known", Label("Kelurahan", "Kelurahan")
    ),
    "kecamatan": Figure(
        "", "Name of the kecamatan that it stands in; '' where its area is not known", Label("Kecamatan", "Kecamatan")
    ),
}
"""What `cameras_now` says beside the newest version of each camera."""

FIGURES: Final = {
    **{name: registered(name) for name in ("areas", "cameras", "roads", "places", "calendar", "dead_letters")},
    "area_outlines": registered("areas", ("area", "name", "level", "parent", "outline")),
    "cameras_now": registered("cameras", NOW) | NAMED,
    "visits_trend": registered("trends") | registered("places", ("name", "area")),
    **{name: registered(name) for name in ("backfills", "backfill_jobs", "backfill_changes", "removals")},
}


LETTERS: Final = {
    "detail": "argMin(l.detail, l.content) AS detail",
    "first_seen": "min(l.first_seen) AS first_seen",
    "count": "toUInt32(sum(l.count)) AS count",
}
"""What is said of the letters of one record together."""


def cameras_now() -> View:
    """Return the view of cameras by their newest version, with the names of their areas."""
    names = ", ".join(name for name in NOW if name != "camera_id")
    newest = (
        f"(SELECT camera_id, argMax(tuple({names}), valid_from) AS v\n"
        "    FROM cameras_log FINAL WHERE deleted = 0 GROUP BY camera_id)"
    )
    around = "arrayStringConcat(arraySlice(splitByChar('.', toString(c.v.2)), 1, {}), '.')"
    columns = [
        "c.camera_id AS camera_id",
        *(f"c.v.{at} AS {name}" for at, name in enumerate(NOW[1:], start=1)),
        "k.name AS kelurahan",
        "d.name AS kecamatan",
    ]
    rows = (
        f"{newest} AS c\n"
        f"LEFT JOIN (SELECT area, name FROM areas_log FINAL) AS k ON k.area = {around.format(4)}\n"
        f"LEFT JOIN (SELECT area, name FROM areas_log FINAL) AS d ON d.area = {around.format(3)}"
    )
    return select("cameras_now", columns, rows, "Each camera by its newest version, with the names of its areas")


def lists() -> list[View]:
    """Return the views of registrations and of dead letters."""
    held = "(SELECT * FROM {}_log FINAL WHERE deleted = 0) AS {}"
    return [
        select(
            "dead_letters",
            [LETTERS.get(name, name) for name in own("dead_letters")],
            "dead_letters_log AS l FINAL\nWHERE l.count > 0\n"
            "GROUP BY source, position, reason, intDiv(content, 4294967296)",
            "Records that could not be used, and why",
        ),
        select("areas", own("areas"), "areas_log FINAL", "Administrative areas by code"),
        select(
            "backfills",
            own("backfills"),
            "backfills_log FINAL",
            "Figures that were made again from the archive: when, of what, by which definitions",
        ),
        select("backfill_jobs", own("backfill_jobs"), "backfill_jobs_log FINAL", "Backfills by day and shard"),
        select(
            "backfill_changes",
            own("backfill_changes"),
            "backfill_changes_log FINAL",
            "What backfills changed: old and new figures by metric, camera and day",
        ),
        select(
            "removals",
            own("removals"),
            "removals_log FINAL",
            "What retention removed: no rows of these days does not mean that nothing was there",
        ),
        view(
            "cameras",
            tuple(own("cameras")),
            "SELECT\n    * EXCEPT (version, deleted)\nFROM cameras_log FINAL\nWHERE deleted = 0",
            "Registered cameras, one row a version: valid_from says since when it holds",
        ),
        select(
            "area_outlines",
            [f"a.{name} AS {name}" for name in ("area", "name", "level", "parent", "outline")],
            "areas_log AS a FINAL\nWHERE a.outline != ''",
            "Outlines of areas, for maps",
        ),
        cameras_now(),
        select(
            "roads",
            [f"r.{name} AS {name}" for name in own("roads")],
            held.format("roads", "r"),
            "Cross-sections of streets: their lines, capacity and what it is worked out from",
        ),
        select(
            "places",
            [f"p.{name} AS {name}" for name in own("places")],
            held.format("places", "p"),
            "Squares, markets: their zones and gates",
        ),
    ]
