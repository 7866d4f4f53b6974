"""Wiring: Bytewax dataflows, settings and the command line. No arithmetic."""
