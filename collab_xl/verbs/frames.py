"""Every form of a master as a pandas DataFrame: `collab_xl.frames(master)`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from collab_xl.report.frames import frame_of
from collab_xl.verbs.session import opened
from collab_xl.verbs.times import clock

if TYPE_CHECKING:
    import pandas as pd


def frames(master: str | Path) -> dict[str, pd.DataFrame]:
    """Form id → its rows, for every form the master has in use, in the order of the tabs. The file is only read.

    Columns are field ids; a cell is a str, int, float, bool, date, datetime or tuple of names, a choice its id, and None where the
    cell is blank or cannot be read. All columns are of type object, so there is no NaN and a whole number stays one. The index is
    the row as Excel shows it.

    Raises CollabError for a file that is no master, or that lacks a sheet or key column it should have.
    """
    with opened(Path(master), write=False, as_of=clock.today(), lang=None) as session:
        return {form.id: frame_of(form, session.tables[form.id]) for form in session.schema.forms}
