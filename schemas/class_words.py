"""Words for classes: names that are none of ours on purpose, and what other words mean.

Names of COCO (Lin et al. 2014, arXiv:1405.0312), MOT16 (arXiv:1603.00831, table 4)
and NVIDIA's models are known, so that a dog is no mistake. What people write in
Indonesian or English is proposed, never assumed.
"""

from __future__ import annotations

from typing import Final

from schemas.frames import CLASSES

COCO_NAMES: Final = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
"""COCO's 80 names in their order: 0 is person."""

OTHERS: Final = tuple(
    name
    for name in dict.fromkeys(
        (
            *COCO_NAMES,
            *("distractor", "occluder", "reflection", "non_motorised_vehicle"),
            *("rider", "roadsign", "road_sign", "bag", "face", "license_plate", "other"),
        )
    )
    if name not in CLASSES
)
"""Names that are known and not counted by name."""

MEANT: Final = {
    "orang": "person", "manusia": "person", "pejalan kaki": "person", "pejalan_kaki": "person", "human": "person",
    "pedestrian": "person", "people": "person", "man": "person", "woman": "person", "persons": "person",
    "sepeda": "bicycle", "bike": "bicycle", "cyclist": "bicycle",
    "motor": "motorcycle", "sepeda motor": "motorcycle", "sepeda_motor": "motorcycle", "motorbike": "motorcycle",
    "scooter": "motorcycle", "two-wheeler": "motorcycle", "becak motor": "motorcycle",
    "mobil": "car", "van": "car", "angkot": "car", "taxi": "car", "taksi": "car", "pickup": "car", "pick-up": "car",
    "suv": "car", "sedan": "car", "minibus": "bus", "bis": "bus", "coach": "bus", "vehicle": "car", "kendaraan": "car",
    "truk": "truck", "lorry": "truck", "trailer": "truck", "pikap": "car",
    "sampah": "garbage", "trash": "garbage", "litter": "garbage", "waste": "garbage", "rubbish": "garbage",
}  # fmt: skip
"""What other words mean, by the word in small letters."""

VISDRONE: Final = {
    "0": "ignored", "1": "person", "2": "person", "3": "bicycle", "4": "car", "5": "car", "6": "truck",
    "7": "non_motorised_vehicle", "8": "non_motorised_vehicle", "9": "bus", "10": "motorcycle", "11": "other",
}  # fmt: skip
"""VisDrone's categories (Zhu et al. 2021, doi:10.1109/TPAMI.2021.3119563): 5 is van, 7 and 8 are tricycles."""


def meant(word: str) -> str | None:
    """Return which class of ours a word means; None where that would be a guess."""
    plain = word.strip().casefold()
    if plain in CLASSES:
        return plain
    if plain.isdecimal() and int(plain) < len(COCO_NAMES):
        name = COCO_NAMES[int(plain)]
        return name if name in CLASSES else None
    return MEANT.get(plain)


def is_listed(word: str) -> bool:
    """Tell whether a word is in one of the lists above, or a class's number: then it names nobody."""
    plain = word.strip().casefold()
    return plain in LISTED or (plain.isdecimal() and plain.isascii() and len(plain) <= MOST_DIGITS)


MOST_DIGITS: Final = 3
"""Of a class's number: no model knows 1,000 classes of what is on a street."""
LISTED: Final = frozenset(
    word.casefold() for word in (*CLASSES, *COCO_NAMES, *OTHERS, *MEANT, *MEANT.values(), *VISDRONE.values())
)
