"""`tilik export`: open data that a city may give away, with what it means and how much of it was watched."""

from flows.export.asked import LICENCES, SMALL, ExportOptions
from flows.export.writing import Exported, export

__all__ = ["LICENCES", "SMALL", "ExportOptions", "Exported", "export"]
