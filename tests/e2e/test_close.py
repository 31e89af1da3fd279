"""Closing a project: what is open, the archive, and the proof that it is whole."""

from __future__ import annotations

import csv
import json
import subprocess
from datetime import date
from pathlib import Path

import pytest
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.demo import desk
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.excel.libreoffice import office
from collab_xl.model.baseline import Baseline, Signature
from collab_xl.model.week import week_of
from collab_xl.verbs.baselines import BaselineState
from collab_xl.verbs.close import _baseline_lines
from collab_xl.verbs.report import Report, no_progress


@pytest.fixture(params=["zh", "en"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param)


def close(project: Project, **how: object) -> Report:
    return verbs.close(project.master, as_of=DAY, lang=project.lang, progress=no_progress, **how)  # type: ignore[arg-type]


def test_what_is_open_is_listed_and_nothing_is_archived_unasked(project: Project) -> None:
    before = sorted(path.name for path in project.folder.iterdir())
    report = close(project)
    assert report.exit_code == FINDINGS
    assert {"row"} <= {item["kind"] for item in report.json["open"]}
    assert "RW-001" in {item["row_id"] for item in report.json["open"]}
    assert report.json["folder"] is None
    assert sorted(path.name for path in project.folder.iterdir()) == before


def test_a_baseline_that_all_have_signed_says_so() -> None:
    signed = Signature("市场部", "done", "同意", "李*", DAY)
    baseline = Baseline("JZ-01", "基准 1", DAY)

    def said(*signatures: Signature, withdrawn: tuple[str, ...] = ()) -> str:
        (line,) = _baseline_lines([BaselineState(baseline, "R0001", True, signatures, (), withdrawn)], "zh")
        return line

    assert said(signed) == "基准 JZ-01 基准 1（2026-11-20）：已全部签认，市场部 李* 2026-11-20。"
    assert said(signed, Signature("研发部", "waiting")).endswith("已签认 市场部 李* 2026-11-20；未签认 研发部。")
    assert said(Signature("研发部", "waiting")).endswith("已签认 –；未签认 研发部。")
    assert said(signed, withdrawn=("研发部",)).endswith("已签认 市场部 李* 2026-11-20；研发部 签认之前已有新的基准。")
    assert said(withdrawn=("研发部",)).endswith("已签认 –；研发部 签认之前已有新的基准。")


def test_who_had_not_signed_a_baseline_before_the_next_one_is_known(tmp_path: Path) -> None:
    project = Project.start(tmp_path, forms="full")
    verbs.baseline_set(project.master, as_of=DAY, lang="zh")
    verbs.baseline_sign(project.master, department="市场部", as_of=DAY, lang="zh")
    verbs.baseline_set(project.master, as_of=DAY, lang="zh")
    first, second = (line for line in close(project, write=False).lines if "JZ-0" in line)
    assert first == text("verbs.say.close_baseline_replaced", "zh", baseline="JZ-01 基准 1", day=DAY.isoformat(),
                         signed=("市场部 *总 2026-11-20",), waiting=("研发部",))  # fmt: skip
    assert second.endswith("未签认 市场部、研发部。")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_retrospective_that_was_held_is_no_longer_due(tmp_path: Path, lang: str) -> None:
    project = Project.start(tmp_path, lang, forms="full")
    done = [("tasks", f"RW-00{n}", name, value) for n in (1, 2, 3) for name, value in (("status", "done"), ("actual_end", DAY))]
    project.type(*done)
    due = close(project, write=False)
    assert due.json["retrospective_by"] == "2026-11-25"
    assert text("verbs.say.close_retrospective", lang, day="2026-11-25") in due.lines
    row = {"review_id": "FP-001", "topic": "x", "req_id": "XZ-2026-001", "dept": "市场部", "held_on": DAY}
    desk.fill_in(project.master, {"retrospective": [{**row, "held_on": date(2026, 10, 30), "req_id": None}]}, lang, DAY)
    assert close(project, write=False).json["retrospective_by"] == "2026-11-25", "one of a month before is another one"
    desk.fill_in(project.master, {"retrospective": [{**row, "review_id": "FP-002"}]}, lang, DAY)
    held = close(project, write=False)
    assert held.json["retrospective_by"] is None
    assert text("verbs.say.close_retrospective_held", lang) in held.lines


def test_the_archive_is_a_project_that_works_and_proves_that_it_is_whole(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab_xl.excel.libreoffice.shutil.which", lambda program: None)  # the PDFs have a test of their own
    project.consolidate(project.reply("市场部", {("tasks", "RW-001"): {"risk": "@王 缺人"}}, "市场部"))
    verbs.flag(project.master, as_of=DAY, lang=project.lang)
    verbs.week(project.master, as_of=DAY, lang=project.lang)
    before = project.master.read_bytes()
    report = close(project, confirmed=True)
    assert project.master.read_bytes() == before
    folder = Path(report.json["folder"])
    log = verbs.log(folder / project.master.name, lang=project.lang).json["runs"]
    assert [run["run"] for run in log] == [run["run"] for run in verbs.log(project.master, lang=project.lang).json["runs"]]
    with (folder / "tables" / "_changes.csv").open(encoding="utf-8-sig") as file:
        changes = list(csv.DictReader(file))
    assert [line["department"] for line in changes if line["new"].startswith("'@王")] == ["市场部"]
    assert len(list((folder / "weeks").glob("*.json"))) == 1
    assert {"tasks.csv", "_runs.csv", "_submissions.csv", "_mails.csv", "_escalations.csv"} <= {
        p.name for p in (folder / "tables").iterdir()
    }
    listed = json.loads((folder / "manifest.json").read_bytes())["files"]
    assert len(listed) == len([p for p in folder.rglob("*") if p.is_file()]) - 1

    whole = close(project, verify=folder)
    assert (whole.exit_code, whole.json["files"], whole.json["sha256"]) == (OK, len(listed), report.json["sha256"])
    left = [".DS_Store", "tables/Thumbs.db", "weeks/._2026-W47.json", f"~${project.master.name}", f".~lock.{project.master.name}#"]
    for name in left:
        (folder / name).write_bytes(b"left by the system")
    looked_into = close(project, verify=folder)
    assert (looked_into.exit_code, sorted(looked_into.json["left"])) == (OK, sorted(left)), "a folder somebody looked into is whole"
    assert ".DS_Store" in "".join(looked_into.lines)
    (folder / "tables" / "tasks.csv").write_bytes(b"changed")
    (folder / "tables" / "_runs.csv").unlink()
    (folder / "new.txt").write_text("x")
    broken = close(project, verify=folder)
    assert broken.exit_code == FINDINGS
    assert (broken.json["changed"], broken.json["missing"], broken.json["added"]) == (
        ["tables/tasks.csv"],
        ["tables/_runs.csv"],
        ["new.txt"],
    )
    assert Path(close(project, confirmed=True).json["folder"]) != folder  # an earlier archive is never written over


@pytest.mark.parametrize("lang", ["zh"])
def test_each_weekly_page_is_there_as_pdf_as_it_was(tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if office() is None:
        pytest.skip("LibreOffice is missing")
    project = Project.again(tmp_path / "p", lang)
    for day in (date(2026, 11, 20), date(2026, 11, 27)):
        verbs.week(project.master, week=week_of(day), as_of=day, lang=lang)
        project.type(("tasks", "RW-002", "name", f"联调{day.day}"))
    report = close(project, confirmed=True)
    folder = Path(report.json["folder"])
    texts = {week: _text(folder / "weeks" / f"{week}.pdf") for week in ("2026-W47", "2026-W48")}
    assert all(week.replace("2026-", "") in said for week, said in texts.items()), "each page says its own week"
    assert json.loads((folder / "manifest.json").read_bytes())["pages_missing"] == {}
    assert {"weeks/2026-W47.pdf", "weeks/2026-W48.pdf"} <= json.loads((folder / "manifest.json").read_bytes())["files"].keys()
    (folder / "weeks" / "2026-W47.pdf").write_bytes(b"%PDF")
    assert close(project, verify=folder).json["changed"] == ["weeks/2026-W47.pdf"]

    monkeypatch.setattr("collab_xl.excel.libreoffice.shutil.which", lambda program: None)
    report = close(project, confirmed=True)
    assert set(report.json["pages_missing"]) == {"2026-W47", "2026-W48"}
    assert "2026-W47" in (Path(report.json["folder"]) / "说明.txt").read_text(encoding="utf-8-sig")


def _text(pdf: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True).stdout.decode()


def test_a_folder_that_is_no_archive_is_named(project: Project, tmp_path: Path) -> None:
    for content in (None, b"{", b'{"version": "other"}'):
        folder = tmp_path / f"f{content!r}"[:8]
        folder.mkdir(exist_ok=True)
        if content is not None:
            (folder / "manifest.json").write_bytes(content)
        with pytest.raises(CollabError) as refused:
            close(project, verify=folder)
        assert refused.value.code == "no_archive"
