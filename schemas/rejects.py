"""Why an object or a signal inside a frame that was read is refused, or taken without its word being known.

The reasons are stored by number: a new one comes last.
"""

from __future__ import annotations

from typing import Final

from schemas.words import Label

REJECT_LABELS: Final = {
    "pixels": Label("Kotak dalam piksel, bukan 0..1", "Box in pixels where 0..1 is meant"),
    "outside": Label("Kotak di luar gambar", "Box outside the picture"),
    "no_area": Label("Kotak tanpa luas", "Box without area"),
    "ignored": Label("Baris bertanda abaikan", "Row marked to be ignored"),
    "unknown_class": Label("Kelas tidak dikenal (tetap dihitung sebagai lainnya)", "Class that nobody knows (kept)"),
    "unknown_mask": Label("Kata masker tidak dikenal (objek tetap dihitung)", "Mask word that nobody knows (kept)"),
    "unknown_kind": Label("Jenis sinyal tidak dikenal", "Signal of an unknown kind"),
    "unknown_zone": Label("Sinyal dari zona yang tidak terdaftar", "Signal of a zone that is not registered"),
    "bad_value": Label("Nilai sinyal di luar 0..1", "Signal with a value outside 0..1"),
}
"""Reasons with what people read. Objects of an unknown class or mask word stand; the others are left out."""

REJECTS: Final = tuple(REJECT_LABELS)
"""Reasons by their number."""

OF_BOXES: Final = ("pixels", "outside", "no_area")
"""Reasons of boxes that are left out."""

OF_SIGNALS: Final = ("unknown_kind", "unknown_zone", "bad_value")
"""Reasons of signals that are left out."""

REFUSED: Final = "refused"
"""Kind of the signals by which a reader says what it left out of a frame: `zone` is the reason, `value` how many."""

CONDITION: Final = "condition"
"""Kind of the signals by which a reader says what a frame is: `zone` is `MOVED` or `SAMPLED`. No sender can send it."""

MOVED: Final = "moved"
"""The scene is another one than zones and lines were drawn on."""

SAMPLED: Final = "sampled"
"""The frame was made of tracks' lives: who is there is known, where only as of when it was last said."""

WHOLE: Final = "frame"
"""Stands for the reason where the whole frame is left out: a dead letter, of which nothing but its time counts."""

SIGNAL_KINDS: Final = ("flood",)
"""Kinds of signals that somebody reads."""

NOT_JUDGED: Final = ("", "unknown")
"""Words for masks that say that there is no judgement."""

NOT_MEASURED: Final = -1.0
"""Value of a signal that says that nothing was measured: no observation, and no mistake."""
