"""One mail of every kind, as `send` writes it for a project in which everything has happened: for what people see of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from e2e.small_project import DAY, WEEK, Project
from test_send_answers import ABOVE, people

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

MONDAY, FRIDAY, SATURDAY, NEXT = (
    datetime(2026, 11, 16, 10),
    datetime(2026, 11, 20, 17, 30),
    datetime(2026, 11, 21, 11),
    datetime(2026, 11, 23, 9),
)
KINDS = ("pack", "receipt", "decided", "return", "chase", "chase again", "escalation", "urgent", "week")


def every_mail(folder: Path, lang: str, *, pdf: bool = False) -> dict[str, bytes]:
    """Kind → the bytes of a mail. Without a mailbox: each is a file, as the person opens it. `pdf`: with the page made by an office
    program; else a short file has its place."""
    if not pdf:
        with pytest.MonkeyPatch.context() as patched:
            made = folder.with_name(f"{text('build.sheet.weekly', lang)}_{WEEK}.pdf")
            made.write_bytes(b"%PDF-1.4")
            patched.setattr(import_module("collab_xl.verbs.send"), "exported", lambda *given: (made, ""))
            return every_mail(folder, lang, pdf=True)
    project = Project.again(folder, lang)
    people(project, ABOVE)
    out: dict[str, bytes] = {}

    def send(what: str, at: datetime, *names: str, **more: object) -> None:
        with clock.at(at):
            report = verbs.send(project.master, what, as_of=at.date(), lang=lang, out=project.folder / "outbox", **more)
        files = {str(path): path for path in project.folder.rglob("outbox/mails/*/*.eml")}
        mails = [m for m in report.json["mails"] if m["mark"] and any(str(m["mark"]) in path for path in files)]
        fresh = [next(path for name, path in files.items() if str(mail["mark"]) in name) for mail in mails]
        for name, path in zip(names, [path for path in fresh if path.read_bytes() not in out.values()], strict=False):
            out[name] = path.read_bytes()
        with clock.at(at):
            verbs.send(project.master, as_of=at.date(), lang=lang, sure=["all"])

    send("packs", MONDAY, "pack")
    cells = {"risk": "缺人", "progress": "差不多了", "end": "2026-12-24", "actual_end": "昨天"}
    path = project.reply("市场部", {("tasks", "RW-001"): cells}, "市场部 报送（第一次）")
    with clock.at(FRIDAY):
        verbs.consolidate(project.master, (path,), as_of=DAY, lang=lang, progress=no_progress)
    send("receipts", FRIDAY, "receipt")
    send("returns", FRIDAY, "return")
    (row,) = [r for r in project.listed("conflicts") if r.get("id")]
    keep = text("model.word.keep_master", lang)
    project.decide(**{f"{str(row['row_key']).replace('-', '_')}__{row['field']}": (keep, None)})
    with clock.at(SATURDAY):
        verbs.resolve(project.master, as_of=DAY, lang=lang)
    send("receipts", SATURDAY + timedelta(hours=1), "decided")
    send("chase", NEXT, "chase", week=WEEK)
    send("chase", NEXT + timedelta(days=1), "chase again", week=WEEK)
    project.type(("problems", "WT-001", "level", "critical"), ("problems", "WT-001", "raised_at", date(2026, 11, 18)))
    with clock.at(NEXT):
        verbs.flag(project.master, as_of=NEXT.date(), lang=lang)
        verbs.week(project.master, week=WEEK, as_of=NEXT.date(), lang=lang)
    send("escalate", NEXT, "urgent", "escalation")
    send("week", NEXT, "week", week=WEEK)
    return out
