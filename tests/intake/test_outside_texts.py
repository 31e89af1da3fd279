"""Odd texts in one mail or file name never stop the other inputs: they can be stored, and long headers are read fast."""

from __future__ import annotations

import io
import os
import sys
import time
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_books import hand_made
from outside_mails import LONG_HEADERS, ODD_TEXTS, K, mail

from collab_xl.intake.inbox import gather
from collab_xl.intake.mail_file import MAX_HEADER, read_mail
from collab_xl.model.outside_text import decoded, encodable
from collab_xl.model.run import RunRecord
from collab_xl.model.submission_log import Incoming, Received, State
from collab_xl.project.ledger import Ledger

BOOK = hand_made([["任务ID"], ["RW-001"]])


def texts_of(item: Incoming) -> list[str]:
    return [item.source, item.file, item.sender, item.message_id, item.code, *(value for _, value in item.facts)]


@pytest.mark.parametrize("name", ODD_TEXTS)
def test_every_text_of_a_mail_can_be_encoded_and_read(tmp_path: Path, name: str) -> None:
    data, readable = ODD_TEXTS[name]
    (tmp_path / f"{name}.eml").write_bytes(data)
    (item,) = gather([tmp_path])
    said = " | ".join(texts_of(item))
    said.encode("utf-8")
    assert readable in said


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no such file names there")
def test_names_on_disk_in_another_charset_are_read(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/" + "文件夹".encode("gbk")
    os.mkdir(folder)
    for name in ("研发周报.xlsx".encode("gbk"), b"\xff\xfe.xlsx"):
        (Path(os.fsdecode(folder)) / os.fsdecode(name)).write_bytes(BOOK)
    items = list(gather([tmp_path]))
    assert [i.source for i in items] == ["文件夹/研发周报.xlsx", "文件夹/\ufffd\ufffd.xlsx"]


def test_names_in_a_zip_can_be_encoded(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("aaaa.xlsx", BOOK)
    (tmp_path / "a.zip").write_bytes(out.getvalue().replace(b"aaaa", b"\xed\xa0\x80\xff"))
    (item,) = gather([tmp_path / "a.zip"])
    "".join(texts_of(item)).encode("utf-8")


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_becomes_encodable_and_sound_text_stays(text: str) -> None:
    made = encodable(text)
    made.encode("utf-8")
    made.encode("utf-16")
    assert encodable(made) == made
    if not any(0xD800 <= ord(c) <= 0xDFFF or ord(c) in (0xFFFE, 0xFFFF) for c in text):
        assert made == text


@given(
    st.binary(max_size=40),
    st.sampled_from(["utf-7", "unicode_escape", "raw_unicode_escape", "idna", "rot13", "hex", "gbk", "utf-8", "\0", "a" * 999]),
)
def test_bytes_in_any_charset_become_text(raw: bytes, charset: str) -> None:
    decoded(raw, charset).encode("utf-8")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\ud83d\ude00", "😀"),
        ("\ud83d\udcc0", "\U0001f4c0"),
        ("a\ud800b", "a\ufffdb"),
        ("王/" + "周报".encode("gbk").decode("utf-8", "surrogateescape"), "王/周报"),
    ],
)
def test_what_stands_for_a_character_is_read(written: str, read: str) -> None:
    assert encodable(written) == read


@pytest.mark.parametrize("name", LONG_HEADERS)
def test_a_header_without_end_is_refused_at_once_and_named(tmp_path: Path, name: str) -> None:
    data, header = LONG_HEADERS[name]
    (tmp_path / "a.eml").write_bytes(data)
    begun = time.perf_counter()
    items = list(gather([tmp_path / "a.eml"]))
    assert time.perf_counter() - begun < 1
    assert [(i.state, i.code, dict(i.facts).get("header")) for i in items] == [(State.REFUSED, "S433", header)]


def test_a_small_zip_with_a_header_of_a_megabyte_costs_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.eml", mail(b"a" * (K * K)))
    begun = time.perf_counter()
    assert [(i.source, i.code) for i in gather([tmp_path / "a.zip"])] == [("a.zip » a.eml", "S433")]
    assert time.perf_counter() - begun < 1


def test_many_headers_just_short_enough_are_read_quickly() -> None:
    """Five hundred parts with long names: the time of the library's parser grows with the square of the length."""
    for letters in (b";" * 60 + b"a" * 1900, b'\\"' * 950, b'"' * 1900, b"=?a?b?" * 300):
        name = b'"' + letters + b'"'
        part = b"--b\r\nContent-Type: a/b; name=" + name + b"\r\nContent-Disposition: attachment; filename=" + name + b"\r\n\r\nxx\r\n"
        begun = time.perf_counter()
        found = read_mail(b'From: a@b.cn\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' + part * 499 + b"--b--\r\n")
        assert len(found.attachments) == 499
        assert time.perf_counter() - begun < 3


def test_long_headers_that_decide_nothing_do_no_harm() -> None:
    """A long list of recipients or a long subject: the mail is read, and the subject is shortened."""
    data = mail(subject=b"a" * 5000, disposition=b"attachment; filename=a.xlsx").replace(
        b"Subject:", b"To: " + b"a@b.cn, " * 900 + b"\r\nSubject:"
    )
    found = read_mail(data)
    assert (found.sender, found.too_long, [a.name for a in found.attachments]) == ("wang@example.com", "", ["a.xlsx"])
    assert found.subject == "a" * MAX_HEADER + "…"


def test_a_ledger_that_holds_half_a_character_does_not_stop_later_runs(tmp_path: Path) -> None:
    """JSON can contain half a surrogate pair. It is read as U+FFFD and can be written again."""
    now = datetime(2026, 11, 20, 9)
    with Ledger.create(tmp_path / "p.collab" / "ledger.db", "p", now) as ledger:
        one = Received("a.eml", "s1", State.IGNORED, "a.eml", "S421", (("subject", "SUBJECT"),), sender="SUBJECT")
        run = ledger.prepare(RunRecord("collect", now.date(), now, "zh", received=(one,)), parent=None, run_id=ledger.next_id())
        ((data,),) = ledger._conn.execute("SELECT data FROM received").fetchall()
        ledger._conn.execute("UPDATE received SET data = ?", (data.replace("SUBJECT", "a\\ud800\\ud83d\\ude00"),))
        ((_, again),) = ledger.received(run.id)
        assert (again.sender, dict(again.facts)["subject"]) == ("a\ufffd😀", "a\ufffd😀")
        ledger.prepare(RunRecord("collect", now.date(), now, "zh", received=(again,)), parent=run.id, run_id=ledger.next_id())
