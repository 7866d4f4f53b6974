"""Zones and lines drawn over a camera's snapshot, to see whether they lie where they should."""

from connectors.preview.drawing import FLOW, GATE, MAX_PIXELS, PAPER, blank, draw

__all__ = ["FLOW", "GATE", "MAX_PIXELS", "PAPER", "blank", "draw"]
