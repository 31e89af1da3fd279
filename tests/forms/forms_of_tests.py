"""Forms that exist only in tests: as data, written into a folder that `COLLAB_XL_FORMS` names."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import rtoml

from collab_xl.forms.folders import OWN_FORMS, own_forms_folder

VISITS: dict[str, Any] = {
    "id": "visits",
    "version": 1,
    "group": "execution",
    "order": 80,
    "table": "Visits",
    "key": {"prefix": "BF-", "width": 3},
    "due": {"warn": "T302", "overdue": "T301", "escalate": "T303"},
    "aliases": ["拜访登记", "Visit log"],
    "sheet": {"zh": "客户拜访表", "en": "Visits"},
    "title": {"zh": "客户拜访登记表", "en": "Customer visits"},
    "help": {"zh": "每行一次拜访。", "en": "One visit per row."},
    "pack": {"to": "department", "when": "always", "blank_rows": 4, "add_rows": "row"},
    "choices": {
        "state": [
            {"id": "planned", "zh": "已约", "en": "Planned", "state": "waiting", "aliases": ["预约"]},
            {"id": "going", "zh": "跟进", "en": "Following up", "state": "open"},
            {"id": "over", "zh": "结束", "en": "Over", "state": "done"},
            {"id": "dropped", "zh": "作罢", "en": "Dropped", "state": "cancelled"},
        ],
        "weight": [
            {"id": "small", "zh": "小", "en": "Small"},
            {"id": "big", "zh": "大", "en": "Big"},
        ],
    },
    "field": [
        {"id": "visit_no", "kind": "key", "access": "K", "zh": "拜访编号", "en": "Visit ID", "width": 10},
        {"id": "customer", "kind": "text", "access": "D", "role": "title", "zh": "客户名称", "en": "Customer", "width": 24},
        {"id": "unit", "kind": "department", "access": "P", "role": "department", "zh": "拜访部门", "en": "Visited by"},
        {"id": "who", "kind": "person", "access": "D", "role": "owner", "zh": "拜访人", "en": "Visitor"},
        {"id": "asked", "kind": "moment", "access": "D", "role": "raised", "zh": "约定时间", "en": "Agreed at"},
        {"id": "till", "kind": "date", "access": "D", "role": "due", "zh": "回访期限", "en": "Reply by"},
        {"id": "went", "kind": "choice", "choices": "state", "access": "D", "role": "status", "zh": "拜访状态", "en": "Visit status"},
        {"id": "closed_on", "kind": "date", "access": "D", "role": "finished", "zh": "回访日期", "en": "Replied on"},
        {"id": "weight", "kind": "choice", "choices": "weight", "access": "D", "role": "level", "zh": "客户等级", "en": "Weight"},
        {"id": "for_task", "kind": "reference", "of": "tasks", "access": "D", "role": "parent", "zh": "相关任务", "en": "Related task"},
        {"id": "reply", "kind": "longtext", "access": "D", "role": "measure", "zh": "答复内容", "en": "Reply", "width": 26},
        {"id": "days_over", "kind": "whole", "access": "C", "compute": "late_days", "zh": "超期天数", "en": "Days over"},
    ],
    "clock": [
        {
            "id": "reply", "zh": "答复", "en": "a reply", "starts": "raised", "limit": 24, "unit": "hours", "stops": ["reply"],
            "tell": ["owner", "pmo"], "code": "T391",
        }
    ],
    "escalation": [{"cause": "urgent_problem", "when": {"level": "big"}, "answer_days": 0}],
    "rules": {
        "required": ["title", "department"],
        "required_when": {"open": ["due"], "done": ["finished"]},
        "order": [["raised", "due"]],
        "own": [],
    },
    "report": {
        "heading": {"zh": "客户拜访", "en": "Visits"},
        "where": {"state": ["waiting", "open"]},
        "sort": ["-level", "due"],
        "columns": ["title", "owner", "due", "level"],
        "lines": 4,
    },
    "figure": [
        {"id": "visits_big", "zh": "重点客户待回访", "en": "Big ones waiting", "count": {"state": ["waiting", "open"], "level": ["big"]}}
    ],
}  # fmt: skip
"""A form nobody of us has in the product: every role a form usually has, under names of its own."""
TEXTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "zh": {"T391": {"what": "“{row_id}”约定后 {limit} {unit}没有答复。", "why": "客户在等。", "fix": "填写“答复内容”。"}},
    "en": {
        "T391": {
            "what": "“{row_id}” has no reply {limit} {limit|unit} after it was agreed.",
            "why": "The customer is waiting.",
            "fix": "Fill in “Reply”.",
        }
    },
}


def visits() -> dict[str, Any]:
    """A copy to change."""
    return copy.deepcopy(VISITS)


def written(folder: Path, *forms: Mapping[str, Any], texts: Mapping[str, Any] = TEXTS) -> Path:
    """Write the forms as folders into `folder`; the first one contains the texts."""
    for n, form in enumerate(forms):
        own = folder / str(form["id"])
        own.mkdir(parents=True, exist_ok=True)
        (own / "form.toml").write_text(rtoml.dumps(dict(form)), encoding="utf-8")
        for lang, said in texts.items() if n == 0 else ():
            (own / f"{lang}.toml").write_text(rtoml.dumps(dict(said)), encoding="utf-8")
    return folder


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Within the block the forms of the folder are installed, also in workers. Another set needs another folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OWN_FORMS, str(folder))
        own_forms_folder.cache_clear()
        try:
            yield
        finally:
            own_forms_folder.cache_clear()
