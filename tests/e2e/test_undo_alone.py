"""`undo --submission` and `undo --only`: one file, or one run in the middle, is taken out; what came after it stays.

| what the file did | afterwards | it stays when |
|---|---|---|
| wrote a cell | the value before it | a later run wrote over it, said the same or decided; somebody typed |
| overtook another file's value | that file's value | |
| took part in a question | the question without it, or no question | |
| added a row | cleared as a whole | used or changed since, or another file has it too (then it says so) |
"""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import command_line
from judges import structural_findings
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.verbs.report import Report

LAB, MARKET = "研发部", "市场部"
RISK, PROGRESS, MEASURE = ("tasks", "RW-002", "risk"), ("tasks", "RW-002", "progress"), ("tasks", "RW-002", "measure")
ROW = ("tasks", "RW-002")


@pytest.fixture(scope="module", params=["zh", "en"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("base"), request.param)
    project.issue()
    return project


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    return base.copy(tmp_path / "project")


def take_out(project: Project, file: str = "", *, only: str = "", yes: bool = True) -> Report:
    report = verbs.undo(project.master, submission=file or None, only=only or None, confirmed=yes, as_of=DAY, lang=project.lang)
    assert structural_findings(project.master) == []
    return report


def step(project: Project, verb: str) -> Report:
    report: Report = getattr(verbs, verb)(project.master, as_of=DAY, lang=project.lang)
    return report


def seen(project: Project) -> object:
    return project.data(), questions(project)


def questions(project: Project) -> list[tuple[str, ...]]:
    return sorted((str(r["kind"]), str(r["row_key"]), str(r["field"]), str(r["candidates"])) for r in project.listed("conflicts"))


def state(project: Project, file: str) -> tuple[object, object]:
    """What 提交台账 says of a file: its state and the PMO's mark."""
    (row,) = [r for r in project.listed("submissions") if r.get("file") == file]
    return row["state"], row.get("decision")


def test_one_file_of_a_run_is_taken_out_and_the_other_stays(project: Project) -> None:
    wrong = project.reply(LAB, {ROW: {"progress": "60%", "risk": "加剧"}, ("problems", "+0"): {"description": "误报"}}, "wrong")
    right = project.reply(MARKET, {("tasks", "RW-001"): {"progress": "70%"}}, "right")
    other = project.copy(project.folder.parent / "other")
    other.consolidate(right)
    project.consolidate(wrong, right)
    report = take_out(project, "wrong.xlsx")
    assert seen(project) == seen(other)
    assert (report.json["cells"], report.json["rows"], report.json["kept"]) == (2, 1, [])
    assert any(LAB in line and "wrong.xlsx" in line for line in report.lines)
    words = [text(key, project.lang) for key in ("model.state.set_aside", "model.word.do_not_use")]
    assert state(project, "wrong.xlsx") == tuple(words)
    project.consolidate(project.folder / "inbox")
    project.consolidate()
    assert seen(project) == seen(other)


@pytest.mark.parametrize("runs", [("older newer",), ("older", "newer"), ("newer", "older")], ids=["together", "in order", "late"])
def test_what_only_this_file_had_overtaken_counts_again(project: Project, runs: tuple[str, ...]) -> None:
    files = {
        "older": project.reply(LAB, {ROW: {"progress": "30%", "measure": "加班"}}, "older", hour=10),
        "newer": project.reply(LAB, {ROW: {"progress": "40%", "measure": "加班"}}, "newer", hour=14),
    }
    other = project.copy(project.folder.parent / "other")
    other.consolidate(files["older"])
    for names in runs:
        project.consolidate(*(files[name] for name in names.split()))
    assert project.value(*PROGRESS) == 0.4
    take_out(project, "newer.xlsx")
    assert seen(project) == seen(other)
    assert (project.value(*PROGRESS), project.value(*MEASURE)) == (0.3, "加班")


def test_a_question_goes_with_the_only_file_that_asked(project: Project) -> None:
    project.type((*RISK, "已缓解"))
    before = seen(project)
    project.consolidate(project.reply(LAB, {ROW: {"risk": "加剧"}}, "wrong"))
    assert len(questions(project)) == 1
    take_out(project, "wrong.xlsx")
    assert seen(project) == before


def test_of_two_departments_the_other_one_has_its_word(project: Project) -> None:
    both = ("requirements", "XZ-2026-001")
    wrong = project.reply(LAB, {both: {"outcome": "要延期"}}, "wrong")
    right = project.reply(MARKET, {both: {"outcome": "按期"}}, "right")
    other = project.copy(project.folder.parent / "other")
    other.consolidate(right)
    project.consolidate(wrong)
    project.consolidate(right)
    assert len(questions(project)) == 1
    take_out(project, "wrong.xlsx")
    assert project.value(*both, "outcome") == "按期"
    assert seen(project) == seen(other)


def test_what_a_later_run_wrote_over_stays(project: Project) -> None:
    project.consolidate(project.reply(LAB, {ROW: {"progress": "60%", "risk": "加剧"}}, "wrong", hour=10))
    project.consolidate(project.reply(LAB, {ROW: {"progress": "80%", "measure": "加人"}}, "later", hour=15))
    report = take_out(project, "wrong.xlsx")
    assert (project.value(*PROGRESS), project.value(*RISK), project.value(*MEASURE)) == (0.8, "人力不足", "加人")
    assert report.json["kept"] == []


def test_what_was_decided_or_typed_since_stays_and_is_told(project: Project) -> None:
    project.type((*RISK, "已缓解"))
    project.consolidate(project.reply(LAB, {ROW: {"progress": "60%", "risk": "加剧", "measure": "加人"}}, "wrong"))
    project.decide(RW_002=(text("model.word.take_submission", project.lang), None))
    verbs.resolve(project.master, as_of=DAY, lang=project.lang)
    assert project.value(*RISK) == "加剧"
    project.type((*PROGRESS, 0.9))
    report = take_out(project, "wrong.xlsx")
    assert (project.value(*RISK), project.value(*PROGRESS), project.value(*MEASURE)) == ("加剧", 0.9, None)
    assert [(k["row_id"], k["reason"]) for k in report.json["kept"]] == [("RW-002", "typed")]


def test_kept_by_a_decision_between_two(project: Project) -> None:
    """The PMO keeps the master, which is what the wrong file had written: by now it is the PMO's word."""
    both = ("requirements", "XZ-2026-001")
    project.consolidate(project.reply(LAB, {both: {"outcome": "要延期"}}, "wrong"))
    project.consolidate(project.reply(MARKET, {both: {"outcome": "按期"}}, "right"))
    project.decide(XZ_2026_001=(text("model.word.keep_master", project.lang), None))
    verbs.resolve(project.master, as_of=DAY, lang=project.lang)
    assert questions(project) == []
    report = take_out(project, "wrong.xlsx")
    assert project.value(*both, "outcome") == "要延期"
    assert questions(project) == []
    assert [(k["row_id"], k["reason"]) for k in report.json["kept"]] == [("XZ-2026-001", "agreed")]


@pytest.mark.parametrize("since", ["flagged", "typed", "sent again"])
def test_an_added_row_goes_whole_or_stays_whole(project: Project, since: str) -> None:
    new = {("problems", "+0"): {"description": "误报", "measure": "重启"}}
    project.consolidate(project.reply(LAB, new, "wrong", hour=10))
    (key,) = project.data()["problems"].keys() - {"WT-001"}
    before = project.data()["problems"][key]
    if since == "flagged":
        verbs.flag(project.master, as_of=DAY, lang=project.lang)
    elif since == "typed":
        project.type(("problems", key, "tried", "换机器"))
    else:
        project.consolidate(
            project.reply(LAB, {("problems", "+0"): {"description": "误报", "measure": "重启", "tried": "换机器"}}, "later", hour=15)
        )
    report = take_out(project, "wrong.xlsx")
    if since == "flagged":
        assert key not in project.data()["problems"]
        assert report.json["kept"] == []
    else:
        assert project.data()["problems"][key].items() >= before.items()
        assert len(project.data()["problems"][key]) == len(before) + 1
        assert [(k["row_id"], k["reason"]) for k in report.json["kept"]] == [(key, "typed" if since == "typed" else "shared")]


def test_it_is_a_step_of_undo_and_redo(project: Project) -> None:
    states = [seen(project)]
    project.consolidate(
        project.reply(LAB, {ROW: {"progress": "60%"}, ("problems", "+0"): {"description": "误报"}}, "wrong"),
        project.reply(MARKET, {("tasks", "RW-001"): {"progress": "70%"}}, "right"),
    )
    states.append(seen(project))
    take_out(project, "wrong.xlsx")
    states.append(seen(project))
    take_out(project, "right.xlsx")
    states.append(seen(project))
    assert project.value("tasks", "RW-001", "progress") == 0.5
    for wanted in (states[2], states[1], states[0]):
        step(project, "undo")
        assert seen(project) == wanted
    assert step(project, "undo").json["run"] is None
    for wanted in states[1:]:
        step(project, "redo")
        assert seen(project) == wanted
    assert step(project, "redo").json["run"] is None
    step(project, "undo")
    step(project, "undo")
    assert seen(project) == states[1]
    assert state(project, "wrong.xlsx")[1] is None  # it counts again, so the mark is gone
    project.consolidate(project.folder / "inbox")
    assert seen(project) == states[1]


def test_after_a_sort_the_rows_are_found(project: Project) -> None:
    from test_undo_steps import reverse_tasks

    before = seen(project)
    project.consolidate(project.reply(LAB, {ROW: {"progress": "60%"}}, "wrong"))
    reverse_tasks(project)
    take_out(project, "wrong.xlsx")
    assert seen(project) == before


def test_once_the_mark_is_gone_it_comes_in_when_a_person_says_so(project: Project) -> None:
    from test_held import mark

    wrong = project.reply(LAB, {ROW: {"progress": "60%"}}, "wrong")
    project.consolidate(wrong)
    take_out(project, "wrong.xlsx")
    project.consolidate(wrong)
    assert project.value(*PROGRESS) == 0.2  # named, but marked 不采用
    mark(project, "use")
    project.consolidate()
    assert project.value(*PROGRESS) == 0.6


def test_one_run_in_the_middle(project: Project) -> None:
    first = project.reply(LAB, {ROW: {"progress": "30%", "measure": "加班"}}, "first", hour=9)
    middle = project.reply(LAB, {ROW: {"progress": "60%", "risk": "加剧"}, ("problems", "+0"): {"description": "误报"}}, "middle", hour=11)
    last = project.reply(LAB, {ROW: {"late_reason": "等料"}}, "last", hour=15)
    other = project.copy(project.folder.parent / "other")
    other.consolidate(first)
    other.consolidate(last)
    project.consolidate(first)
    run = str(project.consolidate(middle).json["run"])
    project.consolidate(last)
    before = seen(project)
    report = take_out(project, only=run)
    assert report.json["undone"] == [run]
    assert project.data() == other.data()
    held = verbs.status(project.master, as_of=DAY, lang=project.lang).json["held"]
    assert [one["file"] for one in held] == ["middle.xlsx"]
    after = seen(project)
    step(project, "undo")
    assert seen(project) == before
    step(project, "redo")
    assert seen(project) == after
    with pytest.raises(CollabError, match="already_undone"):
        take_out(project, only=run)


def test_a_decision_taken_out_alone_is_asked_again(project: Project) -> None:
    project.type((*RISK, "已缓解"))
    project.consolidate(project.reply(LAB, {ROW: {"risk": "加剧"}}, "one"))
    asked = questions(project)
    project.decide(RW_002=(text("model.word.take_submission", project.lang), None))
    run = str(verbs.resolve(project.master, as_of=DAY, lang=project.lang).json["run"])
    project.consolidate(project.reply(MARKET, {("tasks", "RW-001"): {"progress": "70%"}}, "two"))
    take_out(project, only=run)
    assert (project.value(*RISK), project.value("tasks", "RW-001", "progress")) == ("已缓解", 0.7)
    assert questions(project) == asked


def test_nothing_is_written_before_somebody_agreed(project: Project) -> None:
    project.consolidate(project.reply(LAB, {ROW: {"progress": "60%"}}, "wrong"))
    before, asked = project.master.read_bytes(), list[str]()
    common = {"submission": "wrong.xlsx", "as_of": DAY, "lang": project.lang}
    assert verbs.undo(project.master, **common).json["run"] is None
    assert verbs.undo(project.master, confirm=lambda q: bool(asked.append(q)), **common).json["run"] is None
    assert verbs.undo(project.master, confirmed=True, write=False, **common).json["run"] is None
    assert command_line("undo", project.master, "--submission", "wrong.xlsx", "--json").json["run"] is None
    assert project.master.read_bytes() == before
    assert len(asked) == 1
    assert LAB in asked[0]
    assert "wrong.xlsx" in asked[0]
    assert "1" in asked[0]
    assert command_line("undo", project.master, "--submission", "wrong.xlsx", "--yes", "--json").json["run"]
    assert project.value(*PROGRESS) == 0.2


def test_a_file_is_named_by_its_fingerprint_too(project: Project) -> None:
    project.consolidate(project.reply(LAB, {ROW: {"progress": "60%"}}, "wrong"))
    (row,) = [r for r in project.listed("submissions") if r.get("file") == "wrong.xlsx"]
    take_out(project, str(row["sha256"])[:8])
    assert project.value(*PROGRESS) == 0.2


def test_a_file_that_is_not_in_the_master_is_refused(project: Project) -> None:
    for options, code in (
        ({"submission": "nobody.xlsx"}, "unknown_submission"),
        ({"only": "R9999"}, "unknown_run"),
        ({"only": "1", "submission": "x"}, "usage_undo"),
    ):
        with pytest.raises(CollabError) as refused:
            verbs.undo(project.master, as_of=DAY, lang=project.lang, **options)
        assert refused.value.code == code


def test_two_files_of_one_name_are_told_apart_by_fingerprint(project: Project) -> None:
    one = project.reply(LAB, {ROW: {"progress": "60%"}}, "same", hour=10)
    project.consolidate(one)
    two = project.reply(LAB, {ROW: {"progress": "60%", "measure": "加人"}}, "same", hour=15)
    project.consolidate(two)
    with pytest.raises(CollabError) as refused:
        take_out(project, "same.xlsx")
    assert refused.value.code == "several_submissions"
    take_out(project, str(two))  # a path is that very file
    assert (project.value(*MEASURE), project.value(*PROGRESS)) == (None, 0.6)


@pytest.mark.parametrize("how", ["submission", "undo", "backup"])
def test_a_pack_issued_since_is_named_and_what_it_returns_unchanged_is_a_question(project: Project, how: str) -> None:
    """The department got 60 % in its new pack, saw it and left it: it has said so, and the PMO had taken it back."""
    before = project.master.read_bytes()
    project.consolidate(project.reply(LAB, {ROW: {"progress": "60%", "measure": "加人"}}, "wrong", hour=10))
    project.type((*RISK, "已缓解"))  # another cell, changed by the PMO: nothing to ask
    later = verbs.issue(
        project.master, week="2026-W48", as_of=DAY, lang=project.lang, out=project.folder / "out2", progress=lambda *a: None
    )
    packs = {str(p["department"]): Path(str(p["file"])) for p in later.json["packs"]}
    project.packs = packs
    if how == "backup":
        project.master.write_bytes(before)
    else:
        report = take_out(project, "wrong.xlsx") if how == "submission" else step(project, "undo")
        assert any(LAB in line and "W48" in line for line in report.lines)
    project.type((*MEASURE, "加人"))
    project.consolidate(project.reply(LAB, {ROW: {"late_reason": "等料"}}, "returned", hour=15))
    assert (project.value(*PROGRESS), project.value("tasks", "RW-002", "late_reason")) == (0.2, "等料")
    ((kind, key, _, said),) = questions(project)
    assert (kind, key) == (text("model.kind.conflict", project.lang), "RW-002")
    assert said.startswith("60%")
    project.decide(RW_002=(text("model.word.keep_master", project.lang), None))
    verbs.resolve(project.master, as_of=DAY, lang=project.lang)
    project.consolidate(project.reply(LAB, {ROW: {"late_reason": "等人"}}, "returned again", hour=16))
    assert [said for *_, said in questions(project) if said.startswith("60%")] == []
    assert project.value(*PROGRESS) == 0.2


def original(project: Project, file: str) -> Path:
    (row,) = [r for r in project.listed("submissions") if r.get("file") == file]
    return next((project.master.with_suffix(".collab") / "archive").glob(f"{row['sha256']}*"))


def test_a_lost_original_of_another_file_is_named_by_department_and_file(project: Project) -> None:
    """Both wrote the cell. Taken out, the later one would leave the earlier one's value judged again; that one cannot be read."""
    early = project.reply(LAB, {ROW: {"risk": "先"}}, "early", 10)
    late = project.reply(LAB, {ROW: {"risk": "后"}}, "late", 12)
    project.consolidate(early)
    project.consolidate(late)
    original(project, "early.xlsx").unlink()
    asked = take_out(project, "late.xlsx", yes=False)
    report = take_out(project, "late.xlsx")
    for told in (asked, report):
        (line,) = [line for line in told.lines if "early.xlsx" in line]
        assert line == text("verbs.say.undo_lost", project.lang, department=LAB, file="early.xlsx", path=told.json["lost"][0]["path"])
        assert (told.json["lost"][0]["department"], told.json["lost"][0]["file"]) == (LAB, "early.xlsx")
    assert project.value(*RISK) == "先"  # written by its run, which stays


def test_a_lost_original_of_the_file_itself_is_named(project: Project) -> None:
    project.consolidate(project.reply(LAB, {ROW: {"risk": "加剧"}}, "mine"))
    original(project, "mine.xlsx").unlink()
    report = take_out(project, "mine.xlsx")
    path = report.json["lost"][0]["path"]
    assert text("verbs.say.undo_own_lost", project.lang, department=LAB, file="mine.xlsx", path=path) in report.lines
    assert project.value(*RISK) == "人力不足"


def test_a_lost_original_is_named_when_one_run_is_taken_out(project: Project) -> None:
    project.consolidate(project.reply(MARKET, {("tasks", "RW-001"): {"risk": "先"}}, "other", 9))
    run = str(project.consolidate(project.reply(LAB, {ROW: {"risk": "加剧"}}, "mine")).json["run"])
    project.consolidate(project.reply(LAB, {ROW: {"risk": "加剧", "measure": "加人"}}, "again", 14))
    original(project, "again.xlsx").unlink()
    report = take_out(project, only=run)
    assert [(one["department"], one["file"]) for one in report.json["lost"]] == [(LAB, "again.xlsx")]
    assert any(LAB in line and "again.xlsx" in line for line in report.lines)
