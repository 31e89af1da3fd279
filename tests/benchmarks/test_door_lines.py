"""`benchmarks.door` notes what a command did in both languages, and what is not right."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import door
from benchmarks.measure import run_sides

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from small_project import Project


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
def test_one_mail_by_its_command(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.eml").write_bytes(b"From: a@b.cn, c@d.cn\r\nSubject: x\r\n\r\nhi\r\n")
    words = ["collect", str(project.master), str(inbox / "a.eml"), "--json", "--lang", "zh", "--as-of", "2026-11-20"]
    zh, en = (run_sides(door.spoken(words, lang, write=False), door.ROOT) for lang in ("zh", "en"))
    line = door.line_of("senders/two.eml", "collect", zh, en, ("refused",))
    assert (line.state, line.exit_code, line.faults) == ("refused S434", 3, ())
    assert line.zh != line.en
    assert min(line.main_mb, line.child_mb) > 10
    assert line.main_mb < door.MAIN_MB
    wrong = door.line_of("senders/two.eml", "collect", zh, en, ("accepted",))
    assert wrong.faults == ("expected accepted",)
    assert door.spoken(["week", "m.xlsx", "--lang", "en"], "zh", write=True)[3:] == ["week", "m.xlsx", "--lang", "zh"]
