"""Build one service sheet, or the weekly sheet, in a workbook of its own (the donor), to be carried into a master made before it.

In: the service table, the schema, a language.  Out: bytes.  Pure.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from collab_xl.book.hidden_sheet import LISTS_SHEET
from collab_xl.build.charts import FEED
from collab_xl.build.home import home_sheet
from collab_xl.build.lists import field_rows, list_columns, mail_text_rows, rule_rows, service_sheet, setting_validations
from collab_xl.build.style import Styles, new_workbook
from collab_xl.build.weekly import weekly_sheet
from collab_xl.forms import Schema, ServiceTable
from collab_xl.model.place import Area
from collab_xl.model.values import Value


def service_donor(
    service: ServiceTable, schema: Schema, lang: str, sheet: str, given: Mapping[str, Value] = {}, codes: Sequence[str] = ()
) -> bytes:
    """A workbook that contains only this sheet, with the rows a new master has there.

    Args:
        given: the settings of the master.
        codes: for 设置, the settings by row: each value gets its drop-down or note.
    """
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    ws = book.add_worksheet(sheet)
    service_sheet(ws, Styles(book, lang), service, schema, own_rows(service, schema, lang, given))
    setting_validations(ws, [[None, None, None, code] for code in codes], lang)
    book.close()
    return buffer.getvalue()


Donor = tuple[bytes, dict[str, tuple[str, Area]]]
"""A workbook, and the names of the places of its sheet."""


def home_donor(schema: Schema, lang: str, sheet: str, project: str, links: list[tuple[str, str, str]]) -> Donor:
    """A workbook that contains only the home sheet, and the names of its places."""
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    names = home_sheet(book.add_worksheet(sheet), Styles(book, lang), sheet, project, links, schema, 0, set(), linked=False)
    book.close()
    return buffer.getvalue(), names


def lists_donor(lang: str, lists: Mapping[str, Sequence[str]]) -> Donor:
    """A workbook that contains only the sheet of long lists, and their names."""
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    names = list_columns(book.add_worksheet(LISTS_SHEET), lists)
    book.close()
    return buffer.getvalue(), names


def page_donor(schema: Schema, lang: str, sheet: str, project: str) -> Donor:
    """A workbook that contains the weekly sheet and, behind it, the data of its charts; and the names of its places."""
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    ws, feed = book.add_worksheet(sheet), book.add_worksheet(FEED)
    names = weekly_sheet(book, ws, feed, Styles(book, lang), sheet, project, schema)
    book.close()
    return buffer.getvalue(), names


def own_rows(service: ServiceTable, schema: Schema, lang: str, given: Mapping[str, Value] = {}) -> list[list[Value]]:
    """The rows that the sheet has in a new master with these settings, in column order."""
    if service.id == "rules":
        return rule_rows(given, lang)
    if service.id == "fields":
        return field_rows(schema, lang)
    return mail_text_rows(lang) if service.id == "mail_texts" else []
