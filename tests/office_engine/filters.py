"""An AutoFilter over a database range of LibreOffice, with the criteria as xlwings has them."""

from __future__ import annotations

from typing import Any

from xlwings import base_classes

from office_engine.calls import Counted

EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL = 2, 3, 4, 5, 6, 7  # com.sun.star.sheet.FilterOperator
NAMES = {
    "equal_to": "EQUAL",
    "not_equal_to": "NOT_EQUAL",
    "greater_than": "GREATER",
    "greater_than_or_equal": "GREATER_EQUAL",
    "less_than": "LESS",
    "less_than_or_equal": "LESS_EQUAL",
}


class AutoFilter(Counted, base_classes.AutoFilter):
    """One criterion a column, a value or a comparison. `unreadable` stands for a filter by colour."""

    unreadable: bool = False

    def __init__(self, sheet: Any, ranged: Any) -> None:
        self._sheet, self._ranged = sheet, ranged

    @property
    def criteria(self) -> list[dict[str, Any]]:
        area = self._ranged.DataArea
        out = [base_classes.empty_autofilter_criteria(n) for n in range(1, area.EndColumn - area.StartColumn + 2)]
        for f in self._ranged.getFilterDescriptor().getFilterFields():
            found = out[f.Field]
            found["type"] = "unknown" if AutoFilter.unreadable else "comparison"
            operator = next(name for name, word in NAMES.items() if word == f.Operator.value)
            found.update(operator=operator, value1=f"{f.NumericValue:g}" if f.IsNumeric else f.StringValue)
        return out

    def _apply(self, fields: list[Any]) -> None:
        descriptor = self._ranged.getFilterDescriptor()
        descriptor.ContainsHeader = True
        descriptor.setFilterFields(tuple(fields))
        self._ranged.refresh()
        if not fields:  # a refresh with nothing to filter by leaves the rows as they are
            a = self._ranged.DataArea
            cells = self._sheet.getCellRangeByPosition(a.StartColumn, a.StartRow, a.EndColumn, a.EndRow)
            empty = cells.createFilterDescriptor(True)
            empty.ContainsHeader = True  # else the table is without headings from now on
            cells.filter(empty)

    def apply_values(self, field: int, values: list[str]) -> None:
        assert len(values) == 1, "more than one value is not needed here"
        self.apply_comparison(field, "equal_to", values[0], None)

    def apply_comparison(self, field: int, operator: str, value1: str, value2: str | None) -> None:
        import uno

        assert value2 is None
        new = uno.createUnoStruct("com.sun.star.sheet.TableFilterField")
        new.Field = field - 1
        new.Operator = uno.Enum("com.sun.star.sheet.FilterOperator", NAMES[operator])
        new.StringValue = value1
        kept = [f for f in self._ranged.getFilterDescriptor().getFilterFields() if f.Field != field - 1]
        self._apply([*kept, new])

    def clear(self, field: int | None) -> None:
        kept = [f for f in self._ranged.getFilterDescriptor().getFilterFields() if field is not None and f.Field != field - 1]
        self._apply(kept)
