"""Definitions of metrics.md as plain Python over objects: slow, obvious, and compared with the kernels."""
