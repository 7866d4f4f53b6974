"""Figures made again from the archive: what a backfill asks for, obeys, stages, commits and takes back."""
