"""Labels of NVIDIA's detectors, and the classes we know them by.

Which labels a file holds depends on the model behind it, so they are looked up in
any case and with or without space, `_` and `-`; what nobody knows keeps its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CLASSES: Final = {
    "person": "person",  # PeopleNet, TrafficCamNet, DashCamNet, and the sample detector of DeepStream
    "people": "person",
    "pedestrian": "person",
    "rider": "rider",
    "vehicle": "car",  # sample detector; what kind of vehicle, a second model says, if at all
    "car": "car",  # TrafficCamNet, DashCamNet
    "automobile": "car",
    "sedan": "car",  # VehicleTypeNet, as are coupe, suv, truck and van
    "coupe": "car",
    "suv": "car",
    "van": "car",
    "taxi": "car",
    "bus": "bus",
    "minibus": "bus",
    "coach": "bus",
    "truck": "truck",
    "lorry": "truck",
    "motorcycle": "motorcycle",
    "motorbike": "motorcycle",
    "scooter": "motorcycle",
    "twowheeler": "motorcycle",  # sample detector: bicycles too, of which Indonesian roads have few
    "bicycle": "bicycle",  # TrafficCamNet, DashCamNet
    "garbage": "garbage",
    "trash": "garbage",
    "litter": "garbage",
}
"""Labels in small letters and without separators to ours; the models' cards name the labels of each."""
SEPARATORS: Final = str.maketrans("", "", " _-")


class ClassNames(dict[str, str]):
    """The class of every label, looked up once.

    Parameters
    ----------
    given
        Labels and classes that win over `CLASSES`.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.known = CLASSES | {_plain(label): name for label, name in given.items()}

    def is_known(self, label: str) -> bool:
        """Tell whether a label is in a table."""
        return _plain(label) in self.known

    def __missing__(self, label: str) -> str:
        """Look a label up and remember what was found."""
        self[label] = self.known.get(_plain(label), label)
        return self[label]


def _plain(label: str) -> str:
    return label.casefold().translate(SEPARATORS)
