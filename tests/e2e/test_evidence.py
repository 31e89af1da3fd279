"""Files beside a pack, from the mail to the cell that opens them, and back: undo, redo, twice, questions, other people's cells.

| the file | what becomes of it |
|---|---|
| its name, folder or mail names one row of the department | kept; `consolidate` names it there, with a link |
| no row, two rows, another department's row | kept; asked on 提问, with the department's rows |
| the same again | a duplicate |
| the row's run is undone | held, until a person says so |
| from nobody we know; it can run something | named, not kept |
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest
from small_project import DAY, REQUIREMENTS, Project, type_into

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.evidence import link_in
from collab_xl.model.values import Link
from collab_xl.plan.lists import columns_of
from collab_xl.project.sidecar import own_sidecar
from collab_xl.verbs.report import Report, no_progress

LABS, MARKET = "研发部", "市场部"
WANG, LI = "wang@example.com", "li@example.com"
PDF, OTHER = b"%PDF-1.7\n1\n", b"%PDF-1.7\n2\n"
JPG = b"\xff\xd8\xff\xe0" + bytes(6000)
ROW = ("requirements", "XZ-2026-001", "attachment")
MARKETS_ROW = {**REQUIREMENTS[0], "req_id": "XZ-2026-002", "name": "推广", "to_depts": (MARKET,)}
LABS_ROW = {**REQUIREMENTS[0], "req_id": "XZ-2026-003", "name": "接口", "to_depts": (LABS,)}
QUIET = {"tasks": {}}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Project:
    from collab_xl.demo import desk

    project = Project.again(tmp_path_factory.mktemp("evidence") / "p", issued=False)
    desk.fill_in(project.master, {"requirements": [MARKETS_ROW, LABS_ROW]}, project.lang, DAY)
    project.issue()
    return project


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    return base.copy(tmp_path / "p")


def mail(
    project: Project,
    files: Mapping[str, bytes],
    *,
    sender: str = WANG,
    subject: str = "W47",
    body: str = "请查收",
    name: str = "m.eml",
    pack: Path | None = None,
) -> Path:
    message = EmailMessage()
    message["From"], message["Subject"], message["Date"] = sender, subject, "Fri, 20 Nov 2026 12:00:00 +0800"
    message["Message-ID"] = f"<{hashlib.sha256(repr((sender, subject, name)).encode()).hexdigest()[:12]}@example.com>"
    message.set_content(body)
    if pack is not None:
        message.add_attachment(pack.read_bytes(), "application", "octet-stream", filename=pack.name)
    for file, data in files.items():
        message.add_attachment(data, "application", "octet-stream", filename=file)
    path = project.folder / name
    path.write_bytes(bytes(message))
    return path


def undo(project: Project, **options: object) -> Report:
    return verbs.undo(project.master, as_of=DAY, lang=project.lang, **options)  # type: ignore[arg-type]


def redo(project: Project) -> Report:
    return verbs.redo(project.master, as_of=DAY, lang=project.lang)


def opens(project: Project, key: str = "XZ-2026-001") -> Path | None:
    """Where the link of a row's evidence cell leads, from the folder of the master; None for a cell without our link."""
    book, form = read_book(project.master), load().form("requirements")
    ref = book.tables[form.table]
    snap = book.snapshot(ref.sheet)
    col = ref.area.first_col + ref.headings.index(form.field("attachment").heading[project.lang])
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, ref.area.first_col) == key)
    link = link_in(snap.formulas.get((row, col)), snap.value(row, col))
    return None if link is None else project.master.parent / unquote(link.target)


def states(project: Project) -> dict[str, str]:
    """File → what 提交台账 says of it, as the catalogue's id."""
    ids = ("ready", "asked", "named", "none")
    words = {text(f"model.state.evidence_{s}", project.lang): s for s in ids} | {
        text(f"model.state.{s}", project.lang): s for s in ("held", "duplicate", "set_aside", "ignored")
    }
    lines = [(str(row["file"]), words[str(row["state"])]) for row in reversed(project.listed("submissions")) if row.get("state") in words]
    return {**dict(lines), **{file: state for file, state in lines if state != "duplicate"}}


