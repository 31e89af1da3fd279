"""What happens once in a play (benchmarks/play.py), beside the ordinary week: a field and a form of one's own, mails, a word nobody knows,
an old pack, evidence, a signature in a pack, undo, minutes, an escalation, two projects in one overview. Each asserts its figures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.demo import desk
from collab_xl.demo.answers import NEW, Written
from collab_xl.demo.filling import fill
from collab_xl.forms import load
from collab_xl.forms.folders import OWN_FORMS, own_forms_folder
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Value
from collab_xl.plan.lists import columns_of
from collab_xl.project.sidecar import own_sidecar
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

if TYPE_CHECKING:
    from benchmarks.play import Play

OWN = Path(__file__).with_name("own_forms")
VISITS = "visits"
CLIENT = {"zh": "客户", "en": "Client"}
CLIENTS = {"zh": ("甲公司", "乙公司"), "en": ("Acme", "Bolt")}
LEARNT = 6
"""The week after which the project has finished tasks enough for a forecast."""
PDF = b"%PDF-1.7\n%play\n"


@contextmanager
def own_forms(folder: Path = OWN) -> Iterator[None]:
    """Within the block the forms of the folder are installed, as with the environment variable set before Python starts."""
    before = os.environ.get(OWN_FORMS)
    os.environ[OWN_FORMS] = str(folder)
    own_forms_folder.cache_clear()
    try:
        yield
    finally:
        os.environ.pop(OWN_FORMS)
        if before is not None:
            os.environ[OWN_FORMS] = before
        own_forms_folder.cache_clear()


def type_into_list(master: Path, service_id: str, where: Mapping[str, Value], cells: Mapping[str, Value]) -> None:
    """Type into the first line of a service sheet whose cells are these; an empty mapping means the first blank line."""
    book, service = read_book(master), load().service(service_id)
    ref = book.tables[service.table]
    at, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    rows = range(ref.data.first_row, ref.area.last_row + 2)
    row = next(
        r
        for r in rows
        if (where and all(snap.value(r, at[c]) == v for c, v in where.items()))
        or (not where and all(snap.value(r, c) is None for c in at.values()))
    )
    edits = [CellEdit(ref.sheet, row, at[name], snap.value(row, at[name]), value) for name, value in cells.items()]
    desk.save(master, Plan(edits=tuple(edits)))


def a_field_and_a_form_of_ones_own(play: Play) -> None:
    """字段 gets a choice of clients on the tasks; the folder of own forms has one more, which the master takes."""
    lang, day = play.lang, play.now.date()
    line: dict[str, Value] = {
        "sheet": load().form("tasks").sheet[lang],
        "heading": CLIENT[lang],
        "holds": play.word("单选", "Choice"),
        "words": play.word("、", ", ").join(CLIENTS[lang]),
        "on_page": play.word("是", "Yes"),
        "help": play.word("为谁做", "For whom"),
    }
    type_into_list(play.master, "fields", {}, line)
    applied = play.run("forms apply", lambda: verbs.forms_apply(play.master, as_of=day, lang=lang))
    assert [c["what"] for c in applied.json["changes"]] == ["added"], applied.json
    checked = verbs.forms_check(lang=lang)
    assert checked.json["faults"] == []
    added = play.run("forms add", lambda: verbs.forms_add(play.master, [VISITS], as_of=day, lang=lang))
    assert [one["form"] for one in added.json["added"]] == [VISITS], added.json
    unit = play.names["sells"]
    visits = [{"visit_no": "BF-001", "customer": CLIENTS[lang][0], "unit": unit, "till": play.day(1, 4), "went": "planned"}]
    play.type(new={VISITS: visits})


def packs_by_mail(play: Play, packs: Mapping[str, Path]) -> None:
    """The packs go as mails in files, a person sends them; each department gets its own pack and no other's."""
    day, lang = play.now.date(), play.lang
    looked = play.run("send packs --no-write", lambda: verbs.send(play.master, "packs", out=play.out, as_of=day, lang=lang, write=False))
    assert len(looked.json["mails"]) == len(packs)
    assert not mails_of(play)
    play.run("send packs", lambda: verbs.send(play.master, "packs", out=play.out, as_of=day, lang=lang))
    mails = mails_of(play)
    assert {str(m["To"]): attached(m) for m in mails} == {
        f"{n}@example.com": [packs[name].read_bytes()] for n, name in enumerate(play.names.values())
    }
    sent = play.run("send --sent all", lambda: verbs.send(play.master, sure=["all"], as_of=day, lang=lang))
    again = play.run("send packs", lambda: verbs.send(play.master, "packs", out=play.out, as_of=day, lang=lang))
    assert [m["state"] for m in again.json["mails"]] == ["sent"] * len(packs), again.json["mails"]
    assert [(str(m["To"]), attached(m)) for m in mails_of(play)] == [(str(m["To"]), attached(m)) for m in mails], (sent.lines, again.lines)


