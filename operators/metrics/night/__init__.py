"""Night watch: somebody who stays in a zone at night (ronda, metrics.md "Night watch").

The signal of a zone is the longest stay of a tracked person who is there now, or
how long somebody untracked has been there, within the zone's hours. It opens an
incident at `on_s`; whoever is there keeps it open, and it ends once nobody has
been there for `off_s` of observed time, or with the hours. The persistence
machine adds what silence means: unknown, then expired.
"""

from operators.metrics.night.kernel import VERSION, Params, Plan, State, carry, plan, start, step, tick

__all__ = ["VERSION", "Params", "Plan", "State", "carry", "plan", "start", "step", "tick"]
