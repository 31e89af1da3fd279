"""Names and numbers of Microsoft Project's XML (MSPDI) that the writer and the reader share. Source: docs/facts/project-xml.md."""

from __future__ import annotations

NAMESPACE = "http://schemas.microsoft.com/project"
LINK_TYPES = {"FF": "0", "FS": "1", "SF": "2", "SS": "3"}
LAG_FORMATS = {"d": "7", "ed": "8", "w": "9", "ew": "10"}
DAY, WEEK = 8 * 60, 5 * 8 * 60
"""Minutes of work, as in Project's standard calendar."""
UID_KEY = "MP-"
"""How an ID begins that is the number of a task in a file of Project: another file has the same numbers for other tasks."""
TEXTS = (
    ("key", "188743731", "Text1"),
    ("department", "188743734", "Text2"),
    ("state", "188743737", "Text3"),
    ("parent", "188743740", "Text4"),
    ("status", "188743743", "Text5"),
    ("cells", "188743746", "Text6"),
)
"""Own columns of an export: what it holds → Project's number and name of the column. `cells`: see `AS_GIVEN`."""
AS_GIVEN = "{role}={written}>{cell}"
"""What Project was told where the cell says otherwise, or nothing: a task must have both days and a whole share. Several with blanks
between. While the value is still the one written, it is that of the cell for an import."""
