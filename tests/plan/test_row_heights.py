"""Rows of the weekly page are as high as their texts, and what that leaves free shows more of them."""

from __future__ import annotations

from typing import Any

from collab_xl.book.read import read_book
from collab_xl.build.master import template_path
from collab_xl.model.record import replace
from collab_xl.model.report_pages import DONE, MILESTONES, ONE_LINE, OVERDUE, TWO_LINES, PageBlock
from collab_xl.model.values import Link
from collab_xl.plan.rooms import Rooms
from collab_xl.plan.row_heights import SPARE, height_of, rows_that_fit

BOOK = read_book(template_path("zh"))
ROOMS = Rooms(BOOK.names, BOOK.snapshot(BOOK.names["wk_title"][0]))
SHORT, LONG = {"overdue_why": "人力不足"}, {"overdue_why": "人力不足" * 8}


def fit(*bands: list[tuple[PageBlock, list[dict[str, Any]]]]) -> list[int]:
    return rows_that_fit(bands, ROOMS)


def test_a_row_has_the_height_of_its_longest_text() -> None:
    assert height_of([(OVERDUE, SHORT), (DONE, {})], ROOMS) == ONE_LINE
    assert height_of([(OVERDUE, LONG), (DONE, {})], ROOMS) == TWO_LINES
    assert height_of([(OVERDUE, SHORT), (DONE, {"done_task": Link("x", "小程序兼容性测试与验收 · 晚 1 天")})], ROOMS) == TWO_LINES


def test_long_rows_are_as_many_as_always_have_room() -> None:
    assert fit([(OVERDUE, [LONG] * 30), (DONE, [])]) == [OVERDUE.usual]


def test_short_rows_are_more_and_never_more_than_the_block_has() -> None:
    assert fit([(OVERDUE, [SHORT] * 30)]) == [OVERDUE.rows]
    tall = replace(OVERDUE, rows=30)
    assert fit([(tall, [SHORT] * 30)]) == [OVERDUE.usual * TWO_LINES // ONE_LINE]


def test_what_a_band_leaves_free_the_next_has() -> None:
    six = [{"milestone_name": "评审"}] * 8
    assert fit([(MILESTONES, six)]) == [MILESTONES.usual]
    assert fit([(OVERDUE, [SHORT])], [(MILESTONES, six)]) == [1, 8]


def test_a_page_never_gets_higher() -> None:
    for rows in ([LONG, SHORT] * 9, [SHORT] * 4 + [LONG] * 9, [LONG] * 2 + [SHORT] * 9):
        (shown,) = fit([(OVERDUE, rows)])
        assert sum(height_of([(OVERDUE, row)], ROOMS) for row in rows[:shown]) <= OVERDUE.usual * TWO_LINES + SPARE
