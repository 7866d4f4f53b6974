"""The vocabulary: frame batches, every metric's columns, incidents, the camera registry."""
