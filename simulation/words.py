"""What detectors call things: our classes, and the words of a detector that learned others."""

from __future__ import annotations

from typing import Final

from schemas.frames import CLASSES

FOREIGN: Final = {
    "person": "orang", "bicycle": "sepeda", "motorcycle": "sepeda motor", "car": "mobil", "bus": "bis", "truck": "truk",
    "garbage": "sampah", "rider": "pengendara",
}  # fmt: skip
"""What a detector calls our classes that learned its own."""
CLASS_NAMES: Final = (*CLASSES, *(FOREIGN.get(name, f"{name}?") for name in CLASSES))
"""Names by the code of a class, the foreign ones behind ours."""
