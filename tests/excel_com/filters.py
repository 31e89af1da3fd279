"""Filters of a sheet and of its tables, as Excel's object model tells them ([Filter](https://learn.microsoft.com/en-us/office/vba/api/excel.filter))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from collab_xl.model.place import Area
from excel_com.calls import ComObject, refuse
from excel_com.contents import Criterion, Sheet, Table

if TYPE_CHECKING:
    from excel_com.worksheets import Worksheet

AND, OR, VALUES = 1, 2, 7


def owners(sheet: Sheet) -> Iterator[tuple[Area, dict[int, Criterion]]]:
    """Every filter of a sheet: its range with headings, its criteria."""
    if sheet.filter_area is not None:
        yield sheet.filter_area, sheet.filter_criteria
    for table in sheet.tables:
        if table.buttons:
            yield _filtered(table), table.criteria


def _filtered(table: Table) -> Area:
    a = table.area
    return Area(a.first_row, a.first_col, a.last_row - table.totals, a.last_col)


def filtered_rows(sheet: Sheet, area: Area) -> set[int]:
    """Rows of an area that lie under a filter with criteria."""
    out: set[int] = set()
    for own, criteria in owners(sheet):
        if criteria:
            out |= set(range(max(own.first_row + 1, area.first_row), min(own.last_row, area.last_row) + 1))
    return out


def apply(sheet: Worksheet, area: Area, field: int | None, first: Any, operator: int, second: Any) -> None:
    """`Range.AutoFilter`: without a criterion the field shows all rows."""
    model = sheet._model
    if model.protection is not None and not sheet._macros_may and model.protection.get("autoFilter") is not False:
        refuse("You cannot use this command on a protected sheet.")
    found = next((owner for owner in owners(model) if _inside(area, owner[0])), None)
    if found is None:
        if field is None and model.filter_area is None:
            model.filter_area = area
            return
        refuse("AutoFilter method of Range class failed")
    own, criteria = found
    if field is None or not 1 <= field <= own.last_col - own.first_col + 1:
        refuse("AutoFilter method of Range class failed")
    if first is None:
        criteria.pop(field, None)
    elif operator == VALUES:
        values = [f"={value}" for value in ([first] if isinstance(first, str) else first)]
        criteria[field] = Criterion(VALUES, tuple(values)) if len(values) > 2 else Criterion(OR if len(values) == 2 else 0, *values)
    else:
        criteria[field] = Criterion(0 if second is None and operator in (AND, OR) else operator, first, second)
    show(model, own, criteria)


def _inside(area: Area, own: Area) -> bool:
    return own.first_row == area.first_row and own.first_col <= area.first_col and area.last_col <= own.last_col


def show(sheet: Sheet, own: Area, criteria: dict[int, Criterion]) -> None:
    for row in range(own.first_row + 1, own.last_row + 1):
        fits = all(_fits(sheet, (row, own.first_col + field - 1), criterion) for field, criterion in criteria.items())
        sheet.hidden_rows.discard(row) if fits else sheet.hidden_rows.add(row)


def _fits(sheet: Sheet, cell: tuple[int, int], criterion: Criterion) -> bool:
    content = sheet.cells.get(cell)
    value = None if content is None else content.value
    if criterion.operator == VALUES:
        return any(_meets(value, one) for one in criterion.first)
    found = _meets(value, criterion.first)
    if criterion.second is None:
        return found
    other = _meets(value, criterion.second)
    return (found and other) if criterion.operator == AND else (found or other)


def _meets(value: Any, wanted: str) -> bool:
    sign = next((s for s in ("<>", ">=", "<=", "=", ">", "<") if wanted.startswith(s)), "")
    rest = wanted[len(sign) :]
    try:
        a: Any = float("" if value is None else value)
        b: Any = float(rest)
    except ValueError:
        a, b = str(value or "").casefold(), rest.casefold()
    if type(a) is not type(b):
        return sign == "<>"
    return {"<>": a != b, ">=": a >= b, "<=": a <= b, ">": a > b, "<": a < b}.get(sign, a == b)


class Filter(ComObject):
    def __init__(self, criterion: Criterion | None) -> None:
        self._criterion = criterion

    def get_On(self) -> bool:
        return self._criterion is not None

    def _known(self) -> Criterion:
        if self._criterion is None:
            refuse("Application-defined or object-defined error")  # of a filter that is off
        return self._criterion

    def get_Operator(self) -> int:
        return self._known().operator

    def get_Criteria1(self) -> Any:
        if self._known().first is None:
            refuse("Application-defined or object-defined error")  # of a colour
        return self._known().first

    def get_Criteria2(self) -> Any:
        if self._known().second is None:
            refuse("Application-defined or object-defined error")
        return self._known().second


class Filters(ComObject):
    def __init__(self, count: int, criteria: dict[int, Criterion]) -> None:
        self._fields, self._criteria = count, criteria

    def get_Count(self) -> int:
        return self._fields

    def item(self, field: int) -> Filter:
        return Filter(self._criteria.get(field))

    def each(self) -> Iterator[Filter]:
        return (Filter(self._criteria.get(field + 1)) for field in range(self._fields))


class AutoFilter(ComObject):
    def __init__(self, sheet: Worksheet, area: Area, criteria: dict[int, Criterion]) -> None:
        self._sheet, self._area, self._criteria = sheet, area, criteria

    def get_Range(self) -> Any:
        from excel_com.ranges import Range

        return Range(self._sheet, [self._area])

    def get_FilterMode(self) -> bool:
        return bool(self._criteria)

    def get_Filters(self) -> Filters:
        return Filters(self._area.last_col - self._area.first_col + 1, self._criteria)

    def do_ShowAllData(self) -> None:
        if not self._criteria:
            refuse("ShowAllData method of AutoFilter class failed")
        self._criteria.clear()
        show(self._sheet._model, self._area, self._criteria)
