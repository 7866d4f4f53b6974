"""Telegram's Bot API: messages to groups, within its limits."""

from __future__ import annotations

from connectors.telegram.budget import Budget
from connectors.telegram.sending import Gone, Moved, Telegram

__all__ = ["Budget", "Gone", "Moved", "Telegram"]
