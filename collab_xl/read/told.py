"""What a person says of a sheet before it is read: its headings are in row 4, column C is the task. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.forms import Form
from collab_xl.model.record import Struct, field


class Told(Struct, frozen=True):
    """Said once for a file. Everything left out is found by the reader."""

    sheets: tuple[str, ...] = ()
    """Only these sheets are read."""
    form: str = ""
    """Id of the only form that is looked for."""
    headings: tuple[int, int] | None = None
    """First and last row of the headings, of each sheet that is read."""
    columns: Mapping[int, str] = field(default_factory=dict)
    """Column → what it is: id, heading or alias of a field; "" for one that is kept and not read."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Heading, folded by `headings.fold` → what it is."""

    def of(self, col: int, words: Sequence[str]) -> str | None:
        """What was said of a column with these headings; None if nothing was."""
        if col in self.columns:
            return self.columns[col]
        return next((self.names[w] for w in words if w in self.names), None)


def fields_named(form: Form, text: str) -> str:
    """The field of a form that a person names by its id or its heading in either language; "" if there is none."""
    said = text.strip().casefold()
    exact = next((f.id for f in form.fields if said in (f.id, *(h.casefold() for h in f.heading.values()))), "")
    return exact or next((f.id for f in form.fields if said in map(str.casefold, f.aliases)), "")
