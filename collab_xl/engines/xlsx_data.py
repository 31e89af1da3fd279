"""Data sheets of a master, straight from the schema: one form, one Excel Table, drop-downs, checks, live colours.

Access decides the ground: D white, P grey, C and K grey (C also italic). Colours follow the words and dates of the row through
conditional formatting that reaches to Excel's last row, so rows added later need nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from xlsxwriter.worksheet import Worksheet

from collab_xl.catalogue import text
from collab_xl.engines.xlsx_style import ACCENT, ACCENT_PALE, AMBER, AMBER_PALE, CARD, GREEN, LONG_TEXT, MUTED, RED, WHITE, Styles
from collab_xl.engines.xlsx_table import DATE, FIRST_ROW, LAST_ROW, MOMENT, PERCENT, TEXT, WHOLE, Col, below, list_sheet
from collab_xl.forms import Field, Form
from collab_xl.model.place import column_letters
from collab_xl.rules.lateness import CLOSED

NUMBER = {"date": DATE, "moment": MOMENT, "percent": PERCENT, "whole": WHOLE}
CENTRED = {"key", "date", "moment", "percent", "choice", "whole"}
OWN_WIDTH = 16.0
CENTRE = {"align": "center", "indent": 0}
OLDEST, NEWEST = date(2000, 1, 1), date(2100, 12, 31)
SOON = "set_warning_days"
"""Defined name of the setting, so that the live colours follow it."""
URGENT = {"urgent", "critical"}


def columns(form: Form, lang: str) -> list[Col]:
    """The form's fields as sheet columns, in schema order."""
    return [Col(f.id, f.heading[lang], _width(f, lang), NUMBER.get(f.kind, TEXT), _look(f), _head(f)) for f in form.fields]


def _width(f: Field, lang: str) -> float:
    """The schema's width fits Chinese; English words run longer."""
    return f.width * (1.06 if lang == "zh" else 1.25 if f.kind == "longtext" or f.width < 12 else 1.12)


def _look(f: Field) -> dict[str, Any]:
    look: dict[str, Any] = {}
    if f.kind in CENTRED:
        look |= CENTRE
    if f.access != "D":
        look["bg_color"] = CARD
    if f.access == "C":
        look |= {"italic": True, "font_color": MUTED}
    if f.kind == "key" or f.id == "name":
        look["bold"] = True
    if f.kind in {"longtext", "references", "departments"}:
        look |= LONG_TEXT
    return look


def _head(f: Field) -> dict[str, Any]:
    head: dict[str, Any] = dict(CENTRE) if f.kind in CENTRED else {}
    if f.access == "D":
        head |= {"font_color": ACCENT}
    if f.access == "C":
        head |= {"italic": True, "font_color": MUTED}
    return head


def data_sheet(ws: Worksheet, styles: Styles, form: Form, own: Sequence[tuple[str, str]] = ()) -> None:
    """Write an empty form: headings, one blank row, everything that guides and colours later rows.

    `own`: columns of the user's own (heading, kind: date, percent, whole or text), after the form's.
    """
    lang = styles.lang
    cols = [*columns(form, lang), *(Col(f"own{n}", h, OWN_WIDTH, NUMBER.get(kind, TEXT), {}, {}) for n, (h, kind) in enumerate(own))]
    frozen = 1 + next((n for n, f in enumerate(form.fields[:3]) if f.id == "name"), 0)
    list_sheet(ws, styles, form.table, form.title[lang], form.help[lang], cols, freeze=frozen)
    for n, f in enumerate(form.fields):
        ws.data_validation(*below(n), validation(f, lang))
    _colours(ws, styles, form)


