"""A cell with a word that the reader does not know, in a data table of the master: every verb goes on and leaves it as it is."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from command_line import command_line
from small_project import DAY, WEEK, Project

from collab_xl.book.read import read_book
from collab_xl.forms import load

AS_OF = ("--as-of", DAY.isoformat())
VERBS = (("status",), ("flag", *AS_OF), ("week", "--week", WEEK, *AS_OF), ("consolidate", "inbox", *AS_OF), ("doctor",), ("undo",))


def put(master: Path, key: str, field: str, lang: str, cell: str) -> str:
    """Put XML into a cell of Tasks; returns its address."""
    book = read_book(master)
    form = load().form("tasks")
    ref = book.tables[form.table]
    snapshot = book.snapshot(ref.sheet)
    col = ref.area.first_col + ref.headings.index(form.field(field).heading[lang])
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snapshot.value(r, ref.area.first_col) == key)
    address = f"{chr(64 + col)}{row}"
    with zipfile.ZipFile(master) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    done = 0
    for name, data in parts.items():
        if name.startswith("xl/worksheets/sheet") and key.encode() in data:
            pattern = rb'<c r="%s"( s="\d+")?[^>]*?(?:/>|>.*?</c>)' % address.encode()
            parts[name], n = re.subn(pattern, rb'<c r="%s"\1 %s</c>' % (address.encode(), cell.encode()), data)
            done += n
    assert done == 1
    with zipfile.ZipFile(master, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return address


@pytest.mark.parametrize("cell", ['t="e"><v>#SPILL!</v>', 't="e"><v>#新错误!</v>', 't="b"><v>maybe</v>'])
def test_every_verb_goes_on_beside_an_odd_cell(tmp_path: Path, cell: str) -> None:
    project = Project.start(tmp_path)
    address = put(project.master, "RW-003", "remark", "zh", cell)
    shown = re.findall(r"<v>(.*?)</v>", cell)[0]
    check = command_line("check", project.master, "--json", *AS_OF)
    found = [(f["cell"], f["found"]) for f in check.json["findings"] if f["sheet"] and str(f["found"]) == shown]
    assert found == [(address, shown)]
    project.issue()
    project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "reply")
    project.reply("市场部", {("tasks", "RW-003"): {"progress": "30%"}}, "other")
    for words in VERBS:
        done = command_line(words[0], project.master, *words[1:], "--json", cwd=tmp_path)
        assert (done.code in (0, 3, 4), "Traceback" in done.err) == (True, False), (words, done)
        if words[0] == "consolidate":
            assert (project.value("tasks", "RW-002", "progress"), project.value("tasks", "RW-003", "progress")) == (0.6, 0.3)
    assert (project.value("tasks", "RW-002", "progress"), project.value("tasks", "RW-003", "progress")) == (0.2, 0)
    with zipfile.ZipFile(project.master) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sum(cell.partition(">")[2].encode() in data for data in sheets) >= 1
