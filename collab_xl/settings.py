"""The PMO's settings: sheet 设置 as a value, with the defaults of the process documents (docs/facts/domain.md, The numbers)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collab_xl.model.calendar import Calendar
from collab_xl.model.record import Struct, field
from collab_xl.model.robot import TELLS, Robot, robots_in
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value


class Settings(Struct, frozen=True):
    """Field names are the ids in the `id` column of table Settings."""

    project: str = ""
    lang: str = "zh"
    """Default language of messages. What is written into the workbook is in the workbook's own language."""
    warning_days: int = 2
    """The early warning starts this many days before the end (48 hours)."""
    warning_count: str = "calendar"
    """calendar or working."""
    escalate_days: int = 3
    """Escalate when more than this many days overdue."""
    escalate_again_days: int = 1
    """To the decision layer when there is no answer for more than this many working days after it was due; 0: never."""
    decision_layer: str = ""
    """Who that is; blank: the sponsors."""
    day_count: str = "working"
    """What a late day is: working or calendar."""
    week_start: int = 1
    """ISO weekday a week starts on; 1 is Monday."""
    submit_weekday: int = 5
    """Departments submit by the end of this ISO weekday; 5 is Friday."""
    submit_time: str = ""
    """Until this hour of that day, `16:00`; blank: until the end of the day."""
    blank_rows: int = 5
    stale_days: int = 7
    """A row in progress not updated for this many days is stale."""
    problem_meeting_hours: int = 24
    country: str = "CN"
    meeting_weekday: int = 1
    meeting_time: str = "10:00"
    pass_back: str = "wait"
    """wait or in: an edit by which progress goes back (`rules.passing`)."""
    pass_incomplete: str = "wait"
    """wait or in: done without what a finished row must contain."""
    pass_predecessor: str = "wait"
    """wait or in: done while a predecessor is open."""
    pass_jump: int = 0
    """Progress that grows by more than this many points waits; 0 for none."""
    pass_days: int = 0
    """A date that moves by more than this many days waits; 0 for none."""
    pass_sender: str = "in"
    """wait or in: the first file of a sender."""
    pass_row: str = "in"
    """wait or in: an edit of a row in which somebody else has changed another cell (the strict reading of a clash)."""
    inbox: str = ""
    """The folder `collect` reads when none is named; blank for the default folder next to the master."""
    mail: str = ""
    """The address of the project's mailbox; blank for none. Its password is never here (`mail.secret`)."""
    mail_server: str = ""
    """Its IMAP server, `host` or `host:port`, or the name of a service; blank where the address tells it."""
    mail_user: str = ""
    """The name to log in with; blank for the address."""
    mail_folder: str = ""
    """The folder of the mailbox; blank for INBOX."""
    mail_smtp: str = ""
    """The server that sends, `host`, `host:port` or the name of a service; blank where the mailbox's service tells it."""
    mail_cc: str = ""
    """Addresses that get a copy of every pack."""
    mail_quiet: str = "20:00-08:00"
    """Between these hours nobody is chased; "" (on the sheet 无) for none."""
    mail_client: str = ""
    """OAuth2: the id of the application that IT registered; blank where the service takes a password."""
    mail_tenant: str = ""
    """Its directory (tenant), or the whole https address of the authority; blank for any work account."""
    mail_after: str = "leave"
    """leave, mark or folder (moved there): what becomes of mails that were taken in. They are never deleted."""
    mail_after_folder: str = ""
    """The folder they are moved to; blank for the default name."""
    robot_chase: str = ""
    """The group robots that are told who is chased: `wecom dingtalk feishu`, or their Chinese names. Their webhooks are never here."""
    robot_escalate: str = ""
    """Those that are told what is escalated."""
    robot_week: str = ""
    """Those that are told how the week stands."""
    light_late_amber: int = 10
    """The light of 周报: amber if more than this many per cent of the open work is overdue, by tasks or by planned days."""
    light_late_red: int = 30
    """Red if more than this many per cent of it is; also for a department, by tasks."""
    light_urgent_days: int = 5
    """Red if a task of a requirement of the highest urgency is overdue by more than this many days; amber before. 0: never red."""
    light_milestone_days: int = 5
    """Red if a milestone is expected more than this many days after its plan; amber before. 0: never red."""
    light_behind: int = 15
    """Amber if progress is more than this many points below that of the planned days, red by twice as many; 0: not looked at."""
    light_missing: int = 34
    """Amber if more than this many per cent of the departments asked have not submitted: the figures are not of this week then."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Rule code → off, or the severity the PMO wants (error, warning, note). Rows `rule.T301` of the sheet."""
    clocks: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Rows `clock.<form>.<clock>`: how long a clock of a form runs, with its unit; "" for the form's unit."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Rows `over.<form>.<field>`: the most a number of a form may be."""

    @classmethod
    def of(cls, rows: Mapping[str, Value]) -> tuple[Settings, list[str]]:
        """Read settings from id → value. Returns them and the ids with an unusable value (these keep their default)."""
        known = set(cls.__struct_fields__) - {"rules", "clocks", "limits"}
        taken: dict[str, Any] = {}
        bad: list[str] = []
        rules: dict[str, str] = {}
        clocks: dict[str, tuple[int, str]] = {}
        most: dict[str, float] = {}
        for name, value in rows.items():
            if name.startswith("rule."):
                word = str(value or "").strip().lower()
                if word in {"off", "error", "warning", "note", "关", "错误", "警告", "提示"}:
                    rules[name[5:]] = {"关": "off", "错误": "error", "警告": "warning", "提示": "note"}.get(word, word)
                elif word not in {"", "on", "开"}:
                    bad.append(name)
            elif name.startswith(("clock.", "over.")):
                if value is None:
                    continue
                if name.startswith("clock.") and (clock := _clock(value)) is not None:
                    clocks[name] = clock
                elif name.startswith("over.") and (number := _number(value)) is not None:
                    most[name] = number
                else:
                    bad.append(name)
            elif name in known and value is not None:
                usable = _usable(name, value)
                if usable is None:
                    bad.append(name)
                else:
                    taken[name] = usable
        return cls(**taken, rules=rules, clocks=clocks, limits=most), bad

    def terms(self, calendar: Calendar) -> Terms:
        """The settings about time, with the project's calendar."""
        return Terms(
            late=calendar.counting(self.day_count == "working"),
            work=calendar.counting(True),
            warning_days=self.warning_days,
            warning_working=self.warning_count == "working",
            escalate_days=self.escalate_days,
        )


