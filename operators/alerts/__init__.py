"""Alerts: when a rule's condition has held for long enough, and which messages follow from what holds."""
