"""Any valid form goes through every verb on a master on disk: a few here, 200 in both languages by `make prove`."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from e2e.small_project import DAY, DEPARTMENTS, MONDAY, PROBLEMS, REQUIREMENTS, TASKS, WEEK, fill_pack
from forms.forms_of_tests import installed, written
from forms.generated import forms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.demo import desk
from collab_xl.forms import Field, Form, load
from collab_xl.model.values import Value
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

MADE = "made"


def value_of(field: Field, rng: random.Random) -> Value:
    """Something the master may hold in a field."""
    ids = [c.id for c in field.choices]
    match field.kind:
        case "date":
            return date(2026, 10, 1) + timedelta(rng.randrange(120))
        case "moment":
            return datetime(2026, 10, 1, 9) + timedelta(hours=rng.randrange(2000))
        case "percent":
            return rng.randrange(101) / 100
        case "choice":
            return rng.choice(ids)
        case "choices":
            return tuple(i for i in ids if rng.random() < 0.6) or (ids[0],)
        case "department":
            return rng.choice(("市场部", "研发部"))
        case "departments":
            return rng.choice((("市场部",), ("市场部", "研发部")))
        case "reference":
            return {"tasks": "RW-001", "requirements": "XZ-2026-001"}.get(field.of)
        case "references":
            return ("RW-001", "RW-002") if field.of == "tasks" else None
        case "whole" | "amount":
            return rng.randrange(1, 500)
        case "yesno":
            return rng.random() < 0.5
        case "person":
            return rng.choice(("*经理", "李四"))
        case _:
            return rng.choice(("拜访客户", "样机测试", "两行\n文字", "plain words"))


def rows_of(form: Form, rng: random.Random, count: int) -> list[dict[str, Value]]:
    rows = []
    for n in range(1, count + 1):
        row = {f.id: value_of(f, rng) for f in form.fields if f.access != "C" and (f.required or rng.random() < 0.8)}
        row[form.key.id], row[form.id_of("title")] = f"{form.key_prefix}{n:0{form.key_width}}", f"事情{n}"
        rows.append(row)
    return rows


def typed(field: Field, value: Value, lang: str) -> object:
    """As a liaison types it."""
    said = field.worded(value, lang)
    return ("、" if lang == "zh" else ", ").join(said) if isinstance(said, tuple) else said


class Week:
    """One project with a form of its own, played from a new master to undo."""

    def __init__(self, folder: Path, lang: str, rng: random.Random) -> None:
        self.folder, self.lang, self.rng = folder, lang, rng
        self.master = folder / "主表.xlsx"
        self.form = load().form(MADE)
        self.common: dict[str, Any] = {"as_of": DAY, "lang": lang}

    def start(self, *, added_later: bool) -> None:
        """A master with the form from the beginning, or made before and given the form."""
        with clock.at(MONDAY):
            first = "basic" if added_later else f"requirements,tasks,problems,{MADE}"
            verbs.init(self.master, project="产品Q3上线", departments=DEPARTMENTS, lang=self.lang, as_of=DAY, forms=first)
            if added_later:
                verbs.forms_add(self.master, [MADE], **self.common)
        rows = {"requirements": REQUIREMENTS, "tasks": TASKS, "problems": PROBLEMS, MADE: rows_of(self.form, self.rng, 3)}
        desk.fill_in(self.master, rows, self.lang, DAY)

    def issue(self) -> dict[str, Path]:
        with clock.at(MONDAY + timedelta(hours=1)):
            report = verbs.issue(self.master, week=WEEK, out=self.folder / "outbox", progress=no_progress, **self.common)
        return {str(p["department"]): Path(str(p["file"])) for p in report.json["packs"]}

    def reply(self, department: str, pack: Path) -> tuple[Path, dict[tuple[str, str], dict[str, object]]]:
        """A filled copy: every field the department may edit of its first row, and a blank row where there is one."""
        target = self.folder / "inbox" / f"{department}.xlsx"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(pack, target)
        cells: dict[tuple[str, str], dict[str, object]] = {
            ("tasks", "RW-001" if department == "市场部" else "RW-002"): {"remark": "按计划"}
        }
        book = read_book(target)
        if self.form.table in book.tables:
            ref = book.tables[self.form.table]
            snap, key = book.snapshot(ref.sheet), ref.headings.index(self.form.key.heading[self.lang])
            keys = [snap.value(row, ref.area.first_col + key) for row in range(ref.data.first_row, ref.data.last_row + 1)]
            fields = [f for f in self.form.fields if f.access == "D" and f.heading[self.lang] in ref.headings]
            if keys[0] is not None:
                cells[MADE, str(keys[0])] = {f.id: typed(f, value_of(f, self.rng), self.lang) for f in fields}
            if None in keys and self.form.add_rows:
                title = self.form.id_of("title")
                cells[MADE, "+0"] = {
                    title: "新的事情",
                    **{f.id: typed(f, value_of(f, self.rng), self.lang) for f in fields if f.id != title},
                }
        fill_pack(target, {k: v for k, v in cells.items() if v}, self.lang, datetime(2026, 11, 20, 12))
        return target, cells

    def all_accounted_for(self, report: Report) -> None:
        kinds = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")
        for line in report.json["submissions"]:
            assert line["edits"] == sum(line[kind] for kind in kinds), line

    def values(self) -> Mapping[str, list[dict[str, Value]]]:
        return desk.values(self.master, self.lang)

    def play(self, *, added_later: bool) -> None:
        self.start(added_later=added_later)
        before = self.values()
        packs = self.issue()
        replies = {name: self.reply(name, pack) for name, pack in packs.items()}
        own = [f for f in self.form.fields if f.access == "D" and f.id != self.form.department_field]
        if own:  # the PMO types into the same row meanwhile
            key = str(before[MADE][0][self.form.key.id])
            desk.change(self.master, [(MADE, key, own[0].id, value_of(own[0], self.rng))], self.lang, DAY)
        as_issued = self.values()
        collected = verbs.collect(self.master, [self.folder / "inbox"], department=None, write=True, progress=no_progress, **self.common)
        assert [i["state"] for i in collected.json["items"]] == ["accepted"] * len(replies)
        self.all_accounted_for(verbs.preview(self.master, [], progress=no_progress, **self.common))
        assert self.values() == as_issued
        done = verbs.consolidate(self.master, [], progress=no_progress, **self.common)
        self.all_accounted_for(done)
        assert sum(line["edits"] for line in done.json["submissions"]) > 0
        items = [str(line["id"]) for line in self.listed("conflicts")]
        desk.decide(self.master, {item: "model.word.take_submission" for item in items}, self.lang)
        verbs.resolve(self.master, **self.common)
        for verb in (verbs.check, verbs.flag, verbs.week):
            assert verb(self.master, **self.common).lines
        assert verbs.status(self.master, **self.common).json
        assert verbs.log(self.master, lang=self.lang).json
        imported = verbs.import_tracker(self.master, [self.tracker()], confirmed=True, **self.common)
        assert imported.json["written"] == 1, imported.json
        assert len(self.values()[MADE]) > len(before[MADE])
        verbs.undo(self.master, run=str(done.json["run"]), **self.common)
        assert self.values() == as_issued

    def listed(self, service_id: str) -> list[dict[str, object]]:
        service = load().service(service_id)
        book = read_book(self.master)
        ref = book.tables[service.table]
        snap, ids = book.snapshot(ref.sheet), {c.heading[self.lang]: c.id for c in service.columns}
        lines = (
            {ids[h]: snap.value(row, ref.area.first_col + n) for n, h in enumerate(ref.headings) if h in ids}
            for row in range(ref.data.first_row, ref.data.last_row + 1)
        )
        return [line for line in lines if line.get("id")]

    def tracker(self) -> Path:
        """The form as somebody else keeps it: our headings, a row of their own."""
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = self.form.sheet[self.lang]
        sheet.append([f.heading[self.lang] for f in self.form.fields])
        row = rows_of(self.form, self.rng, 1)[0] | {self.form.key.id: "外-77", self.form.id_of("title"): "别处的事情"}
        sheet.append([typed(f, row.get(f.id), self.lang) for f in self.form.fields])
        book.save(self.folder / "别处.xlsx")
        return self.folder / "别处.xlsx"


def play(data: dict[str, Any], lang: str, seed: int, *, added_later: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with installed(written(folder / "forms", data, texts={})):
            Week(folder, lang, random.Random(seed)).play(added_later=added_later)


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(forms(), st.sampled_from(("zh", "en")), st.integers(0, 999), st.booleans())
def test_a_generated_form_goes_through_every_verb(data: dict[str, Any], lang: str, seed: int, added_later: bool) -> None:
    play(data, lang, seed, added_later=added_later)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(forms(), st.sampled_from(("zh", "en")), st.integers(0, 999), st.booleans())
def test_two_hundred_generated_forms_go_through_every_verb(data: dict[str, Any], lang: str, seed: int, added_later: bool) -> None:
    play(data, lang, seed, added_later=added_later)
