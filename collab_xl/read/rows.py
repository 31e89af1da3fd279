"""Decide which rows below a heading row are records, and what the others are. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cached_property

from collab_xl.forms import Form
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.text import clean, loose, plain, shown

TOTALS = frozenset(
    {
        "合计",
        "总计",
        "小计",
        "共计",
        "累计",
        "汇总",
        "平均",
        "平均值",
        "总和",
        "合计数",
        "total",
        "totals",
        "grandtotal",
        "subtotal",
        "sum",
        "average",
    }
)
_FOOT = regex(
    r"^[(（*※]*(?:填[写表报]?(?:说明|要求|须知|人|表人|报人)?|说明|备注|注意?事项|注|提示|审核人?|批准人?|审批人?|编制人?|制表人?|填表(?:人|日期|时间)?|签字|签名|签章|部门负责人(?:签字|意见)?|"
    r"日期|附件?|以上|note|notes|remarks?|approved|reviewed|prepared|checked|legend|signature|date|source)"
    r"[^:：]{0,8}(?:[:：]|$)",
    re.I,
)
_CONTINUED = regex(r"^[(（\[【]?\s*(?:续上?|接上[行页]?|同上续|cont(?:inued|['’]?d|\.)?)\s*[)）\]】:：]?\s*", re.I)
_DEPARTMENT = regex(r"[^\d、,，;；/()（）]{1,8}(?:部|部门|事业部|中心|办公室|科室|分公司)[:：]?")
"""A row that contains only 研发部 is a heading of that department's rows."""
_NUMERAL = regex(r"^[(（]?(?:[一二三四五六七八九十]+|[IVX]+|第[一二三四五六七八九十]+(?:阶段|部分|期))[)）]?[、.．:：]?$")
_NUMBERED = regex(r"^(?:[(（][一二三四五六七八九十]+[)）]|[一二三四五六七八九十]+[、.．]|第[一二三四五六七八九十]+(?:阶段|部分|期))")
_EXAMPLE = frozenset({"示例", "例", "例如", "样例", "范例", "举例", "填写示例", "example", "e.g.", "eg", "sample"})
_HINT = regex(
    r"必填|选填|填写|下拉|格式|自动(?:计算|生成)|请选择|可不填|请填|请写|勿填|不用填|(?:^|[(（])(?:例|例如|如)[:：]|yyyy|"
    r"required|optional|drop-?down|format|auto|fill in|choose (?:one|from)|pick (?:one|from)|leave blank|e\.g\.",
    re.I,
)
_TEXTS = ("text", "longtext")


class RowKind(Enum):
    """The kinds of rows below the headings."""

    RECORD = "record"
    BLANK = "blank"
    NUMBER = "number"
    GROUP = "group"
    TOTALS = "totals"
    FOOT = "foot"
    STRAY = "stray"
    CONTINUED = "continued"


class Layout(Struct, frozen=True, dict=True):
    """A table's columns: field → column, the column of running numbers, the title field."""

    form: Form
    columns: Mapping[str, int]
    numbers: frozenset[int]
    about: str
    wide: frozenset[int] = frozenset()
    """Rows whose first cell is merged over most of the table."""

    @cached_property
    def by_col(self) -> dict[int, str]:
        return {c: f for f, c in reversed(list(self.columns.items()))}


def says(value: Value) -> bool:
    """Whether a cell has content. White space and invisible characters are none."""
    if type(value) is not str:
        return value is not None
    return bool(value.strip()) if value.isprintable() else bool(clean(value))


