"""A year whose 工作日历 has only the holidays of the law: the State Council's notice that moves days is not in it yet.

Whoever counts working days of such a year is told, once. The year here is 2026, with what its notice moved taken off the sheet: that is
what a calendar looks like that was filled before the notice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from e2e.small_project import DAY, WEEK, Project, type_into

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.build.calendar_rows import CHINA_BY_LAW, calendar_rows, off_by_law, package_by_law
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.plan.lists import columns_of
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

LATER = date(2026, 12, 15)


@pytest.fixture(params=LANGS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param)


def sheet(project: Project) -> str:
    return load().service("calendar").sheet[project.lang]


def days(project: Project, year: int) -> dict[date, tuple[int, object]]:
    """Day → its row on the calendar sheet and its kind."""
    book, service = read_book(project.master), load().service("calendar")
    ref = book.tables[service.table]
    snap, col = book.snapshot(ref.sheet), columns_of(ref, service)
    found: dict[date, tuple[int, object]] = {}
    for row in range(ref.data.first_row, ref.data.last_row + 1):
        day = snap.value(row, col["date"])
        day = day.date() if isinstance(day, datetime) else day
        if isinstance(day, date) and day.year == year:
            found[day] = row, snap.value(row, col["kind"])
    return found


def write(project: Project, row: int, day: date | None, kind: object) -> None:
    ref = read_book(project.master).tables[load().service("calendar").table]
    type_into(project.master, ref.sheet, {(row, ref.area.first_col): day, (row, ref.area.first_col + 1): kind})


def before_the_notice(project: Project, year: int = 2026) -> int:
    """Take off what the notice moved. Returns a row that is blank now."""
    law = off_by_law("CN", year)
    moved = {day: row for day, (row, _) in days(project, year).items() if day not in law}
    assert moved
    for row in moved.values():
        write(project, row, None, None)
    assert days(project, year).keys() == law
    return min(moved.values())


def said(project: Project, as_of: date = DAY) -> dict[str, list[str]]:
    """Verb → the notes that name a year of the calendar."""
    run: dict[str, Callable[[], Report]] = {
        "flag": lambda: verbs.flag(project.master, as_of=as_of, lang=project.lang),
        "status": lambda: verbs.status(project.master, as_of=as_of, lang=project.lang),
        "week": lambda: verbs.week(project.master, as_of=as_of, lang=project.lang),
        "week --no-write": lambda: verbs.week(project.master, as_of=as_of, week=WEEK, write=False, lang=project.lang),
    }
    with clock.at(datetime.combine(as_of, datetime.min.time()) + timedelta(hours=9)):
        return {verb: [note for note in one().notes if sheet(project) in note] for verb, one in run.items()}


def diagnosed(project: Project, as_of: date = DAY) -> dict[str, tuple[str, str, str]]:
    items = verbs.doctor(project.master, as_of=as_of, lang=project.lang).json["items"]
    return {i["topic"]: (i["state"], i["what"], i["fix"]) for i in items}


def shown(project: Project, name: str) -> str:
    book = read_book(project.master)
    where, area = book.names[name]
    cells = (book.snapshot(where).value(row, area.first_col) for row in range(area.first_row, area.last_row + 1))
    return " ".join(str(value) for value in cells if value is not None)


def note(project: Project, *years: str) -> str:
    return text("verbs.say.moved_days", project.lang, sheet=sheet(project), years=years)


def test_who_counts_days_of_such_a_year_is_told_once(project: Project) -> None:
    before_the_notice(project)
    assert said(project) == {verb: [note(project, "2026")] for verb in ("flag", "status", "week", "week --no-write")}
    state, what, fix = diagnosed(project)["moved_days"]
    assert (state, bool(fix)) == ("note", True)
    assert "2026" in what
    assert sheet(project) in what
    assert "2026" in shown(project, "home_calendar").rpartition("；" if project.lang == "zh" else ";")[2]
    assert text("plan.next.moved_days", project.lang, years="2026") in shown(project, "home_next"), "the notice is out since last year"
    legend = shown(project, "wk_legend")
    assert legend.endswith(text("plan.week.provisional", project.lang, years="2026")), "days of 2026 stand on the page"
    assert text("plan.week.days_working", project.lang) in legend


def test_a_year_with_its_notice_is_not_told(project: Project) -> None:
    assert said(project) == {"flag": [], "status": [], "week": [], "week --no-write": []}
    assert "2026" not in diagnosed(project).get("moved_days", ("", "", ""))[1]
    assert shown(project, "wk_legend").endswith(text("plan.week.days_working", project.lang))
    years = text("model.home.calendar", project.lang, first=2025, last=2028)
    assert shown(project, "home_calendar") == years


def test_a_year_the_pmo_filled_in_is_not_told(project: Project) -> None:
    row = before_the_notice(project)
    write(project, row, date(2026, 1, 4), "上班")
    assert not any(said(project).values())
    write(project, row, date(2026, 1, 2), "休息")  # a bridging day of this company's own, nothing moved
    assert not any(said(project).values())
    assert "2026" not in diagnosed(project).get("moved_days", ("", "", ""))[1]
    write(project, row, None, None)
    write(project, days(project, 2026)[date(2026, 10, 1)][0], None, None)  # a day of the law taken off
    assert not any(said(project).values())


def test_only_where_dates_of_the_project_reach(project: Project) -> None:
    before_the_notice(project)
    project.type(*(("tasks", f"RW-00{n}", field, date(2025, 3, 3)) for n in (1, 2, 3) for field in ("start", "end")))
    project.type(("requirements", "XZ-2026-001", "due", date(2025, 3, 3)))
    project.type(("problems", "WT-001", "status", "solved"))
    assert said(project, date(2025, 2, 10))["flag"] == []
    assert said(project)["flag"] == [note(project, "2026")], "late since 2025, counted until today"
    for n in (1, 2, 3):
        project.type(("tasks", f"RW-00{n}", "status", "done"))
    project.type(("requirements", "XZ-2026-001", "status", "done"))
    assert not any(said(project).values()), "nothing is counted any more"
    assert "moved_days" in diagnosed(project), "doctor tells of every year to come"


def test_before_the_notice_there_is_nothing_to_do_yet(project: Project) -> None:
    """A year ahead is named on 首页; the step to fill it in comes when its notice must be out."""
    before_the_notice(project)
    with clock.at(datetime(2025, 11, 20, 9)):
        verbs.flag(project.master, as_of=date(2025, 11, 20), lang=project.lang)
    step = text("plan.next.moved_days", project.lang, years="2026")
    assert "2026" in shown(project, "home_calendar").rpartition("；" if project.lang == "zh" else ";")[2]
    assert step not in shown(project, "home_next")
    with clock.at(datetime(2025, 12, 1, 9)):
        verbs.flag(project.master, as_of=date(2025, 12, 1), lang=project.lang)
    assert step in shown(project, "home_next")


def test_a_year_that_the_calendar_lacks_altogether_is_told_too(project: Project) -> None:
    project.type(("tasks", "RW-002", "end", date(2031, 3, 3)))
    for verb, notes in said(project).items():
        (one,) = notes
        assert "2031" in one, verb
        assert one != note(project, "2031"), verb


def test_the_days_of_the_law() -> None:
    assert {date(2026, 2, 17), date(2026, 10, 1)} <= off_by_law("CN", 2026)
    known = {day: kind for day, kind, _ in calendar_rows("CN", (2026,))}
    assert off_by_law("CN", 2026) < known.keys()
    assert known.keys() - off_by_law("CN", 2026) >= {day for day, kind in known.items() if kind == "work"} != set()
    assert all(day.weekday() < 5 and day.year == 2026 for day in off_by_law("CN", 2026))
    assert off_by_law("US", 2026) == off_by_law("XX", 2026) == frozenset(), "no notices there"


def test_the_days_kept_with_the_program_are_those_of_the_package() -> None:
    assert len(CHINA_BY_LAW) > 10
    for year in (*CHINA_BY_LAW, max(CHINA_BY_LAW) + 1):
        assert off_by_law("CN", year) == package_by_law("CN", year), year


def days_late(project: Project, as_of: date) -> tuple[list[object], tuple[str, ...]]:
    report = verbs.flag(project.master, as_of=as_of, lang=project.lang)
    found = [f["message"] for f in report.json["findings"] if f["code"] == "T301" and f["row_id"] == "RW-002"]
    return found, report.notes


def test_another_country_on_settings_brings_its_own_days(project: Project) -> None:
    """The setting said JP and the days of China went on to count: nothing brought others, and nothing said so."""
    project.type(("tasks", "RW-002", "end", date(2026, 9, 30)))
    project.set("country", "JP")
    late_in_china, notes = days_late(project, date(2026, 10, 8))
    facts = {"sheet": sheet(project), "country": "JP", "file": project.master.name}
    assert any(text("model.doctor.calendar_country", project.lang, **facts) in one for one in notes)
    assert any("JP" in line for line in verbs.doctor(project.master, as_of=DAY, lang=project.lang).lines)
    asked = {"settings": ["country=JP"], "as_of": DAY, "lang": project.lang, "progress": no_progress, "confirmed": True}
    before = sorted(map(str, project.listed("calendar")))
    verbs.portfolio_apply([project.master], **asked)  # type: ignore[arg-type]
    late_in_japan, notes = days_late(project, date(2026, 10, 8))
    assert ("6" in str(late_in_japan), "1" in str(late_in_china), notes) == (True, True, ())
    assert {row["date"] for row in project.listed("calendar") if row["date"]} >= {date(2026, 1, 12), date(2026, 7, 20)}
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert sorted(map(str, project.listed("calendar"))) == before  # the rows too many for Japan come back in another order


@pytest.mark.parametrize("by", ["its code", "its name"])
def test_days_asked_for_with_another_country_come_in_too(project: Project, by: str) -> None:
    """1 October is off in China already: it went with the days of China, though it was asked for."""
    name = next(str(row["name"]) for row in project.listed("settings") if row["id"] == "country")
    verbs.portfolio_apply(
        [project.master], settings=[f"{name if by == 'its name' else 'country'}=JP"], holidays=["2026-10-01", "2026-12-28=盘点"],
        workdays=["2026-11-22", "2026-07-20"], as_of=DAY, lang=project.lang, progress=no_progress, confirmed=True,
    )  # fmt: skip
    off, on = (text(f"build.day.{kind}", project.lang) for kind in ("off", "work"))
    found = {str(row["date"])[:10]: (row["kind"], row["name"]) for row in project.listed("calendar") if row["date"]}
    assert found["2026-10-01"][0] == off
    assert found["2026-12-28"] == (off, "盘点")
    assert (found["2026-11-22"][0], found["2026-07-20"][0]) == (on, on)
    assert ("2026-01-12" in found, "2026-10-02" in found) == (True, False)


def test_a_calendar_that_somebody_changed_is_theirs(project: Project) -> None:
    project.set("country", "JP")
    ref = read_book(project.master).tables["WorkCalendar"]
    type_into(project.master, ref.sheet, {(ref.data.first_row, ref.area.first_col): None})
    before = project.listed("calendar")
    assert days_late(project, date(2026, 10, 8))[1] == ()
    verbs.portfolio_apply([project.master], settings=["country=KR"], as_of=DAY, lang=project.lang, progress=no_progress, confirmed=True)
    assert project.listed("calendar") == before


def test_a_new_master_of_another_country(tmp_path: Path) -> None:
    master = tmp_path / "master.xlsx"
    verbs.init(master, lang="en", as_of=DAY, country="de-by")
    project = Project(tmp_path, "en")
    project.master = master
    days = {row["date"]: row["kind"] for row in project.listed("calendar") if row["date"]}
    assert (days.get(date(2026, 1, 6)), days.get(date(2026, 10, 1))) == ("Day off", None)  # Epiphany, only in parts of Germany
    assert {row["value"] for row in project.listed("settings") if row["id"] == "country"} == {"DE-BY"}
    with pytest.raises(CollabError) as refused:
        verbs.init(tmp_path / "other.xlsx", lang="en", as_of=DAY, country="XX")
    assert (refused.value.code, refused.value.exit_code) == ("unknown_country", 2)


def test_from_the_second_run_of_a_day_on_it_is_one_line(project: Project) -> None:
    before_the_notice(project)
    whole, short = (
        text(f"verbs.say.{key}", project.lang, sheet=sheet(project), years=("2026",)) for key in ("moved_days", "moved_days_again")
    )
    found = []
    for moment in (datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 10), datetime(2026, 11, 21, 9)):
        with clock.at(moment):
            found.append(verbs.flag(project.master, as_of=DAY, lang=project.lang).notes)
    assert [(whole in notes, short in notes) for notes in found] == [(True, False), (False, True), (True, False)]
