"""Garbage that stays: one spot, one anchor box, samples of a minute, one incident.

An object at a spot (IoU with its anchor) is judged only while no person is near:
what somebody holds or minds is not garbage. A minute's sample is the mean
confidence of the matches, 0 when it was seen for less than half of the time that
could be judged; the persistence machine does the rest (metrics.md, Persistence).
"""

from operators.metrics.garbage.kernel import VERSION, Params, Plan, State, carry, measure, plan, start, step, tick

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "measure", "plan", "start", "step", "tick"]
