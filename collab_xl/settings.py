"""The PMO's settings: sheet 设置 as a value, with the defaults of the process documents (DOMAIN: the numbers)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from collab_xl.model.calendar import Calendar
from collab_xl.model.status import Terms
from collab_xl.model.values import Value


@dataclass(frozen=True)
class Settings:
    """Field names are the ids in the `id` column of table Settings."""

    project: str = ""
    lang: str = "zh"
    warning_days: int = 2
    """48 hours: calendar days before the end at which the early warning starts."""
    warning_count: str = "calendar"
    """calendar or working."""
    escalate_days: int = 3
    """Escalate when more than this many days overdue."""
    day_count: str = "working"
    """What a late day is: working or calendar."""
    week_start: int = 1
    """ISO weekday a week starts on; 1 is Monday."""
    submit_weekday: int = 5
    """Departments submit by the end of this ISO weekday; 5 is Friday."""
    blank_rows: int = 30
    stale_days: int = 7
    """A row in progress not updated for this many days is stale."""
    problem_meeting_hours: int = 24
    country: str = "CN"
    meeting_weekday: int = 1
    meeting_time: str = "10:00"
    inbox: str = ""
    """The folder `collect` looks into when it is given none; blank for the one beside the master."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Rule code → off, or the severity the PMO wants (error, warning, note). Rows `rule.T301` of the sheet."""

    @classmethod
    def of(cls, rows: Mapping[str, Value]) -> tuple[Settings, list[str]]:
        """From id → value. Returns the settings and the ids whose value could not be used (their default stands)."""
        known = {f.name: f for f in fields(cls) if f.name != "rules"}
        taken: dict[str, Any] = {}
        bad: list[str] = []
        rules: dict[str, str] = {}
        for name, value in rows.items():
            if name.startswith("rule."):
                word = str(value or "").strip().lower()
                if word in {"off", "error", "warning", "note", "关", "错误", "警告", "提示"}:
                    rules[name[5:]] = {"关": "off", "错误": "error", "警告": "warning", "提示": "note"}.get(word, word)
                elif word not in {"", "on", "开"}:
                    bad.append(name)
            elif name in known and value is not None:
                usable = _usable(name, value)
                if usable is None:
                    bad.append(name)
                else:
                    taken[name] = usable
        return cls(**taken, rules=rules), bad

    def terms(self, calendar: Calendar) -> Terms:
        """What the settings say about time, with the project's calendar."""
        return Terms(
            late=calendar.counting(self.day_count == "working"),
            work=calendar.counting(True),
            warning_days=self.warning_days,
            warning_working=self.warning_count == "working",
            escalate_days=self.escalate_days,
            meeting_hours=self.problem_meeting_hours,
        )


_CHOICES = {
    "lang": {"zh": "zh", "en": "en", "中文": "zh", "english": "en"},
    "warning_count": {"calendar": "calendar", "working": "working", "自然日": "calendar", "工作日": "working"},
    "day_count": {"calendar": "calendar", "working": "working", "自然日": "calendar", "工作日": "working"},
}
_LIMITS = {"week_start": (1, 7), "submit_weekday": (1, 7), "meeting_weekday": (1, 7), "blank_rows": (0, 2000)}


def _usable(name: str, value: Value) -> str | int | None:
    if name in _CHOICES:
        return _CHOICES[name].get(str(value).strip().casefold())
    if isinstance(getattr(Settings, name), int):
        try:
            number = int(str(value).strip())
        except ValueError:
            return None
        low, high = _LIMITS.get(name, (0, 3650))
        return number if low <= number <= high else None
    return str(value).strip()
