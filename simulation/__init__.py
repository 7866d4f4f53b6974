"""A simulated city: seeded cameras, people, vehicles, water and faults, with the truth beside the events.

One module a phenomenon: `events(scene)` gives tracks or signals, `truth(...)` the
figures that the kernels must find. docs/simulation.md says what is simulated.
"""

from simulation.city import Summary, simulate
from simulation.layout import event_fps

__all__ = ["Summary", "event_fps", "simulate"]