def mails_of(play: Play) -> list[EmailMessage]:
    found = [message_from_bytes(p.read_bytes(), policy=default) for p in sorted((own_sidecar(play.master).outbox / "mails").rglob("*.eml"))]
    return [m for m in found if isinstance(m, EmailMessage)]


def attached(mail: EmailMessage) -> list[bytes]:
    return [bytes(part.get_payload(decode=True) or b"") for part in mail.iter_attachments()]


def first_answers(play: Play, packs: Mapping[str, Path], owned: Mapping[str, list[dict[str, Value]]]) -> None:
    """Week 1: builds signs the baseline in its pack, uses a word nobody knows, fills in the field, sends evidence and an urgent problem;
    sells answers its visit and adds one. Undo takes all of it back, redo brings it again."""
    w, lang, day = play.word, play.lang, play.now.date()
    builds, sells = play.names["builds"], play.names["sells"]
    first, second = (str(row["task_id"]) for row in owned[builds][:2])
    (signature,) = (r for r in play.rows("signatures") if r.get("dept") == builds and r.get("opinion") == "unsigned")
    play.client_row = first
    answers = [
        Written("tasks", first, {"progress": 0.3, "status": w("进行中", "In progress"), CLIENT[lang]: CLIENTS[lang][0]}),
        Written("tasks", second, {"progress": 0.1, "status": w("搞得差不多", "nearly there")}),
        Written(
            "signatures", str(signature["signature_id"]), {"opinion": w("同意", "Agreed"), "person": "王*", "signed_on": play.now.date()}
        ),
        Written(
            "problems",
            NEW,
            {
                "description": w("接口方停工", "the supplier of the interface has stopped"),
                "level": w("紧急", "Urgent"),
                "raised_at": play.now,
            },
        ),
    ]
    evidence = f"{play.req} {w('方案', 'design')}.pdf"
    pack = (packs[builds].name, fill(packs[builds], answers, lang))
    play.mail("builds", w("填报", "Report"), pack, (evidence, PDF))
    visits = [
        Written(VISITS, "BF-001", {"went": w("已回访", "Over"), "closed_on": play.now.date()}),
        Written(VISITS, NEW, {"customer": CLIENTS[lang][1], "till": play.now.date() + timedelta(days=10), "went": w("已约", "Planned")}),
    ]
    play.mail("sells", w("填报", "Report"), (packs[sells].name, fill(packs[sells], visits, lang)))
    play.type_raw("tasks", first, CLIENT[lang], CLIENTS[lang][1])
    before = play.data()
    report = play.consolidate()
    counts = {s["department"]: s for s in report.json["submissions"]}
    for one in counts.values():
        parts = ("applied", "same", "conflicts", "rights", "not_cleared", "unreadable", "excluded")
        assert one["edits"] == sum(one[p] for p in parts), one
    assert (counts[builds]["conflicts"], counts[builds]["unreadable"]) == (1, 1), counts[builds]
    assert [(e["row_id"], e["department"]) for e in report.json["evidence"]] == [(play.req, builds)]
    assert [(c["row_id"], c["field"]) for c in report.json["conflicts"]] == [(first, "own_1")]
    assert {r["department"]: r["errors"] for r in report.json["returned"]} == {builds: 1}
    after = play.data()
    assert after != before
    undone = play.run("undo", lambda: verbs.undo(play.master, as_of=day, lang=lang))
    assert undone.json["undone"] == [report.json["run"]]
    assert play.data() == before
    again = play.run("redo", lambda: verbs.redo(play.master, as_of=day, lang=lang))
    assert text("verbs.undo.rows_again", lang, n=2) in again.lines[0]
    assert play.data() == after
    looked = play.run("send returns --no-write", lambda: verbs.send(play.master, "returns", as_of=day, lang=lang, write=False))
    assert [m["department"] for m in looked.json["mails"]] == [builds]
    (question,) = report.json["questions"]
    type_into_list(play.master, "questions", {"id": question["id"]}, {"answer": w("进行中", "In progress")})
    play.asked = second


