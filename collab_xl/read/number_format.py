"""The text that a cell shows: its number format applied to its value. Pure.

Excel's own codes and those of Chinese workbooks: weekdays (`aaaa`), DBNum numerals, `G/通用格式`, 上午/下午, `[h]:mm`, words for numbers
(`[=1]"√"`).  What depends on the computer (the short date, built-in 14 and 22) is not shown here: the day is then written as 2026-11-12.
Why no library: decision 0030.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Final

from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.values import Value

GENERAL: Final = frozenset({"", "general", "g/通用格式", "@"})
OF_THE_SYSTEM: Final = frozenset({"m/d/yyyy", "m/d/yyyy h:mm", "m/d/yy", "m/d/yy h:mm", "[$-f400]h:mm:ss am/pm"})
"""Codes that stand for the short date or time of the computer."""
_LONG_DATE: Final = {"zh": 'yyyy"年"m"月"d"日"', "en": "dddd, mmmm d, yyyy"}
_EPOCHS: Final = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_TOKEN: Final = regex(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|_(?P<skipped>.)|\*(?P<filling>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<half>AM/PM|A/P|上午/下午)|(?P<exponent>E[+-])"
    r"|(?P<date>y+|m+|d+|h+|s+|a{3,}|e+|g+|b+)|(?P<text>@)|(?P<digit>[0#?])|(?P<mark>[.,%/])|(?P<other>.)",
    re.I | re.S,
)
_CONDITION: Final = regex(r"(<=|>=|<>|=|<|>)\s*(-?\d+(?:\.\d+)?)$")
_ENGLISH: Final = frozenset({0x409, 0x809, 0xC09, 0x1009})
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)  # fmt: skip
_NUMERALS: Final = {1: "〇一二三四五六七八九", 2: "零壹贰叁肆伍陆柒捌玖", 3: "０１２３４５６７８９"}
_PLACES: Final = {1: ("", "十", "百", "千"), 2: ("", "拾", "佰", "仟")}
_DIGITS: Final = Context(prec=40)


class Token(Struct, frozen=True):
    """One part of a format section. `kind`: literal, general, half, elapsed, date, text, digit, mark, exponent."""

    kind: str
    text: str


class Section(Struct, frozen=True):
    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None
    language: str = ""
    numerals: int = 0
    """DBNum: 0 for none."""

    def has(self, *kinds: str) -> bool:
        return any(t.kind in kinds for t in self.tokens)


def shows_day(code: str) -> bool:
    """Whether a format shows a day, month, year or weekday: a number in such a cell is a date."""
    return any(t.kind == "date" and t.text[0] in "yeagdbM" for t in _sections(code)[0].tokens)


def shows_time(code: str) -> bool:
    """Whether a format shows hours, minutes or seconds: a time of day, or a length of time (`shows_length`)."""
    return any(t.kind == "elapsed" or (t.kind == "date" and t.text[0] in "hms") for t in _sections(code)[0].tokens)


def shows_length(code: str) -> bool:
    """Whether a format shows a length of time, `[h]:mm`."""
    return any(t.kind == "elapsed" for t in _sections(code)[0].tokens)


def changes_text(code: str) -> bool:
    """Whether a format adds something to a text, as `"RW-"@` does."""
    sections = _sections(code)
    last = sections[-1]
    return last.has("text") and any(t.kind == "literal" and t.text.strip() for t in last.tokens)


def shown_as(value: Value, code: str, lang: str, date1904: bool = False) -> str | None:
    """The text that a cell with this value and number format shows; None if the format says nothing about it.

    Args:
        lang: the language of month and weekday names for which the format names none.
    """
    plain = code.strip().casefold()
    if plain in GENERAL or plain in OF_THE_SYSTEM or isinstance(value, bool):
        return None
    if plain.startswith(("[$-f800]", "[$-x-sysdate]")):
        code = _LONG_DATE[lang]
    if isinstance(value, str):
        return "".join(value if t.kind == "text" else t.text for t in _sections(code)[-1].tokens) if changes_text(code) else None
    if not isinstance(value, (int, float, date)):
        return None
    number = serial_number(value, date1904)
    found = _section_for(number, _sections(code))
    if found is None:
        return None
    section, sign = found
    language = section.language or lang
    if section.has("date", "elapsed", "half"):
        return _moment(number, section, language, date1904)
    if section.has("text"):
        return None  # a number in a cell for texts
    return _number(abs(number) if sign != "as is" else number, section, "-" if sign == "-" else "")


def serial_number(value: int | float | date, date1904: bool) -> int | float:
    """A date as Excel counts it; a number as it is."""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return (moment - _EPOCHS[date1904]) / timedelta(days=1)
    return value


@lru_cache(1024)
def _sections(code: str) -> tuple[Section, ...]:
    parts: list[str] = [""]
    for found in re.finditer(r'"[^"]*"?|[\\_*!].|\[[^\]]*\]|;|.', code, re.S):
        if found[0] == ";":
            parts.append("")
        else:
            parts[-1] += found[0]
    return tuple(map(_section, parts[:4]))


def _section(code: str) -> Section:
    tokens: list[Token] = []
    condition, language, numerals = None, "", 0
    for found in _TOKEN.finditer(code):
        kind, text = str(found.lastgroup), found[found.lastgroup or 0]
        if kind == "bracket":
            if limit := _CONDITION.match(text):
                condition = limit[1], float(limit[2])
            elif text.startswith("$"):
                symbol, _, locale = text[1:].partition("-")
                language = language or _language(locale)
                tokens += [Token("literal", symbol)] if symbol else []
            elif text.casefold().startswith("dbnum") and text[5:].isdigit():
                numerals = int(text[5:])
            elif re.fullmatch(r"h+|m+|s+", text, re.I):
                tokens.append(Token("elapsed", text.lower()))
            # anything else is a colour
        elif kind in ("quoted", "escaped", "other"):
            tokens.append(Token("literal", text))
        elif kind == "skipped":
            tokens.append(Token("literal", " "))
        elif kind == "date":
            tokens.append(Token("date", text.lower()))
        elif kind != "filling":
            tokens.append(Token(kind, text))
    return Section(tuple(_minutes(tokens)), condition, language, numerals)


def _language(locale: str) -> str:
    """The language of a Windows locale number in hex, of which the last four digits count; "" for others than Chinese and English."""
    try:
        number = int(locale.split(",")[0] or "0", 16) & 0xFFFF
    except ValueError:
        return "en" if locale.casefold().startswith("en") else "zh" if locale.casefold().startswith("zh") else ""
    return "en" if number in _ENGLISH else "zh" if number & 0x3FF == 4 else ""


def _minutes(tokens: list[Token]) -> list[Token]:
    """`m` is a month, written `M` here, unless it follows the hours or comes before the seconds."""
    times = [(i, t.text) for i, t in enumerate(tokens) if t.kind in ("date", "elapsed")]
    out = list(tokens)
    for place, (i, text) in enumerate(times):
        if text[0] != "m" or tokens[i].kind == "elapsed":
            continue
        before = times[place - 1][1][0] if place else ""
        after = times[place + 1][1][0] if place + 1 < len(times) else ""
        if len(text) > 2 or not (before == "h" or after == "s"):
            out[i] = Token("date", text.upper())
    return out


_HOLDS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "=": lambda a, b: a == b, "<>": lambda a, b: a != b,
}  # fmt: skip


def _section_for(number: float, sections: tuple[Section, ...]) -> tuple[Section, str] | None:
    """The section that shows a number, and its sign: "-", "" or "as is"; None where Excel shows ####."""
    if any(s.condition for s in sections[:2]):
        for n, section in enumerate(sections[:3]):
            last = n == len(sections[:3]) - 1 and (n > 0 or len(sections) == 1)
            if section.condition and _HOLDS[section.condition[0]](number, section.condition[1]):
                return section, "-" if number < 0 and n == 0 else ""
            if not section.condition and (last or n > 0):
                return section, "-" if number < 0 else ""
        return None
    count = len(sections[:3]) - (len(sections) < 4 and len(sections) > 1 and sections[-1].has("text"))
    if number < 0:
        return (sections[1], "") if count > 1 else (sections[0], "-")
    return (sections[2], "") if number == 0 and count > 2 else (sections[0], "")


