"""Data sheets of a master, made from the schema: one form, one Excel Table, drop-downs, checks, live colours.

The fill depends on access: D white, P grey, C and K grey (C also italic). Conditional formatting colours a row by its words and dates.
It reaches to Excel's last row, so it also applies to rows added later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from xlsxwriter.worksheet import Worksheet

from collab_xl.build.line_counts import wrapped_count
from collab_xl.build.style import ACCENT, ACCENT_PALE, AMBER, AMBER_PALE, CARD, GREEN, LONG_TEXT, MUTED, RED, WHITE, Styles
from collab_xl.build.table import DATE, FIRST_ROW, LAST_ROW, MOMENT, PERCENT, QUIET, QUIET_PERCENT, TEXT, WHOLE, Col, below, list_sheet
from collab_xl.catalogue import text
from collab_xl.forms import CLOSED, Field, Form
from collab_xl.model.place import column_letters
from collab_xl.model.printed_width import NAMING, naming

NUMBER = {"date": DATE, "moment": MOMENT, "percent": PERCENT, "whole": WHOLE, "amount": "General"}
CENTRED = {"key", "date", "moment", "percent", "choice", "whole", "amount", "yesno"}
OWN_WIDTH = 16.0
NARROWEST_NAME, WIDEST_NAME = 8.0, 34.0
"""Characters of width that names of departments may take."""
INDENT = 1.5
"""Characters of width before the text of a cell."""
THREE_IDS = 20.4
"""Characters of width of three IDs like RW-010 with their commas, in small letters: measured in LibreOffice, counted for Excel's fonts."""
FEW_OWN = 4
"""So many columns of one\'s own stand among the first; more would push the state out of sight."""
CENTRE = {"align": "center", "indent": 0}
OLDEST, NEWEST = date(2000, 1, 1), date(2100, 12, 31)
SOON = "set_warning_days"
"""Defined name of the setting on which the live colours depend."""
RUN_DAY = "run_day"
"""Defined name of the day that the live colours are about: the one that 首页 shows, today before the first run."""


def columns(form: Form, lang: str, name_width: float = 0.0) -> list[Col]:
    """The form's fields as sheet columns, in schema order; those of departments at least `name_width` wide."""
    widths = [max(column_width(f, lang), name_width if f.kind == "department" else 0.0) for f in form.fields]
    return [Col(f.id, f.heading[lang], width, _number(f), _look(f), _head(f)) for f, width in zip(form.fields, widths, strict=True)]


def name_width(names: Sequence[str]) -> float:
    """Characters of width in which the name of each department takes two lines, as many as a row shows; at most `WIDEST_NAME`."""
    width = NARROWEST_NAME
    while width < WIDEST_NAME and any(wrapped_count(name, width, bold=True) > 2 for name in names):
        width += 1
    return width + INDENT


def _number(f: Field) -> str:
    """The number format. A computed count and a computed gap show a blank for 0: what is not 0 is seen."""
    if f.access == "C" and f.kind == "whole":
        return QUIET
    return QUIET_PERCENT if f.compute == "gap" else NUMBER.get(f.kind, TEXT)


def column_width(f: Field, lang: str) -> float:
    """Width in characters: the schema's width fits Chinese; English words are longer, and no word of the heading is broken. Where a line
    has room for a few letters more than its IDs, the next one is broken at its hyphen: a list of IDs has room for three."""
    if f.kind == "references" and f.width < THREE_IDS:
        return THREE_IDS
    if lang == "zh":
        return f.width * 1.06
    word = max(map(len, f.heading[lang].split()), default=0)
    return max(f.width * (1.25 if f.kind == "longtext" or f.width < 12 else 1.12), 1.1 * word + 2 * INDENT)


def _look(f: Field) -> dict[str, Any]:
    look: dict[str, Any] = {}
    if f.kind in CENTRED:
        look |= CENTRE
    if f.access != "D":
        look["bg_color"] = CARD
    if f.access == "C":
        look |= {"italic": True, "font_color": MUTED}
    if f.kind == "key" or _short_title(f):
        look["bold"] = True
    if f.kind in {"longtext", "references", "departments", "choices"}:
        look |= LONG_TEXT
    return look