def answered(play: Play) -> None:
    """After the next consolidation and the decisions: the word means what the PMO said, the field holds what the department wrote."""
    (row,) = (r for r in play.rows("tasks") if r["task_id"] == play.asked)
    assert (row["status"], row["progress"]) == ("in_progress", 0.1), row
    assert play.raw("tasks", play.client_row, CLIENT[play.lang])[3] == CLIENTS[play.lang][0]
    visits = {str(r["customer"]): r["went"] for r in play.rows(VISITS)}
    assert visits == dict(zip(CLIENTS[play.lang], ("over", "planned"), strict=True))


def answers_by_mail(play: Play, back: set[str]) -> None:
    """The departments `back` get their pack to correct, unless the PMO has said since what it means; each hears what became of its own."""
    day, lang = play.now.date(), play.lang
    shutil.rmtree(own_sidecar(play.master).outbox / "mails", ignore_errors=True)
    report = play.run("send returns", lambda: verbs.send(play.master, "returns", as_of=day, lang=lang))
    assert {str(m["department"]) for m in report.json["mails"] if m["files"]} == back, report.json
    play.run("send receipts", lambda: verbs.send(play.master, "receipts", as_of=day, lang=lang))


def minutes(play: Play, agenda: Report) -> None:
    """The meeting gives one action; its minutes are due in a day until they are noted."""
    w, lang, day = play.word, play.lang, play.now.date()
    assert agenda.json["file"]
    action = {
        "action_id": "HY-001",
        "meeting_name": w("项目例会", "Project meeting"),
        "held_at": play.now,
        "action": w("确认素材供应商", "Settle who supplies the material"),
        "dept": play.names["sells"],
        "owner": "赵*",
        "due": day + timedelta(days=4),
        "status": "to_do",
    }
    play.type(new={"actions": [action]})
    play.run("flag", lambda: verbs.flag(play.master, as_of=day, lang=lang))
    waiting = [row for row in play.listed("clocks") if row.get("row_key") == "HY-001"]
    assert len(waiting) == 1, waiting
    play.type(("actions", "HY-001", "minutes_at", play.now + timedelta(hours=3)))
    play.run("flag", lambda: verbs.flag(play.master, as_of=day, lang=lang))
    assert not [row for row in play.listed("clocks") if row.get("row_key") == "HY-001"]


