"""Drop-downs and checks of single columns of a sheet: read as XML, put in place of those there are.

In: the bytes of a sheet.  Out: the new bytes, or XML.  Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator

from collab_xl.book.package import parse_xml
from collab_xl.book.parts import local
from collab_xl.book.workbook_xml import attribute
from collab_xl.errors import CollabError
from collab_xl.model.place import Area

_AFTER = (
    "hyperlinks|printOptions|pageMargins|pageSetup|headerFooter|rowBreaks|colBreaks|customProperties|cellWatches|"
    "ignoredErrors|smartTags|drawing|legacyDrawing|legacyDrawingHF|drawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst"
)
"""The elements after dataValidations in a worksheet (ECMA-376 CT_Worksheet)."""


def rules(after: bytes, p: bytes) -> Iterator[re.Match[bytes]]:
    element = b"<" + p + rb"dataValidation\s(?:[^>]*/>|[^>]*[^/]>.*?</" + p + b"dataValidation>)"
    return re.finditer(element, after, re.S)


def areas_of(rule: bytes) -> list[Area]:
    return [Area.parse(a) for a in attribute(rule.partition(b">")[0], "sqref").split()]


def without_rules(after: bytes, p: bytes, cols: Collection[int]) -> bytes:
    """Without the drop-downs and checks that apply to one of these columns alone."""
    for found in reversed(list(rules(after, p))):
        areas = areas_of(found[0])
        if areas and all(a.first_col == a.last_col and a.first_col in cols for a in areas):
            after = after[: found.start()] + after[found.end() :]
    left = len(list(rules(after, p)))
    if left:
        return re.sub(b"(<" + p + rb'dataValidations\s[^>]*?count=")[0-9]+', lambda m: m[1] + b"%d" % left, after)
    return re.sub(b"<" + p + rb"dataValidations(?:\s[^>]*)?>\s*</" + p + b"dataValidations>", b"", after)


_WHOLE_DAY = re.compile(rb"\s*=?AND\(ISNUMBER\((\$?[A-Z]{1,3}\$?[0-9]+)\),\1=INT\(\1\)\)\s*")


def without_whole_days(after: bytes, p: bytes, cols: Collection[int]) -> bytes:
    """Without the conditional format by which a column of moments shows a day without its hour (`build.data_sheet`), in these columns.
    Formats of a person's own stay."""
    element = b"<" + p + rb"conditionalFormatting\s[^>]*[^/]>.*?</" + p + b"conditionalFormatting>"
    for found in reversed(list(re.finditer(element, after, re.S))):
        areas = areas_of(found[0])
        formulas = re.findall(b"<" + p + b"formula>(.*?)</" + p + b"formula>", found[0], re.S)
        ours = len(formulas) == 1 == found[0].count(b"<" + p + b"cfRule") and _WHOLE_DAY.fullmatch(formulas[0])
        if ours and areas and all(a.first_col == a.last_col and a.first_col in cols for a in areas):
            after = after[: found.start()] + after[found.end() :]
    return after


def with_rules_of(after: bytes, p: bytes, column: int, xml: str) -> bytes:
    """With these rules (elements without a prefix) in place of those of this column."""
    after = without_rules(after, p, [column])
    if not xml:
        return after
    new = re.sub(rb"<(/?)(?=\w)", b"<\\1" + p, xml.encode())
    block = re.search(b"<" + p + rb"dataValidations(?:\s[^>]*)?>", after)
    if block is not None and not block[0].endswith(b"/>"):
        close = after.index(b"</" + p + b"dataValidations", block.end())
        after = after[:close] + new + after[close:]
        count = len(list(rules(after, p)))
        tag = re.sub(rb'(\scount=")[0-9]+', lambda m: m[1] + b"%d" % count, block[0])
        return after[: block.start()] + tag + after[block.end() :]
    after = after if block is None else after[: block.start()] + after[block.end() :]
    place = re.search(b"<" + p + b"(?:" + _AFTER.encode() + rb")(?=[\s/>])|</" + p + b"worksheet", after)
    if place is None:
        raise CollabError("damaged_workbook", part="worksheet")
    count = len(re.findall(rb"<" + p + rb"dataValidation\s", new))
    whole = b'<%sdataValidations count="%d">%s</%sdataValidations>' % (p, count, new, p)
    return after[: place.start()] + whole + after[place.start() :]


def rules_of(after: bytes, p: bytes, column: int) -> list[str] | None:
    """The rules of a column, as elements without a prefix; None if one of them is for other columns too."""
    out = []
    for found in rules(after, p):
        areas = areas_of(found[0])
        if not any(a.first_col <= column <= a.last_col for a in areas):
            continue
        if any(a.first_col != column or a.last_col != column for a in areas):
            return None
        out.append((re.sub(b"<(/?)" + p, rb"<\1", found[0]) if p else found[0]).decode())
    return out


_COMPARED = frozenset({"whole", "decimal", "date", "time", "textLength"})
"""Types of rules that compare with one formula or, where it is between two, with both."""


def fingerprint(rule: str) -> str:
    """What a rule accepts and says, whatever its cells and the program that wrote it: LibreOffice writes formulas that say nothing."""
    root = parse_xml(re.sub(r"\s[\w.-]+:[\w.-]+=\"[^\"]*\"", "", rule).encode(), "dataValidation")
    formulas = [(part.text or "").strip() for part in root if local(part).startswith("formula")]
    kind = root.get("type", "none")
    both = kind in _COMPARED and root.get("operator", "between") in ("between", "notBetween")
    formulas = formulas[: 0 if kind == "none" else 2 if both else 1]
    return short("\0".join((kind, *formulas, root.get("prompt", ""))))


def short(text: str) -> str:
    """Eight letters that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
