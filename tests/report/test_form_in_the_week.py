"""A user's own form in a master: the verbs count, list and keep it like our forms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from forms.forms_of_tests import installed, visits, written

from collab_xl import catalogue, verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS
from collab_xl.demo import desk
from collab_xl.model.values import Value

FRIDAY = date(2026, 11, 20)
ROWS: list[dict[str, Value]] = [
    {"visit_no": f"BF-{n:03}", "customer": f"客户{n}", "unit": "研发部", "till": date(2026, 11, 10 + 3 * n), "went": "going",
     "weight": "big" if n > 3 else "small"} for n in range(1, 7)
]  # fmt: skip


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("visited")
    with installed(written(folder / "forms", visits())):
        path = folder / "主表.xlsx"
        verbs.init(path, project="演示", departments=["研发部"], lang="zh", as_of=FRIDAY, forms="visits")
        desk.fill_in(path, {"visits": ROWS}, "zh", FRIDAY)
        yield path


def at(path: Path, name: str) -> list[Value]:
    book = read_book(path)
    sheet, area = book.names[name]
    return [book.snapshot(sheet).value(row, area.first_col) for row in range(area.first_row, area.last_row + 1)]


def test_week_lists_it_and_keeps_its_figure_for_the_next(master: Path) -> None:
    report = verbs.week(master, as_of=FRIDAY, week="2026-W47", lang="zh")
    assert report.json["kpis"]["visits_big"] == {"value": 3, "before": None}
    assert "重点客户待回访 3" in report.lines
    assert at(master, "wk_visits.customer") == ["BF-004 客户4", "BF-005 客户5", "BF-006 客户6", "BF-001 客户1 · 逾期"]
    assert at(master, "wk_visits._more") == ["前 4 / 共 6 ›"]
    assert at(master, "home_figure_visits_big") == [3]
    after = verbs.week(master, as_of=date(2026, 11, 27), week="2026-W48", write=False, lang="zh")
    assert after.json["kpis"]["visits_big"] == {"value": 3, "before": 3}


def test_flag_counts_its_late_rows_by_themselves(master: Path) -> None:
    report = verbs.flag(master, as_of=FRIDAY, write=False, lang="zh")
    assert "任务滞后 0，问题超期 0" in report.lines[0]
    assert "其他表单滞后 3 项。" in report.lines


def test_status_names_its_rows_and_its_figure(master: Path) -> None:
    report = verbs.status(master, as_of=FRIDAY, lang="zh")
    assert report.json["rows"] == {"requirements": 0, "tasks": 0, "visits": 6, "problems": 0}
    assert report.json["figures"] == {"visits_big": 3}
    assert "客户拜访表 6" in report.lines
    assert "重点客户待回访 3" in report.lines


def test_log_calls_the_figure_by_its_name(master: Path) -> None:
    verbs.week(master, as_of=FRIDAY, week="2026-W47", lang="zh")
    (listing,) = verbs.log(master, lang="zh").listings
    assert "重点客户待回访 3" in listing.rows[0][5]


@pytest.mark.parametrize("lang", LANGS)
def test_log_calls_every_figure_of_a_week_by_a_name(master: Path, lang: str) -> None:
    stored = verbs.week(master, as_of=FRIDAY, week="2026-W47", lang="zh").json["kpis"]
    (listing,) = verbs.log(master, lang=lang).listings
    names = {one.rpartition(" ")[0] for one in listing.rows[0][5].split(" · ")}
    assert len(stored) > 6
    assert not names & {name for name in stored if catalogue.texts(lang).get(f"verbs.figure.{name}") != name}


def test_a_master_that_does_not_list_it_says_nothing_of_it(master: Path, tmp_path: Path) -> None:
    plain = tmp_path / "主表.xlsx"
    verbs.init(plain, project="演示", departments=["研发部"], lang="zh", as_of=FRIDAY, forms="tasks")
    report = verbs.week(plain, as_of=FRIDAY, week="2026-W47", lang="zh")
    assert "visits_big" not in report.json["kpis"]
    assert verbs.status(plain, as_of=FRIDAY, lang="zh").json["figures"] == {}
    assert not [name for name in read_book(plain).names if "visits" in name]
