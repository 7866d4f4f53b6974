"""Telegram's Bot API: messages to groups, within its limits."""

from __future__ import annotations

from connectors.telegram.budget import Budget
from connectors.telegram.sending import Gone, Later, Moved, Refused, Telegram, Unsure

__all__ = ["Budget", "Gone", "Later", "Moved", "Refused", "Telegram", "Unsure"]
