"""Congestion: vehicles that stand, or crawl, in a lane; a count of few may be a jam.

`measure` books how long and by how many vehicles a lane is occupied, in any order
of frames; `step` follows the tracked ones, tells those that stand (`standing`)
and their speed, and drives the incidents (`jams`). A red light opens none.
"""

from operators.metrics.congestion.kernel import VERSION, Params, Plan, State, carry, measure, plan, start, step, tick

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "measure", "plan", "start", "step", "tick"]
