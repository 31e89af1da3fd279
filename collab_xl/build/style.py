"""The styles of every workbook that we create: theme colours, fonts, named formats; and a reproducible zip.

Cells use theme colours (docs/templates.md), so a company can replace them with Page Layout → Colors; our formats contain no RGB value.
"""

from __future__ import annotations

import colorsys
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.metadata import version
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.color import Color
from xlsxwriter.format import Format
from xlsxwriter.theme import THEME_XML_2007

from collab_xl.book.deflate import crc32, small
from collab_xl.book.package import Package, Packed
from collab_xl.model.regex import regex

CREATED = datetime(2026, 1, 1)
ZIP_DATE = (2026, 1, 1, 0, 0, 0)
FONT = {"zh": "微软雅黑", "en": "Arial"}
BODY = 9
MARGINS = {"left": 0.35, "right": 0.35, "top": 0.4, "bottom": 0.55}

# Theme slot → colour. dk1 is the colour of all text, lt2 the fill of cards; the accents have a meaning.
PALETTE = {
    "dk1": "1B2A3A",
    "lt1": "FFFFFF",
    "dk2": "55606D",
    "lt2": "F4F6F9",
    "accent1": "1F5F8B",
    "accent2": "B03024",
    "accent3": "87580A",
    "accent4": "D68910",
    "accent5": "17703C",
    "accent6": "D9DEE5",
    "hlink": "1F5F8B",
    "folHlink": "1F5F8B",
}
WHITE, INK, CARD, MUTED = (Color.theme(n, 0) for n in range(4))
ACCENT, RED, AMBER, ORANGE, GREEN, LINE = (Color.theme(n, 0) for n in range(4, 10))
BAR, ORANGE_LIGHT, RED_DARK = Color.theme(4, 2), Color.theme(7, 2), Color.theme(5, 5)
RED_PALE, AMBER_PALE, GREEN_PALE, ACCENT_PALE = (Color.theme(n, 1) for n in (5, 7, 8, 4))

TAB_THEMES = {"report": 4, "data": 1, "decide": 7, "reference": 9}
"""Colours of tabs by what the sheet is for, as numbers of the theme (accent, ink, orange, line); red and green mean late and done."""

Props = Mapping[str, Any]


_PLAIN_EFFECTS = (
    '<a:fillStyleLst>{0}</a:fillStyleLst><a:lnStyleLst>{1}</a:lnStyleLst><a:effectStyleLst>{2}</a:effectStyleLst>'
    "<a:bgFillStyleLst>{0}</a:bgFillStyleLst>"
).format(
    '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3,
    '<a:ln w="9525"><a:solidFill><a:schemeClr val="phClr"/></a:solidFill></a:ln>' * 3,
    "<a:effectStyle><a:effectLst/></a:effectStyle>" * 3,
)  # fmt: skip
"""The least that a theme must say about shapes: a pack has none."""


def theme_xml(lang: str, *, plain: bool = False) -> str:
    """Office's theme with our colours and fonts, without its fonts for scripts other than Chinese: those weigh in every pack. `plain`: for
    a workbook without shapes and charts."""
    colours = "".join(f'<a:{slot}><a:srgbClr val="{rgb}"/></a:{slot}>' for slot, rgb in PALETTE.items())
    xml = re.sub(r"<a:clrScheme .*?</a:clrScheme>", f'<a:clrScheme name="collab_xl">{colours}</a:clrScheme>', THEME_XML_2007, flags=re.S)
    xml = re.sub(
        r'<a:latin typeface="[^"]+"/><a:ea typeface=""/>', f'<a:latin typeface="{FONT[lang]}"/><a:ea typeface="{FONT["zh"]}"/>', xml
    )
    xml = re.sub(r'<a:font script="(?!Hans")[^>]*/>', "", xml)
    if plain:
        xml = re.sub(r"(<a:fmtScheme [^>]*>).*?(</a:fmtScheme>)", rf"\1{_PLAIN_EFFECTS}\2", xml, flags=re.S)
    return re.sub(r'script="Hans" typeface="[^"]+"', f'script="Hans" typeface="{FONT["zh"]}"', xml)


class Styles:
    """Formats, each made once per workbook: the same properties give the same Format, so styles.xml stays small."""

    def __init__(self, book: Workbook, lang: str) -> None:
        self.book, self.lang, self.font = book, lang, FONT[lang]
        self._made: dict[frozenset[tuple[str, Any]], Format] = {}

    def cell(self, *layers: Props, **props: Any) -> Format:
        """A cell format: body font, text colour, vertically centred, then `layers` and `props`."""
        whole: dict[str, Any] = {"font_name": self.font, "font_size": BODY, "font_color": INK, "valign": "vcenter"}
        for layer in (*layers, props):
            whole |= layer
        return self._format(whole)

    def change(self, **props: Any) -> Format:
        """A format for a conditional format: only the changed properties."""
        return self._format({"changes": True, **props})

    def _format(self, props: dict[str, Any]) -> Format:
        key = frozenset(props.items())
        if key not in self._made:
            self._made[key] = self.book.add_format({name: value for name, value in props.items() if name != "changes"})
        return self._made[key]


TITLE: Props = {"font_size": 16, "bold": True}
SECTION: Props = {"font_size": 10.5, "bold": True, "font_color": ACCENT, "bottom": 2, "bottom_color": ACCENT}
MUTED_TEXT: Props = {"font_color": MUTED}
HEAD: Props = {
    "bold": True,
    "bg_color": CARD,
    "bottom": 2,
    "bottom_color": ACCENT,
    "text_wrap": True,
    "align": "left",
    "indent": 1,
}
BODY_CELL: Props = {"text_wrap": True, "bottom": 1, "bottom_color": LINE, "align": "left", "indent": 1}
ROW_HEIGHT = 33.0
"""Two lines of body text, three of long text."""
LONG_TEXT: Props = {"font_size": 8}


