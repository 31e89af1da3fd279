"""Read what the PMO typed by hand on the conflicts sheet, as the field's own cell would be read.  Pure."""

from __future__ import annotations

from collab_xl.forms import Field, Form
from collab_xl.model.values import Value
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.remarks import ParsedValue
from collab_xl.read.values import reader


def answer_value(raw: Value, field: Field, form: Form, context: Context) -> Value:
    """The parsed value; None for a blank cell, CLEAR for the word 清空. Text that cannot be read comes back as `Unreadable`."""
    read = reader(field, form, context, Clues(context), percent_format=field.kind == "percent")(raw)
    return read.value if isinstance(read, ParsedValue) else read