_PASSING = {"wait": "wait", "in": "in", "等待": "wait", "放行": "in", "waits": "wait", "goes in": "in"}
_CHOICES = {
    "lang": {"zh": "zh", "en": "en", "中文": "zh", "english": "en"},
    "warning_count": {"calendar": "calendar", "working": "working", "自然日": "calendar", "工作日": "working"},
    "day_count": {"calendar": "calendar", "working": "working", "自然日": "calendar", "工作日": "working"},
    "mail_after": {"leave": "leave", "mark": "mark", "folder": "folder", "to a folder": "folder"}
    | {"不动": "leave", "标记": "mark", "移动": "folder"},
    **dict.fromkeys(("pass_back", "pass_incomplete", "pass_predecessor", "pass_sender", "pass_row"), _PASSING),
}
CHOICE_WORDS: Mapping[str, tuple[str, ...]] = {
    "lang": ("lang_zh", "lang_en"),
    "warning_count": ("calendar", "working"),
    "day_count": ("calendar", "working"),
    "mail_after": ("leave", "mark", "folder"),
    **dict.fromkeys(("pass_back", "pass_incomplete", "pass_predecessor", "pass_sender", "pass_row"), ("wait", "in")),
}
"""Setting → the allowed words, as keys `set.word.*` of the catalogue."""
_SHARES = ("light_late_amber", "light_late_red", "light_behind", "light_missing")
_LIMITS = {"week_start": (1, 7), "submit_weekday": (1, 7), "meeting_weekday": (1, 7), "blank_rows": (0, 2000), "pass_jump": (0, 100)}
_LIMITS |= dict.fromkeys(_SHARES, (0, 100))
WHOLE_NUMBERS = frozenset(
    {
        "warning_days",
        "escalate_days",
        "escalate_again_days",
        "stale_days",
        "problem_meeting_hours",
        "pass_days",
        "light_urgent_days",
        "light_milestone_days",
        *_LIMITS,
    }
)
"""Settings whose value is a whole number."""
_UNITS = {
    "warning_days": r"天|日|days?",
    "escalate_days": r"天|日|days?",
    "escalate_again_days": r"个?工作日|working days?",
    "stale_days": r"天|日|days?",
    "problem_meeting_hours": r"小时|个小时|h|hours?",
    "blank_rows": r"行|rows?",
    "pass_days": r"天|日|days?",
    "pass_jump": r"个?百分点|点|%|％|points?",
    "light_urgent_days": r"天|日|days?",
    "light_milestone_days": r"天|日|days?",
    **dict.fromkeys(_SHARES, r"个?百分点|点|%|％|points?"),
}
"""The unit a number may have. Only the unit of the setting is accepted, so 5个工作日 is not read as 5 calendar days."""


