"""A value as text for a sentence, a list or a terminal, in the workbook's language."""

from __future__ import annotations

from datetime import date, datetime

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field
from collab_xl.model.values import Clear, Link, Unreadable, Value


def show(value: Value, field: Field | None, lang: str) -> str:
    """Text for a person: `80%`, `2026-11-20`, `进行中`, `研发部、销售部`; "" for a blank."""
    if field is not None:
        value = field.worded(value, lang)
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case Unreadable(words):
            return words
        case Clear():
            return text("model.word.clear", lang)
        case Link(_, words):
            return words
        case tuple():
            return COMMA[lang].join(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case int() | float() if field is not None and field.kind == "percent":
            return f"{round(value * 100, 2):g}%"
        case int() | float():
            return f"{value:.10g}" if isinstance(value, float) else str(value)
    return value


def show_row(values: dict[str, Value], fields: tuple[Field, ...], lang: str, limit: int = 400) -> str:
    """A whole row as `任务名称: 渠道谈判 · 负责人: *主管`, filled fields only, in schema order. A text that could not be read is marked."""
    parts = []
    for f in fields:
        if (value := values.get(f.id)) is not None:
            unread = text("plan.word.unread", lang) if isinstance(value, Unreadable) else ""
            parts.append(f"{f.heading[lang]}: {show(value, f, lang)}{unread}")
    line = " · ".join(parts)
    return line if len(line) <= limit else line[: limit - 1] + "…"
