"""Superset's pages: written from `superset_dashboards/` (`assets`), brought up, watched and ended (`serving`)."""
