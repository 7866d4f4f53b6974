"""Alert rules as data: what is told, to whom, in which words; `schemas.rules.check` reads them."""

from __future__ import annotations

from schemas.rules.entries import SEVERITIES, Blind, Inhibit, Match, Receiver, Route, Rule, Rules

__all__ = ["SEVERITIES", "Blind", "Inhibit", "Match", "Receiver", "Route", "Rule", "Rules"]
