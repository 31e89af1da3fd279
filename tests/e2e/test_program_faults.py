"""A fault of the program stops one item: the others go on, the traceback is kept, nobody is told that the file is damaged."""

from __future__ import annotations

import io
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from e2e import faulty_jobs
from e2e.small_project import DAY, Project
from lxml import etree
from python_calamine import CalamineWorkbook

from collab_xl import user_logs, verbs
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import FAULT, FINDINGS, OK, CollabError
from collab_xl.faults import is_damage
from collab_xl.intake import gates
from collab_xl.merge import run as merge_run
from collab_xl.verbs.importing import survey
from collab_xl.verbs.receiving import merging, receiving, returning
from collab_xl.verbs.report import Report, no_progress

DONE = {("tasks", "RW-001"): {"progress": 0.9}}
BROKEN = {("tasks", "RW-002"): {"progress": 0.7}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("made"))
    project.issue()
    project.reply("市场部", DONE, "好的")
    project.reply("研发部", BROKEN, "坏了")
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    return made.copy(tmp_path / "p")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(receiving, "read_job", faulty_jobs.read_job)
    return monkeypatch


def collect(project: Project, inputs: Sequence[Path]) -> Report:
    return verbs.collect(project.master, inputs, department=None, as_of=DAY, write=True, lang="zh", progress=no_progress)


def states(report: Report) -> dict[str, tuple[str, str | None]]:
    return {item["source"]: (item["state"], item["code"]) for item in report.json["items"]}


def logs(project: Project) -> list[Path]:
    return sorted((project.folder / "主表.collab" / "logs").glob("fault-*.log"))


def said(report: Report) -> str:
    return "\n".join((*report.lines, *report.notes, *(cell for listing in report.listings for row in listing.rows for cell in row)))


@pytest.mark.parametrize("verb", ["collect", "consolidate"])
def test_a_fault_while_reading_stops_that_file_only(project: Project, broken: pytest.MonkeyPatch, verb: str) -> None:
    inbox = project.folder / "inbox"
    report = collect(project, [inbox]) if verb == "collect" else project.consolidate(inbox)
    assert report.exit_code == FAULT
    assert states(report)["好的.xlsx"][0] == "accepted"
    assert states(report)["坏了.xlsx"] == ("failed", "S131")
    if verb == "consolidate":
        assert project.value("tasks", "RW-001", "progress") == 0.9
    assert project.value("tasks", "RW-002", "progress") == 0.2
    (log,) = logs(project)
    kept = log.read_text("utf-8")
    assert "KeyError: 'risks'" in kept
    assert "坏了.xlsx" in kept
    assert "_broken" in kept, "the whole traceback"
    (fault,) = report.json["faults"]
    assert (fault["file"], fault["error"], fault["log"]) == ("坏了.xlsx", "KeyError", str(log))
    assert str(log) in said(report)
    (row,) = [r for r in project.listed("submissions") if r["file"] == "坏了.xlsx"]
    assert (row["state"], row["department"]) == (text("model.state.failed", "zh"), "研发部")


def test_it_never_goes_back_to_the_department(project: Project, broken: pytest.MonkeyPatch) -> None:
    report = collect(project, [project.folder / "inbox"])
    assert report.json["returned"] == []
    assert not (project.folder / "主表.collab" / "returned").exists()
    assert not any(word in said(report) for word in ("损坏", "另存为", "重新发", "再发"))


@pytest.mark.parametrize("again", ["the same inbox", "nothing given"])
def test_after_an_update_the_same_file_is_read_again(project: Project, broken: pytest.MonkeyPatch, again: str) -> None:
    inbox = project.folder / "inbox"
    project.consolidate(inbox)
    second = project.consolidate(inbox)
    assert states(second)["坏了.xlsx"] == ("failed", "S131"), "still not a duplicate"
    broken.undo()
    report = project.consolidate(*([inbox] if again == "the same inbox" else []))
    assert states(report)["坏了.xlsx"][0] == "accepted"
    assert report.json["faults"] == []
    assert report.exit_code in (OK, FINDINGS)
    assert project.value("tasks", "RW-002", "progress") == 0.7
    assert text("model.state.failed", "zh") not in {r["state"] for r in project.listed("submissions")}
    assert states(project.consolidate(inbox))["坏了.xlsx"][0] == "duplicate"


