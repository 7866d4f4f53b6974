"""What makes a signal an incident: hysteresis, spots, and the log of changes."""
