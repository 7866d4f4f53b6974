"""Telegram's Bot API: messages to groups within its limits, and what people do there."""

from __future__ import annotations

from connectors.telegram.budget import Budget
from connectors.telegram.hearing import Heard, heard
from connectors.telegram.sending import Button, Buttons, Gone, Moved, Telegram

__all__ = ["Budget", "Button", "Buttons", "Gone", "Heard", "Moved", "Telegram", "heard"]
