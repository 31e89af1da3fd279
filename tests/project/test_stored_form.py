"""Texts in existing ledgers and pack files: they are read as the same objects, and written as the same texts."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from collab_xl.model.codec import dump, load
from collab_xl.model.finding import Word
from collab_xl.model.merge import Candidate, CellKey, Count, Decision, Item, Kind, Moved, Outcome, Pack
from collab_xl.model.plan import Provenance
from collab_xl.model.submission_log import Received, State
from collab_xl.model.values import CLEAR, Unreadable
from collab_xl.project.ledger_packs import pack_file, read_pack, write_packs
from collab_xl.project.ledger_read import unpack
from collab_xl.project.ledger_write import Moves, Seen, pack_json
from collab_xl.verbs.receiving.inputs import reason, stored_facts

NOW = datetime(2026, 11, 20, 17, 5, tzinfo=timezone(timedelta(hours=8)))
SOURCE = Provenance("s1", "市场部", "P-1", "a@b.cn", NOW, "市场部.xlsx", "任务跟踪表!G5")
MOVED = {
    CellKey("tasks", "RW-001", "owner"): Moved(("甲", "乙"), NOW, "s1"),
    CellKey("tasks", "P-1#1", "end"): Moved(date(2026, 11, 27), NOW, ""),
}
ITEM = Item(
    "i1",
    Kind.CONFLICT,
    "tasks",
    "RW-001",
    "owner",
    None,
    "丙",
    (Candidate("丁", SOURCE, {"end": date(2026, 11, 27)}, "P-1#1", True),),
    "P-1#1",
    "P-1",
    Decision("i1", "manual", Unreadable("x"), (CLEAR, 1), "R1"),
)
STORED: list[tuple[Any, Any, str]] = [
    (
        MOVED,
        Moves,
        '[[["tasks","RW-001","owner"],[{"names":["甲","乙"]},"2026-11-20T17:05:00+08:00","s1"]],'
        '[["tasks","P-1#1","end"],[{"date":"2026-11-27"},"2026-11-20T17:05:00+08:00",""]]]',
    ),
    (
        {cell: (moved,) for cell, moved in MOVED.items()},
        Seen,
        '[[["tasks","RW-001","owner"],[[{"names":["甲","乙"]},"2026-11-20T17:05:00+08:00","s1"]]],'
        '[["tasks","P-1#1","end"],[[{"date":"2026-11-27"},"2026-11-20T17:05:00+08:00",""]]]]',
    ),
    (
        (ITEM,),
        tuple[Item, ...],
        '[["i1","conflict","tasks","RW-001","owner",null,"丙",[["丁",["s1","市场部","P-1","a@b.cn","2026-11-20T17:05:00+08:00",'
        '"市场部.xlsx","任务跟踪表!G5"],[["end",{"date":"2026-11-27"}]],"P-1#1",true,[]]],"P-1#1","P-1",'
        '["i1","manual",{"unreadable":"x"},[{"clear":true},1],"R1",""],""]]',
    ),
    (
        (Outcome("s1", "tasks", "RW-001", "owner", "conflicts", None, "丙", CLEAR, "表!A1"),),
        tuple[Outcome, ...],
        '[["s1","tasks","RW-001","owner","conflicts",null,"丙",{"clear":true},"表!A1"]]',
    ),
    ((Count("s1", "市场部", 3, 1, 1, 1),), tuple[Count, ...], '[["s1","市场部",3,1,1,1,0,0,0,0,0,0,0,0]]'),
]
PACK = (
    '{"tasks":[[["name","end","progress","depts"],["RW-001","RW-002"],[["接口联调","试点"],[{"date":"2026-11-27"},null],[0.5,1],'
    '[{"names":["研发部","市场部"]},{"names":[]}]]],[[],["p#1","p#2"],[]],[["name","end","progress","depts"],["RW-003"],'
    '[[{"unreadable":"#REF!"}],[{"datetime":"2026-11-27T08:30:00"}],[true],[null]]]],"problems":[]}'
)
ROWS: Mapping[str, Any] = {
    "tasks": {
        "RW-001": {"name": "接口联调", "end": date(2026, 11, 27), "progress": 0.5, "depts": ("研发部", "市场部")},
        "RW-002": {"name": "试点", "end": None, "progress": 1, "depts": ()},
        "p#1": {},
        "p#2": {},
        "RW-003": {"name": Unreadable("#REF!"), "end": datetime(2026, 11, 27, 8, 30), "progress": True, "depts": None},
    },
    "problems": {},
}


@pytest.mark.parametrize(("value", "hint", "text"), STORED)
def test_a_part_of_the_merge_is_read_and_written_as_it_always_was(value: object, hint: Any, text: str) -> None:
    assert load(unpack(zlib.compress(text.encode())), hint) == value
    assert zlib.decompress(pack_json(dump(value, hint))).decode() == text


def test_a_record_with_fewer_fields_takes_the_defaults_of_the_others() -> None:
    assert load(json.loads('[["s1","市场部",3,1,1,1]]'), tuple[Count, ...]) == (Count("s1", "市场部", 3, 1, 1, 1),)
    (item,) = [text for _, hint, text in STORED if hint == tuple[Item, ...]]
    assert load(json.loads(item.replace("true,[]]", "true]")), tuple[Item, ...]) == (ITEM,)  # a candidate without the source of each cell


def test_the_file_of_a_pack_is_read_and_written_as_it_always_was(tmp_path: Path) -> None:
    data = zlib.compress(PACK.encode(), 6)
    pack_file(tmp_path, "P-1").write_bytes(data)
    back = read_pack(tmp_path, "P-1", sha256(data).hexdigest())
    assert back == ROWS
    assert {form: list(rows) for form, rows in back.items()} == {form: list(rows) for form, rows in ROWS.items()}
    assert type(back["tasks"]["RW-003"]["progress"]) is bool
    write_packs(tmp_path, [Pack("P-2", "市场部", "2026-W47", NOW, "1", ROWS)])
    assert zlib.decompress(pack_file(tmp_path, "P-2").read_bytes()).decode() == PACK


@pytest.mark.parametrize("stored", ["reason.EACCES", "model.reason.EACCES"])
def test_the_reason_of_a_refused_file_is_read_from_older_ledgers_too(stored: str) -> None:
    received = Received("a.xlsx", "s1", State.REFUSED, code="S108", facts=(("error", stored), ("file", "a.xlsx")))
    facts = stored_facts(received)
    assert (facts["error"], facts["file"]) == (Word("model.reason.EACCES"), "a.xlsx")
    assert isinstance(facts["error"], Word)
    assert "no permission" in reason(received, "en")
    assert stored_facts(Received("a", "s", State.REFUSED, facts=(("file", "reason.xlsx"),)))["file"] == "reason.xlsx"
