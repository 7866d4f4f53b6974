"""Rules over what is stored: across cameras, across days."""