def escalated(play: Play) -> None:
    """The urgent problem is told to the superiors, answered, decided, and closed when it is solved."""
    day, lang = play.now.date(), play.lang
    (problem,) = (row for row in play.rows("problems") if row.get("level") == "urgent")
    key = problem["problem_id"]
    (entry,) = (row for row in play.listed("escalations") if row["row_key"] == key)
    assert entry["state"] == text("model.escalation.to_tell", lang), entry
    report = play.run("send escalate", lambda: verbs.send(play.master, "escalate", as_of=day, lang=lang))
    assert [m for m in report.json["mails"] if m["to"]], report.json
    type_into_list(
        play.master,
        "escalations",
        {"row_key": key},
        {"told_at": day, "reply_at": day, "ruling": play.word("换供应商", "take another supplier")},
    )
    play.run("flag", lambda: verbs.flag(play.master, as_of=day, lang=lang))
    (entry,) = (row for row in play.listed("escalations") if row["row_key"] == key)
    assert (entry["state"], entry["closed_at"]) == (text("model.escalation.ruled", lang), None)
    play.type(
        ("problems", str(key), "status", "solved"),
        ("problems", str(key), "closed_at", day),
        ("problems", str(key), "measure", play.word("已换", "done")),
    )
    play.run("flag", lambda: verbs.flag(play.master, as_of=day, lang=lang))
    (entry,) = (row for row in play.listed("escalations") if row["row_key"] == key)
    assert entry["state"] == text("model.escalation.ended", lang), entry
    assert entry["ruling"] == play.word("换供应商", "take another supplier")


def short_tasks(play: Play) -> list[dict[str, Value]]:
    """In a long play two short tasks a week: what a forecast learns from."""
    word, owner, dept = play.word("迭代", "Iteration"), play.word("*主管", "*lead"), play.names["builds"]
    return [
        {"task_id": f"RW-1{week}{n}", "name": f"{word} {week}.{n}", "dept": dept, "owner": owner, "start": play.day(week, 0),
         "end": play.day(week, 1 + n), "progress": 0, "status": "not_started"}
        for week in range(1, LEARNT + 1)
        for n in (1, 2)
        if play.weeks > LEARNT
    ]  # fmt: skip


def forecast(play: Play, week: int) -> None:
    """After two weeks nothing is promised; when enough tasks were seen to end, the finish is a range, not before the work that is left."""
    day = play.now.date()
    found = play.run("status", lambda: verbs.status(play.master, as_of=day, lang=play.lang)).json["forecast"]
    if week < LEARNT:
        assert found["reason"], found
        return
    play.tell(f"  forecast: {found}")
    assert not found["reason"], found
    p50, p80 = found["project"]["p50"], found["project"]["p80"]
    ends = [str(r["end"]) for r in play.rows("tasks") if r.get("status") != "done"]
    assert max(day.isoformat(), min(ends)) <= p50 <= p80, (found, ends)


def action_done(play: Play) -> Written:
    """What the department answers to the action of the meeting."""
    w = play.word
    return Written("actions", "HY-001", {"status": w("已完成", "Done"), "result": w("签约", "signed"), "done_on": play.now.date()})


def resource_given(play: Play) -> Written:
    """What the giver of a resource answers in its own pack."""
    w = play.word
    key = play.key_of("resources", w("开发工程师", "developers"))
    return Written(
        "resources", key, {"have": 2, "answer": w("部分", "In part"), "answered_at": play.now, "status": w("部分落实", "Settled in part")}
    )


def asker_is_told(play: Play, packs: Mapping[str, Path]) -> None:
    """The next pack of the department that asked says on its first sheet what was answered; the clock of the answer is over."""
    key = play.key_of("resources", play.word("开发工程师", "developers"))
    (row,) = (r for r in play.rows("resources") if r["resource_id"] == key)
    assert (row["have"], row["answer"], row["status"]) == (2, "part", "settled_part"), row
    assert not [r for r in play.listed("clocks") if r.get("row_key") == key and r["department"] == play.names["builds"]]
    said = {
        name: " ".join(str(v) for line in read_book(path).snapshot(text("build.front.sheet", play.lang)).cells for v in line if v)
        for name, path in packs.items()
    }
    head = text("build.front.section_answered", play.lang, n=4)
    assert [name for name, words in said.items() if head in words] == [play.names["asks"]]


