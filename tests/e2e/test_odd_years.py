"""A day or week in a year no project can mean is wrong usage in every verb: exit 2, what was given and what to write, no traceback."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pytest
import typer
from copied import copy_project
from small_project import DAY, Project

from collab_xl import catalogue, verbs
from collab_xl.addin.buttons import Click, press
from collab_xl.errors import CollabError
from collab_xl.model.week import FIRST_YEAR, LAST_YEAR, week_days, week_of
from collab_xl.terminal import carry_out
from collab_xl.verbs.doctor import doctor
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

ODD = (date(1, 1, 1), date(206, 11, 20), date(1899, 12, 31), date(FIRST_YEAR - 1, 12, 31), date(LAST_YEAR + 1, 1, 1), date(2926, 11, 20),
       date(9990, 1, 1), date(9999, 12, 31))  # fmt: skip
ODD_WEEKS = ("0001-W01", "0206-W47", "1989-W52", "2100-W01", "9999-W52")
VERBS = ("check", "flag", "week", "issue", "collect", "preview", "consolidate", "resolve", "undo", "status")
MORE = {
    "issue": {"progress": no_progress},
    "collect": {"inputs": [], "department": None, "write": True, "progress": no_progress},
    "preview": {"inputs": [], "department": None, "progress": no_progress},
    "consolidate": {"inputs": [], "department": None, "progress": no_progress},
}


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.start(tmp_path_factory.mktemp("years"), request.param)


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    copy_project(made.folder, tmp_path / "p")
    return Project(tmp_path / "p", made.lang)


def refused(error: CollabError, given: str, lang: str) -> None:
    assert (error.code, error.exit_code) == ("usage_year", 2)
    what, why, fix = catalogue.error_text(error, lang)
    assert given in what
    assert str(FIRST_YEAR) in why
    assert str(LAST_YEAR) in why
    assert "--as-of 2026-11-20" in fix


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_refuses_the_day_in_the_language_of_the_master_and_changes_nothing(project: Project, verb: str) -> None:
    before = project.master.read_bytes()
    for day in ODD:
        with pytest.raises(CollabError) as stopped:
            getattr(verbs, verb)(project.master, as_of=day, lang=None, **MORE.get(verb, {}))
        refused(stopped.value, day.isoformat(), project.lang)
        assert stopped.value.facts["lang"] == project.lang
    assert project.master.read_bytes() == before


@pytest.mark.parametrize("verb", ["issue", "week"])
def test_a_week_is_refused_the_same_way(project: Project, verb: str) -> None:
    for week in ODD_WEEKS:
        with pytest.raises(CollabError) as stopped:
            getattr(verbs, verb)(project.master, as_of=DAY, week=week, lang=None, **MORE.get(verb, {}))
        refused(stopped.value, week, project.lang)


@pytest.mark.parametrize("verb", ["check", "flag", "week", "issue", "status"])
@pytest.mark.parametrize("day", [date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)])
def test_the_first_and_the_last_day_are_taken(project: Project, verb: str, day: date) -> None:
    report = getattr(verbs, verb)(project.master, as_of=day, lang=None, **MORE.get(verb, {}))
    assert report.json["version"]


def test_import_and_doctor_too(project: Project) -> None:
    for ask in (
        lambda: verbs.import_tracker(project.folder / "new.xlsx", [project.master], as_of=ODD[1], lang=project.lang),
        lambda: doctor(project.master, as_of=ODD[1], lang=project.lang),
    ):
        with pytest.raises(CollabError) as stopped:
            ask()
        refused(stopped.value, "0206-11-20", project.lang)


@pytest.mark.parametrize("verb", ["check", "flag", "week", "issue"])
def test_a_button_on_a_computer_whose_clock_is_wrong(project: Project, verb: str) -> None:
    """The buttons take the day from the clock; a closed master stands for the one on the screen."""
    with clock.at(datetime(9999, 12, 31, 9)), pytest.raises(CollabError) as stopped:
        press(Click(verb, project.master, None, no_progress))  # type: ignore[arg-type]
    refused(stopped.value, "9999-12-31", project.lang)


def test_the_command_line_ends_with_2(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        carry_out(lambda tell: verbs.flag(project.master, as_of=ODD[1], lang=None), as_json=True, quiet=False)
    said = capsys.readouterr()
    assert ended.value.exit_code == 2
    body = json.loads(said.out)
    assert body["error"] == "usage_year"
    assert "0206-11-20" in body["what"]


@pytest.mark.parametrize("week", ["0000-W01", "0001-W01", "9999-W52", "9999-W53", "206-W47", "2026-W54"])
@pytest.mark.parametrize("start", range(1, 8))
def test_a_week_the_calendar_cannot_hold_is_no_week(week: str, start: int) -> None:
    try:
        first, last = week_days(week, start)
    except ValueError:
        return
    assert (last - first).days == 6


def test_years_of_three_digits_keep_their_zero() -> None:
    assert week_of(date(206, 11, 20)) == "0206-W47"
    assert week_of(week_days("0206-W47")[0]) == "0206-W47"
