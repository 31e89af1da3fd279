"""Names of files from outside as a cell and a disk take them, and the links to them."""

from __future__ import annotations

from datetime import datetime

import pytest

from collab_xl.book.cell_xml import link_formula
from collab_xl.model.evidence import clean_name, kept_name, link_in, mentions, row_folder, still_linked, target_of, with_name
from collab_xl.model.values import Link

SHA = "3f2a91" + "0" * 58
FRIDAY = datetime(2026, 11, 20, 12)


@pytest.mark.parametrize(
    ("name", "shown", "kept"),
    [
        ("验收报告.pdf", "验收报告.pdf", "验收报告 2026-11-20 3f2a91.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf", "passwd 2026-11-20 3f2a91.pdf"),
        ("C:\\Windows\\a.pdf", "a.pdf", "a 2026-11-20 3f2a91.pdf"),
        ("=1+1.pdf", "1+1.pdf", "1+1 2026-11-20 3f2a91.pdf"),
        ("@SUM(A1).pdf", "SUM(A1).pdf", "SUM(A1) 2026-11-20 3f2a91.pdf"),
        ("报告\u202efdp.jpg", "报告fdp.jpg", "报告fdp 2026-11-20 3f2a91.jpg"),
        ("a\r\nb\0.pdf", "ab.pdf", "ab 2026-11-20 3f2a91.pdf"),
        ("CON.pdf", "CON.pdf", "_CON 2026-11-20 3f2a91.pdf"),
        ("lpt1.tar.pdf", "lpt1.tar.pdf", "_lpt1.tar 2026-11-20 3f2a91.pdf"),
        ('a<b>|"?*:#%[1].pdf', 'a<b>|"?*:#%[1].pdf', "a_b_1_ 2026-11-20 3f2a91.pdf"),
        ("a. .pdf", "a. .pdf", "a 2026-11-20 3f2a91.pdf"),
        (".pdf", "_.pdf", "_ 2026-11-20 3f2a91.pdf"),
        ("\u200b\u202e", "_", "_ 2026-11-20 3f2a91"),
        ("no ending", "no ending", "no ending 2026-11-20 3f2a91"),
    ],
)
def test_a_name_from_outside_is_harmless(name: str, shown: str, kept: str) -> None:
    assert (clean_name(name), kept_name(name, SHA, FRIDAY)) == (shown, kept)


def test_a_long_name_keeps_its_ending() -> None:
    name = "长" * 300 + ".pdf"
    assert clean_name(name).endswith("….pdf")
    assert len(clean_name(name)) <= 120
    assert len(kept_name(name, SHA, FRIDAY)) <= 90


@pytest.mark.parametrize(
    ("key", "folder"), [("XZ-2026-001", "XZ-2026-001"), ("a/b..", "a_b"), ("NUL", "_NUL"), ("..", "_"), ("需求 1#", "需求 1_")]
)
def test_a_row_has_a_folder(key: str, folder: str) -> None:
    assert row_folder(key) == folder


def test_a_link_is_recognised_again() -> None:
    target = target_of("主表 #1 50%.collab", "XZ-2026-001", '报告 "1".pdf'.replace('"', "_"))
    assert target == "主表 %231 50%25.collab/evidence/XZ-2026-001/报告 _1_.pdf"
    link = Link(target, '他说"好"；报告.pdf')
    formula = link_formula(link)
    assert formula is not None
    assert link_in(f"={formula}", link.text) == link


@pytest.mark.parametrize(
    "formula",
    [
        '=HYPERLINK("https://example.com/a.collab/evidence/x/y","t")', '=HYPERLINK("C:\\a.collab/evidence/x/y","t")',
        '=HYPERLINK("a.collab/evidence/../y","t")', '=HYPERLINK("a.collab/other/x/y","t")', '=HYPERLINK("#表!A1","t")', "=A1", None,
    ],
)  # fmt: skip
def test_a_users_own_link_is_not_ours(formula: str | None) -> None:
    assert link_in(formula, "t") is None


def test_a_text_gets_a_name_once() -> None:
    assert with_name(None, "a.pdf", "zh") == "a.pdf"
    assert with_name("见附件", "a.pdf", "zh") == "见附件；a.pdf"
    assert with_name("note", "a.pdf", "en") == "note; a.pdf"
    assert with_name("Ａ.PDF，共 3 页", "a.pdf", "zh") == "Ａ.PDF，共 3 页"
    assert with_name("测试报告.pdf", "报告.pdf", "zh") == "测试报告.pdf；报告.pdf"


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("报告.pdf", True),
        ("见报告.pdf", True),
        ("附件：报告.PDF 等", True),
        ("测试报告.pdf", False),
        ("v2.报告.pdf", False),
        ("测试报告.pdf、报告.pdf", True),
        ("", False),
    ],
)
def test_a_text_names_a_file(words: str, there: bool) -> None:
    assert mentions(words, "报告.pdf") is there


def test_what_is_written_over_a_link_keeps_it_while_it_names_a_file() -> None:
    link = Link("a.collab/evidence/x/a.pdf", "见附件；a.pdf")
    assert still_linked(link, "a.pdf（已盖章）") == Link(link.target, "a.pdf（已盖章）")
    assert still_linked(link, "已撤回") == "已撤回"
    assert still_linked(link, None) is None
    assert still_linked("a.pdf", "a.pdf") == "a.pdf"
