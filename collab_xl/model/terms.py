"""The PMO's settings about time."""

from __future__ import annotations

from dataclasses import dataclass

from collab_xl.model.calendar import Calendar


@dataclass(frozen=True)
class Terms:
    """The PMO's settings about time, ready to use: `Settings.terms(calendar)`."""

    late: Calendar
    """What a late day is: working or calendar days, as set."""
    work: Calendar
    """Working days, whatever the setting: for early warnings counted in them and for when an answer is due."""
    warning_days: int = 2
    warning_working: bool = False
    escalate_days: int = 3