@cache
def built_with() -> str:
    """The versions of the libraries that determine a built workbook; stored in its properties."""
    return ", ".join(f"{name} {version(name)}" for name in ("xlsxwriter", "holidays"))


def new_workbook(buffer: io.BytesIO, lang: str, *, plain: bool = False) -> Workbook:
    """A workbook with our theme, fonts and fixed creation date. Texts are never converted to formulas, numbers or links. `plain`: it has no
    shapes and charts.

    Excel need not calculate it: it asks to save a workbook that it has calculated, also if nobody has touched it.
    """
    book = Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_format_properties": {"font_name": FONT[lang], "font_size": 10},
        },
    )
    book.calc_on_load = False
    book.use_custom_theme(io.StringIO(theme_xml(lang, plain=plain)))
    book.set_properties({"created": CREATED, "author": "collab_xl", "title": "collab_xl", "comments": built_with()})
    book.set_size(1600 * 15, 1000 * 15)
    return book


def stored(workbook: bytes) -> bytes:
    """The same zip entries in the same order, uncompressed and with a fixed date: equal content gives equal bytes on every machine.

    Deflate output differs between zlib builds (docs/facts/file-format.md, New workbooks).
    """
    return _packed(workbook, zipfile.ZIP_STORED)


def deflated(workbook: bytes) -> bytes:
    """The same zip entries compressed, for a workbook that people use; parts rewritten later keep this compression method."""
    return _packed(workbook, zipfile.ZIP_DEFLATED)


def deflated_for_mail(workbook: bytes) -> bytes:
    """The same as light as it gets, for packs: without what every reader does without (`_LEFT_OUT`, `_spared`), and each part compressed
    as small as zlib can.
    """
    plain, out = Package(_packed(workbook, zipfile.ZIP_STORED, spare=True)), io.BytesIO()
    parts = ((name, plain.read(name)) for name in plain.entries)
    packed = {name: Packed(small(part, _CUTS), zipfile.ZIP_DEFLATED, crc32(part), len(part)) for name, part in parts}
    plain.rewrite(out, packed)
    return out.getvalue()


_LEFT_OUT: Final = ("docProps/app.xml", "docProps/core.xml", "xl/theme/theme1.xml")
"""Parts of a pack that nobody needs: the list of its sheets, its author and day (a program that saves it writes its own), and the theme:
the colours of its cells are written out (decision 0076)."""
_NAMED: Final = regex(rb'<(?:Override|Relationship) [^>]*(?:docProps/app|docProps/core|theme/theme1)\.xml"[^>]*/>')
_CUTS: Final = (b"<sheetData>", b"</sheetData>")
"""Before and after them a sheet has other letters: cells, and texts of checks."""
_KEPT: Final = rb'(?P<table><table [^>]*?) totalsRowShown="0"|(?P<row><row r="\d+") spans="[\d:]+"|(?P<col><col [^>]*?width="\d+\.\d\d)\d+'
_NEEDLESS: Final = regex(
    _KEPT
    + rb'|(?P<look><tableStyleInfo)(?: show\w+="0")+(?=/>)|<tableStyles count="0"[^>]*/>|<scheme val="minor"/>'
    + rb'|<selection pane="(?:topRight|bottomLeft)"[^>]*/>'
)
"""In tables, styles and sheets: what holds without being said, the selected cell of panes where nobody types, thousandths of a width. An
empty tableStyleInfo stays: exceljs cannot save a table without one."""
_COLOUR: Final = regex(rb'(?P<of><(?:color|fgColor|bgColor|tabColor)) theme="(?P<n>\d+)"(?: tint="(?P<tint>[-.\d]+)")?')


def _spared(name: str, part: bytes) -> bytes:
    """A part without what every reader does without: the XML declaration (UTF-8 is the default), attributes that say what holds without
    them, and colours of a theme as colours. openpyxl and other programs write none of that either. What a text may contain is not touched:
    in it `<` is written `&lt;`.
    """
    part = part.removeprefix(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n')
    if name == "[Content_Types].xml" or name.endswith(".rels"):
        return _NAMED.sub(b"", part)
    if name.startswith("xl/"):
        part = _NEEDLESS.sub(lambda found: found["table"] or found["row"] or found["col"] or found["look"] or b"", part)
        return _COLOUR.sub(lambda found: b'%s rgb="FF%s"' % (found["of"], _rgb(int(found["n"]), float(found["tint"] or 0)).encode()), part)
    return part


@cache
def _rgb(theme: int, tint: float) -> str:
    """A colour of the theme, lighter or darker, as Excel shows it."""
    rgb = PALETTE[("lt1", "dk1", "lt2", "dk2", *list(PALETTE)[4:])[theme]]
    hue, light, strength = colorsys.rgb_to_hls(*(int(rgb[n : n + 2], 16) / 255 for n in (0, 2, 4)))
    light = light * (1 - tint) + tint if tint > 0 else light * (1 + tint)
    return "".join(f"{round(255 * share):02X}" for share in colorsys.hls_to_rgb(hue, light, strength))


def _packed(workbook: bytes, method: int, *, spare: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(out, "w", method) as target:
        for entry in source.infolist():
            if spare and entry.filename in _LEFT_OUT:
                continue
            part = source.read(entry)
            info = zipfile.ZipInfo(entry.filename, ZIP_DATE)
            info.create_system = 0
            info.external_attr = 0
            info.compress_type = method
            target.writestr(info, _spared(entry.filename, part) if spare else part, compresslevel=9)
    return out.getvalue()