def _short_title(f: Field) -> bool:
    return f.role == "title" and f.kind == "text"


def _head(f: Field) -> dict[str, Any]:
    head: dict[str, Any] = dict(CENTRE) if f.kind in CENTRED else {}
    if f.access == "D":
        head |= {"font_color": ACCENT}
    if f.access == "C":
        head |= {"italic": True, "font_color": MUTED}
    return head


def data_sheet(
    ws: Worksheet,
    styles: Styles,
    form: Form,
    lists: Mapping[str, str],
    own: Sequence[tuple[str, str]] = (),
    table: str = "",
    name_width: float = 0.0,
) -> None:
    """Write an empty form: headings, one blank row, and all rules and colours for later rows.

    Args:
        lists: `departments` and ids of forms → the defined name of the list for their drop-downs.
        own: the user's own columns (heading, kind: date, percent, whole or text), where they are seen: after the dates; many of
            them before the computed columns.
        table: the table's name if the form's own name is in use.
        name_width: characters of width that the names of the departments need.
    """
    lang = styles.lang
    cols, place = columns(form, lang, name_width), _place_of_own(form, len(own))
    cols[place:place] = [Col(f"own{n}", h, OWN_WIDTH, NUMBER.get(kind, TEXT), {}, {}) for n, (h, kind) in enumerate(own)]
    at = {f.id: n if n < place else n + len(own) for n, f in enumerate(form.fields)}
    frozen = 1 + next((n for n, f in enumerate(form.fields[:NAMING]) if _short_title(f)), 0)
    title = next((n for n, c in enumerate(cols) if c.id in {f.id for f in form.fields if f.role == "title"}), 0)
    named = naming([col.width for col in cols], title)
    list_sheet(ws, styles, table or form.table, form.title[lang], form.help[lang], cols, freeze=frozen, repeat=named)
    for f in form.fields:
        ws.data_validation(*below(at[f.id]), validation(f, lang, lists))
    _colours(ws, styles, form, at, len(cols))


def _place_of_own(form: Form, count: int) -> int:
    """The column, from 0, before which `count` columns of one's own stand."""
    seen = [n for n, f in enumerate(form.fields) if f.role in ("title", "owner", "start", "raised", "due")]
    computed = next((n for n, f in enumerate(form.fields) if f.access == "C"), len(form.fields))
    return min(1 + max(seen, default=0), computed) if count <= FEW_OWN else computed


def validation(f: Field, lang: str, lists: Mapping[str, str]) -> dict[str, Any]:
    """The drop-down or check of a column for XlsxWriter, with the field's help as input message (texts within Excel's limits)."""
    rule: dict[str, Any] = {
        "validate": "any",
        "input_title": f.heading[lang][:32],
        "input_message": f.help.get(lang, "")[:255],
        "error_title": text("build.sheet.invalid", lang)[:32],
    }
    match f.kind:
        case "choice" | "yesno":
            labels = [c.label[lang] for c in f.choices]
            rule |= {
                "validate": "list",
                "source": labels,
                "error_message": text("build.sheet.pick_one", lang, words=" / ".join(labels))[:255],
            }
        case "department" if "departments" in lists:
            rule |= {
                "validate": "list",
                "source": f"={lists['departments']}",
                "error_type": "warning",
                "error_message": text("build.sheet.pick_department", lang),
            }
        case "choices":
            rule |= {"validate": "list", "source": [c.label[lang] for c in f.choices], "show_error": False}
        case "departments" if "departments" in lists:
            rule |= {"validate": "list", "source": f"={lists['departments']}", "show_error": False}
        case "reference" if f.of in lists:
            rule |= {
                "validate": "list",
                "source": f"={lists[f.of]}",
                "error_type": "warning",
                "error_message": text("build.sheet.pick_key", lang),
            }
        case "date" | "moment":
            rule |= {
                "validate": "date",
                "criteria": "between",
                "minimum": OLDEST,
                "maximum": NEWEST,
                "error_message": text(f"build.sheet.{f.kind}", lang),
            }
        case "percent":
            rule |= {
                "validate": "decimal",
                "criteria": "between",
                "minimum": 0,
                "maximum": 1,
                "error_message": text("build.sheet.percent", lang),
            }
    return rule


