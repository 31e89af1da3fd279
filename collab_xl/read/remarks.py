"""Remarks of readers about a value, and the findings made of them.

Severities: a value that cannot be used is an error of that cell; one that is kept but may be wrong is a warning;
one that was read with an assumption is a note that names the assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab_xl.model.finding import Finding, Severity
from collab_xl.model.place import Address
from collab_xl.model.record import Struct, field
from collab_xl.model.values import Value

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

SEVERITY: Mapping[str, Severity] = {
    # structure
    "H101": _N,  # a column the schema does not know
    "H102": _W,  # a heading similar to one of ours: a question
    "H103": _W,  # two columns for one field
    "H104": _W,  # no key column (in a master or pack: error)
    "H105": _W,  # a column of ours is missing from a master or pack
    "H106": _N,  # a row with only a number
    "H107": _N,  # a group title
    "H108": _N,  # a totals row
    "H109": _W,  # text below a record that belongs to none: not imported
    "H110": _N,  # marked continuation: joined to the record above
    "H111": _N,  # the headings occur again further down
    "H112": _N,  # a merged cell is used for all its rows
    "H113": _W,  # rows below the table's range
    "H114": _N,  # a column with content but no heading
    "H115": _N,  # a heading of ours written another way
    "H116": _W,  # a service row that cannot be used
    "H117": _W,  # a word of the PMO's for a column or choice that does not exist
    "H118": _W,  # a word of the PMO's with two meanings
    "H119": _W,  # a word of the PMO's without a meaning
    "H121": _W,  # a column that is one of ours by its content, not by its heading: a question
    "H122": _N,  # the heading cells of a table of ours differ from its table part: the cells are used
    "H124": _E,  # a place in the text of a mail that cannot be filled
    "H125": _E,  # the text of a mail without a place it needs
    "H127": _N,  # levels or groups: kept as own columns
    "H128": _N,  # a word of a matrix that means another letter beside the others
    "H129": _N,  # columns of ticks below the choices of a list: read as one
    "H130": _N,  # a message of the department to the PMO
    "H126": _W,  # a part of a request form that cannot be split into rows
    "H123": _W,  # a pack has content outside its tables: not read
    # values: cannot be used
    "V201": _E,  # not one of the choices
    "V202": _E,  # not a progress
    "V203": _E,  # not a date
    "V204": _E,  # a date with two readings
    "V205": _E,  # a date without a year
    "V206": _E,  # a date relative to something unknown, or vague
    "V207": _E,  # progress outside 0–100 %
    "V208": _E,  # 1: is it 1 % or 100 %
    "V209": _E,  # progress column and status column contradict each other
    "V210": _E,  # not a whole number
    "V211": _E,  # 同上 with nothing above
    "V212": _E,  # an error cell
    "V213": _E,  # a formula without a value
    "V214": _E,  # a period where one day is wanted
    "V215": _E,  # several where one is wanted
    "V216": _E,  # an ID that Excel turned into a date
    "V217": _E,  # a length of time where a day is wanted
    "V218": _E,  # not an amount
    # values: kept, look at it
    "V246": _W,  # a hidden time that is midnight of the next day in another time zone
    "V249": _W,  # a number of more than 15 digits: Excel keeps no more
    "V250": _W,  # an ID that has probably lost its last zero: 1.1 between 1.9 and 1.11
    "V220": _W,  # a department nobody knows
    "V221": _W,  # "all departments" without a list of departments
    "V222": _W,  # one date where a period is wanted
    "V223": _W,  # the cell names another department than its column
    "V244": _W,  # the weekday next to a date is wrong
    # values: read with an assumption
    "V231": _N,  # the year was taken from elsewhere
    "V232": _N,  # 同上 read
    "V233": _N,  # 待定 read as blank
    "V234": _N,  # a number read as a date
    "V235": _N,  # end of a month, quarter or year; a deadline
    "V236": _N,  # an approximate number or one in words: read
    "V237": _N,  # a status word in the progress column
    "V238": _N,  # department and person in one cell
    "V239": _N,  # a year of two digits
    "V240": _N,  # a remark in brackets after a choice
    "V241": _N,  # all departments
    "V242": _N,  # dependency type dropped
    "V245": _N,  # less than a minute before midnight: read as midnight
    "V247": _N,  # a time of another zone: read in the project's
    "V248": _N,  # a picture in a cell: not read
    "V252": _W,  # only crosses in a column that asks yes or no: read as no
    "V251": _N,  # words of a scale: mapped by their degrees
    "V243": _N,  # words next to a date or a name, the unit of an amount: left out
}


class Remark(Struct, frozen=True):
    """One remark about a cell. `facts` fill the catalogue's places."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


class ParsedValue(Struct, frozen=True):
    """A value with remarks, or one that depends on its row, or that fills other fields too. Other values are returned without this class.

    `also`: other fields the same cell fills. `pending`: what is decided with the row (`dates.Yearless`, `ABOVE`).
    """

    value: Value
    remarks: tuple[Remark, ...] = ()
    also: Mapping[str, Value] = field(default_factory=dict)
    pending: Any = None


ABOVE = object()
"""Mark for `pending`: the value of the cell above."""


def finding(
    code: str,
    at: Address | None,
    *,
    form: str | None = None,
    field_id: str | None = None,
    row_id: str | None = None,
    found: str = "",
    expected: str = "",
    severity: Severity | None = None,
    **facts: object,
) -> Finding:
    """A finding of this stage with the severity of its code."""
    return Finding(code, severity or SEVERITY[code], at, row_id, form, field_id, found, expected, facts)
