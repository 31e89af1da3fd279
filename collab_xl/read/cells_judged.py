"""Judge the cells of a column for each kind of field: do they speak for it, against it, or say nothing. Pure.

Few different short words, many of them known, are a status; short names that recur are people; days are days.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property

from collab_xl.forms import Field
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.choices import Words
from collab_xl.read.context import Context
from collab_xl.read.rows import says
from collab_xl.read.text import BLANK_WORDS, OPEN_WORDS, SAME_WORDS, loose, plain

LOOKED_AT = 60
_SHARE = 0.7
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = regex(
    r"^\s*(?:(?:20)?\d\d\s*[-./年]\s*\d{1,2}\s*[-./月]\s*\d{1,2}\s*日?|\d{1,2}\s*[-./]\s*\d{1,2}\s*[-./]\s*(?:20)?\d\d|20\d{6}"
    rf"|\d{{1,2}}月\d{{1,2}}日?|\d{{1,2}}[./]\d{{1,2}}|\d{{1,2}}[ -]{_MONTH}(?:[ -,]+\d{{2,4}})?"
    rf"|{_MONTH}[ -]\d{{1,2}}(?:,? \d{{4}}|-\d{{2,4}})?)"
    r"(?:\D.{0,12})?$|^(?:\d{1,2}|20\d\d)年?\s*\d{0,2}\s*月(?:底|初|中旬|末|上旬|下旬)|^\d{1,2}月底$",
    re.I,
)
_OUTLINE = regex(r"^\s*\d{1,2}(?:\.\d{1,2})+\.?\s*(?=[^\W\d_])(?![年月日号前后内至到底初])")
_LEAST_NUMBERED = 3
_PART = regex(r"^(?:约|完成|已完成)?\s*\d{1,3}(?:\.\d+)?\s*[%％]$")
_UNIT = regex(r"(?:部|部门|中心|组|室|处|科|公司|办|办公室|院|所|团队|事业部|分公司|局|厅)$")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁"
    "岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾"
    "尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛"
    "仲虞敖巩明佘池查麻苑迟邝"
)
_ENGLISH_NAME = regex(r"^(?:[A-Z][a-z'’.-]*\.?|[A-Z]{1,3})(?: (?:[A-Z][a-z'’.-]*\.?|[A-Z]{1,2}))?(?: [A-Z][a-z'’-]+)?$")
_CODE = regex(r"^[A-Za-z\u4e00-\u9fff]{0,8}[-_.#]?\d[\dA-Za-z._-]*$")
_CROSS = regex(r"[xX×√✓✔●○■]$")
_SENTENCE = regex(r"[，。；;!?！？]|[a-z)]{2}\. |\s\S+\s\S+\s\S+")


class Cells:
    """The filled cells of a column, without 待定, 同上 and the like."""

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = [v for v in values[:LOOKED_AT] if says(v) and not (isinstance(v, str) and loose(v) in _NOTHING)]
        self.texts = [plain(v) for v in self.values if isinstance(v, str)]
        self.n = len(self.values)

    def _share(self, count: int) -> float:
        return count / self.n if self.n else 0.0

    @cached_property
    def different(self) -> int:
        return len({v.casefold() if isinstance(v, str) else v for v in self.values})

    @cached_property
    def numbered(self) -> bool:
        """Whether the texts have outline numbers (1.1 Charter, 2.1.3 登录), which are no days."""
        rests = [t[m.end() :].casefold() for t in self.texts if (m := _OUTLINE.match(t))]
        return len(rests) >= _LEAST_NUMBERED and 2 * len(rests) > self.n and 2 * len(set(rests)) > len(rests)

    @cached_property
    def days(self) -> float:
        if self.numbered:
            return self._share(sum(isinstance(v, date) for v in self.values))
        return self._share(sum(_shows_a_day(v) for v in self.values))

    @cached_property
    def month_and_day(self) -> float:
        """Numbers that may be a month and a day: 5.13."""
        return self._share(sum(isinstance(v, float) and 1 <= int(v) <= 12 and 1 <= round(v % 1 * 100) <= 31 for v in self.values))

    @cached_property
    def numbers(self) -> float:
        return self._share(sum(isinstance(v, (int, float)) and not isinstance(v, bool) for v in self.values))

    @cached_property
    def parts(self) -> float:
        """Percentages with their sign, or numbers from 0 to 1 or to 100."""
        return self._share(
            sum(bool(_PART.match(plain(v))) if isinstance(v, str) else isinstance(v, (int, float)) and 0 <= v <= 100 for v in self.values)
        )

    @cached_property
    def shares(self) -> float:
        """Percentages with their sign, or numbers from 0 to 1."""
        return self._share(
            sum(
                bool(_PART.match(plain(v)))
                if isinstance(v, str)
                else isinstance(v, (int, float)) and not isinstance(v, bool) and 0 <= v <= 1
                for v in self.values
            )
        )

    @cached_property
    def sentences(self) -> float:
        return self._share(sum(len(t) > 24 or bool(_SENTENCE.search(t)) for t in self.texts))

    @cached_property
    def codes(self) -> float:
        return self._share(sum(bool(_CODE.match(t)) for t in self.texts) + sum(isinstance(v, int) for v in self.values))

    @cached_property
    def units(self) -> float:
        return self._share(sum(bool(_UNIT.search(t)) and len(t) <= 14 for t in self.texts))

    @cached_property
    def lists(self) -> float:
        """Texts that are lists of short names: Engineering, IT."""
        parts = (re.split(r"[、,，;；/]\s*", t) for t in self.texts)
        return self._share(sum(len(p) > 1 and all(0 < len(each) <= 20 for each in p) for p in parts))

    @cached_property
    def names(self) -> float:
        """Texts that look like people: a Chinese surname and one or two characters, or a capitalised name."""
        return self._share(sum(_is_name(t) for t in self.texts))

    @cached_property
    def short(self) -> bool:
        """Few different short words that recur."""
        few = self.different <= max(2, min(9, self.n * 0.6))
        return (
            self.n >= 2
            and len(self.texts) >= _SHARE * self.n
            and few
            and all(len(t) <= (12 if not t.isascii() else 22) for t in self.texts)
        )

    @cached_property
    def crosses(self) -> bool:
        """Nothing but ticks or crosses."""
        return self.n > 0 and self.n == len(self.texts) and all(map(_CROSS.match, self.texts))

    def known(self, words: Words) -> float:
        return self._share(sum(words.exact(t) is not None for t in map(str, self.values)))


def _shows_a_day(v: Value) -> bool:
    """A date, a text like one, or a number like 20260930."""
    text = plain(v) if isinstance(v, str) else str(v) if type(v) is int and v > _FIRST_DAY else ""
    return isinstance(v, date) or bool(_DAY.match(text))


_FIRST_DAY = 20000100


_NOTHING = BLANK_WORDS | OPEN_WORDS | SAME_WORDS


def is_day(text: str) -> bool:
    """Whether a text is written like a day."""
    return bool(_DAY.match(plain(text)))


def _is_name(text: str) -> bool:
    if "\u4e00" <= text[:1] <= "\u9fff":
        bare = re.split("[、,/ ]", text)[0].lstrip("*")
        return 2 <= len(bare) <= 4 and bare[0] in _SURNAMES and not _UNIT.search(bare)
    names = [name for name in _BETWEEN_NAMES.split(text) if name]
    return 0 < len(names) <= _MOST_NAMES and all(
        len(name) <= 24 and bool(_ENGLISH_NAME.match(name)) and not name.isupper() and not _NO_NAMES.match(name) for name in names
    )


_BETWEEN_NAMES = regex(r"\s*[,/;&\n]\s*|\s+and\s+")
_MOST_NAMES = 6


_NO_NAMES = regex(
    r"(?:yes|no|true|false|high|medium|low|open|closed|done|pass(?:ed)?|fail(?:ed)?|ok|none|daily|weekly|monthly)$", re.I
)  # short words that are written like names


def fits(field: Field, cells: Cells, context: Context) -> float:
    """1: the cells speak for the field, -1: against it, 0: they say nothing; 0.5: they may be."""
    if not cells.n:
        return 0.0
    if field.kind in ("date", "moment"):
        few = cells.days >= 0.4 or (cells.n < 2 and not cells.numbers) or cells.month_and_day >= _SHARE
        return 1.0 if cells.days >= _SHARE else 0.0 if few else -1.0
    if cells.days >= _SHARE and field.kind not in _TEXTS:
        return -1.0
    match field.kind:
        case "percent":
            return 1.0 if cells.parts >= _SHARE else -1.0
        case "choice" | "choices":
            return _choice(field, cells, context)
        case "person":
            return _person(cells)
        case "department" | "departments":
            return max(_unit(cells, context), 0.5 if field.kind == "departments" and cells.lists >= 0.4 else -1.0)
        case "key":
            return _key(cells)
        case "text" | "longtext":
            return _text(cells)
        case "reference" | "references":
            return 1.0 if cells.codes >= _SHARE else -1.0 if cells.sentences > 0.3 else 0.0
        case "whole" | "amount":
            return 0.5 if cells.numbers >= _SHARE else -1.0
    return -1.0


_TEXTS = ("text", "longtext")


_SCALE = frozenset(range(1, 11))
_HIGHEST_SCORE, _FEWEST, _MOST = 100, 4, 0.8


def _choice(field: Field, cells: Cells, context: Context) -> float:
    words = Words.of(field, context.lang)
    known = cells.known(words)
    if known >= 0.6:
        return 1.0
    if cells.crosses:
        return -1.0
    scores = sum(type(v) in (int, float) and v in _SCALE for v in cells.values)
    if field.role != "status" and cells.n and (scores == cells.n or (scores >= _FEWEST and scores >= _MOST * cells.n)):
        return 0.6  # a column of words beside these scores is better
    products = sum(isinstance(v, (int, float)) and 0 < v <= _HIGHEST_SCORE for v in cells.values)
    if field.role == "level" and cells.n and (products == cells.n or (products >= _FEWEST and products >= _MOST * cells.n)):
        return 0.5  # the product of two scores
    if cells.sentences > 0.2 or (cells.numbers > 0.3 and field.role == "status"):
        return -1.0
    if known >= 0.3 or cells.short:
        return 0.5
    return 0.0 if cells.n < 4 and all(len(t) <= 10 for t in cells.texts) else -0.5


def _person(cells: Cells) -> float:
    if cells.numbers > 0.2 or cells.sentences > 0.3 or cells.units > 0.5:
        return -1.0
    if cells.names >= _SHARE:
        return 1.0
    return 0.5 if cells.names >= 0.4 or (cells.short and cells.codes < 0.5) else 0.0 if all(len(t) <= 20 for t in cells.texts) else -1.0


def _unit(cells: Cells, context: Context) -> float:
    if cells.numbers > 0.2 or cells.sentences > 0.3:
        return -1.0
    if cells.units >= 0.6 or sum(context.directory.find(t) is not None for t in cells.texts) >= 0.6 * cells.n:
        return 1.0
    return -0.5 if cells.names >= _SHARE and any(not t.isascii() for t in cells.texts) else 0.5 if cells.short else 0.0


def _key(cells: Cells) -> float:
    if cells.different < cells.n or cells.sentences > 0.1 or cells.days > 0.3:
        return -0.5 if cells.different >= 0.8 * cells.n else -1.0
    return 1.0 if cells.codes >= _SHARE else 0.0


def _text(cells: Cells) -> float:
    if cells.days >= _SHARE or cells.numbers >= _SHARE or cells.parts >= _SHARE:
        return -1.0
    return 0.5


def is_about(cells: Cells) -> float:
    """Whether the cells say what rows are about: texts, nearly all different, not names, codes or days."""
    if not cells.n or len(cells.texts) < 0.8 * cells.n or cells.days > 0.3 or cells.units > 0.6:
        return -1.0
    if cells.codes > 0.5 or (cells.names >= _SHARE and any(not t.isascii() for t in cells.texts)):
        return -1.0
    mean = sum(map(len, cells.texts)) / len(cells.texts)
    distinct = cells.different / cells.n
    if distinct < 0.5 or mean < 2:
        return -1.0
    return 1.0 if distinct >= _SHARE and mean >= (4 if any(not t.isascii() for t in cells.texts) else 8) else 0.3
