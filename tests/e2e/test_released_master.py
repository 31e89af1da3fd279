"""A master made by the version before forms could be chosen: opened, upgraded, given a form, every verb run, undone; nothing of it lost.

The folders in tests/cases/released were made by version 0.1.0: two departments, packs issued, one consolidated, flag and week; the other
department's reply lies in the inbox.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import DAY, MONDAY
from judges import new_microsoft_findings, structural_findings
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.build.lists import mail_text_rows
from collab_xl.demo import desk
from collab_xl.errors import FINDINGS
from collab_xl.forms import BASIC
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.session import opened
from collab_xl.verbs.times import clock

CASES = Path(__file__).parents[1] / "cases" / "released"
OWN_SHEET, OWN_TABLE = "风险登记表", "Risks"


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def master(lang: str, tmp_path: Path) -> Path:
    with zipfile.ZipFile(CASES / f"0.1.0-{lang}.zip") as packed:
        packed.extractall(tmp_path)
    return tmp_path / "主表.xlsx"


def parts(path: Path) -> Mapping[str, int]:
    with zipfile.ZipFile(path) as book:
        return {info.filename: info.CRC for info in book.infolist()}


def forms_of(master: Path) -> list[str]:
    with opened(master, write=False, as_of=DAY, lang=None) as session:
        assert session.tables
        return [form.id for form in session.schema.forms]


def test_it_is_read_with_the_three_forms_it_has(master: Path) -> None:
    assert forms_of(master) == list(BASIC)


def test_every_verb_works_on_it_as_it_is(master: Path, lang: str) -> None:
    before = parts(master)
    common = {"as_of": DAY, "lang": lang}
    start = desk.values(master, lang)
    with clock.at(MONDAY + timedelta(days=4, hours=6)):
        done = verbs.consolidate(master, [master.parent / "inbox"], progress=no_progress, **common)
        assert [(s["department"], s["applied"] > 0) for s in done.json["submissions"]] == [("研发部", True)]
        for verb in (verbs.check, verbs.flag, verbs.week, verbs.status, verbs.resolve):
            assert verb(master, **common).json
        assert verbs.log(master, lang=lang).json
        packs = verbs.issue(master, week="2026-W48", out=master.parent / "next", progress=no_progress, **common)
        assert len(packs.json["packs"]) == 2
        verbs.undo(master, run=str(done.json["run"]), **common)
    assert {form: rows for form, rows in desk.values(master, lang).items()} == start
    kept = {name for name in before if not name.startswith(("xl/worksheets/", "xl/tables/", "xl/workbook.xml", "xl/calcChain", "docProps"))}
    after = parts(master)
    assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}


def kept(values: dict[str, list[dict[str, object]]], start: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """The values without columns that came with an upgrade: these are blank."""
    out = {}
    for form, rows in values.items():
        old = start[form][0].keys()
        assert all(value is None for row in rows for name, value in row.items() if name not in old)
        out[form] = [{name: value for name, value in row.items() if name in old} for row in rows]
    return out


def test_it_is_upgraded_and_given_forms_and_goes_on(master: Path, lang: str) -> None:
    """With a sheet and a table of the user's own under the names our form would take."""
    book = workbook_at(master)
    own = book.create_sheet(OWN_SHEET)
    own.append(["编号", "我的风险"])
    own.append(["1", "别动我"])
    own.add_table(openpyxl.worksheet.table.Table(displayName=OWN_TABLE, ref="A1:B2"))
    book.save(master)
    start = desk.values(master, lang)
    common = {"as_of": DAY, "lang": lang}
    with clock.at(MONDAY + timedelta(days=4, hours=6)):
        verbs.forms_upgrade(master, [], **common)
        added = verbs.forms_add(master, ["risks", "actions"], **common)
        assert forms_of(master) == ["requirements", "tasks", "problems", "risks", "actions"]
        done = verbs.consolidate(master, [master.parent / "inbox"], progress=no_progress, **common)
        assert done.json["submissions"]
        for verb in (verbs.check, verbs.flag, verbs.week, verbs.status):
            assert verb(master, **common).json
        packs = verbs.issue(master, week="2026-W48", out=master.parent / "next", progress=no_progress, **common)
        assert len(packs.json["packs"]) == 2
        verbs.undo(master, run=str(added.json["run"]), **common)
    assert forms_of(master) == list(BASIC)
    assert kept(desk.values(master, lang), start) == start
    rows = [[cell.value for cell in row] for row in workbook_at(master)[OWN_SHEET].iter_rows()]
    assert rows == [["编号", "我的风险"], ["1", "别动我"]]