def _colours(ws: Worksheet, styles: Styles, form: Form, at: Mapping[str, int], width: int) -> None:
    """Live colours for the fields that the form has: overdue dates, computed warnings, highlighted words, closed rows.

    Args:
        at: field → its column, from 0. width: columns of the sheet.
    """
    lang = styles.lang
    cell = {f: f"${column_letters(n + 1)}{FIRST_ROW + 1}" for f, n in at.items()}
    status, finished, due = form.role("status"), form.role("finished"), form.role("due")
    if status:
        closed = ",".join(f'{cell[status.id]}="{c.label[lang]}"' for c in form.choices_in(*CLOSED))
    else:
        closed = f'{cell[finished.id]}<>""' if finished else ""

    def colour(field_id: str, formula: str, **look: Any) -> None:
        ws.conditional_format(*below(at[field_id]), {"type": "formula", "criteria": f"={formula}", "format": styles.change(**look)})

    def word(f: Field, choice: str, **look: Any) -> None:
        colour(f.id, f'{cell[f.id]}="{f.label(choice, lang)}"', **look)

    if due and form.due and closed:
        end = cell[due.id]
        open_end = f"ISNUMBER({end}),NOT(OR({closed}))"
        colour(due.id, f"AND({open_end},{end}<{RUN_DAY})", font_color=RED, bold=True)
        colour(due.id, f"AND({open_end},{end}-{RUN_DAY}<={SOON})", font_color=AMBER, bold=True)
    warning, late_days = _computed(form, "warning"), _computed(form, "late_days")
    if warning:
        word(warning, "escalate", font_color=WHITE, bg_color=RED, bold=True)
        word(warning, "overdue", font_color=RED, bold=True)
        word(warning, "due_soon", font_color=AMBER, bold=True)
        word(warning, "ok", num_format=";;;")  # shown as blank: what is not in order is seen
        said_late = [c for c in status.choices if c.late] if status else []
        if status and said_late:
            late = [warning.label(w, lang) for w in ("escalate", "overdue")]
            is_late = ",".join(f'{cell[warning.id]}="{w}"' for w in late)
            # The status is normal but the computed warning is late: highlight the status, which the department must change.
            other = ",".join(f'{cell[status.id]}<>"{c.label[lang]}"' for c in said_late)
            colour(status.id, f"AND(OR({is_late}),{other},NOT(OR({closed})))", font_color=AMBER, bg_color=AMBER_PALE)
    if late_days:
        colour(late_days.id, f"AND(ISNUMBER({cell[late_days.id]}),{cell[late_days.id]}>0)", font_color=RED, bold=True)
    for choice in status.choices if status else ():
        if choice.look:
            word(status, choice.id, **LOOK[choice.look])  # type: ignore[arg-type]
    for f in form.fields:
        if f.kind == "moment":  # a day without an hour is shown without one
            colour(f.id, f"AND(ISNUMBER({cell[f.id]}),{cell[f.id]}=INT({cell[f.id]}))", num_format=DATE)
    progress = form.role("progress")
    if progress:
        ws.conditional_format(*below(at[progress.id]), DATA_BAR)
    if closed:
        rule = {"type": "formula", "criteria": f"=OR({closed})", "format": styles.change(font_color=MUTED)}
        ws.conditional_format(FIRST_ROW, 0, LAST_ROW, width - 1, rule)
    for f in form.fields:
        for choice in f.choices if f is not status else ():
            if choice.look:
                word(f, choice.id, **LOOK[choice.look])


def _computed(form: Form, how: str) -> Field | None:
    return next((f for f in form.fields if f.compute == how), None)


LOOK: dict[str, dict[str, Any]] = {
    "good": {"font_color": GREEN, "bold": True},
    "active": {"font_color": ACCENT},
    "warn": {"font_color": AMBER, "bold": True},
    "bad": {"font_color": RED, "bold": True},
}
"""Formats of the words with the looks of `forms.form.LOOKS`."""
DATA_BAR: dict[str, Any] = {
    "type": "data_bar",
    "data_bar_2010": True,
    "bar_solid": True,
    "bar_color": ACCENT_PALE,
    "min_type": "num",
    "max_type": "num",
    "min_value": 0,
    "max_value": 1,
    "bar_no_border": True,
}
