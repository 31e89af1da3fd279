"""500 mails, a connection cut five times, a process killed three times: every attachment ends in exactly one state (`make prove`)."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import Project
from mail_proxy import proxy
from mail_server import MailServer
from test_mailbox import LIAISONS, mailed, with_mailbox

pytestmark = pytest.mark.slow
MAILS, LETTERS, LARGEST_MB = 500, 120, 200


def command(master: Path) -> list[str]:
    return [sys.executable, "-m", "collab_xl", "collect", str(master), "--json", "--quiet", "--as-of", "2026-11-20", "--lang", "zh"]


def test_every_attachment_ends_in_exactly_one_state(tmp_path: Path, mail_server: MailServer) -> None:
    project = with_mailbox(Project.again(tmp_path / "p"), mail_server.port)
    first = project.reply("市场部", {("tasks", "RW-001"): {"risk": "缺 0 人"}}, "r000")
    first.rename(tmp_path / "r000.xlsx")
    mails = [mailed("news@example.com", subject=f"团建 {n}") for n in range(LETTERS)]
    for n in range(MAILS - LETTERS):  # no two are equal: the title in the properties of the workbook is its number
        path = tmp_path / f"r{n:03}.xlsx"
        if n:
            shutil.copyfile(tmp_path / "r000.xlsx", path)
            workbook = openpyxl.load_workbook(path)
            workbook.properties.title = str(n)
            workbook.save(path)
        mails.append(mailed(LIAISONS["市场部"], path, subject=f"r{n:03}"))
    mail_server.deliver(*mails)
    seen: Counter[str] = Counter()
    killed = 0
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        between.cuts += [400_000, 700_000, 300_000, 900_000, 500_000]
        spool = project.master.with_suffix(".collab") / "mails"
        for _ in range(30):
            running = subprocess.Popen(command(project.master), stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."})
            if killed < 3:
                wanted = 25 * (killed + 1)
                while running.poll() is None and len(list(spool.glob("*.eml"))) < wanted:
                    time.sleep(0.02)
                if running.poll() is None:
                    running.send_signal(signal.SIGKILL)
                    killed += 1
            out = running.communicate()[0]
            if running.returncode in (0, 3, 5):
                seen.update(str(item["source"]).rpartition(" » ")[2] for item in json.loads(out)["items"])
            if running.returncode in (0, 3):
                break
    assert killed == 3
    assert between.connections >= 6
    listed = [str(r["file"]) for r in project.listed("submissions") if r["file"]]
    assert sorted(listed) == sorted(f"r{n:03}.xlsx" for n in range(MAILS - LETTERS))
    assert set(seen) <= set(listed)
    assert not list(spool.glob("*"))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process {peak:.0f} MB, connections {between.connections}, killed {killed}")
