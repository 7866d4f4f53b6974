"""Parking: a vehicle that stands in a no-parking zone is `stopped`, then `parked`.

The signal of a spot is the IoU of the vehicle's box with the spot's anchor; the
persistence machine turns it into incidents, one a vehicle. A vehicle whose id
changes while it stands keeps its spot: a box of a new track on an orphaned anchor
takes it over, unless its vehicle was seen driving off. A box that is other than the
anchor for less than 30 s, in a shadow or half hidden, moves nobody; one that stays
so is another place. Boxes of neighbours may overlap: a double is the same box again,
or a part of it. It stands from the first box on from which all lie at the anchor; where
the detector was mostly unsure, it is not told. Whether the driver left no camera sees: the word is suspected.
"""

from operators.metrics.parking.kernel import VERSION, Params, Plan, State, carry, plan, start, step, tick

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]