LATER = {"mail_texts": "MailTexts", "submissions": "Submissions", "escalations": "Escalations", "conflicts": "Conflicts"}


def lists_of(master: Path) -> dict[str, tuple[str, ...]]:
    """Id → headings of the service tables that later versions added to."""
    with opened(master, write=False, as_of=DAY, lang=None) as session:
        return {name: session.refs[table].headings for name, table in LATER.items() if table in session.refs}


def test_later_sheets_and_columns_come_when_asked_and_go_with_undo(master: Path, lang: str) -> None:
    common = {"as_of": DAY, "lang": lang}
    mails = {"zh": "邮件", "en": "Mails"}[lang]
    before, had, whole = parts(master), lists_of(master), master.read_bytes()
    assert "mail_texts" not in had
    assert mails not in had["submissions"]
    with clock.at(MONDAY + timedelta(days=4, hours=6)):
        announced = verbs.forms_list(master, lang=lang, fallback=lang)
        said = verbs.send(master, "packs", **common, write=False)
        assert any(mails in line for line in said.notes)
        assert lists_of(master) == had
        done = verbs.forms_upgrade(master, [], **common)
        assert done.json["lists"] == announced.json["lists"]
        assert len(done.json["lists"]) >= 4
        now = lists_of(master)
        assert now["submissions"] == (*had["submissions"], mails)
        assert now["escalations"][: len(had["escalations"])] == had["escalations"]
        assert mails in now["escalations"]
        with opened(master, write=False, as_of=DAY, lang=None) as session:
            assert [list(row.values())[:5] for row in session.service("mail_texts")] == mail_text_rows(lang)
            assert session.mail_text_faults == []
        came = {name for name in parts(master) if name not in before}
        tables = [name for name in came if name.startswith("xl/tables/")]
        pages = {"sheets": 3, "of the weekly one": 1, "drawing and its": 2, "charts": 2}
        assert len(came) == 3 * len(tables) + sum(pages.values()), "of each list: itself, its relationships, its table"
        assert structural_findings(master) == []
        assert new_microsoft_findings(whole, master) == set()
        assert verbs.forms_upgrade(master, [], **common).json["run"] is None
        for turn in (verbs.undo, verbs.redo, verbs.undo):
            assert turn(master, **common).exit_code == 0
            assert lists_of(master) == (now if turn is verbs.redo else had)
    assert parts(master).keys() == before.keys()


def test_what_somebody_wrote_there_stays_after_undo(master: Path, lang: str) -> None:
    common = {"as_of": DAY, "lang": lang}
    sheet = {"zh": "邮件模板", "en": "Mail texts"}[lang]
    book = workbook_at(master)
    book.create_sheet(sheet)["A1"] = "mine"
    book.save(master)
    verbs.forms_upgrade(master, [], **common)
    book = workbook_at(master)
    assert book[sheet]["A1"].value == "mine"
    ours = book[f"{sheet} (2)"]
    ours["B4"] = "Our subject {week}"
    book.save(master)
    undone = verbs.undo(master, **common)
    assert undone.exit_code == FINDINGS
    assert f"{sheet} (2)" in undone.json["sheets_kept"][0]
    assert set(lists_of(master)) == set(LATER), "the sheet stays, the columns go"
    assert {"zh": "邮件", "en": "Mails"}[lang] not in lists_of(master)["submissions"]