def _moment(number: float, section: Section, lang: str, date1904: bool) -> str | None:
    """A date, a time of day or a length of time."""
    fraction = _second_digits(section)
    seconds = round(number * 86_400, 3)
    seconds = seconds if fraction else float(round(seconds))
    if seconds < 0:
        return None  # Excel shows ####
    try:
        moment = _EPOCHS[date1904] + timedelta(seconds=seconds)
    except OverflowError:
        return None
    half = section.has("half")
    out: list[str] = []
    for n, token in enumerate(section.tokens):
        if token.kind == "elapsed":
            whole = int(seconds // {"h": 3600, "m": 60, "s": 1}[token.text[0]])
            out.append(_counted(str(whole).zfill(len(token.text)), section.numerals))
        elif token.kind == "half":
            first, _, second = token.text.partition("/")
            out.append(first if moment.hour < 12 else second)
        elif token.kind == "date":
            out.append(_part(moment, token.text, half, lang, section.numerals))
        elif token.kind == "general":
            out.append(f"{number:.15g}")
        elif token.kind == "digit":  # ss.000
            if n and section.tokens[n - 1].text == ".":
                out.append(f"{seconds % 1:.3f}"[2:][:fraction])
        else:
            out.append(token.text)
    return "".join(out)


def _second_digits(section: Section) -> int:
    """The number of digits after the seconds."""
    found = re.search(r"s\.(0+)", "".join(t.text for t in section.tokens if t.kind in ("date", "elapsed", "mark", "digit")))
    return min(len(found[1]), 3) if found else 0


def _part(moment: datetime, text: str, half: bool, lang: str, numerals: int) -> str:
    kind, length = text[0], len(text)
    match kind:
        case "y" | "e":
            year = str(moment.year)
            return _counted(year if kind == "e" or length > 2 else year[2:], numerals)
        case "b":
            return str(moment.year + 543)[-2 if length < 3 else 0 :]
        case "g":
            return ""
        case "a":
            return _weekday(moment, lang, short=length == 3, bare=True)
        case "d" if length > 2:
            return _weekday(moment, lang, short=length == 3)
        case "M" if length > 2:
            name = _MONTHS[moment.month - 1]
            if length == 5:
                return name[0]
            if lang == "zh":
                return f"{moment.month}月" if length == 3 else f"{_spelled(moment.month, 1)}月"
            return name[:3] if length == 3 else name
    hour = moment.hour % 12 or 12 if half else moment.hour
    number = {"d": moment.day, "M": moment.month, "h": hour, "m": moment.minute, "s": moment.second}[kind]
    if numerals in _PLACES:
        return _spelled(number, numerals)
    return _counted(str(number).zfill(min(length, 2)), numerals)


def _weekday(moment: datetime, lang: str, *, short: bool, bare: bool = False) -> str:
    if lang == "en":
        name = _WEEKDAYS[moment.weekday()]
        return name[:3] if short else name
    name = "一二三四五六日"[moment.weekday()]
    return name if short and bare else f"周{name}" if short else f"星期{name}"


def _number(number: float, section: Section, sign: str) -> str:
    tokens = section.tokens
    if section.has("general"):
        written = f"{number:.15g}" if abs(number) < 1e15 or number != int(number) else str(int(number))
        written = _general(written, section.numerals)
        return sign + "".join(written if t.kind == "general" else t.text for t in tokens)
    if not section.has("digit"):
        return sign + "".join(t.text for t in tokens)  # only words: [=1]"√"
    if section.has("exponent"):
        return sign + _scientific(number, tokens)
    if _slash(tokens) is not None:
        return sign + _fraction(number, tokens)
    digits = [n for n, t in enumerate(tokens) if t.kind == "digit"]
    last = digits[-1]
    point = next((n for n, t in enumerate(tokens) if t.text == "." and t.kind == "mark"), None)
    whole_last = max((n for n in digits if point is None or n < point), default=-1)
    ends = {whole_last, last}
    scale = 0
    for end in ends:
        after = end + 1
        while after < len(tokens) and tokens[after] == Token("mark", ","):
            scale, after = scale + 1, after + 1
    grouped = any(t == Token("mark", ",") and digits[0] < n < whole_last for n, t in enumerate(tokens))
    places = sum(point is not None and n > point for n in digits)
    exact = Decimal(f"{number:.15g}") if abs(number) < 1e15 else Decimal(number)
    exact = exact.scaleb(2 * sum(t == Token("mark", "%") for t in tokens) - 3 * scale, _DIGITS)
    exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _DIGITS)
    whole, _, decimals = f"{abs(exact):f}".partition(".")
    sign = "-" if exact < 0 else sign
    return sign + _filled(tokens, [n for n in digits if point is None or n < point], whole, decimals, grouped, section.numerals)


