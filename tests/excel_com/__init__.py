"""Excel's COM objects as stand-ins, below xlwings: xlwings' own code for Windows runs over them, and every call is counted.

`calls` counts and refuses as COM does; `contents` is a workbook, loaded from an .xlsx and saved as one; `typing_in` says what Excel makes
of a value; `application`, `worksheets`, `filters` and `ranges` are the objects; `windows` puts them where pywin32 would be; `clicks` makes
a click; `table` counts the calls of every button.

A call is one Invoke: a property read or set, a method, an item, a step of an enumeration. What pywin32 asks besides is not counted: the
names and the type of each new object, and a property that needs arguments (`Range`) once without them. So an object kept is cheaper than
its count says. Formulas are not calculated, except HYPERLINK; a formula from the file keeps the value it had there.
"""
