"""Kernels against their definitions."""
