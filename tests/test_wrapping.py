"""Texts in a table on the terminal: Chinese breaks anywhere but before a full stop, an option stays with its value."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from collab_xl.wrapping import Sentence, breaks

SAID = [
    "第 5 行“一、新品上市”是分组标题或说明，没有当作记录。",
    "照建议就加上 --answer 1=是；只写要改的：--answer 1=P0=一般，多个用分号",
    "If it is done, update status and actual end; if not, write reason and measure",
    "averyveryverylongwordthatdoesnotfitintoaline at all",
    "",
    "  ",
    "  foo",
    "   第二行，前面有空格",
    " --answer 1=是",
    "（（（（（（（（。。。。。。。。",
]


def lines(said: str, width: int) -> list[str]:
    at = [0, *breaks(said, width), len(said)]
    return [said[a:b].rstrip() for a, b in pairwise(at)]


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("width", [2, 9, 17, 30, 200])
def test_every_line_fits_and_nothing_is_lost(said: str, width: int) -> None:
    found = lines(said, width)
    assert all(cell_len(line) <= width for line in found)
    assert "".join(found).replace(" ", "") == said.replace(" ", "")


def test_chinese_is_broken_where_the_line_is_full_but_not_before_a_mark() -> None:
    found = lines(SAID[0], 20)
    assert found[0] == "第 5 行“一、新品上"
    assert not [line for line in found if line[:1] in "，。”、"]


def test_a_table_shows_a_line_that_begins_with_blanks() -> None:
    console = Console(width=20, record=True, file=io.StringIO())
    shown = Table()
    shown.add_column("said")
    shown.add_row(Sentence("one\n  two"))
    console.print(shown)
    assert "  two" in console.export_text()


def test_an_option_stays_with_its_value() -> None:
    assert not [line for line in lines(SAID[1], 30) if line.endswith("--answer")]