def mark(project: Project, file: str, word: str) -> None:
    _type(project, "submissions", "file", file, "decision", text(f"model.word.{word}", project.lang))


def answer(project: Project, said: str) -> None:
    """The PMO's answer to the only open question."""
    (row,) = [r for r in project.listed("questions") if not r.get("answer")]
    _type(project, "questions", "id", row["id"], "answer", said)


def _type(project: Project, service_id: str, where: str, value: object, column: str, typed: object) -> None:
    book, service = read_book(project.master), load().service(service_id)
    ref = book.tables[service.table]
    snap, col = book.snapshot(ref.sheet), columns_of(ref, service)
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col[where]) == value)
    type_into(project.master, ref.sheet, {(row, col[column]): typed})


def test_a_file_beside_a_pack_is_named_in_its_row_and_opens_from_there(project: Project) -> None:
    pack = project.reply(LABS, {("tasks", "RW-002"): {"progress": "60%"}}, "pack")
    report = project.consolidate(mail(project, {"XZ-2026-001 验收报告.pdf": PDF}, pack=pack))
    assert [i["state"] for i in report.json["items"]] == ["accepted", "evidence"]
    assert [(e["row_id"], e["department"]) for e in report.json["evidence"]] == [("XZ-2026-001", LABS)]
    assert (project.value(*ROW), project.value("tasks", "RW-002", "progress")) == ("XZ-2026-001 验收报告.pdf", 0.6)
    path = opens(project)
    assert path is not None
    assert path.read_bytes() == PDF
    assert path.suffix == ".pdf"
    kept = own_sidecar(project.master).archive / hashlib.sha256(PDF).hexdigest()
    assert kept.read_bytes() == PDF
    assert states(project) == {"XZ-2026-001 验收报告.pdf": "named"}
    (line,) = [row for row in project.listed("changes") if row["field"] == "附件"]
    assert (line["old"], line["new"], line["department"]) == (None, "XZ-2026-001 验收报告.pdf", LABS)
    assert project.consolidate().json["evidence"] == []
    logged = verbs.log(project.master, run=str(report.json["run"]), lang="zh")
    assert any(c["kind"] == "evidence" and "验收报告.pdf" in str(c["source"]) for c in logged.json["changes"])


def test_undo_takes_it_out_redo_brings_the_link_back_and_it_does_not_come_by_itself(project: Project) -> None:
    inbox = project.folder / "inbox"
    inbox.mkdir()
    mail(project, {"XZ-2026-001 报告.pdf": PDF}, name="inbox/m.eml")
    project.consolidate(inbox)
    undo(project)
    assert (project.value(*ROW), opens(project), states(project)) == (None, None, {"XZ-2026-001 报告.pdf": "held"})
    assert [h["file"] for h in project.consolidate(inbox).json["held"]] == ["XZ-2026-001 报告.pdf"]
    assert project.value(*ROW) is None
    redo(project)
    assert opens(project) is not None
    assert project.value(*ROW) == "XZ-2026-001 报告.pdf"
    undo(project)
    mark(project, "XZ-2026-001 报告.pdf", "use")
    project.consolidate(inbox)
    assert opens(project) is not None
    assert states(project)["XZ-2026-001 报告.pdf"] == "named"


def test_one_file_can_be_taken_out_alone(project: Project) -> None:
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF, "XZ-2026-003 报告.pdf": OTHER}))
    undo(project, submission="XZ-2026-001 报告.pdf", confirmed=True)
    assert (project.value(*ROW), opens(project)) == (None, None)
    assert opens(project, "XZ-2026-003") is not None
    assert states(project) == {"XZ-2026-001 报告.pdf": "set_aside", "XZ-2026-003 报告.pdf": "named"}
    assert project.consolidate().json["evidence"] == []


