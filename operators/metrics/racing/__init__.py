"""Racing: several vehicles above the speed limit within a minute of the night.

Where a camera has two flow lines or more, a vehicle's speed is the ground between
its crossings of two of them over the time between; with a single line it is the
speed there. An incident opens at the vehicle that makes three, and ends once the
camera watched five minutes without a fast one.
"""

from operators.metrics.racing.kernel import VERSION, Params, Plan, State, carry, plan, start, step, tick

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]