def old_pack(play: Play, packs: Mapping[str, Path], older: Path) -> None:
    """After this week's pack of a department its pack of last week comes again, with other numbers: what is newer stays."""
    w, lang = play.word, play.lang
    name = play.names["builds"]
    open_rows = [r for r in play.rows("tasks") if r.get("dept") == name and r.get("status") != "done"]
    key = str(open_rows[0]["task_id"])
    answers = [Written("tasks", key, {"progress": 0.05})]
    play.mail("builds", w("补发", "Again"), (older.name, fill(older, answers, lang)))
    before = play.data()
    report = play.consolidate()
    assert play.data()["tasks"] == before["tasks"], "an older pack overwrites nothing"
    play.tell(f"  an old pack: {[(i['state'], i['code']) for i in report.json['items']]} {len(report.json['conflicts'])} to decide")
    play.decide(lambda item: "model.word.keep_master")
    assert play.data()["tasks"] == before["tasks"]


def two_projects(play: Play) -> None:
    """A second master beside it: the overview says of each what its own page says."""
    w, lang, day = play.word, play.lang, play.now.date()
    other = play.folder / w("门户改版", "portal") / w("门户改版.xlsx", "portal.xlsx")
    other.parent.mkdir()
    people = play.departments()
    earlier = play.now - timedelta(5)  # begun before the week was over: on Monday it reports on that week too, though it has no packs
    with clock.at(earlier):
        verbs.init(other, project=w("门户改版", "Portal"), departments=people, lang=lang, as_of=earlier.date(), forms="basic")
    late: dict[str, Value] = {
        "task_id": "RW-001", "name": w("首页", "Home page"), "dept": play.names["builds"], "owner": "*主管", "start": day - timedelta(30),
        "end": day - timedelta(20), "progress": 0.5, "status": "in_progress",
    }  # fmt: skip
    desk.fill_in(other, {"tasks": [late]}, lang, day)
    for moment in (earlier, play.now):
        with clock.at(moment):
            verbs.flag(other, as_of=moment.date(), lang=lang)
    data = play.folder / "bi"
    report = play.run(
        "portfolio make",
        lambda: verbs.portfolio_make([play.master, other], as_of=day, out=play.out, data=data, lang=lang, progress=no_progress),
    )
    lines = {Path(p["file"]).name: p for p in report.json["projects"]}
    assert list(lines) == [other.name, play.master.name], "the worst first"
    assert len({p["week"] for p in lines.values()}) == 1, "one week for all"
    for master in (play.master, other):
        with clock.at(play.now):
            page = verbs.week(master, as_of=day, write=False, lang=lang).json
        assert lines[master.name]["kpis"] == page["kpis"]
        assert lines[master.name]["rag"] == page["rag"]
    assert lines[other.name]["kpis"]["overdue"]["value"] == 1
    assert list(data.glob("projects/*.csv"))


def week_files(play: Play, week: int) -> list[Path]:
    """The weekly page as PDF, pictures, page for a browser and slides, as far as this machine can."""
    printed = shutil.which("soffice") is not None
    report = play.run(
        "week --pdf --png --html --deck",
        lambda: verbs.week(
            play.master, week=play.week_id(week), pdf=printed, png=printed, html=True, deck=True, out=play.out, as_of=play.now.date(),
            lang=play.lang,
        ),
    )  # fmt: skip
    files = [
        path for path in sorted(play.out.iterdir()) if play.week_id(week) in path.name and path.suffix in (".pdf", ".png", ".html", ".pptx")
    ]
    endings = [path.suffix for path in files]
    assert sorted(set(endings)) == [".html", *([".pdf", ".png"] if printed else []), ".pptx"], endings
    assert endings.count(".png") == (2 if printed else 0)
    page = next(path for path in files if path.suffix == ".html").read_text(encoding="utf-8")
    kpis = {name: kpi["value"] for name, kpi in report.json["kpis"].items()}
    assert (kpis["rate"], kpis["open"], kpis["overdue"], kpis["visits_waiting"]) == (100, 0, 0, 0), kpis
    assert ">100%<" in page
    return files


def compared(play: Play, since: date) -> None:
    report = play.run("compare", lambda: verbs.compare(play.master, since=since.isoformat(), as_of=play.now.date(), lang=play.lang))
    assert report.json
