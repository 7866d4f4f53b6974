"""The commands of `tilik`, one module each."""
