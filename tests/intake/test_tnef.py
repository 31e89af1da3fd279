"""winmail.dat: the files in it are taken in as if they were attached as usual; what cannot be read is refused with advice."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl.intake.inbox import Inbox
from collab_xl.intake.tnef import MAX_DEPTH, SIGNATURE, Broken, TnefFile, files_of

CODE_PAGE, NEW_FILE, TITLE, DATA, PROPERTIES = 0x00069007, 0x00069002, 0x00018010, 0x0006800F, 0x00069005


def attribute(tag: int, value: bytes, level: int = 2) -> bytes:
    return struct.pack("<BII", level, tag, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def prop(kind: int, number: int, value: bytes, named: bool = False) -> bytes:
    head = struct.pack("<HH", kind, number | (0x8000 if named else 0))
    if named:
        head += bytes(16) + struct.pack("<II", 0, 7)
    if kind in (0x1E, 0x1F, 0x102, 0x0D):
        return head + struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4)
    return head + value


def tnef(*attributes: bytes, code_page: int = 936) -> bytes:
    return SIGNATURE + b"\x01\x00" + attribute(CODE_PAGE, struct.pack("<II", code_page, 0), 1) + b"".join(attributes)


def attached(title: bytes, data: bytes, *properties: bytes) -> bytes:
    out = attribute(NEW_FILE, bytes(14)) + attribute(TITLE, title + b"\0") + attribute(DATA, data)
    return out + (attribute(PROPERTIES, struct.pack("<I", len(properties)) + b"".join(properties)) if properties else b"")


def test_files_with_their_long_names() -> None:
    name = "市场部填报包.xlsx".encode("utf-16-le") + b"\0\0"
    size = prop(0x0003, 0x0E20, struct.pack("<I", 4))
    data = tnef(
        attached(b"SCB~1.XLS", b"PK-1", size, prop(0x1F, 0x3707, name)),
        attached("研发部.xlsx".encode("gbk"), b"PK-2"),
        attached(b"x", b"PK-3", prop(0x1E, 0x3707, "财务.xlsx".encode("gbk") + b"\0"), prop(0x0B, 0x0010, b"\1\0\0\0", named=True)),
    )
    assert files_of(data) == [TnefFile("市场部填报包.xlsx", b"PK-1"), TnefFile("研发部.xlsx", b"PK-2"), TnefFile("财务.xlsx", b"PK-3")]


def test_a_mail_inside_a_mail() -> None:
    inner = tnef(attached(b"in.xlsx", b"PK"))
    outer = tnef(attribute(NEW_FILE, bytes(14)) + attribute(PROPERTIES, struct.pack("<I", 1) + prop(0x0D, 0x3701, bytes(16) + inner)))
    assert files_of(outer) == [TnefFile("in.xlsx", b"PK")]
    for _ in range(MAX_DEPTH):
        outer = tnef(attribute(NEW_FILE, bytes(14)) + attribute(PROPERTIES, struct.pack("<I", 1) + prop(0x0D, 0x3701, bytes(16) + outer)))
    assert files_of(outer) == []


def test_no_files_and_no_tnef() -> None:
    assert files_of(tnef()) == []
    for data in (b"", b"x", SIGNATURE, tnef(attached(b"a.xlsx", b"PK"))[:-3], tnef()[:-1]):
        with pytest.raises(Broken):
            files_of(data)


WHOLE = tnef(attached(b"a.xlsx", bytes(200), prop(0x1F, 0x3707, "甲.xlsx".encode("utf-16-le")), prop(0x102, 0x3701, bytes(40))))


@given(st.data())
def test_anything_is_read_or_refused(data: st.DataObject) -> None:
    changed = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    try:
        found = files_of(bytes(changed[:cut]))
    except Broken:
        return
    assert all(isinstance(f.name, str) and f.name.encode() is not None for f in found)


def test_the_time_grows_with_the_length() -> None:
    def seconds(n: int) -> float:
        data = tnef(*(attached(b"a.txt", bytes(20)) for _ in range(n)))
        began = time.perf_counter()
        files_of(data)
        return time.perf_counter() - began

    seconds(100)
    assert seconds(16_000) < 40 * max(seconds(1_000), 0.002)


def test_the_inbox_takes_the_workbook_out_of_it(tmp_path: Path) -> None:
    from email.message import EmailMessage

    mail = EmailMessage()
    mail["From"], mail["Date"], mail["Message-ID"] = "li@example.com", "Fri, 20 Nov 2026 12:00:00 +0800", "<1@example.com>"
    mail.set_content("见附件")
    workbook = Path(__file__).parent.parent.parent / "workbook_templates" / "master.zh.xlsx"
    inside = tnef(attached(b"A.XLS", workbook.read_bytes(), prop(0x1F, 0x3707, "市场部.xlsx".encode("utf-16-le"))))
    mail.add_attachment(inside, "application", "ms-tnef", filename="winmail.dat")
    (tmp_path / "a.eml").write_bytes(bytes(mail))
    (tmp_path / "winmail.dat").write_bytes(inside)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "winmail.dat").write_bytes(inside[:-9])
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "winmail.dat").write_bytes(tnef())
    with Inbox() as inbox:
        found = {i.source: (i.code, i.file, i.sender) for i in inbox.gather([tmp_path])}
    assert found == {
        "a.eml » winmail.dat » 市场部.xlsx": ("", "市场部.xlsx", "li@example.com"),
        "winmail.dat » 市场部.xlsx": ("", "市场部.xlsx", ""),
        "broken/winmail.dat": ("S422", "winmail.dat", ""),
        "text/winmail.dat": ("S429", "winmail.dat", ""),
    }
