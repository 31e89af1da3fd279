"""What programs put around a value so that Excel keeps it is left out of a CSV export and of a text."""

from __future__ import annotations

import pytest

from collab_xl.book.csv_file import read_csv
from collab_xl.model.cell_text import unguarded


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('="001"', "001"),
        ('="他说""好"""', '他说"好"'),
        ('=""', ""),
        ("\t001\t", "001"),
        ("'001", "001"),
        ("'-12.5%", "-12.5%"),
        ("'=1+1", "=1+1"),
        ("'2026-11-12", "2026-11-12"),
        ("'90s launch", "'90s launch"),
        ("'quoted' word", "'quoted' word"),
        ("'", "'"),
        ("=1+1", "=1+1"),
        ('="a"&"b"', '="a"&"b"'),
        ('=A1&"x"', '=A1&"x"'),
        ("说明", "说明"),
    ],
)
def test_a_guard_is_no_content(written: str, meant: str) -> None:
    assert unguarded(written) == meant


def test_guards_in_a_csv_file_also_around_headings() -> None:
    data = '="任务ID","=""任务名称""",备注\r\n="001","=""002""",\'003\r\n004\t,=1+1,\'04\'s\r\n'.encode("gb18030")
    rows = read_csv(data, "a.csv").snapshot("a").cells
    assert [list(row) for row in rows] == [["任务ID", "任务名称", "备注"], ["001", "002", "003"], ["004", "=1+1", "'04's"]]
