"""Write the small trackers of the first-day page: `python tools/first_day.py` writes docs/files/old-tracker.<lang>.xlsx.

As somebody keeps one: a title over the table, a plan in one column (zh), a share of what is done as a percentage, a state in words of
their own, which the import asks about.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import xlsxwriter

FILES = Path(__file__).resolve().parent.parent / "docs" / "files"
TITLE = {"zh": "新品上线 · 任务跟踪（每周五更新）", "en": "Product launch · task tracker (updated on Fridays)"}
SHEET = {"zh": "任务", "en": "Tasks"}
HEADINGS = {
    "zh": ("序号", "任务名称", "负责部门", "负责人", "起止时间", "当前进度", "状态"),
    "en": ("No.", "Task", "Department", "Owner", "Start", "End", "% done", "Status"),
}
ROWS = (
    (("包装设计定稿", "市场部", "陈悦", "已完成"), ("Package design agreed", "Marketing", "Chen Yue", "Done"), (11, 2), (11, 13), 1.0),
    (("样机测试", "研发部", "刘洋", "进行中"), ("Prototype tests", "R&D", "Liu Yang", "In progress"), (11, 5), (11, 18), 0.6),
    (
        ("供应商报价", "采购部", "周敏", "只差签字"),
        ("Supplier quotes", "Purchasing", "Zhou Min", "Only a signature left"),
        (11, 9),
        (11, 20),
        0.8,
    ),
    (("上市宣传方案", "市场部", "陈悦", "进行中"), ("Launch campaign", "Marketing", "Chen Yue", "In progress"), (11, 16), (11, 27), 0.3),
    (
        ("首批备料", "采购部", "周敏", "未开始"),
        ("Material for the first lot", "Purchasing", "Zhou Min", "Not started"),
        (11, 23),
        (12, 4),
        0.0,
    ),
    (("量产评审", "研发部", "刘洋", "未开始"), ("Review for mass production", "R&D", "Liu Yang", "Not started"), (11, 30), (12, 11), 0.0),
)


def write(path: Path, lang: str) -> None:
    """The same bytes every time."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": datetime(2026, 11, 16)})
        sheet = book.add_worksheet(SHEET[lang])
        head = book.add_format({"bold": True, "bg_color": "#D9DEE5", "border": 1})
        share, day = book.add_format({"num_format": "0%"}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, len(HEADINGS[lang]) - 1, TITLE[lang], book.add_format({"bold": True, "font_size": 14}))
        sheet.write_row(2, 0, HEADINGS[lang], head)
        for n, (zh, en, start, end, done) in enumerate(ROWS):
            name, department, owner, status = zh if lang == "zh" else en
            first, last = date(2026, *start), date(2026, *end)
            sheet.write_row(n + 3, 0, (n + 1, name, department, owner))
            if lang == "zh":
                sheet.write(n + 3, 4, f"{first.year}.{first.month}.{first.day}-{last.month}.{last.day}")
            else:
                sheet.write_datetime(n + 3, 4, datetime(2026, *start), day)
                sheet.write_datetime(n + 3, 5, datetime(2026, *end), day)
            column = len(HEADINGS[lang]) - 2
            sheet.write(n + 3, column, done, share)
            sheet.write(n + 3, column + 1, status)
        sheet.set_column(1, 1, 26)
        sheet.set_column(2, 7, 14)


def main() -> None:
    FILES.mkdir(exist_ok=True)
    for lang in HEADINGS:
        write(FILES / f"old-tracker.{lang}.xlsx", lang)


if __name__ == "__main__":
    main()
