"""The folder selected in Outlook, with objects in the place of Outlook's: what is asked of them, and what comes in."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from e2e.small_project import DAY, Project
from intake.outlook_files import HEADERS, received

from collab_xl import verbs
from collab_xl.errors import CollabError
from collab_xl.mail import outlook
from collab_xl.verbs.report import no_progress

CAME = datetime(2026, 11, 19, 10)


class Item:
    """As MailItem; `Class` 43 is a mail, 26 an appointment."""

    def __init__(self, data: bytes, came: datetime, kind: int = 43) -> None:
        self.data, self.ReceivedTime, self.Class, self.saved = data, came, kind, [0]

    def SaveAs(self, path: str, kind: int) -> None:
        assert kind == 9
        Path(path).write_bytes(self.data)
        self.saved[0] += 1


class Items:
    """A collection from 1, sorted by ReceivedTime when asked."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items

    Count = property(lambda self: len(self.items))

    def Sort(self, what: str, descending: bool) -> None:
        assert what == "[ReceivedTime]"
        self.items.sort(key=lambda item: item.ReceivedTime, reverse=descending)

    def Item(self, number: int) -> Item:
        assert 1 <= number <= len(self.items)
        return self.items[number - 1]


def selected(monkeypatch: pytest.MonkeyPatch, *items: Item) -> None:
    folder = type("Folder", (), {"Name": "报送", "Items": Items(list(items))})
    explorer = type("Explorer", (), {"CurrentFolder": folder})
    app: Any = type("Application", (), {"ActiveExplorer": staticmethod(lambda: explorer)})
    monkeypatch.setattr(outlook, "_outlook", lambda: app)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_its_mails_come_in_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    project = Project.again(tmp_path / "p", lang)
    reply = project.reply("市场部", {("tasks", "RW-001"): {"risk": "缺人"}}, "市场部")
    mail = received((reply.name, reply.read_bytes()), headers=HEADERS.replace("Wang@Example.CN", "li@example.com")).bytes()
    reply.unlink()
    issued = min(datetime.fromisoformat(str(row["received_at"])) for row in project.listed("submissions") if row["pack"])
    old = Item(mail, issued - timedelta(days=30))
    new, appointment = Item(mail, issued + timedelta(hours=1)), Item(b"x", issued + timedelta(hours=2), kind=26)
    selected(monkeypatch, old, appointment, new)

    def collect() -> Any:
        return verbs.collect(project.master, outlook=True, as_of=DAY, lang=lang, progress=no_progress)

    report = collect()
    assert "报送" in report.lines[0]
    assert [item["state"] for item in report.json["items"] if item["source"].endswith(".xlsx")] == ["accepted"]
    assert (old.saved, appointment.saved, new.saved) == ([0], [0], [1])
    again = [item["state"] for item in collect().json["items"] if item["source"].endswith(".xlsx")]
    assert again == ["duplicate"]


def test_without_outlook_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.again(tmp_path / "p", "zh", issued=False)
    if sys.platform != "win32":
        with pytest.raises(CollabError) as refused:
            verbs.collect(project.master, outlook=True, as_of=DAY, lang="zh", progress=no_progress)
        assert refused.value.code == "mail_no_outlook"
    selected(monkeypatch, Item(b"", CAME))
    monkeypatch.setattr(Item, "SaveAs", lambda *_: (_ for _ in ()).throw(OSError("对象模型保护")))
    with pytest.raises(CollabError) as told:
        verbs.collect(project.master, outlook=True, as_of=DAY, lang="zh", progress=no_progress)
    assert (told.value.code, told.value.facts["reason"]) == ("mail_no_outlook", "对象模型保护")
