"""Build a master workbook from the schema: styles, forms, lists, hidden sheet.

Used for the committed templates (`templates_build`) and by `init`. The same arguments give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.color import Color

from collab_xl.book.added_sheet import quoted
from collab_xl.book.hidden_sheet import LISTS_SHEET
from collab_xl.build.calendar_rows import calendar_rows
from collab_xl.build.charts import FEED
from collab_xl.build.data_sheet import RUN_DAY, SOON, data_sheet, name_width
from collab_xl.build.form_sheet import offered, soon
from collab_xl.build.home import home_sheet
from collab_xl.build.lists import (
    day_rows,
    department_rows,
    field_rows,
    list_columns,
    long_lists,
    mail_text_rows,
    rule_rows,
    service_sheet,
    setting_rows,
    setting_validations,
)
from collab_xl.build.style import TAB_THEMES, Styles, new_workbook, stored
from collab_xl.build.table import DATE, FIRST_ROW
from collab_xl.build.weekly import weekly_sheet
from collab_xl.catalogue import LANGS, has, text
from collab_xl.forms import LISTED, SCHEMA_VERSION, Form, InUse, Schema, load, row_of, templates_folder
from collab_xl.forms.in_use import ROW, basic, schema_of
from collab_xl.model.directory import Department
from collab_xl.model.place import Area, column_letters
from collab_xl.model.values import Value

DECIDE = ("submissions", "questions", "preview", "conflicts", "findings")
LISTS = ("overdue", "escalations", "clocks", "baselines", "comparison")
REFERENCE = ("changes", "departments", "calendar", "words", "fields", "mail_texts", "rules", "settings")
SERVICES = (*DECIDE, *LISTS, *REFERENCE)
"""Tab order after the data sheets: the order of work, what is looked up last."""
HIDDEN = "_collab"
TEMPLATE_YEARS = range(2024, 2028)
Names = dict[str, tuple[str, Area]]


def build_master(
    lang: str,
    *,
    project: str = "",
    project_id: str = "",
    departments: Sequence[Department] = (),
    calendar_rows: Sequence[tuple[date, str, str]] = (),
    settings: Mapping[str, Value] = {},
    own: Mapping[str, Sequence[tuple[str, str]]] = {},
    schema: Schema | None = None,
) -> bytes:
    """A master workbook as bytes.

    Args:
        lang: zh or en, for headings, words and messages.
        project: the name, shown on home and weekly sheet and in the settings.
        project_id: stored on the hidden sheet; connects packs and ledger to this master.
        calendar_rows: (day, `off` or `work`, name), see `build/calendar_rows.py`.
        settings: setting id → value, if it differs from the default.
        own: form id → the user's own columns (heading, kind), after those of the form.
        schema: the forms to include; None for the basic set.
    """
    schema = schema or basic_schema()
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    styles = Styles(book, lang)
    home, weekly = text("build.sheet.home", lang), text("build.sheet.weekly", lang)
    names: Names = {}
    home_ws, weekly_ws = book.add_worksheet(home), book.add_worksheet(weekly)
    for page_ws in (home_ws, weekly_ws):
        page_ws.set_tab_color(Color.theme(tab_theme("weekly"), 0))
    lists = {name: f"list_{name}" for name in ("departments", *(form.id for form in schema.forms))}
    wide = name_width([department.name for department in departments])
    for form in schema.forms:
        ws = book.add_worksheet(form.sheet[lang])
        ws.set_tab_color(Color.theme(tab_theme("data"), 0))
        data_sheet(ws, styles, form, lists, own.get(form.id, ()), name_width=wide)
    values = {**({"project": project} if project else {}), "lang": lang, **settings}
    rows = {
        "departments": department_rows(departments, lang),
        "calendar": day_rows(calendar_rows, lang),
        "fields": field_rows(schema, lang),
        "mail_texts": mail_text_rows(lang),
        "rules": rule_rows(values, lang),
        "settings": setting_rows(values, lang, schema.forms),
    }
    for service_id in SERVICES:
        service = schema.service(service_id)
        ws = book.add_worksheet(service.sheet[lang])
        service_sheet(ws, styles, service, schema, rows.get(service_id, ()), wide)
        ws.set_tab_color(Color.theme(tab_theme(service_id), 0))
        if service_id == "settings":
            setting_validations(ws, rows["settings"], lang)
    names |= weekly_sheet(book, weekly_ws, book.add_worksheet(FEED), styles, weekly, project, schema)
    years = {day.year for day, _, _ in calendar_rows} if project_id else set()  # a template is not of one year
    links = _links(schema, lang, weekly)
    names |= home_sheet(home_ws, styles, home, project, links, schema, len(departments), years, linked=bool(project_id))
    _long_lists(book, schema, lang)
    names |= _hidden(book, lang, project_id, row_of(InUse(f.id, f.version) for f in schema.forms))
    _define(book, names)
    _jumps_and_lists(book, schema, lang, home, weekly)
    book.close()
    return stored(buffer.getvalue())


def tab_kind(service: str) -> str:
    """What a list is for: `decide`, `report` or `reference`."""
    return "decide" if service in DECIDE else "report" if service in LISTS else "reference"


def tab_theme(kind: str) -> int:
    """The colour of the theme of a tab: `home`, `weekly`, `data`, or the id of a list."""
    return TAB_THEMES[kind if kind == "data" else "report" if kind in ("home", "weekly") else tab_kind(kind)]


def basic_schema() -> Schema:
    """The default forms of a new master."""
    return schema_of(load(), basic(load()))


def template(lang: str) -> bytes:
    """The committed template of a language: without a project, with the calendar of China for `TEMPLATE_YEARS`."""
    return build_master(lang, calendar_rows=calendar_rows("CN", TEMPLATE_YEARS, lang))


def template_path(lang: str) -> Path:
    return templates_folder() / f"master.{lang}.xlsx"


def templates_build() -> list[Path]:
    """Write `master.<lang>.xlsx` into the folder of the schema. Returns the paths."""
    for lang in LANGS:
        template_path(lang).write_bytes(template(lang))
    return [template_path(lang) for lang in LANGS]


def _links(schema: Schema, lang: str, weekly: str) -> list[tuple[str, str, str]]:
    sheets = {f"go_{f.id}": f.sheet[lang] for f in schema.forms} | {f"go_{s}": schema.service(s).sheet[lang] for s in SERVICES}
    return directory({"go_weekly": weekly, **sheets}, schema, lang)


def directory(sheets: Mapping[str, str], schema: Schema, lang: str) -> list[tuple[str, str, str]]:
    """The sheets that 首页 lists: (sheet, name to link to, what it is for). `sheets`: name to link to → sheet, of those that are there."""
    about = {"go_weekly": text("build.about.weekly", lang)} | {f"go_{f.id}": _about(f, lang) for f in schema.forms}
    about |= {f"go_{s}": text(f"build.about.{s}", lang) for s in SERVICES}
    return [(sheets[name], name, words) for name, words in about.items() if name in sheets]


def _about(form: Form, lang: str) -> str:
    """One line about a form for 首页: from the catalogue, else the first sentence of its help."""
    key = f"build.about.{form.id}"
    return text(key, lang) if has(key, lang) else re.split(r"(?<=。)|(?<=\.) ", form.help[lang])[0].rstrip("。.")


def _long_lists(book: Workbook, schema: Schema, lang: str) -> None:
    """Write lists that are too long for a rule on a hidden sheet, for the drop-downs to refer to."""
    if long := long_lists(schema, lang):
        ws = book.add_worksheet(LISTS_SHEET)
        for name, (sheet, area) in list_columns(ws, long).items():
            letters = column_letters(area.first_col)
            book.define_name(name, f"={sheet}!${letters}$1:${letters}${area.last_row}")
        ws.hide()


def _hidden(book: Workbook, lang: str, project_id: str, forms: str) -> Names:
    ws = book.add_worksheet(HIDDEN)
    version = LISTED if forms else SCHEMA_VERSION
    lines = (
        ("kind", "master"),
        ("project", project_id),
        ("schema", version),
        ("lang", lang),
        ("run", ""),
        *([(ROW, forms)] if forms else []),
        ("day", ""),
    )
    for row, (name, value) in enumerate(lines):
        ws.write_string(row, 0, name)
        if value:
            ws.write_string(row, 1, value)
    day = len(lines)
    ws.write_blank(day - 1, 1, None, book.add_format({"num_format": DATE}))
    book.define_name(RUN_DAY, f"=IF(N({HIDDEN}!$B${day})>0,{HIDDEN}!$B${day},TODAY())")
    ws.very_hidden()
    return {"collab_run": (HIDDEN, Area(5, 2, 5, 2)), "collab_day": (HIDDEN, Area(day, 2, day, 2))}


def _define(book: Workbook, names: Names) -> None:
    for name in sorted(names):
        sheet, area = names[name]
        first = f"${column_letters(area.first_col)}${area.first_row}"
        last = f"${column_letters(area.last_col)}${area.last_row}"
        book.define_name(name, f"={quoted(sheet)}!{first if first == last else f'{first}:{last}'}")


def _jumps_and_lists(book: Workbook, schema: Schema, lang: str, home: str, weekly: str) -> None:
    """Names `go_*`: targets of cards and links, which Excel updates when a sheet is renamed. Names `list_*`: lists for drop-downs."""
    top = {"home": home, "weekly": weekly}
    top |= {f.id: f.sheet[lang] for f in schema.forms} | {s: schema.service(s).sheet[lang] for s in SERVICES}
    for name, sheet in top.items():
        book.define_name(f"go_{name}", f"={quoted(sheet)}!$A$1")
    sources: list[tuple[str, str, int]] = [("departments", schema.service("departments").sheet[lang], 1)]
    sources += [(form.id, form.sheet[lang], _key_column(form)) for form in schema.forms]
    book.define_name(SOON, f"={soon(schema.service('settings').sheet[lang])}")
    for name, sheet, col in sources:
        book.define_name(f"list_{name}", f"={offered(sheet, col, FIRST_ROW + 1)}")


def _key_column(form: Form) -> int:
    return 1 + form.fields.index(form.key)
