"""One odd mail in the inbox stops nothing: each input has its state, a true reply beside them comes in, and so do later runs."""

from __future__ import annotations

import base64
import os
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "intake"))

import pytest
from outside_mails import LONG_HEADERS, ODD_TEXTS, mail
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock


def test_odd_mails_and_file_names_beside_a_true_reply(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    project.issue()
    inbox = tmp_path / "inbox"
    project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "reply")
    odd = {**ODD_TEXTS, **LONG_HEADERS}
    for name, (data, _) in odd.items():
        (inbox / f"{name}.eml").write_bytes(data)
    if sys.platform == "linux":  # elsewhere the system takes no such name
        (inbox / os.fsdecode("研发周报.csv".encode("gbk"))).write_text("任务名称,负责部门\n压测,研发部\n", encoding="utf-8")
    for turn in ("first", "again"):
        report = verbs.collect(project.master, [inbox], department=None, as_of=DAY, write=True, lang="zh", progress=no_progress)
        items = report.json["items"]
        assert len(items) == len(list(inbox.iterdir()))
        assert Counter(i["code"] for i in items)["S433"] == len(LONG_HEADERS)
        assert {i["state"] for i in items if i["source"] == "reply.xlsx"} == {"accepted" if turn == "first" else "duplicate"}
    assert {line["sender"] for line in project.listed("submissions")} >= {"张三@example.com"}
    project.consolidate()
    assert project.value("tasks", "RW-002", "progress") == 0.6


@pytest.mark.skipif(sys.platform != "linux", reason="the system takes no such file name")
def test_a_tracker_whose_name_is_in_another_charset_is_imported(tmp_path: Path) -> None:
    tracker = tmp_path / os.fsdecode("研发周报.csv".encode("gbk"))
    tracker.write_text("任务ID,任务名称,负责部门,负责人,计划结束时间,完成状态\nRW-1,压测,研发部,王五,2026-12-01,进行中\n", encoding="utf-8")
    report = verbs.import_tracker(tmp_path / "new.xlsx", [tracker], as_of=DAY, confirmed=True, lang="zh")
    assert "研发周报.csv" in str(report.json)
    assert (tmp_path / "new.xlsx").is_file()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_mail_dated_2099_does_not_silence_later_corrections(tmp_path: Path, lang: str) -> None:
    project = Project.start(tmp_path, lang)
    project.issue()
    for name, date, progress in (
        ("first", b"Fri, 20 Nov 2099 10:00:00 +0000", "60%"),
        ("second", b"Fri, 20 Nov 2026 11:00:00 +0000", "70%"),
    ):
        reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": progress}}, name)
        disposition = b"attachment; filename=reply.xlsx\r\nContent-Transfer-Encoding: base64"
        data = mail(
            disposition=disposition, date=date, message_id=b"<" + name.encode() + b"@b>", data=base64.encodebytes(reply.read_bytes())
        )
        came_in = datetime(2026, 11, 20, 10 if name == "first" else 11, 30, tzinfo=UTC).timestamp()
        (tmp_path / f"{name}.eml").write_bytes(data)
        os.utime(tmp_path / f"{name}.eml", (came_in, came_in))
        with clock.at(datetime(2026, 11, 20, 20)):
            (item,) = project.consolidate(tmp_path / f"{name}.eml").json["items"]
        assert (item["state"], item["warning"]) == ("accepted", "S414" if name == "first" else None)
        assert ("2099-11-20" in (item["reason"] or "")) == (name == "first")
    assert project.value("tasks", "RW-002", "progress") == 0.7


def test_a_file_that_is_still_being_copied_is_left_for_the_next_run(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    project.issue()
    whole = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "reply")
    data = whole.read_bytes()
    whole.write_bytes(data[:9000])
    for n in range(5):
        (tmp_path / "inbox" / f"broken{n}.xlsx").write_bytes(data[:9000] + b"%d" % n)
    states, now = list[dict[str, str]](), datetime(2026, 11, 20, 13)
    for _ in range(2):
        rest = threading.Timer(0.2, whole.write_bytes, [data])
        for path in (tmp_path / "inbox").iterdir():
            os.utime(path, (now.timestamp(), now.timestamp()))
        with clock.at(now):
            rest.start()
            report = verbs.collect(project.master, [tmp_path / "inbox"], as_of=DAY, lang="zh", progress=no_progress)
        rest.join()
        states.append({i["source"]: str(i["code"] or i["state"]) for i in report.json["items"]})
    assert [found.pop("reply.xlsx") for found in states] == ["S437", "accepted"]
    assert states[0] == states[1] == {f"broken{n}.xlsx": "S105" for n in range(5)}