def validation(f: Field, lang: str) -> dict[str, Any]:
    """Drop-down or check of a column with the field's help as input message, in XlsxWriter's words (texts within Excel's limits)."""
    rule: dict[str, Any] = {
        "validate": "any",
        "input_title": f.heading[lang][:32],
        "input_message": f.help.get(lang, "")[:255],
        "error_title": text("sheet.invalid", lang)[:32],
    }
    match f.kind:
        case "choice":
            labels = [c.label[lang] for c in f.choices]
            rule |= {"validate": "list", "source": labels, "error_message": text("sheet.pick_one", lang, words=" / ".join(labels))[:255]}
        case "department":
            rule |= {
                "validate": "list",
                "source": "=list_departments",
                "error_type": "warning",
                "error_message": text("sheet.pick_department", lang),
            }
        case "departments":
            rule |= {"validate": "list", "source": "=list_departments", "show_error": False}
        case "reference":
            rule |= {"validate": "list", "source": f"=list_{f.of}", "error_type": "warning", "error_message": text("sheet.pick_key", lang)}
        case "date" | "moment":
            rule |= {
                "validate": "date",
                "criteria": "between",
                "minimum": OLDEST,
                "maximum": NEWEST,
                "error_message": text(f"sheet.{f.kind}", lang),
            }
        case "percent":
            rule |= {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1, "error_message": text("sheet.percent", lang)}
    return rule


def _colours(ws: Worksheet, styles: Styles, form: Form) -> None:
    lang = styles.lang
    at = {f.id: n for n, f in enumerate(form.fields)}
    cell = {f: f"${column_letters(n + 1)}{FIRST_ROW + 1}" for f, n in at.items()}
    status = form.field("status")
    closed = " , ".join(f'{cell["status"]}="{c.label[lang]}"' for c in status.choices if c.id in CLOSED).replace(" , ", ",")

    def colour(field_id: str, formula: str, **look: Any) -> None:
        ws.conditional_format(*below(at[field_id]), {"type": "formula", "criteria": f"={formula}", "format": styles.change(**look)})

    def word(field_id: str, choice: str, **look: Any) -> None:
        colour(field_id, f'{cell[field_id]}="{form.field(field_id).label(choice, lang)}"', **look)

    end = cell[form.id_of("due")]
    open_end = f"ISNUMBER({end}),NOT(OR({closed}))"
    colour(form.id_of("due"), f"AND({open_end},{end}<TODAY())", font_color=RED, bold=True)
    colour(form.id_of("due"), f"AND({open_end},{end}-TODAY()<={SOON})", font_color=AMBER, bold=True)
    if "warning" in at:
        word("warning", "escalate", font_color=WHITE, bg_color=RED, bold=True)
        word("warning", "overdue", font_color=RED, bold=True)
        word("warning", "due_soon", font_color=AMBER, bold=True)
        word("warning", "ok", font_color=GREEN)
        late = [form.field("warning").label(w, lang) for w in ("escalate", "overdue")]
        says_late = ",".join(f'{cell["warning"]}="{w}"' for w in late)
        # The status word says all is well while the computed warning says late: shown where the department must change it.
        colour(
            "status",
            f'AND(OR({says_late}),{cell["status"]}<>"{status.label("late", lang)}",NOT(OR({closed})))',
            font_color=AMBER,
            bg_color=AMBER_PALE,
        )
    if "late_days" in at:
        colour("late_days", f"AND(ISNUMBER({cell['late_days']}),{cell['late_days']}>0)", font_color=RED, bold=True)
    for choice in status.choices:
        look = STATUS_LOOK.get(choice.id)
        if look:
            word("status", choice.id, **look)
    if "progress" in at:
        ws.conditional_format(*below(at["progress"]), DATA_BAR)
    ws.conditional_format(
        FIRST_ROW, 0, LAST_ROW, len(at) - 1, {"type": "formula", "criteria": f"=OR({closed})", "format": styles.change(font_color=MUTED)}
    )
    for field_id in ("urgency", "level"):
        for choice in form.field(field_id).choices if field_id in at else ():
            if choice.id in URGENT:
                word(field_id, choice.id, font_color=RED, bold=True)


STATUS_LOOK: dict[str, dict[str, Any]] = {
    "done": {"font_color": GREEN, "bold": True},
    "solved": {"font_color": GREEN, "bold": True},
    "in_progress": {"font_color": ACCENT},
    "handling": {"font_color": ACCENT},
    "late": {"font_color": RED, "bold": True},
    "escalated": {"font_color": RED, "bold": True},
}
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
