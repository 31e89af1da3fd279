"""Two small forms that lack roles: `news` without a department field and a status, `needs` without a status, with all newer kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forms.forms_of_tests import installed, written

from collab_xl.forms import Form, Schema, load
from collab_xl.model.directory import Department, Directory
from collab_xl.model.finding import Finding
from collab_xl.model.place import Area
from collab_xl.model.sheets import Snapshot, Table, TableRef
from collab_xl.model.values import Value, normal
from collab_xl.read.context import Context
from collab_xl.read.table import parse_table

NEWS: dict[str, Any] = {
    "id": "news", "version": 1, "group": "start", "order": 70, "table": "News", "key": {"prefix": "GG-", "width": 2},
    "sheet": {"zh": "公告栏", "en": "News"}, "title": {"zh": "项目公告", "en": "Project news"},
    "help": {"zh": "一行一条。", "en": "One a row."},
    "pack": {"to": "all"}, "about": ["公告"],
    "field": [
        {"id": "no", "kind": "key", "access": "K", "zh": "公告编号", "en": "News ID"},
        {"id": "topic", "kind": "text", "role": "title", "access": "P", "zh": "公告主题", "en": "Topic"},
        {"id": "since", "kind": "date", "access": "P", "zh": "生效日期", "en": "In force from"},
        {"id": "said", "kind": "longtext", "access": "D", "zh": "各方意见", "en": "Opinions"},
    ],
    "report": {"heading": {"zh": "公告", "en": "News"}, "columns": ["title"]},
}  # fmt: skip
NEEDS: dict[str, Any] = {
    "id": "needs", "version": 1, "group": "execution", "order": 75, "table": "Needs", "key": {"prefix": "ZJ-", "width": 3},
    "sheet": {"zh": "资源清单", "en": "Needs"}, "title": {"zh": "资源清单", "en": "Needs"},
    "help": {"zh": "一行一项。", "en": "One a row."},
    "pack": {"to": "department", "when": "rows", "blank_rows": 2, "add_rows": "row"},
    "choices": {"area": [{"id": "east", "zh": "华东", "en": "East", "aliases": ["上海"]},
                         {"id": "north", "zh": "华北", "en": "North"},
                         {"id": "rd", "zh": "研/发", "en": "R/D"}]},
    "field": [
        {"id": "no", "kind": "key", "access": "K", "zh": "资源编号", "en": "Need ID"},
        {"id": "what", "kind": "text", "role": "title", "access": "D", "zh": "资源内容", "en": "Resource"},
        {"id": "unit", "kind": "department", "role": "department", "access": "P", "zh": "归口部门", "en": "Kept by"},
        {"id": "wanted", "kind": "amount", "role": "need", "access": "D", "zh": "申请数量", "en": "Wanted"},
        {"id": "fixed", "kind": "yesno", "role": "milestone", "access": "D", "zh": "是否刚性", "en": "Fixed"},
        {"id": "areas", "kind": "choices", "choices": "area", "access": "D", "zh": "适用区域", "en": "Areas"},
    ],
    "report": {"heading": {"zh": "资源", "en": "Needs"}, "columns": ["title", "need"]},
}  # fmt: skip
PEOPLE = Directory.of([Department("研发部", ("研发",)), Department("市场部"), Department("行政部")])


def schema(folder: Path) -> Schema:
    """The schema with both forms, read from `folder`."""
    return schema_with(folder, NEWS, NEEDS)


def schema_with(folder: Path, *forms: Mapping[str, Any]) -> Schema:
    """The schema with these forms too."""
    with installed(written(folder, *forms, texts={})):
        return load()


def parsed(form: Form, rows: Sequence[Mapping[str, object]], lang: str = "zh", row_ids: Sequence[str] = ()) -> tuple[Table, list[Finding]]:
    """A sheet of the form from A1 on, every field a column, as it is read."""
    heads: list[Value] = [f.heading[lang] for f in form.fields]
    lines = [heads, *([normal(row.get(f.id)) for f in form.fields] for row in rows)]
    if row_ids:
        lines = [[*line, own] for line, own in zip(lines, ("row_id", *row_ids), strict=True)]
    area = Area(1, 1, max(len(lines), 2), len(lines[0]))
    ref = TableRef(form.table, form.sheet[lang], area, tuple(map(str, lines[0])))
    return parse_table(Snapshot(form.sheet[lang], 1, 1, lines, tables=(ref,)), ref, form, Context(lang, PEOPLE))