def _filled(tokens: tuple[Token, ...], places: list[int], whole: str, decimals: str, grouped: bool, numerals: int) -> str:
    """The digits put into the places of a format, from the point to both sides."""
    whole = whole.lstrip("0")
    put: dict[int, str] = {}
    rest = whole
    for count, n in enumerate(reversed(places)):
        if n == places[0]:
            digits, rest = rest, ""
        else:
            digits, rest = rest[-1:], rest[:-1]
        digits = digits or {"0": "0", "?": " "}.get(tokens[n].text, "")
        put[n] = _with_commas(digits, count) if grouped else digits
    behind = iter(decimals)
    written = decimals.rstrip("0")
    seen = 0
    out: list[str] = []
    for n, token in enumerate(tokens):
        if n in put:
            out.append(_counted(put[n], numerals))
        elif token.kind == "digit":
            digit, seen = next(behind, "0"), seen + 1
            out.append(_counted(digit, numerals) if seen <= len(written) or token.text == "0" else " " if token.text == "?" else "")
        elif token != Token("mark", ","):
            out.append(token.text)
    return "".join(out)


def _with_commas(digits: str, before: int) -> str:
    """The digits with a comma wherever a multiple of three digits follows; `before`: how many digits follow all of these."""
    out = ""
    for n, digit in enumerate(reversed(digits)):
        at = before + n
        out = digit + ("," if at and at % 3 == 0 and digit.isdigit() else "") + out
    return out


