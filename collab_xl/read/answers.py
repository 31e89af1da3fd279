"""Read what the PMO typed on the conflicts sheet in the way a cell of that field is read.  Pure."""

from __future__ import annotations

from collab_xl.forms import Field, Form
from collab_xl.model.values import Value
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.remarks import ParsedValue
from collab_xl.read.values import reader


def answer_value(raw: Value, field: Field, form: Form, context: Context) -> Value:
    """The parsed value; None for a blank cell, CLEAR for the word 清空. `Unreadable` for a text that cannot be read."""
    read = reader(field, form, context, Clues(context), percent_format=field.kind == "percent")(raw)
    return read.value if isinstance(read, ParsedValue) else read