def test_two_files_of_a_row_open_its_folder_and_a_newer_one_lies_beside(project: Project) -> None:
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF, "XZ-2026-001 现场.jpg": JPG}))
    folder = opens(project)
    assert project.value(*ROW) == "XZ-2026-001 报告.pdf；XZ-2026-001 现场.jpg"
    assert folder is not None
    assert sorted(p.read_bytes() for p in folder.iterdir()) == sorted([PDF, JPG])
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": OTHER}, name="newer.eml"))
    assert project.value(*ROW) == "XZ-2026-001 报告.pdf；XZ-2026-001 现场.jpg"
    assert sorted(p.read_bytes() for p in folder.iterdir()) == sorted([PDF, JPG, OTHER])
    undo(project)
    assert opens(project) == folder


def test_the_same_file_again_is_a_duplicate_and_another_department_names_its_own_row(project: Project) -> None:
    project.consolidate(mail(project, {"XZ-2026-003 报告.pdf": PDF}))
    again = project.consolidate(mail(project, {"XZ-2026-003 报告.pdf": PDF}, name="again.eml"))
    assert [(i["state"], i["code"]) for i in again.json["items"]] == [("duplicate", "S410")]
    report = project.consolidate(mail(project, {"XZ-2026-002 报告.pdf": PDF}, sender=LI, name="li.eml"))
    assert [e["row_id"] for e in report.json["evidence"]] == ["XZ-2026-002"]
    assert len(list(own_sidecar(project.master).archive.glob(hashlib.sha256(PDF).hexdigest()))) == 1


@pytest.mark.parametrize(
    ("file", "said", "written"),
    [
        ("扫描件.pdf", "XZ-2026-003", "XZ-2026-003"),
        ("XZ-2026-002 别人的.pdf", "XZ-2026-001", "XZ-2026-001"),
        ("RW-002 联调.pdf", "是", "XZ-2026-001"),
        ("扫描件.pdf", "XZ-2026-001、XZ-2026-003", "XZ-2026-001 XZ-2026-003"),
        ("扫描件.pdf", "否", ""),
    ],
)
def test_what_points_to_no_row_of_the_department_is_asked(project: Project, file: str, said: str, written: str) -> None:
    report = project.consolidate(mail(project, {file: PDF}))
    (question,) = report.json["questions"]
    assert (question["kind"], question["department"]) == ("evidence", LABS)
    assert (project.value(*ROW), project.value("requirements", "XZ-2026-002", "attachment")) == (None, None)
    (row,) = project.listed("questions")
    assert "XZ-2026-001" in str(row["note"])
    assert "XZ-2026-002" not in str(row["note"])
    assert states(project) == {file: "asked"}
    assert verbs.status(project.master, as_of=DAY, lang="zh").json["evidence"] == {"ready": 0, "asked": 1}
    assert project.consolidate(mail(project, {file: PDF}, name="again.eml")).json["questions"] == [question]  # never twice
    answer(project, said)
    report = project.consolidate()
    assert " ".join(str(e["row_id"]) for e in report.json["evidence"]) == written
    assert states(project)[file] == ("named" if written else "none")
    assert project.consolidate().json["evidence"] == []


def test_an_answer_that_names_another_departments_row_is_not_taken(project: Project) -> None:
    project.consolidate(mail(project, {"扫描件.pdf": PDF}))
    answer(project, "XZ-2026-002")
    report = project.consolidate()
    assert report.json["evidence"] == []
    assert len(report.json["questions"]) == 1
    assert project.value("requirements", "XZ-2026-002", "attachment") is None
    assert "XZ-2026-002" in str(project.listed("questions")[0]["note"]).partition("。")[0]


def test_the_files_of_one_mail_are_one_question(project: Project) -> None:
    report = project.consolidate(mail(project, {"a.jpg": JPG, "b.pdf": PDF, "XZ-2026-003 c.pdf": OTHER}))
    (question,) = report.json["questions"]
    assert "a.jpg" in str(question["found"])
    assert "b.pdf" in str(question["found"])
    assert "c.pdf" not in str(question["found"])
    answer(project, "XZ-2026-001")
    project.consolidate()
    assert project.value(*ROW) == "a.jpg；b.pdf"


