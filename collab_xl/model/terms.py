"""The PMO's settings about time."""

from __future__ import annotations

from collab_xl.model.calendar import Calendar
from collab_xl.model.record import Struct


class Terms(Struct, frozen=True):
    """The PMO's settings about time, ready to use: `Settings.terms(calendar)`."""

    late: Calendar
    """Calendar for counting late days: working or calendar days, as set."""
    work: Calendar
    """Calendar of working days, whatever the setting: for early warnings in working days and for the day an answer is due."""
    warning_days: int = 2
    warning_working: bool = False
    escalate_days: int = 3
