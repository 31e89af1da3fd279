"""The forms as data, read from `workbook_templates/forms/*/form.toml` (a folder per form) and `workbook_templates/service.toml`.

They define headings, drop-downs, help texts, checks, clocks, packs and report blocks. No heading is anywhere else in the code.
"""

from collab_xl.forms.folders import templates_folder
from collab_xl.forms.form import (
    ANY,
    BASIC,
    CLOSED,
    STATES,
    YES_NO,
    Ambiguous,
    Choice,
    Clock,
    Column,
    Compound,
    Condition,
    Due,
    Escalation,
    Field,
    Figure,
    Form,
    Over,
    PackRules,
    ReportBlock,
    Rules,
    Schema,
    ServiceTable,
    column_label,
)  # fmt: skip
from collab_xl.forms.in_use import LISTED, InUse, row_of, schema_of
from collab_xl.forms.read import SCHEMA_VERSION, load
from collab_xl.forms.request_sheet import RequestPart, RequestSheet, SheetField, WeeklySheet

__all__ = [
    "ANY", "BASIC", "CLOSED", "LISTED", "SCHEMA_VERSION", "STATES", "YES_NO", "Ambiguous", "Choice", "Clock", "Column", "Compound",
    "Condition", "Due", "Escalation", "Field", "Figure", "Form", "InUse", "Over", "PackRules", "ReportBlock", "RequestPart", "RequestSheet",
    "Rules", "Schema", "ServiceTable", "SheetField", "WeeklySheet", "column_label", "load", "row_of", "schema_of", "templates_folder",
]  # fmt: skip
