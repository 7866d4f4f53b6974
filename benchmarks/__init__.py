"""Measured ratios between variants in one run: `make bench`."""
