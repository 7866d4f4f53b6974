"""Words that rows hold and views say, each with what people read in Indonesian and in English.

Levels, camera states and reasons are stored by number, so a word's place never
changes; a word that is given up leaves its place empty (`RETIRED`).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Label(NamedTuple):
    """What people read, in Indonesian and in English."""

    id: str
    en: str


RETIRED: Final = ""
"""Stands where a word once did that rows might have held."""

LEVELS: Final = ("A", "B", "C", "D", "E", "F")
"""Levels of service, best to worst."""

LEVEL_LABELS: Final = {level: Label(f"Tingkat {level}", f"Level {level}") for level in LEVELS}

STATES: Final = (
    "online",
    "low_fps",
    "clock_skew",
    "degraded",
    "blurred",
    "moved",
    "dark",
    "frozen",
    "flapping",
    "stale",
    "offline",
    "misread",
    "missed",
)
"""Camera states from best to worst; a window's state is its worst. What is misread goes on until somebody mends it;
what was missed says nothing of the camera: its frames were lost before they were read."""

STATE_LABELS: Final = {
    "online": Label("Daring", "Online"),
    "low_fps": Label("Laju bingkai rendah", "Low frame rate"),
    "clock_skew": Label("Jam meleset", "Clock is off"),
    "degraded": Label("Gambar menurun", "Poor picture"),
    "blurred": Label("Buram", "Blurred"),
    "moved": Label("Kamera bergeser", "Camera moved"),
    "dark": Label("Gelap", "Dark"),
    "frozen": Label("Gambar beku", "Frozen"),
    "flapping": Label("Putus-nyambung", "Comes and goes"),
    "stale": Label("Tersendat", "Stale"),
    "offline": Label("Luring", "Offline"),
    "misread": Label("Kotak tidak terbaca", "Boxes misread"),
    "missed": Label("Terlewat, bukan salah kamera", "Missed, not the camera's fault"),
}

REASONS: Final = (
    "",
    "offline",
    "stale",
    "dark",
    "blurred",
    "moved",
    "frozen",
    RETIRED,
    "low_fps",
    RETIRED,
    "low_coverage",
    "uncalibrated",
    "few_samples",
    "no_signal_data",
    "untracked",
    "mute",
    "day_types",
    "misread",
    "missed",
)
"""Why figures are NULL; rows hold the index of those that a camera has, views say the others."""

REASON_LABELS: Final = {
    "offline": Label("Kamera luring", "Camera offline"),
    "stale": Label("Kamera tersendat", "Camera stale"),
    "dark": Label("Gambar gelap", "Picture dark"),
    "blurred": Label("Gambar buram", "Picture blurred"),
    "moved": Label("Kamera bergeser", "Camera moved"),
    "frozen": Label("Gambar beku", "Picture frozen"),
    "low_fps": Label("Laju bingkai rendah", "Low frame rate"),
    "low_coverage": Label("Cakupan pengamatan kurang", "Watched too little"),
    "uncalibrated": Label("Belum dikalibrasi", "Not calibrated"),
    "few_samples": Label("Data tidak cukup", "Too few samples"),
    "no_signal_data": Label("Tidak ada data sinyal", "No signal data"),
    "untracked": Label("Objek tanpa jejak", "Objects without tracks"),
    "mute": Label("Detektor bisu", "Detector mute"),
    "misread": Label("Kotak tidak terbaca", "Boxes misread"),
    "missed": Label("Bingkai hilang sebelum dibaca", "Frames lost before they were read"),
    "day_types": Label("Jenis hari tidak sama", "No kind of day in both periods"),
}

PUBLISHED_COVERAGE: Final = 0.8
"""A window is published when at least this share of it was watched (metrics.md)."""
