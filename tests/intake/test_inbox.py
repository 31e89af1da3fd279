"""`gather` never raises and loses nothing: every path yields at least one input, whatever it is."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_books import hand_made, zipped

from collab_xl.catalogue import LANGS, code_key, has
from collab_xl.intake import archive as archive_file
from collab_xl.intake import inbox
from collab_xl.intake.inbox import gather
from collab_xl.intake.mail_file import read_mail, words
from collab_xl.model.submission_log import State

BOOK = hand_made([["任务ID"], ["RW-001"]])


def found(*paths: Path) -> list[tuple[str, str]]:
    """(source, code) of every input; the code "" means that the gates check it."""
    return [(i.source, i.code) for i in gather(paths)]


def test_a_folder_in_order_without_what_the_system_leaves_lying_about(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "主表.xlsx.collab").mkdir()
    for name in (
        "c.xlsx",
        "a.xlsx",
        "b/d.csv",
        "~$a.xlsx",
        ".hidden.xlsx",
        ".DS_Store",
        "Thumbs.db",
        ".git/x.xlsx",
        "主表.xlsx.collab/y.xlsx",
        "z.tmp",
    ):
        (tmp_path / name).write_bytes(BOOK)
    (tmp_path / "说明.txt").write_text("x")
    assert found(tmp_path) == [("a.xlsx", ""), ("c.xlsx", ""), ("b/d.csv", "")]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        pytest.param("a.xlsx", BOOK, "", id="workbook"),
        pytest.param("a.pdf", b"%PDF", "S101", id="a pdf named by a person"),
        pytest.param("a.msg", b"\xd0\xcf", "S423", id="Outlook mail"),
        pytest.param("a.rar", b"Rar!", "S426", id="rar"),
        pytest.param("a.7z", b"7z", "S426", id="7z"),
        pytest.param("winmail.dat", b"x", "S422", id="winmail"),
        pytest.param("a.zip", b"no zip", "S424", id="broken zip"),
        pytest.param("a.zip", zipped({"x/readme.txt": b"1"}), "S429", id="zip without workbook"),
        pytest.param("a.eml", b"", "S427", id="empty mail"),
        pytest.param("a.eml", b"\0\xff\xfe garbage", "S427", id="no mail"),
        pytest.param("a.eml", b"From: a@b.cn\r\n\r\nhello", "S421", id="mail without attachment"),
        pytest.param("a.mbox", b"", "S427", id="empty mailbox"),
    ],
)
def test_one_file(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert [c for _, c in found(tmp_path / name)] == [code]


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert [c for _, c in found(tmp_path / "no.xlsx", tmp_path / "empty", Path("bad\0name.xlsx"))] == ["S430", "S429", "S430"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions or pipes on Windows")
def test_what_cannot_or_must_not_be_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.xlsx").symlink_to(tmp_path / "gone")
    (tmp_path / "ok.xlsx").write_bytes(BOOK)
    assert ("ok.xlsx", "") in found(tmp_path)
    assert len(found(tmp_path)) == 1


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="rights as POSIX has them")
def test_a_file_without_permission() -> None:
    with tempfile.TemporaryDirectory() as folder:  # only the owner can open pytest's own folders
        os.chmod(folder, 0o755)
        path = Path(folder) / "a.xlsx"
        path.write_bytes(BOOK)
        path.chmod(0)
        me = os.geteuid()
        if me == 0:  # root may read everything: become the user nobody for a moment
            os.seteuid(65534)
        try:
            assert [c for _, c in found(path)] == ["S108"]
        finally:
            os.seteuid(me)


def test_a_file_too_large_is_not_read_but_has_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_FILE", 100)
    (tmp_path / "a.xlsx").write_bytes(BOOK)
    (item,) = gather([tmp_path / "a.xlsx"])
    assert (item.code, item.data, len(item.sha256)) == ("S107", b"", 64)


def test_zips_names_tricks_and_nesting(tmp_path: Path) -> None:
    inner = zipped({"c.xlsx": BOOK, "../../etc/evil.xlsx": BOOK, "/abs/d.xlsx": BOOK, "__MACOSX/._c.xlsx": b"x", "readme.txt": b"x"})
    (tmp_path / "a.zip").write_bytes(zipped({"b.zip": inner, "m.eml": b"From: a@b.cn\r\n\r\n", "文件夹/é中.xlsx": BOOK}))
    assert found(tmp_path / "a.zip") == [
        ("a.zip » b.zip » c.xlsx", ""),
        ("a.zip » b.zip » etc/evil.xlsx", ""),
        ("a.zip » b.zip » abs/d.xlsx", ""),
        ("a.zip » m.eml", "S421"),
        ("a.zip » 文件夹/é中.xlsx", ""),
    ]
    deep = BOOK
    for _ in range(8):
        deep = zipped({"x.zip": deep, "y.txt": b""}) if deep is not BOOK else zipped({"x.xlsx": BOOK})
    (tmp_path / "deep.zip").write_bytes(deep)
    assert [c for _, c in found(tmp_path / "deep.zip")] == ["S425"]


def test_a_zip_that_expands_too_far_is_refused_unopened(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"{i}.xlsx": bytes(archive_file.MAX_MEMBER - 1) for i in range(6)}))
    (tmp_path / "b.zip").write_bytes(zipped({f"{i}.xlsx": b"" for i in range(archive_file.MAX_MEMBERS + 1)}))
    assert [c for _, c in found(tmp_path / "a.zip", tmp_path / "b.zip")] == ["S425", "S425"]


def test_archives_inside_archives_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_file, "MAX_ALL", 40_000)
    inner = zipped({"a.xlsx": BOOK, "b.bin": bytes(12_000)})
    (tmp_path / "a.zip").write_bytes(zipped({f"{n}.zip": inner for n in range(6)}))
    codes = [c for _, c in found(tmp_path / "a.zip")]
    assert codes[0] == ""
    assert codes[-1] == "S425"


def test_a_mail_made_to_break_the_parser_is_refused(tmp_path: Path) -> None:
    """A mail with three thousand nested parts."""
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    (tmp_path / "a.eml").write_bytes(b"From: a@b.cn\r\n" + deep)
    assert [c for _, c in found(tmp_path / "a.eml")] in (["S427"], ["S421"])


def test_a_zip_with_a_password_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.xlsx": BOOK}, zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[(data.index if offset == 6 else data.rindex)(mark) + offset] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(data))
    assert found(tmp_path / "a.zip") == [("a.zip » a.xlsx", "S431")]


def test_one_file_too_large_in_a_zip_is_left_out_and_the_others_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_file, "MAX_MEMBER", len(BOOK))
    (tmp_path / "a.zip").write_bytes(zipped({"big.xlsx": bytes(len(BOOK) + 1), "ok.xlsx": BOOK}))
    assert found(tmp_path / "a.zip") == [("a.zip » big.xlsx", "S432"), ("a.zip » ok.xlsx", "")]


def test_a_true_gbk_name_in_a_zip() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xxxx.xlsx", BOOK)
    data = out.getvalue().replace(b"xxxx", "周报".encode("gbk"))
    assert [m.name for m in archive_file.members(data, archive_file.Budget())] == ["周报.xlsx"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("plain.xlsx", "plain.xlsx"),
        ("=?utf-8?Q?=E5=91=A8=E6=8A=A5_1.xlsx?=", "周报 1.xlsx"),
        ("=?GBK?B?1tyxqA==?=\r\n =?GBK?B?Lnhsc3g=?=", "周报.xlsx"),
        ("a =?utf-8?b?5ZGo?= b", "a 周 b"),
        ("=?no-such?B?1tyxqA==?=", "周报"),
        ("=?utf-8?B?5ZGo", "=?utf-8?B?5ZGo"),
        ("周报".encode("gbk").decode("ascii", "surrogateescape"), "周报"),
    ],
)
def test_names_as_people_send_them(written: str, read: str) -> None:
    assert words(written) == read


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        (b"wang@x.cn", "wang@x.cn"),
        (b"Wang <WANG@x.cn>", "wang@x.cn"),
        (b'"boss@a.cn" <x@b.cn>', "x@b.cn"),
        (b'"the \\"boss\\" <boss@a.cn>" <x@b.cn>', "x@b.cn"),
        (b"=?utf-8?B?Ym9zcyA8Ym9zc0BhLmNuPg==?= <x@b.cn>", "x@b.cn"),
        (b"x@b.cn (boss@a.cn)", "x@b.cn"),
        (b"(<boss@a.cn>) x@b.cn", "x@b.cn"),
        (b"=?utf-8?B?Ym9zcyA8Ym9zc0BhLmNuPg==?=", ""),
        ("王主管".encode("gbk") + b" <wang@x.cn>", "wang@x.cn"),
        (b"nobody", ""),
    ],
)
def test_the_sender_is_the_address_not_the_name_beside_it(header: bytes, sender: str) -> None:
    assert read_mail(b"From: " + header + b"\r\n\r\n").sender == sender


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_some_mail(data: bytes) -> None:
    read_mail(data)
    read_mail(b"From: a@b.cn\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + data)
    read_mail(b"From: a@b.cn\r\nContent-Disposition: attachment; filename*=" + data)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_some_zip(data: bytes) -> None:
    for payload in (data, zipped({"a.xlsx": BOOK}, zipfile.ZIP_STORED)[:-60] + data):
        with contextlib.suppress(archive_file.TooMuch):  # nothing else
            list(archive_file.members(payload, archive_file.Budget()))


def test_gathering_uses_only_codes_that_have_words() -> None:
    codes = {"S101", "S107", "S108", *(f"S4{n}" for n in range(21, 34) if n != 28)}
    assert [(c, lang) for c in codes for lang in LANGS if not has(code_key(c, "what"), lang)] == []


def test_states_are_set_only_where_settled(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(BOOK)
    (tmp_path / "b.eml").write_bytes(b"From: a@b.cn\r\n\r\n")
    states = [i.state for i in gather([tmp_path])]
    assert states == [None, State.IGNORED]