def _scientific(number: float, tokens: tuple[Token, ...]) -> str:
    """`1.23E+04`; with more than one digit before the point the exponent is a multiple of their number."""
    at = next(n for n, t in enumerate(tokens) if t.kind == "exponent")
    point = next((n for n, t in enumerate(tokens[:at]) if t.text == "."), at)
    step = max(sum(t.kind == "digit" for t in tokens[:point]), 1)
    places = sum(t.kind == "digit" for t in tokens[point:at])
    exact = Decimal(f"{number:.15g}")
    power = (exact.adjusted() // step) * step if exact else 0
    part = exact.scaleb(-power, _DIGITS).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _DIGITS)
    if part and part.adjusted() >= step:
        power, part = power + step, (exact.scaleb(-power - step, _DIGITS)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _DIGITS)
    width = sum(t.kind == "digit" for t in tokens[at:])
    sign = "-" if power < 0 else "+" if tokens[at].text[1] == "+" else ""
    rest = "".join(t.text for t in tokens[at + 1 :] if t.kind != "digit")
    before = "".join(t.text for t in tokens[:at] if t.kind == "literal")
    return f"{before}{part:f}E{sign}{str(abs(power)).zfill(width)}{rest}"


def _slash(tokens: tuple[Token, ...]) -> int | None:
    """Where a fraction is divided: a `/` with a digit place before it."""
    return next((n for n, t in enumerate(tokens) if t == Token("mark", "/") and any(b.kind == "digit" for b in tokens[:n])), None)


def _fraction(number: float, tokens: tuple[Token, ...]) -> str:
    from fractions import Fraction  # few cells show one

    at = _slash(tokens) or 0
    right = "".join(t.text for t in tokens[at + 1 :])
    fixed = re.match(r"\d*[1-9]\d*", right)
    sides = [t for t in tokens[:at] if t.kind == "digit" or t.text == " "]
    mixed = any(t.text == " " for t in sides) and len([t for t in sides if t.kind == "digit"]) > 1
    most = 10 ** max(sum(c in "0#?" for c in right), 1) - 1
    value = Fraction(f"{number:.15g}")
    near = Fraction(round(value * int(fixed[0])), int(fixed[0])) if fixed else value.limit_denominator(most)
    whole, rest = divmod(near, 1) if mixed else (0, near)
    bottom = int(fixed[0]) if fixed else rest.denominator
    if mixed and not rest:
        return str(whole)
    top = f"{rest.numerator * (bottom // rest.denominator)}/{bottom}"
    return f"{whole} {top}" if whole else top


def _general(written: str, numerals: int) -> str:
    """A number in General, with a DBNum in words: 一万二千三百四十五."""
    if numerals in _PLACES:
        whole, point, decimals = written.partition(".")
        if whole.lstrip("-").isdigit() and len(whole) <= 15:
            number = int(whole)
            said = ("-" if number < 0 else "") + _spelled(abs(number), numerals, full=True)
            return said + (point and "." + _counted(decimals, numerals))
    return _counted(written, numerals)


def _counted(digits: str, numerals: int) -> str:
    """Digit by digit in the numerals of a DBNum."""
    return "".join(_NUMERALS[numerals][int(c)] if c.isascii() and c.isdigit() else c for c in digits) if numerals in _NUMERALS else digits


def _spelled(number: int, numerals: int, full: bool = False) -> str:
    """A whole number in Chinese words: 11 is 十一 (壹拾壹), 105 一百〇五. `full`: also 一十."""
    signs, places = _NUMERALS[numerals], _PLACES[numerals]
    if number == 0:
        return signs[0]
    out, gap = "", False
    for power in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**power % 10
        if digit:
            out += (signs[0] if gap and out else "") + signs[digit] + places[power % 4]
        gap = not digit
        if power % 4 == 0 and number // 10**power % 10_000:
            out += ("", "万", "亿", "万亿")[power // 4]
    return out.removeprefix(signs[1]) if numerals == 1 and not full and 10 <= number < 20 else out
