"""A parsed table as a pandas DataFrame, for further calculation.

In: a Table.  Out: a frame of object columns: blank and unreadable are None (never NaN), whole numbers stay whole, index = sheet row.
Pure.  pandas is imported only when a frame is made (decision 0013).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collab_xl.forms import Form
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.rules.rows import Rows

if TYPE_CHECKING:
    import pandas as pd


def frame_of(form: Form, table: Table) -> pd.DataFrame:
    """One column per field that is on the sheet, in the order of the form; one line per record, in sheet order."""
    import pandas as pd

    index = pd.Index(list(table.rows), name="row")
    columns = {field: pd.Series(list(values), dtype=object, index=index) for field, values in readable_columns(form, table).items()}
    return pd.DataFrame(columns, index=index, columns=list(columns))


def readable_columns(form: Form, table: Table) -> dict[str, Sequence[Value]]:
    """Field id → its readable values, for every field that is on the sheet, in the order of the form."""
    rows = Rows(form, table)
    return {field.id: rows.values(field) for field in form.fields if field.id in table.values}