def test_a_fault_in_the_scan_itself(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "read_job", faulty_jobs.read_job_with_a_broken_scan)
    monkeypatch.setattr(receiving, "scan_job", faulty_jobs.scan_job_broken)
    report = project.consolidate(project.folder / "inbox")
    assert states(report)["坏了.xlsx"] == ("failed", "S131")
    assert project.value("tasks", "RW-001", "progress") == 0.9


def test_the_same_file_twice_is_no_duplicate_of_a_fault(project: Project, broken: pytest.MonkeyPatch) -> None:
    shutil.copy(project.folder / "inbox" / "坏了.xlsx", project.folder / "inbox" / "坏了2.xlsx")
    report = project.consolidate(project.folder / "inbox")
    assert {source: state for source, (state, _) in states(report).items() if "坏了" in source} == {
        "坏了.xlsx": "failed",
        "坏了2.xlsx": "failed",
    }


def test_a_fault_after_reading(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    settle = receiving.settle_hand_made

    def breaks(received: Any, *rest: Any) -> Any:
        return {}["dept"] if received.file == "坏了.xlsx" else settle(received, *rest)

    monkeypatch.setattr(receiving, "settle_hand_made", breaks)
    report = project.consolidate(project.folder / "inbox")
    assert states(report)["坏了.xlsx"] == ("failed", "S131")
    assert project.value("tasks", "RW-001", "progress") == 0.9
    assert len(logs(project)) == 1


def test_a_fault_at_the_gate(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    real = gates.token_ok

    def breaks(token: str, secret: bytes, *claims: str) -> bool:
        return {}["token"] if "研发部" in claims else real(token, secret, *claims)

    monkeypatch.setattr(gates, "token_ok", breaks)
    report = project.consolidate(project.folder / "inbox")
    assert states(report)["坏了.xlsx"] == ("failed", "S131")
    assert project.value("tasks", "RW-001", "progress") == 0.9
    monkeypatch.undo()
    assert states(project.consolidate())["坏了.xlsx"][0] == "accepted"


@pytest.mark.parametrize("earlier", [True, False], ids=["collected before", "collected now"])
def test_a_fault_while_merging_stops_that_submission_only(project: Project, monkeypatch: pytest.MonkeyPatch, earlier: bool) -> None:
    inbox = project.folder / "inbox"
    if earlier:
        collect(project, [inbox])
    sort_rows = merge_run.sort_rows

    def breaks(side: Any, *rest: Any) -> Any:
        return {}["rows"] if side.pack.department == "研发部" else sort_rows(side, *rest)

    monkeypatch.setattr(merge_run, "sort_rows", breaks)
    report = project.consolidate(*([] if earlier else [inbox]))
    assert report.exit_code == FAULT
    assert [f["file"] for f in report.json["faults"]] == ["坏了.xlsx"]
    assert [s["department"] for s in report.json["submissions"]] == ["市场部"]
    assert project.value("tasks", "RW-001", "progress") == 0.9
    assert "KeyError: 'rows'" in logs(project)[0].read_text("utf-8")
    if not earlier:
        assert states(report)["坏了.xlsx"] == ("failed", "S131")
    monkeypatch.undo()
    again = project.consolidate(*([] if earlier else [inbox]))
    assert again.exit_code in (OK, FINDINGS)
    assert project.value("tasks", "RW-002", "progress") == 0.7
    if not earlier:
        assert states(again)["坏了.xlsx"][0] == "accepted"


def test_a_fault_of_the_merge_as_a_whole_stops_the_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to blame one submission for: the traceback goes on, as Python's own crash does."""

    def breaks(tables: Any, submissions: Sequence[Any], *rest: Any) -> Any:
        return {}["all"] if len(submissions) > 1 else real(tables, submissions, *rest)

    real = merging.merge_stage
    monkeypatch.setattr(merging, "merge_stage", breaks)
    before = project.data()
    with pytest.raises(KeyError, match="all"):
        project.consolidate(project.folder / "inbox")
    assert project.data() == before


def test_a_fault_while_reading_the_archive_leaves_it_ready(project: Project, broken: pytest.MonkeyPatch) -> None:
    broken.undo()
    collect(project, [project.folder / "inbox"])
    broken.setattr(receiving, "read_job", faulty_jobs.read_job)
    report = project.consolidate()
    assert (report.exit_code, [f["file"] for f in report.json["faults"]]) == (FAULT, ["坏了.xlsx"])
    assert project.value("tasks", "RW-001", "progress") == 0.9
    broken.undo()
    project.consolidate()
    assert project.value("tasks", "RW-002", "progress") == 0.7


def test_a_fault_while_marking_is_told_to_the_pmo_only(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.reply("市场部", {("tasks", "RW-001"): {"progress": "120%", "actual_end": "2026-13-05"}}, "错的", hour=14)
    monkeypatch.setattr(returning, "return_job", faulty_jobs.return_job)
    report = collect(project, [project.folder / "inbox" / "错的.xlsx"])
    (log,) = logs(project)
    assert "_broken" in log.read_text("utf-8")
    assert any("KeyError" in note and str(log) in note for note in report.notes)
    (item,) = report.json["returned"]
    assert item["notes_path"], "what they have to mend is still written down"


@pytest.fixture
def trackers(tmp_path: Path, project: Project) -> tuple[Path, Path]:
    good, bad = tmp_path / "旧表.xlsx", tmp_path / "坏了的表.xlsx"
    shutil.copy(project.master, good)
    shutil.copy(project.master, bad)
    return good, bad


@pytest.mark.parametrize("lang", LANGS)
def test_import_says_that_the_program_failed(
    trackers: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(survey, "survey_job", faulty_jobs.survey_job)
    monkeypatch.setattr(user_logs, "user_folder", lambda: tmp_path / "own logs")
    with pytest.raises(CollabError) as refusal:
        verbs.import_tracker(tmp_path / "新.xlsx", [trackers[1]], as_of=DAY, confirmed=True, lang=lang)
    error = refusal.value
    (log,) = (tmp_path / "own logs").glob("fault-*.log")
    assert (error.code, error.exit_code, error.facts["error"], error.facts["log"]) == ("program_fault", FAULT, "KeyError", str(log))
    assert "KeyError: 'risks'" in log.read_text("utf-8")
    assert not (tmp_path / "新.xlsx").exists()


def test_import_goes_on_with_the_other_files(trackers: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "survey_job", faulty_jobs.survey_job)
    monkeypatch.setattr(user_logs, "user_folder", lambda: tmp_path / "own logs")
    report = verbs.import_tracker(tmp_path / "新.xlsx", [trackers[1], trackers[0]], as_of=DAY, confirmed=True, lang="zh")
    assert report.exit_code == FAULT
    assert report.json["written"] == 5
    assert [f["file"] for f in report.json["faults"]] == ["坏了的表.xlsx"]
    assert any("坏了的表.xlsx" in line for line in report.lines)


def raised(work: Any) -> BaseException:
    try:
        work()
    except BaseException as error:
        return error
    raise AssertionError("nothing raised")


def test_what_a_reader_refuses_is_damage_and_everything_else_is_our_fault() -> None:
    cut = b"PK\3\4" + b"x" * 40
    damage = [
        raised(lambda: zipfile.ZipFile(io.BytesIO(cut))),
        raised(lambda: etree.fromstring(b"<a>")),
        raised(lambda: CalamineWorkbook.from_object(io.BytesIO(cut))),
        raised(lambda: zlib.decompress(b"no")),
        raised(lambda: b"\xff".decode("utf-8")),
        CollabError("damaged_workbook"),
        MemoryError(),
    ]
    ours = [
        raised(lambda: {}["risks"]),
        raised(lambda: [][0]),
        raised(lambda: int("x")),
        raised(lambda: None.x),  # type: ignore[attr-defined]
        AssertionError(),
    ]
    assert [is_damage(error) for error in damage] == [True] * len(damage)
    assert [is_damage(error) for error in ours] == [False] * len(ours)


def test_true_damage_is_refused_as_before(project: Project) -> None:
    inbox = project.folder / "inbox"
    with zipfile.ZipFile(inbox / "坏了.xlsx") as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/worksheets/sheet3.xml"] = parts["xl/worksheets/sheet3.xml"][:-200]
    with zipfile.ZipFile(inbox / "坏了.xlsx", "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    report = project.consolidate(inbox)
    assert states(report)["坏了.xlsx"][0] == "refused"
    assert report.json["faults"] == []
    assert project.value("tasks", "RW-001", "progress") == 0.9