def test_what_somebody_wrote_stays(project: Project) -> None:
    project.type((*ROW, "见合同附件三"))
    pack = project.reply(LABS, {("requirements", "XZ-2026-003"): {"attachment": "测试报告.pdf，共 3 页"}}, "pack")
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF, "测试报告.pdf": OTHER}, pack=pack))
    assert project.value(*ROW) == "见合同附件三；XZ-2026-001 报告.pdf"
    undo(project)
    assert project.value(*ROW) == "见合同附件三"
    redo(project)
    answer(project, "XZ-2026-003")  # its cell named the file only after the merge
    project.consolidate()
    assert project.value("requirements", "XZ-2026-003", "attachment") == "测试报告.pdf，共 3 页"
    link = opens(project, "XZ-2026-003")
    assert link is not None
    assert link.read_bytes() == OTHER
    undo(project)
    assert (project.value("requirements", "XZ-2026-003", "attachment"), opens(project, "XZ-2026-003")) == ("测试报告.pdf，共 3 页", None)


def test_a_department_that_writes_more_into_the_cell_keeps_the_link(project: Project) -> None:
    project.consolidate(mail(project, {"XZ-2026-003 报告.pdf": PDF}))
    project.packs.clear()
    with_link = opens(project, "XZ-2026-003")
    verbs.issue(project.master, as_of=DAY, week="2026-W48", lang="zh", out=project.folder / "next", progress=no_progress)
    project.packs = {LABS: next((project.folder / "next").rglob(f"*{LABS}*.xlsx"))}
    more = "XZ-2026-003 报告.pdf（已盖章）"
    project.consolidate(project.reply(LABS, {("requirements", "XZ-2026-003"): {"attachment": more}}, "pack48"))
    assert project.value("requirements", "XZ-2026-003", "attachment") == more
    assert opens(project, "XZ-2026-003") == with_link


def test_a_formula_of_the_pmo_is_left_alone_and_the_file_waits(project: Project) -> None:
    book, form = read_book(project.master), load().form("requirements")
    ref = book.tables[form.table]
    cell = ref.data.first_row, ref.area.first_col + ref.headings.index(form.field("attachment").heading["zh"])
    type_into(project.master, ref.sheet, {cell: Link("https://example.com/a", "合同")})
    report = project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF}))
    assert report.json["evidence"] == []
    assert any("XZ-2026-001 报告.pdf" in line for line in report.lines)
    assert read_book(project.master).snapshot(ref.sheet).formulas[cell] == '=HYPERLINK("https://example.com/a","合同")'
    type_into(project.master, ref.sheet, {cell: None})
    assert [e["row_id"] for e in project.consolidate().json["evidence"]] == ["XZ-2026-001"]


def test_hostile_names_stay_in_the_folder_and_are_no_formula(project: Project) -> None:
    names = [
        "..\\..\\XZ-2026-001 evil.pdf",
        "=XZ-2026-001.pdf",
        "CON.XZ-2026-001.pdf",
        "长" * 80 + "XZ-2026-001.pdf",
        "XZ-2026-001#1 50%.pdf",
    ]
    project.consolidate(mail(project, {name: PDF + bytes([n]) for n, name in enumerate(names)}))
    folder, inside = opens(project), own_sidecar(project.master).evidence
    assert folder is not None
    assert folder.resolve().is_relative_to(inside.resolve())
    files = sorted(p.name for p in folder.iterdir())
    assert len(files) == 5
    assert all(name.endswith(".pdf") and len(name) < 100 and not set(name) & set('\\/:*?"<>|#%') for name in files)
    assert not any(name.upper().startswith(("CON.", "CON ")) for name in files)
    assert str(project.value(*ROW)).startswith("CON.XZ-2026-001.pdf；XZ-2026-001 evil.pdf；")
    assert sorted(p.name for p in inside.iterdir()) == ["XZ-2026-001"]


