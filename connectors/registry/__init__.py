"""Registry files: read, written, and begun from a city's own list of cameras."""

from connectors.registry.loading import load, load_areas, public_cameras, read_texts

__all__ = ["load", "load_areas", "public_cameras", "read_texts"]