def limits(name: str) -> tuple[int, int]:
    """The smallest and the largest number allowed for a setting of `WHOLE_NUMBERS`."""
    return _LIMITS.get(name, (0, 3650))


def _usable(name: str, value: Value) -> str | int | None:
    if name in _CHOICES:
        return _CHOICES[name].get(str(value).strip().casefold())
    if name in WHOLE_NUMBERS:
        written = re.fullmatch(rf"(\d+)(?:\.0+)?\s*(?:{_UNITS.get(name, '')})?", str(value).strip(), re.IGNORECASE)
        low, high = limits(name)
        return int(written[1]) if written and low <= int(written[1]) <= high else None
    if name == "submit_time":
        return _hour(value)
    if name in TELLS.values():
        robots = robots_in(str(value))
        return None if robots is None else " ".join(robots)
    if name == "mail_quiet":
        return _hours(str(value))
    return str(value).strip()


def _hours(said: str) -> str | None:
    """`20:00-08:00`, "" for 无; None for anything else."""
    if said.strip().casefold() in {"", "-", "无", "none", "off"}:
        return ""
    ends = [_hour(part) for part in re.split(r"\s*[-–—~～至到]\s*", said.strip())]
    return "-".join(end for end in ends if end) if len(ends) == 2 and all(ends) else None


def _hour(value: Value) -> str | None:
    """`16:00` from a text or a time of the sheet, "" for blank; None for anything else."""
    if isinstance(value, datetime):
        return f"{value:%H:%M}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):  # a time of Excel is a part of a day
        minutes = round(value * 24 * 60)
        return f"{minutes // 60:02}:{minutes % 60:02}" if 0 <= value < 1 else None
    said = str(value).strip().replace("：", ":")
    written = re.fullmatch(r"(\d{1,2})(?::(\d{2})(?::00)?|[点时]整?)?", said)
    if not said:
        return ""
    hour, minute = (int(written[1]), int(written[2] or 0)) if written else (24, 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


_CLOCK_UNITS = {
    "minutes": r"分钟?|min(?:ute)?s?",
    "hours": r"个?小时|h|hours?",
    "working_days": r"个?工作日|working days?",
    "days": r"天|日|个?自然日|(?:calendar )?days?",
}


def _clock(value: Value) -> tuple[int, str] | None:
    """`24`, `24 小时`, `1 个工作日`; None for anything else."""
    written = re.fullmatch(r"(\d{1,9})(?:\.0+)?\s*(.*)", str(value).strip().casefold())
    if not written or isinstance(value, bool):
        return None
    low, high = limits("clock")
    units = [unit for unit, words in _CLOCK_UNITS.items() if re.fullmatch(words, written[2])] if written[2] else [""]
    return (int(written[1]), units[0]) if units and low <= int(written[1]) <= high else None


def _number(value: Value) -> float | None:
    """`20%` and 0.2 return 0.2; None for anything that is no number, or below 0."""
    written = re.fullmatch(r"(\d{1,15}(?:\.\d{1,15})?)\s*([%％]?)", str(value).strip())
    if not written or isinstance(value, bool):
        return None
    return float(written[1]) / (100 if written[2] else 1)


def robots_named(settings: Settings) -> tuple[Robot, ...]:
    """The group robots that are told of anything, each once."""
    return tuple(dict.fromkeys(robot for name in TELLS.values() for robot in robots_in(getattr(settings, name)) or ()))
