"""The second flow against stored rows."""