def classify(layout: Layout, cells: Mapping[int, Value], *, row: int, follows_record: bool) -> RowKind:
    """The kind of a row.

    Args:
        cells: column → raw value of the table's columns, broken cells as their text; cells that a merge above fills are left out.
        follows_record: whether the row above is a record (only then can a text continue it).
    """
    filled = {c: v for c, v in cells.items() if says(v)}
    if not filled:
        return RowKind.BLANK
    first = min(filled)
    text = plain(shown(filled[first]))
    if loose(text).rstrip(":：") in TOTALS:
        return RowKind.TOTALS
    about = layout.columns.get(layout.about)
    key = layout.columns.get(layout.form.key.id)
    if is_hint(filled):
        return RowKind.GROUP
    if len(filled) > 2 and [filled[c] for c in sorted(filled)] == list(range(1, len(filled) + 1)):
        return RowKind.NUMBER  # the numbers of the columns, below their headings
    if about in filled and first != about and len(filled) > 2 and not _FOOT.match(text):
        return RowKind.RECORD
    known = {c: layout.by_col[c] for c in filled if c in layout.by_col}
    if _FOOT.match(text) and first != about:
        return RowKind.FOOT
    if _FOOT.match(text) and len(filled) <= 2 and re.search(r"[:：]", text):
        return RowKind.FOOT
    if len(filled) == 2 and about in filled and _NUMERAL.match(text):
        return RowKind.GROUP  # 一 | 新品上市
    content = set(known) - {key}
    if len(filled) == 1 or not set(filled) - {key} - layout.numbers:
        return RowKind.GROUP if row in layout.wide else _single(layout, filled, about, follows_record)
    if about in filled or key in filled:
        return RowKind.RECORD
    kinds = {layout.form.field(known[c]).kind for c in content}
    if kinds <= set(_TEXTS) and len(content) <= 2:
        return _loose_text(filled, follows_record)
    return RowKind.RECORD if len(content) >= 2 or follows_record else RowKind.GROUP


_SIGNS = regex(
    r"^(?:审核|批准|审批|编制|制表|填表|签字|签名|签章|部门负责人|approved|reviewed|prepared|checked|signature)[^:：]{0,8}[:：]", re.I
)
_SUMS = TOTALS - {"汇总", "累计", "总和", "平均", "平均值", "sum", "average"}
"""Words that name nothing but a sum, also where one row stands alone: a task may be called 汇总."""


def sums_or_signs(cells: Sequence[Value]) -> str:
    """The code of a row that is a total (合计 and numbers) or a line to sign (审核人：); "" for any other. `cells`: those with content."""
    text = plain(shown(cells[0]))
    if loose(text).rstrip(":：") in _SUMS and all(isinstance(v, (int, float)) for v in cells[1:]):
        return "H108"
    return "H109" if len(cells) <= 2 and _SIGNS.match(text) else ""


def group_title(cells: Mapping[int, Value]) -> str:
    """The title in a row that begins a group (一 | 新品上市); "" for hints and examples."""
    texts = [plain(shown(v)) for _, v in sorted(cells.items()) if says(v)]
    if not texts or len(texts) > 2 or loose(texts[0]).strip("()[]:") in _EXAMPLE or _FOOT.match(texts[0]) or _HINT.search(" ".join(texts)):
        return ""
    return " ".join(texts).strip()


def says_how(text: str) -> bool:
    """Whether a text says how to fill in a column: 必填, 下拉选择, yyyy-mm-dd."""
    return len(text) <= _LONGEST_HINT and bool(_HINT.search(text))


_LONGEST_HINT = 40


def is_hint(filled: Mapping[int, Value]) -> bool:
    """A row below the headings with instructions (必填 | 下拉选择 | yyyy-mm-dd) or marked as an example."""
    if loose(plain(shown(filled[min(filled)]))).strip("()[]:") in _EXAMPLE:
        return True
    said = [v for v in filled.values() if isinstance(v, str)]
    return len(said) == len(filled) >= 2 and 2 * sum(map(says_how, said)) > len(said)


def _single(layout: Layout, filled: Mapping[int, Value], about: int | None, follows_record: bool) -> RowKind:
    """A row with one cell, or with only an ID or a running number."""
    col = next(iter(filled))
    if all(isinstance(v, (int, float)) or plain(shown(v)).isdigit() for v in filled.values()):
        return RowKind.NUMBER
    if len(filled) == 1 and col == about and layout.form.field(layout.about).kind == "text":
        said = plain(shown(filled[col]))
        return RowKind.GROUP if _NUMBERED.match(said) or _DEPARTMENT.fullmatch(said) else RowKind.RECORD
    if len(filled) == 1 and col in layout.by_col and layout.form.field(layout.by_col[col]).kind in _TEXTS:
        return _loose_text(filled, follows_record)
    return RowKind.GROUP


def _loose_text(filled: Mapping[int, Value], follows_record: bool) -> RowKind:
    marked = all(_CONTINUED.match(shown(v)) for v in filled.values())
    return RowKind.CONTINUED if marked and follows_record else RowKind.STRAY


def without_mark(text: str) -> str:
    """The text of a continuation without （续）."""
    return clean(_CONTINUED.sub("", clean(text), count=1)) or clean(text)
