"""`gather` never raises and loses nothing: every path yields at least one input, whatever it is."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import struct
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
from collab_xl.intake.archive import Budget
from collab_xl.intake.authentication import dmarc_failed
from collab_xl.intake.gates import look
from collab_xl.intake.inbox import gather
from collab_xl.intake.mail_file import read_mail, words
from collab_xl.intake.package import scan
from collab_xl.model.submission_log import State

BOOK = hand_made([["任务ID"], ["RW-001"]])


def found(*paths: Path) -> list[tuple[str, str]]:
    """(source, code) of every input; the code "" means that the gates check it."""
    return [(i.source, i.code) for i in gather(paths)]


def test_every_file_of_a_folder_has_one_state(tmp_path: Path) -> None:
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
        "z.tmp",
        "y.xlsx.part",
    ):
        (tmp_path / name).write_bytes(BOOK)
    (tmp_path / "主表.xlsx.collab/y.xlsx").write_bytes(BOOK)
    (tmp_path / "说明.txt").write_text("x")
    (tmp_path / "no ending").write_text("x")
    assert found(tmp_path) == [
        *((name, "S440") for name in (".DS_Store", ".git", ".hidden.xlsx", "Thumbs.db")),
        ("a.xlsx", ""),
        ("c.xlsx", ""),
        ("no ending", "S436"),
        ("y.xlsx.part", "S437"),
        ("z.tmp", "S437"),
        ("~$a.xlsx", "S440"),
        ("说明.txt", "S447"),  # the gates and `verbs.evidence` say whose
        ("b/d.csv", ""),
    ]


def test_folders_nested_more_deeply_than_pythons_stack() -> None:
    here = top = Path(tempfile.mkdtemp())
    try:
        with contextlib.suppress(OSError):  # the path is too long for the system
            for _ in range(1200):
                os.mkdir(here / "a")
                here = here / "a"
        assert [code for _, code in found(top)] in (["S429"], ["S108"])
    finally:
        while here != top.parent:  # pytest and shutil would recurse
            os.rmdir(here)
            here = here.parent


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
        pytest.param("a.zip", zipped({"x/readme": b"1"}), "S436", id="zip without workbook"),
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
    assert found(tmp_path) == [("dangling.xlsx", "S438"), ("loop", "S438"), ("ok.xlsx", ""), ("pipe.xlsx", "S436")]


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
    assert (item.code, item.content.size_bytes, len(item.sha256)) == ("S107", 0, 64)


def test_zips_names_tricks_and_nesting(tmp_path: Path) -> None:
    inner = zipped({"c.xlsx": BOOK, "../../etc/evil.xlsx": BOOK, "/abs/d.xlsx": BOOK, "__MACOSX/._c.xlsx": b"x", "readme.txt": b"x"})
    (tmp_path / "a.zip").write_bytes(zipped({"b.zip": inner, "m.eml": b"From: a@b.cn\r\n\r\n", "文件夹/é中.xlsx": BOOK}))
    assert found(tmp_path / "a.zip") == [
        ("a.zip » b.zip » c.xlsx", ""),
        ("a.zip » b.zip » etc/evil.xlsx", ""),
        ("a.zip » b.zip » abs/d.xlsx", ""),
        ("a.zip » b.zip » readme.txt", "S447"),
        ("a.zip » m.eml", "S421"),
        ("a.zip » 文件夹/é中.xlsx", ""),
    ]
    deep = BOOK
    for _ in range(8):
        deep = zipped({"x.zip": deep, "y.txt": b""}) if deep is not BOOK else zipped({"x.xlsx": BOOK})
    (tmp_path / "deep.zip").write_bytes(deep)
    assert [c for _, c in found(tmp_path / "deep.zip") if c != "S436"] == ["S425"]


def test_a_zip_that_expands_too_far_is_refused_unopened(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"{i}.xlsx": bytes(archive_file.MAX_MEMBER - 1) for i in range(11)}))
    (tmp_path / "b.zip").write_bytes(zipped({f"{i}.xlsx": b"" for i in range(archive_file.MAX_MEMBERS + 1)}))
    assert [c for _, c in found(tmp_path / "a.zip", tmp_path / "b.zip")] == ["S425", "S425"]


def test_the_zips_of_a_run_share_one_budget(tmp_path: Path) -> None:
    inner = zipped({"a.xlsx": BOOK, "b.bin": bytes(12_000)})
    for n in range(3):
        (tmp_path / f"{n}.zip").write_bytes(zipped({f"{k}.zip": inner for k in range(2)}))
    for budget in (Budget(bytes_left=60_000), Budget(members_left=9)):
        codes = [i.code for i in gather([tmp_path], budget) if i.code != "S436"]
        assert codes[0] == ""
        assert codes[-1] == "S439"


def test_a_listing_of_millions_of_entries_is_not_read(tmp_path: Path) -> None:
    record = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0) + b"aaaa"
    listing = record * 60_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 60_000, 60_000, len(listing), 0, 0)
    (tmp_path / "a.zip").write_bytes(listing + end)
    (tmp_path / "b.zip").write_bytes(zipped({"a.zip": listing + end}))
    assert found(tmp_path) == [("a.zip", "S425"), ("b.zip » a.zip", "S425")]
    assert scan(listing + end).code == "S111"


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a.zip", "a.eml"])
@pytest.mark.parametrize("head", [b"\x62\x14\x23\x65\x3e\x00\x00\x01E-SafeNet\x00LOCK\x00", b"\x00\x01TSD\x00\x00%TSD-Header-###%"])
def test_a_file_encrypted_by_the_company_is_named_as_that(tmp_path: Path, name: str, head: bytes) -> None:
    (tmp_path / name).write_bytes(head + os.urandom(900))
    (item,) = gather([tmp_path / name])
    assert (item.code or look(name, item.content.read()).code) == "S109"


def test_a_file_that_grows_while_it_is_read_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(BOOK)
    digest = hashlib.file_digest

    def growing(stream: object, name: str) -> object:
        result = digest(stream, name)  # type: ignore[arg-type]
        with path.open("ab") as more:
            more.write(b"more")
        return result

    monkeypatch.setattr(hashlib, "file_digest", growing)
    assert found(path) == [("a.xlsx", "S437")]


def test_the_mails_of_a_mailbox_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = b"From x Fri Nov 20 10:00:00 2026\nFrom: a@b.cn\nSubject: %d\n\n>From the start\nhello\n\n"
    (tmp_path / "a.mbox").write_bytes(b"\n".join(one % n for n in range(450)))
    assert found(tmp_path / "a.mbox") == [(f"a.mbox #{n}", "S421") for n in range(1, 451)]
    (tmp_path / "b.mbox").write_bytes(b"no mail\n" * 1000)
    assert found(tmp_path / "b.mbox") == [("b.mbox", "S427")]


def test_the_files_of_a_maildir_are_mails(tmp_path: Path) -> None:
    import mailbox

    (tmp_path / "inbox").mkdir()
    box = mailbox.Maildir(str(tmp_path / "inbox" / "box"))
    for n in range(3):
        box.add(b"From: a@b.cn\nSubject: %d\n\nhello\n" % n)
    (tmp_path / "inbox" / "box" / "cur" / "1.M1.host,2_S").write_bytes(b"From: a@b.cn\n\nhello\n")
    (tmp_path / "inbox" / "box" / "tmp" / "2.M2.host").write_bytes(b"From: a")
    (tmp_path / "inbox" / "cur").mkdir()
    (tmp_path / "inbox" / "cur" / "plain").write_bytes(b"no mail: its folder has only the name")
    seen = found(tmp_path / "inbox")
    assert sorted(code for _, code in seen) == ["S421"] * 4 + ["S436"]
    assert ("box/cur/1.M1.host,2_S.eml", "S421") in seen


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


def test_one_file_too_large_in_a_zip_is_left_out_and_the_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"big.xlsx": bytes(archive_file.MAX_MEMBER + 1), "ok.xlsx": BOOK}))
    assert found(tmp_path / "a.zip") == [("a.zip » big.xlsx", "S432"), ("a.zip » ok.xlsx", "")]


def test_a_true_gbk_name_in_a_zip() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xxxx.xlsx", BOOK)
    data = out.getvalue().replace(b"xxxx", "周报".encode("gbk"))
    assert [m.name for m in archive_file.members(io.BytesIO(data), archive_file.Budget())] == ["周报.xlsx"]


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


@pytest.mark.parametrize(
    ("header", "senders"),
    [
        (b"evil@attacker.test, wang@x.cn", 2),
        (b"<evil@attacker.test> <wang@x.cn>", 2),
        (b"evil@attacker.test\r\nFrom: wang@x.cn", 2),
        (b"Wang <wang@x.cn>\r\nFROM: Wang <WANG@x.cn>", 1),
        (b"evil@attacker.test <wang@x.cn>", 2),
        (b"wang@work <wang@x.cn>", 1),
        ('"王, 主管" <wang@x.cn>'.encode(), 1),
    ],
)
def test_every_sender_counts(tmp_path: Path, header: bytes, senders: int) -> None:
    book = base64.encodebytes(BOOK)
    body = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n'
    body += b"Content-Disposition: attachment; filename=a.xlsx\r\n\r\n" + book + b"--b--\r\n"
    (tmp_path / "a.eml").write_bytes(b"From: " + header + b"\r\n" + body)
    (item,) = gather([tmp_path / "a.eml"])
    assert len(read_mail(b"From: " + header + b"\r\n\r\n").senders) == senders
    assert item.code == ("" if senders == 1 else "S434")


@pytest.mark.parametrize(
    ("headers", "failed"),
    [
        (["mx.example.com; spf=pass; dmarc=fail (p=reject) header.from=x.cn"], "mx.example.com"),
        (["mx.example.com; spf=pass", "mx.example.com; dmarc=fail"], "mx.example.com"),
        (["mx.example.com; dmarc=pass", "elsewhere.test; dmarc=fail"], ""),
        (["spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=x.cn; dkim=none;\r\n dmarc=fail action=none header.from=x.cn;compauth=fail"], "?"),
        (["mx.example.com 1; dmarc/1 = FAIL"], "mx.example.com"),
        (["mx.example.com (a; dmarc=fail); dmarc=pass"], ""),
        (['mx.example.com; spf=pass reason="x; dmarc=fail"'], ""),
        (["mx.example.com; none"], ""),
        ([], ""),
        ([";" * 5000, "(" * 5000, ""], ""),
    ],
)
def test_what_our_mail_server_found_is_read(headers: list[str], failed: str) -> None:
    assert dmarc_failed(headers) == failed


def test_a_forged_mail_is_refused_and_one_without_workbook_only_ignored(tmp_path: Path) -> None:
    head = b"Authentication-Results: mx.example.com; dmarc=fail header.from=x.cn\r\nFrom: wang@x.cn\r\n"
    part = b"Content-Type: text/csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\n"
    (tmp_path / "a.eml").write_bytes(head + part + b"a,b")
    (tmp_path / "b.eml").write_bytes(head + b"\r\nhello")
    assert found(tmp_path) == [("a.eml", "S435"), ("b.eml", "S421")]


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
            list(archive_file.members(io.BytesIO(payload), archive_file.Budget()))


def test_gathering_uses_only_codes_that_have_words() -> None:
    codes = {"S101", "S107", "S108", "S109", *(f"S4{n}" for n in range(21, 41) if n != 28)}
    assert [(c, lang) for c in codes for lang in LANGS if not has(code_key(c, "what"), lang)] == []


def test_states_are_set_only_where_settled(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(BOOK)
    (tmp_path / "b.eml").write_bytes(b"From: a@b.cn\r\n\r\n")
    states = [i.state for i in gather([tmp_path])]
    assert states == [None, State.IGNORED]
