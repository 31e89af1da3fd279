"""A workbook as it would look to a reader that knows fewer words: a share of the headings that it knows is replaced by words nobody knows.

Sheets that rules were mended on flatter: their words are known by now. With a share of them forgotten such a sheet looks as one does that
nobody has seen. The share is fitted so that the reader finds what it found of three sets at their first look (`docs/reading.md`).
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Collection, Mapping

from collab_xl.book.read import Book
from collab_xl.forms import load
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value
from collab_xl.read.heading_lines import LONGEST, heading_text
from collab_xl.read.heading_words import fields_said, says_title
from collab_xl.read.headings import lexicon

_ZH = (
    "青石 远山 白露 寒梅 竹影 归燕 秋水 长亭 古道 晴川 芳草 孤帆 碧空 烟花 细雨 柳色 "
    "客舍 朝霞 暮云 明月 清泉 幽谷 落霞 飞鸿 沧海 云梯 松涛 鹤鸣 枫桥 夜泊 渔火 霜叶 "
    "红叶 翠微 空山 新雨 晚照 流萤 画屏 轻罗 瑶台 玉阶 银河 鹊桥"
)
_EN = (
    "Larkspur Fjord Ember Quill Meadow Basalt Clover Saffron Tundra Harbour Juniper Lantern Marble Nectar "
    "Orchid Pebble Quartz Raven Sable Thistle Umber Velvet Willow Yarrow Zephyr Amber Birch Coral "
    "Drift Elm Fern Granite Heather Indigo Jasper Kelp Lichen Maple Nutmeg Opal"
)
_SHORT, _LEAST = 32, 2

Forget = tuple[float, int]
"""The share of the known headings that is forgotten, and the seed of which these are."""


def is_known(text: str, lang: str) -> bool:
    """Whether the reader makes something of a heading: a form has it, its words say a field or what rows are about."""
    if not text or len(text) > LONGEST:
        return False
    forms = load().forms
    return any(lexicon(f, lang).find(text) or (len(text) <= _SHORT and (fields_said(f, text) or says_title(f, text))) for f in forms)


def _shuffled(words: str, chance: random.Random) -> list[str]:
    each = words.split()
    return chance.sample(each, len(each))


def forgetful(book: Book, name: str, forget: Forget, lang: str, rows: Mapping[str, Collection[int]] | None = None) -> Book:
    """The workbook with unknown words instead of a share of its headings. One text is one word wherever it is a heading in the file.

    Args:
        name: of the file; with the seed it decides which headings are forgotten.
        rows: sheet → its heading rows. Of other sheets, those rows count in which two texts are known.
    """
    share, seed = forget
    chance = random.Random(f"{seed} {name}")
    words = {True: iter(_shuffled(_EN, chance)), False: iter(_shuffled(_ZH, chance))}
    forgotten: dict[str, str] = {}

    def instead(text: str) -> str:
        if text not in forgotten:
            lost = chance.random() < share
            forgotten[text] = next(words[not re.search("[\u4e00-\u9fff]", text)], text) if lost else text
        return forgotten[text]

    def changed(sheet: str) -> Snapshot:
        snapshot = book.snapshot(sheet)
        cells: list[list[Value]] = []
        own = (rows or {}).get(sheet)
        for n, line in enumerate(snapshot.cells):
            known = {v for v in line if isinstance(v, str) and is_known(heading_text(v), lang)}
            heading = len(known) >= _LEAST if own is None else snapshot.first_row + n in own
            cells.append([instead(v) if heading and isinstance(v, str) and v in known else v for v in line])
        return dataclasses.replace(snapshot, cells=cells)

    kept = {sheet: changed(sheet) for sheet in book.sheets}
    return Book(book.sheets, kept.__getitem__, book.tables, book.names, book.stamp)
