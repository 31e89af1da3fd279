"""Sheet 设置: a value that cannot be used is told by every verb, once, with its cell; the language set there is the one of messages."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from copied import copy_project
from forms.forms_of_tests import installed, visits, written
from msgspec.structs import asdict
from small_project import DAY, Project, type_into

from collab_xl import catalogue, verbs
from collab_xl.addin.buttons import Click, press
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.settings import WHOLE_NUMBERS, Settings
from collab_xl.terminal import carry_out
from collab_xl.verbs.doctor import doctor
from collab_xl.verbs.report import Report, no_progress

OTHER = {"zh": "en", "en": "zh"}
LANG_WORD = {"zh": "中文", "en": "English"}


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("settings"), request.param)
    project.issue()
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    copy_project(made.folder, tmp_path / "p")
    copy = Project(tmp_path / "p", made.lang)
    copy.packs = made.packs
    return copy


def typed(project: Project, **values: object) -> dict[str, str]:
    """Type into the column of values; gives setting → cell."""
    book = read_book(project.master)
    out = {}
    for table, code, value in (("Settings", 4, 2), ("Rules", 6, 5)):
        sheet = book.tables[table].sheet
        snap = book.snapshot(sheet)
        rows = {str(snap.value(row, code)): row for row in range(1, snap.last_row + 1)}
        found = {wanted: rows[name] for wanted in values if (name := wanted.replace("__", ".")) in rows}
        if found:
            type_into(project.master, sheet, {(row, value): values[wanted] for wanted, row in found.items()})
        out |= {wanted: f"{'ABCDEF'[value - 1]}{row}" for wanted, row in found.items()}
    return out


def verb(project: Project, name: str, lang: str | None) -> Report:
    more: dict[str, object] = {"as_of": DAY} if name != "log" else {}
    if name in ("collect", "preview", "consolidate"):
        more |= {"inputs": [], "department": None, "progress": no_progress} | ({"write": True} if name == "collect" else {})
    if name == "issue":
        more |= {"progress": no_progress}
    return getattr(verbs, name)(project.master, lang=lang, **more)  # type: ignore[no-any-return]


VERBS = ("check", "flag", "week", "issue", "collect", "preview", "consolidate", "resolve", "undo", "status", "log")


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_warns_once_with_the_cell_the_value_and_what_to_write(project: Project, name: str) -> None:
    cells = typed(project, escalate_days="5 kg", day_count="x", rule__T301="maybe")
    sheet = load().service("settings").sheet[project.lang]
    for lang in ("zh", "en"):
        report = verb(project, name, lang)
        assert len(report.notes) == 3, report.notes
        number, choice, rule = (next(note for note in report.notes if value in note) for value in ("5 kg", "“x”", "maybe"))
        assert [sheet in note for note in (number, choice)] == [True, True]
        assert load().service("rules").sheet[project.lang] in rule
        assert cells["escalate_days"] in number
        assert text("build.set.escalate_days.name", lang) in number
        assert str(Settings().escalate_days) in number
        assert "3650" in number
        assert cells["day_count"] in choice
        assert text("build.set.word.working", lang) in choice
        assert text("build.set.word.calendar", lang) in choice
        assert cells["rule__T301"] in rule
        assert "T301" in rule
        said = " ".join((*report.notes, *report.lines))
        assert "escalate_days" not in said
        assert "day_count" not in said


def test_a_script_sees_the_warning_in_the_object(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    typed(project, escalate_days="5 kg")
    for name in ("flag", "week", "check"):
        with pytest.raises(typer.Exit):
            carry_out(lambda tell, name=name: verb(project, name, "en"), as_json=True, quiet=True)  # type: ignore[misc]
        (note,) = json.loads(capsys.readouterr().out)["notes"]
        assert "5 kg" in note


def test_values_that_can_be_used_bring_no_warning(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        carry_out(lambda tell: verb(project, "flag", None), as_json=True, quiet=True)
    assert json.loads(capsys.readouterr().out)["notes"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_limit_that_a_form_brings_along_is_told_and_used(lang: str, tmp_path: Path) -> None:
    """A unit that is none, then one that is: the row agreed 24 hours ago is late, with 100 hours it is not."""
    with installed(written(tmp_path / "forms", visits())):
        project = Project(tmp_path, lang)
        verbs.init(project.master, lang=lang, as_of=DAY, forms="full")
        rows = [{"visit_no": "BF-001", "customer": "甲", "unit": "研发部", "asked": DAY - timedelta(days=3)}]
        desk.fill_in(project.master, {"visits": rows}, lang, DAY)
        cells = typed(project, clock__visits__reply="24 km")
        for spoken in ("zh", "en"):
            (note,) = (note for note in verb(project, "flag", spoken).notes if "24 km" in note)
            assert cells["clock__visits__reply"] in note
            assert text("build.set.unit.hours", spoken, n=24) in note
        assert "T391" in codes(verb(project, "check", lang))
        typed(project, clock__visits__reply=text("build.set.unit.hours", lang, n=100))
        report = verb(project, "check", lang)
        assert [note for note in report.notes if "km" in note] == []
        assert "T391" not in codes(report)


def codes(report: Report) -> set[str]:
    return {finding["code"] for finding in report.json["findings"]}


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("escalate_days", "5天", 5), ("escalate_days", "５ 日", 5), ("warning_days", "1 day", 1), ("stale_days", "10 Days", 10),
        ("problem_meeting_hours", "48小时", 48), ("blank_rows", "20 行", 20), ("escalate_days", 4.0, 4), ("escalate_days", "0", 0),
        ("week_start", 7, 7),
    ],
)  # fmt: skip
def test_a_number_may_carry_its_unit(name: str, written: str | float, read: int) -> None:
    settings, bad = Settings.of({name: written})
    assert not bad
    assert getattr(settings, name) == read


@pytest.mark.parametrize(
    ("name", "written"),
    [("escalate_days", "5小时"), ("escalate_days", "5工作日"), ("problem_meeting_hours", "2天"), ("escalate_days", "-1"),
     ("escalate_days", "1.5"), ("week_start", "8"), ("week_start", "1天"), ("blank_rows", "2001"),
     ("escalate_days", "x"), ("escalate_days", "4000天"),
     ("escalate_days", True)],
)  # fmt: skip
def test_what_is_no_such_number_is_not_read_as_one(name: str, written: str) -> None:
    assert Settings.of({name: written}) == (Settings(), [name])


def test_whole_numbers_are_all_the_numbers_there_are() -> None:
    assert {name for name, value in asdict(Settings()).items() if isinstance(value, int)} == WHOLE_NUMBERS


def test_five_days_with_the_unit_escalate_after_five_days(project: Project) -> None:
    typed(project, escalate_days=5)
    plain = verb(project, "flag", "zh")
    typed(project, escalate_days="5天")
    with_unit = verb(project, "flag", "zh")
    assert (plain.json, plain.lines) == (with_unit.json, with_unit.lines)
    assert not with_unit.notes


def chinese(report: Report) -> bool:
    """By its first word: names of sheets stay those of the workbook."""
    return "\u4e00" <= report.lines[0][0] <= "\u9fff"


@pytest.mark.parametrize("name", ["check", "flag", "preview", "consolidate"])
def test_messages_follow_what_is_asked_for_then_the_setting_then_the_workbook(project: Project, name: str) -> None:
    other = OTHER[project.lang]
    assert verb(project, name, None).lang == project.lang
    typed(project, lang=LANG_WORD[other])
    report = verb(project, name, None)
    assert report.lang == other
    assert chinese(report) == (other == "zh")
    assert verb(project, name, project.lang).lang == project.lang
    typed(project, lang=None)
    assert verb(project, name, None).lang == project.lang


def test_the_workbook_keeps_its_language(project: Project) -> None:
    """Headings are found by it: nothing on the sheets may depend on the language of messages."""
    verb(project, "week", None)
    before = {s: [read_book(project.master).snapshot(s).value(r, 2) for r in range(1, 40)] for s in sheets(project)}
    typed(project, lang=LANG_WORD[OTHER[project.lang]])
    assert verb(project, "week", None).lang == OTHER[project.lang]
    after = {s: [read_book(project.master).snapshot(s).value(r, 2) for r in range(1, 40)] for s in sheets(project)}
    assert before == after
    assert len(before) == 2
    assert text("build.set.lang.help", project.lang) in {row["help"] for row in project.listed("settings")}


def sheets(project: Project) -> list[str]:
    return [text("build.sheet.weekly", project.lang), load().service("overdue").sheet[project.lang]]


def test_a_language_that_is_none_leaves_the_workbooks_and_says_so(project: Project) -> None:
    cells = typed(project, lang="français")
    report = verb(project, "flag", None)
    assert report.lang == project.lang
    (note,) = report.notes
    assert cells["lang"] in note
    assert LANG_WORD["zh"] in note
    assert f"“{LANG_WORD[project.lang]}”" in note


def test_a_refusal_speaks_the_language_set(project: Project) -> None:
    typed(project, lang=LANG_WORD[OTHER[project.lang]])
    with pytest.raises(catalogue.CollabError) as stopped:
        verbs.undo(project.master, run="R9999", as_of=DAY, lang=None)
    assert stopped.value.facts["lang"] == OTHER[project.lang]


def test_the_button_shows_the_first_of_them_and_names_each_once(project: Project) -> None:
    cells = typed(project, escalate_days="x", stale_days="y")
    done = press(Click("settings", project.master, "en", no_progress))  # type: ignore[arg-type]
    assert done.cell is not None
    assert f"B{done.cell[0]}" == cells["escalate_days"]
    said = [*done.report.lines, *done.report.notes]
    for cell in cells.values():
        assert sum(cell in line for line in said) == 1


def test_the_diagnosis_names_them_as_the_sheet_does(project: Project) -> None:
    cells = typed(project, escalate_days="x")
    for lang in ("zh", "en"):
        (line,) = [i for i in doctor(project.master, as_of=DAY, lang=lang).json["items"] if i["topic"] == "settings"]
        assert text("build.set.escalate_days.name", lang) in line["what"]
        assert cells["escalate_days"] in line["what"]
        assert "escalate_days" not in line["what"]
