"""The demo's project: six departments and the rows of every form, on Friday 2026-11-20.

In: the files of `data/`, one named after each form; a form without a file has no rows.  Out: rows as field id → parsed value, in the
order they stand in the master. Fixed data, no clock: the same words every time. The project and its oddities follow the example rows of
the process documents (docs/facts/domain.md).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import rtoml

from collab_xl.forms import Form, load
from collab_xl.model.directory import Department, Directory
from collab_xl.model.values import Value

AS_OF = date(2026, 11, 20)
LAST_DAY = date(2026, 11, 22)
"""Of the week: what the weekly page, made on Monday, counts to; no working day lies between."""
WEEK = "2026-W47"
ISSUED_AT = datetime(2026, 11, 16, 9, 0)
"""Monday morning: the packs of the week go out. What the replies change was written after this."""
MERGED_AT = datetime(2026, 11, 23, 8, 30)
"""The Monday after, before the meeting at ten: the replies are merged, as of Friday; the page counts to `LAST_DAY`."""

FormRow = dict[str, Value]
LANGS = ("zh", "en")
_PEOPLE = {
    "*经理": "*Manager",
    "*主管": "*Supervisor",
    "*专员": "*Specialist",
    "*设计师": "*Designer",
    "*会计": "*Accountant",
    "*助理": "*Assistant",
    "李*工": "Engineer Li",
    "李*": "Li",
    "王*": "Wang",
    "陈*": "Chen",
    "周*": "Zhou",
    "吴*": "Wu",
    "郑*": "Zheng",
    "赵*": "Zhao",
    "钱*": "Qian",
    "孙*": "Sun",
    "冯*": "Feng",
    "张*": "Zhang",
    "刘*总监": "Director Liu",
    "何*总监": "Director He",
    "罗*总监": "Director Luo",
    "许*经理": "Manager Xu",
    "谢*经理": "Manager Xie",
    "唐*总监": "Director Tang",
}
"""Masked names as the documents write them, and what the English demo calls the same people."""


MILESTONES = frozenset({"RW-016", "RW-030", "RW-046", "RW-057", "RW-063", "RW-065", "RW-093"})
"""Tasks that are milestones."""


class PmoEdit(NamedTuple):
    """Something the PMO typed into the master after the packs went out."""

    form: str
    key: str
    field: str
    value: Value


def project(lang: str) -> str:
    return _text(_toml("departments")["project"], lang)


def departments(lang: str) -> list[Department]:
    """In the order of the sheet 部门与接口人."""
    return [
        Department(
            name=_text(d["name"], lang),
            aliases=tuple(a.strip() for a in _text(d["aliases"], lang).replace("、", ",").split(",")),
            liaison=_text(d["liaison"], lang),
            emails=tuple(d["emails"]),
            head=_text(d["head"], lang),
            superior=_text(d["superior"], lang),
            superior_mail=d["superior_mail"],
            sponsor=_text(d["sponsor"], lang),
            sponsor_mail=d["sponsor_mail"],
        )
        for d in _toml("departments")["department"]
    ]


def directory(lang: str) -> Directory:
    return Directory.of(departments(lang))


def department(name: str, lang: str) -> str:
    """A department's name in the language, from its Chinese name. Raises KeyError for a department the story lacks."""
    return _department_names(lang)[name]


def person(name: str, lang: str) -> str:
    return name if lang == "zh" else _PEOPLE[name]


def rows(lang: str) -> dict[str, list[FormRow]]:
    """Form → its rows as they stand on Monday morning, for every form that has a file in `data/`."""
    return {form.id: rows_of(form.id, lang) for form in load().forms if form.id == "tasks" or _file(f"{form.id}.toml").is_file()}


def rows_of(form_id: str, lang: str) -> list[FormRow]:
    """Computed fields other than 更新日期 of the tasks are left to `flag`."""
    form = load().form(form_id)
    return _tasks(lang) if form_id == "tasks" else [_row(form, data, lang) for data in _toml(form_id)["row"]]


def _tasks(lang: str) -> list[FormRow]:
    """120 tasks: 66 done, 6 marked late."""
    notes = _toml("notes")
    return [
        _task(line, notes.get(line["task_id"], {}), lang) for line in csv.DictReader(_file("tasks.csv").read_text("utf-8").splitlines())
    ]


def pmo_edits(lang: str) -> list[PmoEdit]:
    """What the PMO changes in the master while the packs are out: two cells that 研发部 changes too, one it agrees with, two of its own."""
    return [
        PmoEdit("tasks", "RW-035", "progress", 0.65),
        PmoEdit("tasks", "RW-006", "measure", _text(["借调销售部测试账号", "Borrow test accounts from sales"], lang)),
        PmoEdit("tasks", "RW-102", "status", "done"),
        PmoEdit("tasks", "RW-063", "end", date(2026, 12, 4)),
        PmoEdit("requirements", "XZ-2026-009", "urgency", "critical"),
    ]


@cache
def _toml(name: str) -> Mapping[str, Any]:
    return rtoml.loads(_file(f"{name}.toml").read_text("utf-8"))


def _file(name: str) -> Traversable:
    return resources.files("collab_xl.demo") / "data" / name


@cache
def _department_names(lang: str) -> Mapping[str, str]:
    return {d["name"][0]: _text(d["name"], lang) for d in _toml("departments")["department"]}


def _text(pair: list[str], lang: str) -> str:
    return pair[LANGS.index(lang)]


def _row(form: Form, data: Mapping[str, Any], lang: str) -> FormRow:
    """A TOML row with its texts, departments and people in the language."""
    row: FormRow = {}
    for name, value in data.items():
        kind = form.field(name).kind
        if kind == "department":
            row[name] = department(value, lang)
        elif kind == "departments":
            row[name] = tuple(department(d, lang) for d in value)
        elif kind == "person":
            row[name] = person(value, lang)
        else:
            row[name] = _text(value, lang) if isinstance(value, list) else value
    return row


def _task(line: Mapping[str, str], notes: Mapping[str, list[str]], lang: str) -> FormRow:
    progress = float(line["progress"])
    row: dict[str, Value] = {
        "task_id": line["task_id"],
        "name": line[f"name_{lang}"],
        "req_id": line["req_id"],
        "dept": department(line["dept"], lang),
        "owner": person(line["owner"], lang),
        "deliverable": line[f"deliverable_{lang}"],
        "predecessors": tuple(filter(None, line["predecessors"].split("、"))) or None,
        "progress": int(progress) if progress.is_integer() else progress,
        "status": line["status"],
        "milestone": True if line["task_id"] in MILESTONES else None,
        **{name: date.fromisoformat(line[name]) for name in ("start", "end", "actual_end", "updated") if line[name]},
        **{name: _text(text, lang) for name, text in notes.items()},
    }
    return {name: value for name, value in row.items() if value is not None}