def test_files_in_a_folder_are_taken_only_where_it_is_clear(project: Project) -> None:
    inbox = project.folder / "inbox"
    pack = project.reply(LABS, {("tasks", "RW-002"): {"risk": "缺人"}}, "pack")
    (inbox / LABS).mkdir()
    pack.rename(inbox / LABS / "pack.xlsx")
    for name, data in {
        f"{LABS}/XZ-2026-003 报告.pdf": PDF,
        f"{LABS}/XZ-2026-002 别人的.pdf": OTHER,
        "扫描件.pdf": PDF + b"3",
        "说明.txt": b"ok",
    }.items():
        (inbox / name).write_bytes(data)
    report = project.consolidate(inbox)
    got = {str(i["source"]).rpartition("/")[2]: (i["state"], i["code"]) for i in report.json["items"]}
    unclear = ("ignored", "S449")
    assert got == {
        "pack.xlsx": ("accepted", None), "XZ-2026-003 报告.pdf": ("evidence", "S447"), "XZ-2026-002 别人的.pdf": unclear,
        "扫描件.pdf": unclear, "说明.txt": unclear,
    }  # fmt: skip
    assert opens(project, "XZ-2026-003") is not None
    assert report.json["questions"] == []


def test_a_stranger_and_what_can_run_are_named_and_not_kept(project: Project) -> None:
    report = project.consolidate(
        mail(project, {"XZ-2026-001.pdf": PDF}, sender="x@other.example", name="x.eml"),
        mail(project, {"XZ-2026-001 报告.pdf.exe": b"MZ", "XZ-2026-001.docm": b"PK\x03\x04"}, name="y.eml"),
    )
    assert sorted((i["state"], i["code"]) for i in report.json["items"]) == [("ignored", "S406"), *[("ignored", "S448")] * 2]
    assert not list(own_sidecar(project.master).archive.glob("*"))
    assert project.value(*ROW) is None


def test_doctor_names_lost_and_changed_files_and_consolidate_puts_them_back(project: Project) -> None:
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF}))
    path = opens(project)
    assert path is not None

    def line(topic: str) -> tuple[str, str]:
        report = verbs.doctor(project.master, as_of=DAY, lang="zh", from_excel=False)
        return next((str(one["state"]), str(one["what"])) for one in report.json["items"] if one["topic"] == topic)

    assert line("evidence")[0] == "ok"
    path.chmod(0o644)
    path.write_bytes(b"changed")
    assert line("evidence")[0] == "todo"
    path.unlink()
    assert "XZ-2026-001/" in line("evidence")[1]
    project.consolidate(mail(project, {"XZ-2026-001 现场.jpg": JPG}, name="b.eml"))
    assert path.read_bytes() == PDF
    (own_sidecar(project.master).archive / hashlib.sha256(PDF).hexdigest()).unlink()
    assert line("original")[0] == "todo"


def test_a_renamed_folder_gets_its_links_back(project: Project) -> None:
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF}))
    old = project.master
    project.master = old.rename(old.with_name("新名 #2.xlsx"))
    own_sidecar(old).path.rename(own_sidecar(project.master).path)
    assert opens(project) is not None
    assert not opens(project).exists()
    project.consolidate()
    path = opens(project)
    assert path is not None
    assert path.read_bytes() == PDF
    assert "新名 #2.collab" in str(path)
    undo(project)
    assert project.value(*ROW) == "XZ-2026-001 报告.pdf"


def test_a_restored_backup_holds_it_too(project: Project) -> None:
    before = project.master.read_bytes()
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF}))
    project.master.write_bytes(before)
    report = project.consolidate()
    assert report.json["evidence"] == []
    assert [h["file"] for h in report.json["held"]] == ["XZ-2026-001 报告.pdf"]
    report = verbs.consolidate(project.master, again=True, as_of=DAY, lang="zh", progress=no_progress)
    assert [e["row_id"] for e in report.json["evidence"]] == ["XZ-2026-001"]


def test_evidence_alone_is_no_submission(project: Project) -> None:
    before = verbs.status(project.master, as_of=DAY, lang="zh").json
    project.consolidate(mail(project, {"XZ-2026-001 报告.pdf": PDF}))
    after = verbs.status(project.master, as_of=DAY, lang="zh").json
    assert (before["missing"], before["states"]) == (after["missing"], after["states"])
    shutil.rmtree(project.folder)
